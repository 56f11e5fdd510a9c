//! The second step of signing in: a code that the agent's phone makes (TOTP, RFC 6238: six digits, thirty seconds), or a
//! spare code for whoever has lost the phone. Every code works once. Agents turn it on for themselves; an admin can
//! require it by role, and then whoever has none yet sets it up on the way in.

use chrono::TimeDelta;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

use super::{access, found_or_none, hash, secret};
use crate::desk::{Desk, Done, Error};
use crate::domain::{Agent, AgentId, Refused, Role};
use crate::store::second_factors::Factor;
use crate::store::{self, Conn, second_factors, sessions, settings};

/// How long somebody whose password was right has for the second step.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// What the pass between the two steps is for.
const PURPOSE: &str = "second_step";
/// Spare codes of an agent, and random bytes of each: sixteen letters and digits.
const SPARE: usize = 10;
const SPARE_BYTES: usize = 10;
/// The setting that names the roles that need a second step.
const REQUIRED: &str = "second_factor_roles";
/// The sentence for a code that is not right, is too old, or was used.
const WRONG: &str = "This code is not right, or was used already. Wait for the next one.";

/// What somebody whose password was right has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: come in.
    Enter,
    /// Type a code; the pass goes with it.
    Code { pass: String },
    /// Set the second step up, which their role needs; the pass goes with it.
    SetUp { pass: String },
}

/// A secret that is offered to a phone.
#[derive(Debug, Clone)]
pub struct Offer {
    /// In letters and digits, in groups of four, to be typed.
    pub text: String,
    /// As a drawing (SVG), to be photographed.
    pub drawing: String,
}

/// How an agent stands to the second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub on: bool,
    /// Their role needs it: it cannot be turned off.
    pub required: bool,
    pub spare_left: i64,
}

impl Desk {
    /// What comes after a right password.
    pub fn after_password(&self, agent: &Agent) -> Done<Next> {
        let standing = self.second_factor(agent)?;
        if !standing.on && !standing.required {
            return Ok(Next::Enter);
        }
        let (pass, id, until) = (secret()?, agent.id, self.clock.surely() + PATIENCE);
        let key = hash(&pass);
        self.db.write(move |tx| Ok::<_, Error>(sessions::offer_link(tx.conn, &key, PURPOSE, Some(id), until)?))?;
        Ok(if standing.on { Next::Code { pass } } else { Next::SetUp { pass } })
    }

    /// Who is between the two steps with this pass, if it still works.
    pub fn between_steps(&self, pass: &str) -> Done<Option<Agent>> {
        let (key, now) = (hash(pass), self.clock.surely());
        let found = self.db.read(|conn| match sessions::link(conn, &key, PURPOSE, now)? {
            Some(agent) => store::agents::find(conn, agent),
            None => Err(store::Error::NotFound),
        });
        found_or_none(found)
    }

    /// The second step: uses up the pass and the code, both or neither.
    pub fn enter_code(&self, pass: &str, code: &str) -> Done<Agent> {
        let (key, now, code) = (hash(pass), self.clock.surely(), code.to_owned());
        let desk = self.clone();
        self.db.write(move |tx| {
            let agent = sessions::use_link(tx.conn, &key, PURPOSE, now)?.ok_or(store::Error::NotFound)?;
            desk.use_code(tx.conn, agent, &code)?;
            Ok(store::agents::find(tx.conn, agent)?)
        })
    }

    /// How an agent stands to the second step.
    pub fn second_factor(&self, agent: &Agent) -> Done<Standing> {
        Ok(self.db.read(|conn| {
            let on = second_factors::find(conn, agent.id)?.is_some_and(|factor| factor.confirmed);
            let required = required(conn)?.contains(&agent.role);
            Ok::<_, store::Error>(Standing { on, required, spare_left: second_factors::spare_left(conn, agent.id)? })
        })?)
    }

