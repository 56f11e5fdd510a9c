//! Messages that come in by the generic API channel: stored once, by whoever they are, whatever comes at the same time.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::cast;
use crate::support::database::Engine;
use crate::support::world::{World, resolved};

both![
    a_first_message_makes_a_new_conversation_with_an_interaction,
    the_same_message_fifty_times_at_once_is_stored_once,
    two_first_messages_at_once_make_one_conversation,
    a_repeat_without_a_provider_id_is_known_by_its_content,
    one_number_written_in_many_ways_is_one_person,
    an_impossible_number_is_refused,
    a_known_person_is_recognised_and_ranked_before_strangers,
    only_content_moves_a_stage,
    a_reaction_and_an_edit_stand_beside_their_message,
    an_automatic_reply_never_begins_a_conversation,
    a_message_to_a_resolved_conversation_reopens_it_with_a_new_interaction,
    a_message_to_an_archived_conversation_begins_a_new_one,
    a_chat_that_its_visitor_ends_is_over,
    a_chat_that_was_ended_is_not_ended_again_by_a_repeat,
    an_id_of_any_length_is_known_again,
    a_moment_that_nobody_could_mean_is_refused,
    the_wrong_token_is_told_so_before_anything_else,
    what_is_wrong_with_a_message_is_said,
    out_of_order_messages_are_shown_in_the_order_they_were_sent,
    a_message_and_a_resolve_at_once_never_lose_the_message,
];

fn message(id: &str, from: &str, body: &str) -> Value {
    json!({ "provider_message_id": id, "from": from, "body": body })
}

async fn a_first_message_makes_a_new_conversation_with_an_interaction(engine: Engine) {
    let world = World::open(engine).await;
    let answer = world.uma.delivers(message("m1", cast::UMA_PHONE, "My card does not work")).await.expect(201).json();
    assert_eq!((&answer["conversation"], &answer["interaction"]), (&json!("CONV-1"), &json!("IMS0000001")));
    assert_eq!((&answer["stage"], &answer["duplicate"]), (&json!("new"), &json!(false)));
    assert!(answer["message"].is_i64(), "{answer}");

    let conversation = world.conversation("CONV-1").await;
    assert_eq!((&conversation["stage"], &conversation["group"]), (&json!("new"), &json!("open")));
    assert_eq!((&conversation["title"], &conversation["assignee"]), (&json!("My card does not work"), &Value::Null));
    assert_eq!((&conversation["interaction"], &conversation["reply_button"]), (&json!("IMS0000001"), &json!(true)));
    assert_eq!(conversation["queue"]["slug"], "support");
    let interaction = world.interaction("CONV-1").await;
    assert_eq!((&interaction["state"], &interaction["type"]), (&json!("new"), &json!("messaging")));
    assert_eq!((&interaction["short_description"], &interaction["wait_time"]), (&json!(""), &Value::Null));
    assert_eq!(interaction["opened_for"]["name"], "Uma Ortiz");
    assert_eq!(interaction["channel_profile"]["identifier"], cast::UMA_PHONE);
    assert!(
        interaction.as_object().unwrap().contains_key("state_reason"),
        "a messaging interaction has a state reason"
    );
}

async fn the_same_message_fifty_times_at_once_is_stored_once(engine: Engine) {
    let world = World::open(engine).await;
    let posts = (0..50).map(|_| world.uma.delivers(message("same", cast::UMA_PHONE, "Once")));
    let answers: Vec<Value> = join_all(posts).await.into_iter().map(|answer| answer.json()).collect();
    let firsts = answers.iter().filter(|answer| answer["duplicate"] == false).count();
    assert_eq!(firsts, 1, "{answers:?}");
    assert!(
        answers.iter().all(|a| a["message"] == answers[0]["message"] && a["conversation"] == "CONV-1"),
        "{answers:?}"
    );
    assert_eq!(world.root.api.all("/conversations/CONV-1/messages").await.len(), 1);
    let again = world.uma.delivers(message("same", cast::UMA_PHONE, "Once")).await.expect(200).json();
    assert_eq!(again["duplicate"], true);
}

