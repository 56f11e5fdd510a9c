//! The words that forms offer: tags and resolutions, in the order of the set-up.

use serde_json::json;

use crate::support::database::Engine;
use crate::support::world::World;

both![
    a_resolution_is_added_renamed_moved_and_removed_and_the_form_offers_it,
    what_switchboard_itself_gives_stays,
    offered_tags_are_chosen_by_a_click_and_others_still_written,
    tags_are_for_managers_and_resolutions_for_admins,
    a_word_that_cannot_be_is_refused_at_its_field,
];

async fn a_resolution_is_added_renamed_moved_and_removed_and_the_form_offers_it(engine: Engine) {
    let world = World::open(engine).await;
    let root = &world.root.page;
    let form = root.sees("/settings/resolutions").await.form("form.plain__form");
    root.submits(&form.with("name", "  Sent   a part ")).await.expect(303);
    let number = world.conversation_in("needs_response").await;
    let offered = || async {
        let page = world.ada.page.sees(&format!("/conversations/{number}/resolution")).await;
        page.texts("#resolution option")
    };
    assert_eq!(offered().await.last().unwrap(), "Sent a part");
    root.posts("/settings/resolutions/position", &[("name", "Sent a part"), ("position", "1")]).await.expect(303);
    assert_eq!(offered().await[1], "Sent a part");
    let ending = json!({ "resolution": "Sent a part", "short_description": "A part was missing" });
    world.ada.api.put(&format!("/conversations/{number}/resolution"), ending).await.expect(200);
    let listed = world.ada.api.all("/resolutions").await;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["used"], &listed[0]["position"]),
        (&json!("Sent a part"), &json!(1), &json!(1))
    );
    let renamed =
        world.root.api.patch("/resolutions/Sent%20a%20part", json!({ "name": "Part sent", "position": 2 })).await;
    assert_eq!(renamed.expect(200).json()["position"], 2);
    assert!(
        world.conversation(&number).await["tags"].to_string().contains("Sent a part"),
        "what was resolved keeps its word"
    );
    root.posts("/settings/resolutions/removal", &[("name", "Part sent")]).await.expect(303);
    world.root.api.delete("/resolutions/Part%20sent").await.expect(404);
    let other = world.conversation_in("needs_response").await;
    let ending = json!({ "resolution": "Part sent", "short_description": "A part was missing" });
    world.ada.api.put(&format!("/conversations/{other}/resolution"), ending).await.expect(422);
}

async fn what_switchboard_itself_gives_stays(engine: Engine) {
    let world = World::open(engine).await;
    for given in ["Spam", "Merged", "Abandoned", "No%20response", "Ended%20by%20customer"] {
        world.root.api.delete(&format!("/resolutions/{given}")).await.expect(409);
        world.root.api.patch(&format!("/resolutions/{given}"), json!({ "name": "Other" })).await.expect(409);
    }
    let refused = world.root.page.posts("/settings/resolutions/removal", &[("name", "Spam")]).await.expect(409).page();
    assert!(refused.words().contains("Switchboard itself gives this resolution."));
    assert_eq!(
        world.root.api.patch("/resolutions/Spam", json!({ "position": 1 })).await.expect(200).json()["given"],
        true
    );
}

async fn offered_tags_are_chosen_by_a_click_and_others_still_written(engine: Engine) {
    let world = World::open(engine).await;
    for name in ["Firmware", "Refund"] {
        world.max.page.posts("/settings/tags", &[("name", name)]).await.expect(303);
    }
    let number = world.uma.writes("Hello").await;
    let path = format!("/conversations/{number}/tags");
    let page = world.ada.page.sees(&path).await;
    assert_eq!(page.attrs("[name=offered]", "value"), ["Firmware", "Refund"]);
    let form = page.form("main form");
    let mut chosen = form.with("tags", "Region: north, firmware");
    chosen.fields.push(("offered".to_owned(), "Firmware".to_owned()));
    chosen.fields.push(("offered".to_owned(), "Refund".to_owned()));
    world.ada.page.submits(&chosen).await.expect(303);
    let tags = world.conversation(&number).await["tags"].to_string().to_lowercase();
    assert!(tags.contains("refund") && tags.contains("north") && tags.matches("firmware").count() == 1, "{tags}");
    let page = world.ada.page.sees(&path).await;
    assert_eq!(page.attrs("[name=offered][checked]", "value").len(), 2);
    assert_eq!(page.attr("#tags", "value"), "Region: north");
    let used = world.max.page.sees("/settings/tags").await;
    assert!(
        used.texts(".word__name").iter().any(|word| word == "Refund 1 conversation"),
        "{:?}",
        used.texts(".word__name")
    );
    assert!(used.text("section.plain__sec").contains("Region"));
    // Unchosen, it goes; taken from the set-up, it stays where it is.
    let mut form = page.form("main form");
    form.fields.retain(|(name, value)| name != "offered" || value != "Refund");
    world.ada.page.submits(&form).await.expect(303);
    world.max.page.posts("/settings/tags/removal", &[("name", "Firmware")]).await.expect(303);
    let tags = world.conversation(&number).await["tags"].to_string().to_lowercase();
    assert!(!tags.contains("refund") && tags.contains("firmware"), "{tags}");
    assert!(world.ada.page.sees(&path).await.attr("#tags", "value").to_lowercase().contains("firmware"));
}

async fn tags_are_for_managers_and_resolutions_for_admins(engine: Engine) {
    let world = World::open(engine).await;
    let word = json!({ "name": "Word" });
    world.ada.api.post("/tags", word.clone()).await.expect(403);
    world.ada.page.get("/settings/tags").await.expect(403);
    world.ada.page.posts("/settings/tags", &[("name", "Word")]).await.expect(403);
    world.max.api.post("/resolutions", word.clone()).await.expect(403);
    world.max.page.get("/settings/resolutions").await.expect(403);
    world.max.page.posts("/settings/resolutions/removal", &[("name", "Fixed")]).await.expect(403);
    world.max.api.delete("/resolutions/Fixed").await.expect(403);
    world.max.api.delete("/resolutions/Nothing").await.expect(404);
    world.max.api.post("/tags", word).await.expect(201);
    assert_eq!(world.ada.api.all("/tags").await[0]["name"], "Word");
    world.ada.api.patch("/tags/Word", json!({ "name": "Other" })).await.expect(403);
    world.max.api.delete("/tags/Word").await.expect(200);
}

async fn a_word_that_cannot_be_is_refused_at_its_field(engine: Engine) {
    let world = World::open(engine).await;
    world.max.api.post("/tags", json!({ "name": "Word" })).await.expect(201);
    let long = "x".repeat(61);
    for (name, sentence) in [
        ("", "Write a name of at most 60 characters."),
        (long.as_str(), "Write a name of at most 60 characters."),
        ("Blocked", "Blocked is set by the system."),
        ("Word", "This tag is offered already."),
    ] {
        let page = world.max.page.posts("/settings/tags", &[("name", name)]).await.expect(422).page();
        assert!(page.words().contains(sentence), "{name}: {}", page.words());
        assert_eq!(page.attr("#name", "value"), name);
        let refused = world.max.api.post("/tags", json!({ "name": name })).await.expect(422).json();
        assert_eq!((&refused["field"], refused["message"].as_str()), (&json!("name"), Some(sentence)));
    }
}