    /// Makes a secret and offers it, in place of an earlier offer. It counts from [`Desk::confirm_code`] on.
    pub fn offer_code(&self, agent: &Agent) -> Done<Offer> {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes).map_err(|_| no_randomness())?;
        let shared = Secret::from(bytes);
        let (id, sealed) = (agent.id, self.seal(&shared.to_base32(), &place(agent.id))?);
        self.db.write(move |tx| match second_factors::find(tx.conn, id)? {
            Some(Factor { confirmed: true, .. }) => Err(Refused::InUse(ALREADY_ON).into()),
            _ => Ok::<_, Error>(second_factors::offer(tx.conn, id, &sealed)?),
        })?;
        self.offer(agent, shared)
    }

    /// The offer that waits for its first code.
    pub fn offered_code(&self, agent: &Agent) -> Done<Option<Offer>> {
        match self.db.read(|conn| second_factors::find(conn, agent.id))? {
            Some(factor) if !factor.confirmed => Ok(Some(self.offer(agent, self.shared(&factor, agent.id)?)?)),
            _ => Ok(None),
        }
    }

    /// Makes the offer count, as the first code that the phone makes shows, and uses up the pass of whoever is on the way
    /// in. Gives the spare codes: nobody sees them again.
    pub fn confirm_code(&self, agent: &Agent, code: &str, pass: Option<&str>) -> Done<Vec<String>> {
        let spare = (0..SPARE).map(|_| spare_code()).collect::<Done<Vec<String>>>()?;
        let hashes: Vec<String> = spare.iter().map(|code| spare_hash(code)).collect();
        let (id, code, now, desk) = (agent.id, code.to_owned(), self.clock.now(), self.clone());
        let (pass, surely) = (pass.map(hash), self.clock.surely());
        self.used_by(id).noted("second factor on", agent.email.clone(), move |tx| {
            if let Some(pass) = &pass {
                sessions::use_link(tx.conn, pass, PURPOSE, surely)?;
            }
            let Some(factor) = second_factors::find(tx.conn, id)? else { return Err(store::Error::NotFound.into()) };
            let step = desk.step(&factor, id, &code)?.ok_or_else(wrong)?;
            Ok(second_factors::confirm(tx.conn, id, step, &hashes, now)?)
        })?;
        Ok(spare)
    }

    /// Turns an agent's second step off, unless their role needs it.
    pub fn turn_code_off(&self, agent: &Agent) -> Done<()> {
        if self.second_factor(agent)?.required {
            return Err(Refused::InUse(NEEDED).into());
        }
        self.forget_code(agent)
    }

    /// Forgets an agent's second step, for whoever has lost phone and spare codes; they are signed out everywhere.
    pub fn reset_code(&self, agent: &Agent) -> Done<()> {
        self.forget_code(agent)?;
        self.end_sessions(agent, None)
    }

    /// The roles that need a second step.
    pub fn second_factor_roles(&self) -> Done<Vec<Role>> {
        Ok(self.db.read(required)?)
    }

    /// Says which roles need a second step. Whoever has none yet is signed out, and sets it up on the way in; the admin
    /// who asks must have one.
    pub fn require_second_factor(&self, me: &Agent, roles: &[Role]) -> Done<()> {
        if roles.contains(&me.role) && !self.second_factor(me)?.on {
            return Err(Refused::invalid("roles", "Turn codes on for yourself first, on your own page.").into());
        }
        let roles = roles.to_vec();
        let names = roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
        let (value, node) = (names.clone(), self.db.node().to_owned());
        let told = if names.is_empty() { "for no role".to_owned() } else { format!("for {names}") };
        self.noted("second factor required", told, move |tx| {
            settings::set(tx.conn, REQUIRED, &value)?;
            for agent in second_factors::without(tx.conn, &roles)? {
                sessions::end_all(tx.conn, agent, None)?;
            }
            Ok(access::tell(tx.conn, &node)?)
        })?;
        self.access_changed();
        Ok(())
    }

    fn forget_code(&self, agent: &Agent) -> Done<()> {
        let id = agent.id;
        self.noted("second factor off", agent.email.clone(), move |tx| Ok(second_factors::remove(tx.conn, id)?))
    }

    /// Uses a code up: the phone's, or a spare one.
    fn use_code(&self, conn: &mut Conn, agent: AgentId, code: &str) -> Done<()> {
        let factor = second_factors::find(conn, agent)?.filter(|factor| factor.confirmed);
        let factor = factor.ok_or(store::Error::NotFound)?;
        // A spare code is longer than the phone's; it works also when the key of the house was changed.
        let used = if code.chars().any(char::is_alphabetic) {
            second_factors::use_spare(conn, agent, &spare_hash(code))?
        } else {
            match self.step(&factor, agent, code)? {
                Some(step) => second_factors::use_step(conn, agent, step)?,
                None => false,
            }
        };
        if used { Ok(()) } else { Err(wrong()) }
    }

    /// The half minute whose code this is: the present one, or the one before or after it.
    fn step(&self, factor: &Factor, agent: AgentId, code: &str) -> Done<Option<i64>> {
        let digits: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
        let phone = Builder::new().with_secret(self.shared(factor, agent)?).build().map_err(broken)?;
        let now = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        Ok(phone.check(&digits, now).and_then(|step| i64::try_from(step).ok()))
    }

    fn shared(&self, factor: &Factor, agent: AgentId) -> Done<Secret> {
        let text = self.unseal(&factor.sealed, &place(agent))?;
        let text = text.ok_or_else(|| broken("a second factor was sealed with another key"))?;
        Secret::try_from_base32(text.reveal()).map_err(broken)
    }

    fn offer(&self, agent: &Agent, shared: Secret) -> Done<Offer> {
        let text = groups(&shared.to_base32());
        // The format knows no colon in a name.
        let name = agent.email.replace(':', " ");
        let phone = Builder::new().with_secret(shared).with_account_name(name);
        let phone = phone.with_issuer(Some("Switchboard")).build().map_err(broken)?;
        Ok(Offer { text, drawing: drawing(&phone)? })
    }
}