/// Two hundred times: a race that is lost once in a hundred is lost every day.
async fn two_first_messages_at_once_make_one_conversation(engine: Engine) {
    let world = World::open(engine).await;
    let rounds = 200;
    for round in 0..rounds {
        let stranger = world.stranger("sms");
        let (one, two) = tokio::join!(stranger.sends("One"), stranger.sends("Two"));
        let (one, two) = (one.expect(201).json(), two.expect(201).json());
        let place = |answer: &Value| (answer["conversation"].clone(), answer["interaction"].clone());
        assert_eq!(place(&one), place(&two), "round {round}");
        assert_ne!(one["message"], two["message"], "round {round}");
    }
    assert_eq!(world.root.api.all("/conversations?limit=100").await.len(), rounds);
    let interactions = world.root.api.all("/interactions?limit=100").await;
    assert_eq!(interactions.len(), rounds);
    let profiles: BTreeSet<String> = interactions.iter().map(|i| i["channel_profile"]["id"].to_string()).collect();
    assert_eq!(profiles.len(), rounds, "one profile each");
}

async fn a_repeat_without_a_provider_id_is_known_by_its_content(engine: Engine) {
    let world = World::open(engine).await;
    let same = json!({ "from": cast::UMA_PHONE, "body": "Hello", "sent_at": "2025-03-03T09:00:00Z" });
    let first = world.uma.delivers(same.clone()).await.expect(201).json();
    let second = world.uma.delivers(same).await.expect(200).json();
    assert_eq!((&second["duplicate"], &second["message"]), (&json!(true), &first["message"]));
    let later = json!({ "from": cast::UMA_PHONE, "body": "Hello", "sent_at": "2025-03-03T09:00:01Z" });
    assert_ne!(world.uma.delivers(later).await.expect(201).json()["message"], first["message"]);
}

async fn one_number_written_in_many_ways_is_one_person(engine: Engine) {
    let world = World::open(engine).await;
    let ways = ["+14155550100", "+1 (415) 555-0100", "+1-415-555-0100", "whatsapp:+14155550100", " +1 415 555 0100 "];
    for (number, way) in ways.iter().enumerate() {
        let answer = world.uma.delivers(message(&format!("way-{number}"), way, "It is me")).await.expect(201).json();
        assert_eq!(answer["conversation"], "CONV-1", "{way}");
    }
    let profile = world.interaction("CONV-1").await["channel_profile"].clone();
    assert_eq!(profile["identifier"], cast::UMA_PHONE);
}

async fn an_impossible_number_is_refused(engine: Engine) {
    let world = World::open(engine).await;
    for wrong in ["+", "+12", "+abc", "+999999999999999999", ""] {
        let refusal = world.uma.delivers(message("wrong", wrong, "Hello")).await.expect(422).json();
        assert!(refusal["code"] == "bad_identifier" || refusal["field"] == "from", "{wrong}: {refusal}");
    }
    assert!(world.root.api.all("/conversations?view=all").await.is_empty());
}

async fn a_known_person_is_recognised_and_ranked_before_strangers(engine: Engine) {
    let world = World::open(engine).await;
    let stranger = world.stranger("sms").writes("Hello").await;
    let uma = world.uma.writes("Hello").await;
    let (stranger, uma) = (world.conversation(&stranger).await, world.conversation(&uma).await);
    assert_eq!((&uma["priority_rank"], &stranger["priority_rank"]), (&json!(1), &json!(2)));
    assert_eq!(uma["organization"]["name"], "Acme");
    assert_eq!(stranger["organization"], Value::Null);
    // By the domain of the address, without a contact.
    let mail = message("mail", "someone@acme.example", "Hello");
    let number = world.uma.delivers(mail).await.expect(201).json()["conversation"].as_str().unwrap().to_owned();
    assert_eq!(world.conversation(&number).await["organization"]["name"], "Acme");
}

async fn only_content_moves_a_stage(engine: Engine) {
    let world = World::open(engine).await;
    let stranger = world.stranger("sms");
    let first = stranger.delivers(message("first", &stranger.from, "Hello")).await.expect(201).json();
    let number = first["conversation"].as_str().unwrap().to_owned();
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Yes?" })).await.expect(201);
    for kind in ["auto_reply", "reaction", "receipt", "edit"] {
        let mut other = message(&format!("a-{kind}"), &stranger.from, "👍");
        other["kind"] = json!(kind);
        other["of"] = json!("first");
        let answer = stranger.delivers(other).await;
        assert!(answer.status.is_success(), "{kind}: {}", answer.body);
        assert_eq!(world.stage(&number).await, "waiting_on_user", "{kind}");
    }
    stranger.sends("Yes!").await.expect(201);
    assert_eq!(world.stage(&number).await, "needs_response");
}

