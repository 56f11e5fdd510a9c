//! Replies by their form: sent once, and not past a colleague's.

use crate::support::database::Engine;
use crate::support::page::{Answer, Form};
use crate::support::world::{Agent, World};

both![a_key_of_one_conversation_sends_in_another, a_colleague_s_reply_is_seen_behind_any_number_of_messages,];

/// The composer of this agent on this conversation.
async fn composer(agent: &Agent, number: &str) -> Form {
    agent.page.sees(&format!("/conversations/{number}")).await.form(&format!("form[action$='{number}/replies']"))
}

async fn sends(agent: &Agent, form: &Form, body: &str) -> Answer {
    agent.page.submits(&form.clone().with("body", body)).await
}

async fn a_key_of_one_conversation_sends_in_another(engine: Engine) {
    let world = World::open(engine).await;
    let (one, other) = (world.stranger("sms").writes("One").await, world.stranger("sms").writes("Other").await);
    let first = composer(&world.ada, &one).await;
    let key = first.value("submit_key").unwrap();
    let second = composer(&world.ada, &other).await.with("submit_key", key);
    sends(&world.ada, &first, "To one").await.expect(303);
    sends(&world.ada, &first, "To one").await.expect(303);
    sends(&world.ada, &second, "To the other").await.expect(303);
    for (number, body) in [(one, "To one"), (other, "To the other")] {
        let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
        let replies: Vec<_> = thread.iter().filter(|message| message["kind"] == "reply").collect();
        assert_eq!(replies.len(), 1, "{number}: {replies:?}");
        assert_eq!(replies[0]["body"], body);
    }
}

async fn a_colleague_s_reply_is_seen_behind_any_number_of_messages(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let number = customer.writes("Hello?").await;
    let (of_max, of_root) = (composer(&world.max, &number).await, composer(&world.root, &number).await);
    for count in 0..60 {
        customer.sends(&format!("And {count}")).await.expect(201);
    }
    sends(&world.max, &composer(&world.max, &number).await, "All of that is done.").await.expect(303);
    let answer = sends(&world.max, &of_max, "Really.").await;
    assert_eq!(answer.status, 303, "one's own replies are no news: {}", answer.body);
    let answer = sends(&world.root, &of_root, "Crossing").await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.page().words().contains("max has just replied"), "{}", answer.page().words());
}
