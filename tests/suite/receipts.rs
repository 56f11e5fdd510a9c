//! What a program tells of answers that it carries: delivered, or not, on the answer itself.

use serde_json::{Value, json};

use crate::support::database::Engine;
use crate::support::world::{Customer, World};

both![a_receipt_says_on_the_answer_how_far_it_got];

async fn receipt(customer: &Customer, of: &Value, body: &str) -> Value {
    let of = of.as_str().map_or_else(|| of.to_string(), str::to_owned);
    let told = json!({ "from": customer.from, "kind": "receipt", "of": of, "body": body });
    customer.delivers(told).await.expect(201).json()
}

async fn a_receipt_says_on_the_answer_how_far_it_got(engine: Engine) {
    let world = World::open(engine).await;
    let customer = world.stranger("sms");
    let number = customer.writes("Hello").await;
    let mut ids = vec![];
    for body in ["One", "Two"] {
        let sent = world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": body })).await;
        ids.push(sent.expect(201).json()["id"].clone());
    }
    let state = async |at: usize| {
        let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
        (thread[at]["delivery"].clone(), thread[at]["delivery_error"].clone())
    };
    let stage = world.stage(&number).await;
    // Not theirs, not known, not understood, and not of ours: nothing.
    let other = world.stranger("sms");
    other.writes("Hi").await;
    for (who, of, body) in [
        (&other, &ids[0], "delivered"),
        (&customer, &json!("999999"), "delivered"),
        (&customer, &json!("x"), "delivered"),
        (&customer, &json!("1"), "delivered"),
        (&customer, &ids[0], "perhaps"),
    ] {
        assert_eq!(receipt(who, of, body).await["message"], Value::Null, "{of} {body}");
    }
    assert_eq!(state(1).await, (json!("accepted"), Value::Null));
    let told = receipt(&customer, &ids[0], "delivered").await;
    assert_eq!((&told["message"], &told["conversation"]), (&ids[0], &json!(number)));
    assert_eq!(state(1).await, (json!("delivered"), Value::Null));
    receipt(&customer, &ids[0], "failed").await;
    assert_eq!(state(1).await, (json!("delivered"), Value::Null), "only forward");
    receipt(&customer, &ids[1], "failed: The mailbox is full").await;
    assert_eq!(state(2).await, (json!("failed"), json!("The mailbox is full")));
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.text(&format!("#message-{}", ids[0])).contains("Delivered"), "{}", page.text("#messages"));
    assert!(page.text(&format!("#message-{}", ids[1])).contains("Not sent"), "{}", page.text("#messages"));
    world.ada.api.post(&format!("/messages/{}/retry", ids[1]), json!({})).await.expect(200);
    assert_eq!(state(2).await, (json!("accepted"), Value::Null), "its program is to send it again");
    assert_eq!(world.stage(&number).await, stage);
    let facts = world.root.api.all(&format!("/conversations/{number}/timeline")).await;
    assert_eq!(facts.iter().filter(|fact| fact["type"] == "delivery.changed").count(), 3);
    crate::support::binary::prints(&world.db, &["verify"]);
}