async fn a_reaction_and_an_edit_stand_beside_their_message(engine: Engine) {
    let world = World::open(engine).await;
    let stranger = world.stranger("sms");
    let long = "i".repeat(300);
    let first = stranger.delivers(message(&long, &stranger.from, "The gate is cloced")).await.expect(201).json();
    let number = first["conversation"].as_str().unwrap().to_owned();
    let other = world.uma.delivers(message("of-uma", cast::UMA_PHONE, "Uma's own")).await.expect(201).json();
    for (id, kind, body, of) in [
        ("an-edit", "edit", "The gate is closed", long.as_str()),
        ("a-reaction", "reaction", "👍", long.as_str()),
        ("astray", "reaction", "❤", "of-uma"),
        ("unknown", "reaction", "🎉", "nothing we know"),
    ] {
        let mut line = message(id, &stranger.from, body);
        (line["kind"], line["of"]) = (json!(kind), json!(of));
        stranger.delivers(line).await.expect(201);
    }
    let thread = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    let about: Vec<(&Value, &Value)> = thread.iter().map(|line| (&line["body"], &line["of"])).collect();
    let (own, none) = (&first["message"], &Value::Null);
    assert_eq!(about[0], (&json!("The gate is cloced"), none), "an edit keeps the words that were there");
    assert_eq!(about[1], (&json!("The gate is closed"), own));
    assert_eq!(about[2..], [(&json!("👍"), own), (&json!("❤"), none), (&json!("🎉"), none)]);
    assert_ne!(own, &other["message"]);
    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let words = page.text("#messages");
    for said in ["Edit of “The gate is cloced”", "Reaction to “The gate is cloced”", "Reaction ❤"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!words.contains("Uma's own"), "{words}");
    assert_eq!(page.all(&format!("a[href='#message-{own}']")).len(), 2);
}

async fn an_automatic_reply_never_begins_a_conversation(engine: Engine) {
    let world = World::open(engine).await;
    let mut away = message("away", "+14155550177", "I am away until Monday");
    away["kind"] = json!("auto_reply");
    let answer = world.uma.delivers(away).await;
    assert!(!answer.status.is_server_error(), "{}", answer.body);
    assert!(world.root.api.all("/conversations?view=all").await.is_empty());
}

async fn a_message_to_a_resolved_conversation_reopens_it_with_a_new_interaction(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Done" })).await.expect(201);
    world.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    let again = world.uma.sends("Not quite").await.expect(201).json();
    assert_eq!((&again["conversation"], &again["stage"]), (&json!(number), &json!("needs_response")));
    assert_eq!(again["interaction"], "IMS0000002");
    let conversation = world.conversation(&number).await;
    assert_eq!((&conversation["reopen_count"], &conversation["interaction"]), (&json!(1), &json!("IMS0000002")));
    let tags = conversation["tags"].as_array().unwrap();
    assert!(!tags.iter().any(|tag| tag["name"] == "Resolution"), "{tags:?}");
    let first = world.root.api.get("/interactions/IMS0000001").await.expect(200).json();
    assert_eq!(first["state"], "closed_complete");
}

async fn a_message_to_an_archived_conversation_begins_a_new_one(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}");
    world.ada.api.put(&format!("{path}/resolution"), resolved()).await.expect(200);
    world.ada.api.put(&format!("{path}/archive"), json!({})).await.expect(200);
    let next = world.uma.writes("And another thing").await;
    assert_ne!(next, number);
    let conversation = world.conversation(&next).await;
    assert_eq!(conversation["stage"], "new");
    assert!(conversation["follow_up_of"].to_string().contains(&number), "{}", conversation["follow_up_of"]);
    assert_eq!(conversation["organization"]["name"], "Acme");
}

