//! Agents, customers, disconnects and resumes at random: every page equals its reload, again and again.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::live_page::LivePage;
use crate::support::world::{Agent, Customer, World, on_ben, resolved};

both![pages_stay_true_through_a_thousand_random_steps];

/// Steps of one run; RANDOM_STEPS for more, RANDOM_SEED to see a failure again.
fn steps() -> usize {
    std::env::var("RANDOM_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

fn seed() -> u64 {
    std::env::var("RANDOM_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..))
}

/// What the run acts on.
struct Play {
    world: World,
    chance: fastrand::Rng,
    customers: Vec<Customer>,
    conversations: Vec<String>,
    pages: Vec<LivePage>,
}

async fn pages_stay_true_through_a_thousand_random_steps(engine: Engine) {
    let seed = seed();
    println!("RANDOM_SEED={seed}");
    let world = World::open(engine).await;
    let customers = (0..12).map(|_| world.stranger("sms")).collect();
    let mut play =
        Play { world, chance: fastrand::Rng::with_seed(seed), customers, conversations: vec![], pages: vec![] };
    play.customer_writes().await;
    play.opens_pages().await;
    for step in 1..=steps() {
        play.step().await;
        if step % 25 == 0 {
            for page in &mut play.pages {
                if !page.is_connected() {
                    page.connects().await;
                }
                page.sees_the_same_after_reload().await;
            }
        }
    }
    crate::support::binary::prints(&play.world.db, &["verify"]);
}

impl Play {
    async fn opens_pages(&mut self) {
        let first = &self.conversations[0];
        let wanted = [
            ("Ada", &self.world.ada, "/inbox/open".to_owned()),
            ("Ben", &self.world.ben, "/inbox/mine".to_owned()),
            ("Max", &self.world.max, "/inbox/needs".to_owned()),
            ("Ada again", &self.world.ada, format!("/conversations/{first}")),
            ("Ben again", &self.world.ben, format!("/inbox/open?open={first}")),
            ("Max again", &self.world.max, "/interactions/IMS0000001".to_owned()),
        ];
        for (name, agent, path) in wanted {
            self.pages.push(LivePage::open(name, &agent.page, &path).await);
        }
    }

    async fn step(&mut self) {
        match self.chance.u32(0..100) {
            0..35 => self.customer_writes().await,
            35..93 => self.agent_acts().await,
            93..97 => {
                let at = self.chance.usize(..self.pages.len());
                self.pages[at].settles().await;
                self.pages[at].disconnects();
            }
            _ => {
                for page in self.pages.iter_mut().filter(|page| !page.is_connected()) {
                    page.connects().await;
                }
            }
        }
    }

    async fn customer_writes(&mut self) {
        let customer = &self.customers[self.chance.usize(..self.customers.len())];
        let body = format!("<b>Number</b> {} & \"more\"", self.chance.u16(..));
        let number = customer.writes(&body).await;
        if !self.conversations.contains(&number) {
            self.conversations.push(number);
        }
    }

    /// One of the staff does something that may be refused, but never fails.
    async fn agent_acts(&mut self) {
        let agent: Agent = [&self.world.ada, &self.world.ben, &self.world.max][self.chance.usize(..3)].clone();
        let at = self.chance.usize(..self.conversations.len());
        let path = format!("/conversations/{}", self.conversations[at]);
        let api = &agent.api;
        let text = json!({ "body": format!("From {} <i>{}</i>", agent.name, self.chance.u16(..)) });
        let seen =
            json!({ "body": "Seen so far", "seen_upto": self.chance.u32(1..200), "keep_hold": self.chance.bool() });
        let note = json!({ "body": "They called", "note": "They called" });
        let other = &self.conversations[self.chance.usize(..self.conversations.len())];
        let answer = match self.chance.u32(0..30) {
            0..6 => api.post(&format!("{path}/replies"), text).await,
            6 => api.post(&format!("{path}/replies"), seen).await,
            7 => api.post(&format!("{path}/notes"), text).await,
            8 | 9 => api.put(&format!("{path}/hold"), on_ben()).await,
            10 => api.delete(&format!("{path}/hold")).await,
            11 | 12 => api.put(&format!("{path}/resolution"), resolved()).await,
            14 => api.delete(&format!("{path}/resolution?note=again")).await,
            15 => api.put(&format!("{path}/suspension"), json!({})).await,
            16 => api.delete(&format!("{path}/suspension")).await,
            17 => api.put(&format!("{path}/tags/Colour"), json!({ "value": "red" })).await,
            18 => api.delete(&format!("{path}/tags/Colour")).await,
            19 => api.put(&format!("{path}/archive"), json!({})).await,
            20 => api.put(&format!("{path}/spam"), json!({})).await,
            21 => api.put(&format!("{path}/needs-response"), note).await,
            22 => api.post(&format!("{path}/external-responses"), note).await,
            23 => api.put(&format!("{path}/merge"), json!({ "into": other })).await,
            24 => self.edits(&agent, &path).await,
            25 => api.post(&format!("{path}/dependencies"), on_ben()["dependencies"][0].clone()).await,
            26 => self.unlinks(&agent, &path).await,
            27 => self.starts(&agent).await,
            13 | 28 => self.assigns(&agent, &path).await,
            _ => self.completes_a_review().await,
        };
        assert!(
            [200, 201, 204, 403, 404, 409, 422].contains(&answer.status.as_u16()),
            "{}: {}",
            answer.asked,
            answer.body
        );
    }

    async fn assigns(&mut self, agent: &Agent, path: &str) -> crate::support::page::Answer {
        let path = format!("/interactions/{}", self.record_of(agent, path).await);
        if self.chance.bool() {
            return agent.api.post(&format!("{path}/take"), json!({})).await;
        }
        let to = [
            json!({ "agent": "ada@desk.example" }),
            json!({ "agent": "ben@desk.example" }),
            json!({ "queue": "billing" }),
        ];
        agent.api.put(&format!("{path}/assignment"), to[self.chance.usize(..3)].clone()).await
    }

    /// The title, the organization, or the record's own field.
    async fn edits(&mut self, agent: &Agent, path: &str) -> crate::support::page::Answer {
        let words = format!("Title {}", self.chance.u16(..));
        match self.chance.u32(0..3) {
            0 => agent.api.patch(path, json!({ "title": words })).await,
            1 => {
                let organization = if self.chance.bool() { json!(1) } else { Value::Null };
                agent.api.patch(path, json!({ "organization": organization })).await
            }
            _ => {
                let number = self.record_of(agent, path).await;
                agent.api.patch(&format!("/interactions/{number}"), json!({ "short_description": words })).await
            }
        }
    }

    async fn unlinks(&mut self, agent: &Agent, path: &str) -> crate::support::page::Answer {
        let conversation = agent.api.get(path).await.json();
        let id = conversation["dependencies"][0]["id"].as_i64().unwrap_or(999_999);
        agent.api.delete(&format!("{path}/dependencies/{id}")).await
    }

    async fn starts(&mut self, agent: &Agent) -> crate::support::page::Answer {
        let to = &self.customers[self.chance.usize(..self.customers.len())].from;
        let begun = json!({ "channel": "sms", "to": to, "body": "Your parcel is here" });
        let answer = agent.api.post("/conversations", begun).await;
        if answer.status == 201 {
            self.conversations.push(answer.json()["number"].as_str().unwrap().to_owned());
        }
        answer
    }

    async fn record_of(&self, agent: &Agent, path: &str) -> String {
        agent.api.get(path).await.json()["interaction"].as_str().unwrap_or("IMS0000001").to_owned()
    }

    async fn completes_a_review(&mut self) -> crate::support::page::Answer {
        let reviews = self.world.ben.api.get("/reviews").await.expect(200).json();
        let id = reviews["items"][0]["id"].clone();
        let id = if id == Value::Null { json!(999_999) } else { id };
        self.world.ben.api.put(&format!("/reviews/{id}/completion"), json!({})).await
    }
}