const ALREADY_ON: &str = "Codes are on already. Turn them off before you set them up with another phone.";
const NEEDED: &str = "Your role needs codes, so they cannot be turned off. An admin can reset them for another phone.";

fn required(conn: &mut Conn) -> Result<Vec<Role>, store::Error> {
    let names = settings::get(conn, REQUIRED)?.unwrap_or_default();
    Ok(names.split_whitespace().filter_map(|name| name.parse().ok()).collect())
}

/// Whether an agent would have to set up a second step first to have this role.
pub(in crate::desk) fn is_missing(conn: &mut Conn, agent: AgentId, role: Role) -> Result<bool, store::Error> {
    let confirmed = second_factors::find(conn, agent)?.is_some_and(|factor| factor.confirmed);
    Ok(!confirmed && required(conn)?.contains(&role))
}

/// Where the secret is sealed to.
fn place(agent: AgentId) -> String {
    format!("second factor of agent {}", agent.0)
}

fn drawing(phone: &Totp) -> Done<String> {
    let code = QrCode::new(phone.to_url().map_err(broken)?).map_err(broken)?;
    let drawing = code.render::<svg::Color>().min_dimensions(192, 192).build();
    Ok(drawing.split_once("?>").map_or(drawing.clone(), |(_, svg)| svg.to_owned()))
}

fn spare_code() -> Done<String> {
    let mut bytes = [0; SPARE_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| no_randomness())?;
    Ok(groups(&Secret::from(bytes.as_slice()).to_base32()))
}

/// How a spare code is stored, however it was typed.
fn spare_hash(code: &str) -> String {
    let plain = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
    hash(&plain.collect::<String>())
}

fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn wrong() -> Error {
    Refused::invalid("code", WRONG).into()
}

fn broken(what: impl std::fmt::Display) -> Error {
    store::Error::Unavailable(what.to_string()).into()
}

fn no_randomness() -> Error {
    broken("no randomness")
}