async fn a_chat_that_its_visitor_ends_is_over(engine: Engine) {
    let world = World::open(engine).await;
    for (answered, state, resolution) in
        [(false, "closed_abandoned", "Abandoned"), (true, "closed_complete", "Ended by customer")]
    {
        let visitor = world.stranger("chat");
        let number = visitor.writes("Hello?").await;
        if answered {
            world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Hi!" })).await.expect(201);
        }
        let mut end = message(&format!("end-{answered}"), &visitor.from, "");
        end["kind"] = json!("end");
        let answer = visitor.delivers(end).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        assert_eq!(world.stage(&number).await, "resolved");
        let closed = world.interaction(&number).await;
        assert_eq!(closed["state"], state);
        assert!(
            closed["short_description"].as_str().unwrap().starts_with("Auto: Hello?"),
            "{}",
            closed["short_description"]
        );
        let tags = world.conversation(&number).await["tags"].clone();
        assert!(tags.to_string().contains(resolution), "{tags}");
    }
}

async fn a_chat_that_was_ended_is_not_ended_again_by_a_repeat(engine: Engine) {
    let world = World::open(engine).await;
    let visitor = world.stranger("chat");
    let number = visitor.writes("Hello?").await;
    let mut end = message("the-end", &visitor.from, "");
    end["kind"] = json!("end");
    let first = visitor.delivers(end.clone()).await.expect(201).json();
    let again = visitor.delivers(end.clone()).await.expect(200).json();
    assert_eq!((&again["duplicate"], &again["message"]), (&json!(true), &first["message"]));
    assert_eq!((&again["stage"], &again["conversation"]), (&json!("resolved"), &json!(number)));

    visitor.sends("Still there?").await.expect(201);
    assert_eq!(world.stage(&number).await, "needs_response");
    let late = visitor.delivers(end).await.expect(200).json();
    assert_eq!((&late["duplicate"], &late["stage"]), (&json!(true), &json!("needs_response")));
    assert_eq!(world.stage(&number).await, "needs_response");
    let thread = world.ada.page.sees(&format!("/conversations/{number}")).await.words();
    assert_eq!(thread.matches("The customer ended the chat.").count(), 1, "{thread}");
}

async fn an_id_of_any_length_is_known_again(engine: Engine) {
    let world = World::open(engine).await;
    // Letters at random: what repeats would be compressed until it fits into an index.
    let mut chance = fastrand::Rng::with_seed(7);
    let mut id = || (0..20_000).map(|_| chance.alphanumeric()).collect::<String>();
    let (one, other) = (id(), id());
    let first = world.uma.delivers(message(&one, cast::UMA_PHONE, "Hello")).await.expect(201).json();
    let again = world.uma.delivers(message(&one, cast::UMA_PHONE, "Hello")).await.expect(200).json();
    assert_eq!((&again["duplicate"], &again["message"]), (&json!(true), &first["message"]));
    world.uma.delivers(message(&other, cast::UMA_PHONE, "Hello")).await.expect(201);
}

async fn a_moment_that_nobody_could_mean_is_refused(engine: Engine) {
    let world = World::open(engine).await;
    for moment in ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "+12000-01-01T00:00:00Z", "+262142-12-31T23:59:59Z"]
    {
        let mut wrong = message("wrong", cast::UMA_PHONE, "Hello");
        wrong["sent_at"] = json!(moment);
        let refusal = world.uma.delivers(wrong).await.expect(422).json();
        assert_eq!(refusal["field"], "sent_at", "{moment}: {refusal}");
    }
    let number = world.conversation_in("needs_response").await;
    let hold = json!({ "dependencies": [{ "until": "+12000-01-01T00:00:00Z" }] });
    world.ada.api.put(&format!("/conversations/{number}/hold"), hold).await.expect(422);
    world.ada.api.get(&format!("/conversations/{number}/metrics?at=-9999-01-01T00:00:00Z")).await.expect(422);
    for micros in ["-9000000000000000000", "-62135596800000001", "253402300800000000", "8000000000000000"] {
        let cursor = URL_SAFE_NO_PAD.encode(format!("0.{micros}.1"));
        let refusal = world.ada.api.get(&format!("/conversations?after={cursor}")).await;
        assert_ne!(refusal.status, 500, "{micros}: {}", refusal.body);
        let mark = URL_SAFE_NO_PAD.encode(format!("ours 0 {micros} 1"));
        let page = world.ada.page.get(&format!("/inbox/open?after={mark}")).await;
        assert_ne!(page.status, 500, "{micros}: {}", page.body);
    }
}

async fn the_wrong_token_is_told_so_before_anything_else(engine: Engine) {
    let world = World::open(engine).await;
    let hello = message("m", cast::UMA_PHONE, "Hello");
    // A channel's token opens its own channel only; a person's opens none.
    let other = crate::support::app::Program::with(&world.base, &world.keys.channels["chat"]);
    for program in
        [&other, &world.ada.api, &world.root.api, &crate::support::app::Program::with(&world.base, "nonsense")]
    {
        let refusal = program.post("/inbound/sms", hello.clone()).await.expect(401).json();
        assert_eq!(refusal["code"], "unauthorized");
    }
    other.post("/inbound/nowhere", hello.clone()).await.expect(404);
    world.root.api.post("/inbound/nowhere", hello).await.expect(401);
    // And a channel's token opens nothing else.
    other.get("/conversations").await.expect(401);
}

async fn what_is_wrong_with_a_message_is_said(engine: Engine) {
    let world = World::open(engine).await;
    let from = cast::UMA_PHONE;
    let wrong = [
        (json!({ "from": from, "body": "" }), "body"),
        (json!({ "from": from, "body": "   " }), "body"),
        (json!({ "from": from }), "body"),
        (json!({ "body": "Hello" }), "from"),
        (json!({ "from": from, "body": "Hello", "kind": "shout" }), "kind"),
        (json!({ "from": from, "body": "Hello", "sent_at": "yesterday" }), "sent_at"),
        (json!({ "from": 7, "body": "Hello" }), "from"),
        (json!({ "from": from, "body": ["Hello"] }), "body"),
    ];
    for (message, field) in wrong {
        let refusal = world.uma.delivers(message.clone()).await.expect(422).json();
        assert_eq!(refusal["field"], field, "{message}: {refusal}");
        assert!(refusal["message"].as_str().is_some_and(|text| text.ends_with('.')), "{refusal}");
    }
    assert!(world.root.api.all("/conversations?view=all").await.is_empty());
}

async fn out_of_order_messages_are_shown_in_the_order_they_were_sent(engine: Engine) {
    let world = World::open(engine).await;
    for (id, second) in [("b", 2), ("a", 1), ("c", 3)] {
        let mut message = message(id, cast::UMA_PHONE, id);
        message["sent_at"] = json!(format!("2025-03-03T09:00:0{second}Z"));
        world.uma.delivers(message).await.expect(201);
    }
    let page = world.ada.page.sees("/conversations/CONV-1").await;
    assert_eq!(page.texts("#messages .msg__text"), ["a", "b", "c"]);
    // A program that reads on from the last id misses nothing: it gets them as they came, with the time of each.
    let came = world.root.api.all("/conversations/CONV-1/messages").await;
    let told: Vec<(&str, &str)> =
        came.iter().map(|m| (m["body"].as_str().unwrap(), m["sent_at"].as_str().unwrap())).collect();
    let at = |second| format!("2025-03-03T09:00:0{second}Z");
    assert_eq!(told, [("b", at(2).as_str()), ("a", at(1).as_str()), ("c", at(3).as_str())]);
}

async fn a_message_and_a_resolve_at_once_never_lose_the_message(engine: Engine) {
    let world = World::open(engine).await;
    for round in 0..10 {
        let stranger = world.stranger("sms");
        let number = stranger.writes("Hello").await;
        let path = format!("/conversations/{number}");
        world.ada.api.post(&format!("{path}/replies"), json!({ "body": "Yes" })).await.expect(201);
        let mut resolution = resolved();
        resolution["version"] = world.conversation(&number).await["version"].clone();
        let path = format!("{path}/resolution");
        let (resolve, message) = tokio::join!(world.ada.api.put(&path, resolution), stranger.sends("One more thing"));
        let message = message.expect(201).json();
        let conversation = world.conversation(&number).await;
        match resolve.status.as_u16() {
            200 => assert_eq!(
                (&conversation["reopen_count"], &message["interaction"]),
                (&json!(1), &conversation["interaction"]),
                "round {round}"
            ),
            409 => assert_eq!(
                (&resolve.json()["code"], &conversation["reopen_count"]),
                (&json!("stale"), &json!(0)),
                "round {round}"
            ),
            other => panic!("{other}: {}", resolve.body),
        }
        assert_eq!(conversation["stage"], "needs_response", "round {round}");
    }
}
