//! A visitor can never read or write another visitor's conversation: not with a guessed number, a swapped or an expired
//! token, another channel's key, nor from another origin.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::app::{Person, send};
use crate::support::cast;
use crate::support::database::Engine;
use crate::support::widget::{Visitor, Widget, identity, in_seconds, jwt, signed};
use crate::support::world::{World, resolved};

both![
    a_guessed_number_is_not_there,
    a_secret_of_another_channel_or_of_ones_own_making_opens_nothing,
    an_identity_opens_the_conversations_of_that_person_and_no_others,
    a_forged_expired_or_foreign_identity_gets_nothing,
    a_line_ends_with_what_proves_who_is_there,
    what_nobody_signed_is_never_somebody_known,
    pages_of_other_origins_get_nothing,
    only_the_sites_of_the_channel_may_hold_the_frame_and_nothing_else_is_framed,
    what_is_merged_into_somebody_elses_is_theirs,
    a_line_carries_no_words_and_nothing_of_others,
];

/// What a site signs without a library for it.
fn hmac(secret: &str, id: &str, seconds: i64) -> String {
    let text = format!("{id}.{}", in_seconds(seconds));
    format!("{}.{text}", hex::encode(signed(secret, &text)))
}

/// Everything a visitor can do with a conversation, and what it answers.
async fn tries(visitor: &Visitor, number: &str) -> Vec<u16> {
    let read = visitor.get(&format!("/conversations/{number}")).await;
    let back = visitor.get(&format!("/conversations/{number}?before=999999")).await;
    let write = visitor.writes_in(number, "I am somebody else").await;
    let end = visitor.post("/end", json!({ "conversation": number })).await;
    // The same as the page's own forms, with a file and without.
    let words = [("body", "I am somebody else"), ("conversation", number)];
    let form = posts(visitor, "/messages").form(&words);
    let parts = Form::new().text("body", "Mine").text("conversation", number.to_owned());
    let parts = posts(visitor, "/messages").multipart(parts.part("file", Part::bytes(&b"x"[..]).file_name("x.txt")));
    let over = posts(visitor, "/end").form(&[("conversation", number)]);
    let mut all = vec![read, back, write, end];
    for (what, request) in [("a form", form), ("parts", parts), ("the end", over)] {
        all.push(send(format!("POST {what} about {number}"), request).await);
    }
    all.iter().map(|answer| answer.status.as_u16()).collect()
}

fn posts(visitor: &Visitor, of: &str) -> RequestBuilder {
    let request = visitor.person.request(Method::POST, &visitor.path(of)).header("Origin", &visitor.widget.base);
    match &visitor.proof {
        Some((name, value)) => request.header(*name, value),
        None => request,
    }
}

async fn messages(world: &World, number: &str) -> usize {
    world.root.api.all(&format!("/conversations/{number}/messages")).await.len()
}

async fn a_guessed_number_is_not_there(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let (ann, bob, new) = (widget.visitor().await, widget.visitor().await, widget.visitor().await);
    let theirs = ann.writes("Mine alone").await;
    bob.writes("Hello").await;
    let sms = world.uma.writes("By SMS").await;
    for number in [&theirs, &sms, &"CONV-999".to_owned(), &"CONV-x".to_owned(), &"1".to_owned()] {
        assert_eq!(tries(&bob, number).await, [404; 7], "{number}");
        assert_eq!(tries(&new, number).await, [404; 7], "{number}");
        let page = bob.get(&format!("?conversation={number}")).await;
        assert!(!page.body.contains("Mine alone") && !page.body.contains("By SMS"));
    }
    assert_eq!((messages(&world, &theirs).await, messages(&world, &sms).await), (1, 1));
    assert_eq!(world.stage(&theirs).await, "new");
}

async fn a_secret_of_another_channel_or_of_ones_own_making_opens_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let (one, two) = (Widget::open(&world).await, Widget::with(&world, "shop", json!({ "type": "chat" })).await);
    let secret = one.visitor().await.post("/visitor", json!({})).await.expect(201).json()["visitor"].clone();
    let secret = secret.as_str().unwrap().to_owned();
    let ann = Visitor { proof: Some(("x-visitor", secret.clone())), ..one.visitor().await };
    let number = ann.writes("Hello").await;
    assert_eq!(ann.list().await, std::slice::from_ref(&number));
    // The same secret at another channel, and secrets that look like one.
    let elsewhere = Visitor { widget: two.clone(), ..ann.clone() };
    assert_eq!(tries(&elsewhere, &number).await, [401; 7]);
    for wrong in ["", "x", &secret[1..], &secret.replace(&secret[..2], "AA"), &"A".repeat(secret.len())] {
        let thief = Visitor { proof: Some(("x-visitor", wrong.to_owned())), ..one.visitor().await };
        assert_eq!(tries(&thief, &number).await, [401; 7], "{wrong}");
    }
    // No line is opened to who says a secret of their own making, or one of another channel.
    let anonymous = two.visitor().await;
    for (widget, said) in [(&one, "A".repeat(secret.len())), (&one, "x".to_owned()), (&two, secret.clone())] {
        let nobody = Visitor { person: Person::at(&world.base), widget: widget.clone(), proof: None };
        assert!(nobody.line(&world.base, json!({ "visitor": said })).await.is_none(), "{said}");
    }
    let theirs = Visitor { person: Person::at(&world.base), widget: one.clone(), proof: None };
    assert!(theirs.line(&world.base, json!({ "visitor": secret })).await.is_some(), "the right one does");
    drop(anonymous);
    // As a cookie it opens nothing there either; the browser is given a new one.
    let cookie = format!("visitor-{}={secret}", two.key);
    let person = Person::with_cookies(&world.base, &cookie);
    let stranger = Visitor { person, widget: two, proof: None };
    assert_eq!(tries(&stranger, &number).await, [404; 7]);
    let stored = world.root.api.all(&format!("/conversations/{number}/messages")).await;
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].to_string().contains(&secret));
}

async fn an_identity_opens_the_conversations_of_that_person_and_no_others(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let secret = widget.secret(&world).await;
    let ann = widget.named(&identity(&secret, "ann"));
    let number = ann.writes("Hello").await;
    assert_eq!(world.interaction(&number).await["channel_profile"]["identifier"], "ann");
    // Another browser, another token, the other kind of signature: the same person.
    let hmac = hmac(&secret, "ann", 600);
    for again in [widget.named(&identity(&secret, "ann")), widget.named(&hmac)] {
        assert_eq!(again.list().await, std::slice::from_ref(&number));
        again.writes_in(&number, "From elsewhere").await.expect(201);
    }
    let bob = widget.named(&identity(&secret, "bob"));
    assert_eq!(tries(&bob, &number).await, [404; 7]);
    // Nobody signs the name of an anonymous visitor.
    let anonymous = widget.visitor().await;
    let theirs = anonymous.writes("Hello").await;
    let name = world.interaction(&theirs).await["channel_profile"]["identifier"].as_str().unwrap().to_owned();
    let thief = widget.named(&identity(&secret, &name));
    assert_eq!(tries(&thief, &theirs).await, [422; 7]);
    // What is signed comes before the cookie.
    let both = Visitor { proof: ann.proof.clone(), ..anonymous };
    assert_eq!(tries(&both, &theirs).await, [404; 7]);
}

async fn a_forged_expired_or_foreign_identity_gets_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let (old, shop) = (widget.secret(&world).await, Widget::with(&world, "shop", json!({ "type": "chat" })).await);
    let before = identity(&old, "ann");
    let (secret, other) = (widget.secret(&world).await, shop.secret(&world).await);
    let ann = widget.named(&identity(&secret, "ann"));
    let number = ann.writes("Hello").await;
    let good = identity(&secret, "ann");
    let part = |n: usize| good.split('.').nth(n).unwrap().to_owned();
    let swapped = jwt("not the secret", &json!({ "sub": "ann", "exp": in_seconds(600) }));
    let bobs = identity(&secret, "bob");
    let wrong = [
        ("of another channel", identity(&other, "ann")),
        ("of a secret that was renewed", before),
        ("expired", jwt(&secret, &json!({ "sub": "ann", "exp": in_seconds(-1) }))),
        ("without an end", jwt(&secret, &json!({ "sub": "ann" }))),
        ("for another audience", jwt(&secret, &json!({ "sub": "ann", "exp": in_seconds(60), "aud": shop.key }))),
        ("not yet good", jwt(&secret, &json!({ "sub": "ann", "exp": in_seconds(60), "nbf": in_seconds(30) }))),
        ("signed by somebody", swapped),
        ("with the claims of another", format!("{}.{}.{}", part(0), part(1), bobs.rsplit('.').next().unwrap())),
        ("unsigned", format!("eyJhbGciOiJub25lIn0.{}.", part(1))),
        ("empty", String::new()),
        ("a number", jwt(&secret, &json!({ "sub": 1, "exp": in_seconds(60) }))),
        ("nobody", jwt(&secret, &json!({ "sub": "", "exp": in_seconds(60) }))),
        ("a bare id", "ann".to_owned()),
        ("a foreign hmac", hmac(&other, "ann", 600)),
        ("the hmac of another", hmac(&secret, "bob", 600).replace("bob", "ann")),
        ("an hmac that was good once", hmac(&secret, "ann", -1)),
        ("an hmac without an end", format!("{}.ann", hex::encode(signed(&secret, "ann")))),
        (
            "an hmac with another end",
            hmac(&secret, "ann", 600).replace(&in_seconds(600).to_string(), &in_seconds(900).to_string()),
        ),
        ("an hmac for ever", hmac(&secret, "ann", 3_000_000)),
        ("a token for ever", jwt(&secret, &json!({ "sub": "ann", "exp": in_seconds(3_000_000) }))),
    ];
    for (what, token) in wrong {
        let thief = widget.named(&token);
        assert_eq!(tries(&thief, &number).await, [401; 7], "{what}");
        thief.get("/conversations").await.expect(401);
        assert!(thief.line(&world.base, json!({ "identity": token })).await.is_none(), "{what}");
    }
    // The good one, at the other channel.
    assert_eq!(tries(&shop.named(&good), &number).await, [401; 7]);
    assert_eq!(messages(&world, &number).await, 1);
    assert_eq!(world.root.api.all("/conversations?view=all").await.len(), 1);
}

async fn a_line_ends_with_what_proves_who_is_there(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let secret = widget.secret(&world).await;
    let (short, long) = (hmac(&secret, "ann", 3), identity(&secret, "ann"));
    let ann = widget.named(&long);
    let number = ann.writes("Hello").await;
    let mut ending = ann.line(&world.base, json!({ "identity": short })).await.expect("a line");
    let mut lasting = ann.line(&world.base, json!({ "identity": long })).await.expect("a line");
    assert!(ending.next().await.is_none(), "its token ends");
    widget.named(&short).get("/conversations").await.expect(401);
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": "Hi" })).await.expect(201);
    assert_eq!(lasting.until("changed").await.last().unwrap()["conversation"], number.as_str());
    widget.secret(&world).await;
    let mut frames = 0;
    while lasting.next().await.is_some() {
        frames += 1;
        assert!(frames < 10, "its secret is another one now");
    }
    assert!(ann.line(&world.base, json!({ "identity": long })).await.is_none());
}

async fn what_nobody_signed_is_never_somebody_known(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let secret = widget.secret(&world).await;
    let claims = json!({ "body": "It is me, Uma", "from": cast::UMA_EMAIL, "email": cast::UMA_EMAIL, "name": "Uma Ortiz",
        "identifier": cast::UMA_PHONE, "sub": cast::UMA_EMAIL });
    let visitor = widget.visitor().await;
    let number = visitor.post("/messages", claims).await.expect(201).json()["conversation"].clone();
    let interaction = world.interaction(number.as_str().unwrap()).await;
    assert_eq!(interaction["opened_for"], Value::Null);
    assert!(interaction["channel_profile"]["identifier"].as_str().unwrap().starts_with("Visitor "));
    // What the site signs is believed.
    let uma = widget.named(&identity(&secret, cast::UMA_EMAIL)).writes("It is me").await;
    assert_eq!(world.interaction(&uma).await["opened_for"]["name"], "Uma Ortiz");
}

async fn pages_of_other_origins_get_nothing(engine: Engine) {
    let world = World::open(engine).await;
    let site = "http://shop.example:9000";
    let widget = Widget::with(&world, "site", json!({ "type": "chat", "origins": [site] })).await;
    let ann = widget.visitor().await;
    let number = ann.writes("Hello").await;
    let one = format!("/conversations/{number}");
    let words = json!({ "body": "Hello", "conversation": number });
    // Not even the site's own page: it holds the frame, and the frame is a page of ours.
    for origin in [site, "https://evil.example", "null", "http://localhost"] {
        for (method, of, body) in [
            (Method::GET, "/conversations", None),
            (Method::GET, one.as_str(), None),
            (Method::POST, "/messages", Some(words.clone())),
            (Method::POST, "/end", Some(words.clone())),
            (Method::POST, "/visitor", Some(json!({}))),
        ] {
            let answer = ann.asks(method, of, body, Some(origin)).await.expect(403);
            assert!(answer.header("access-control-allow-origin").is_empty());
        }
        assert!(ann.line(origin, json!({})).await.is_none(), "{origin}");
        let form = ann.person.request(Method::POST, &ann.path("/messages")).header("Origin", origin);
        let form = form.form(&[("body", "Hello")]).send().await.unwrap();
        assert_eq!(form.status(), 403);
    }
    assert_eq!(messages(&world, &number).await, 1);
    ann.asks(Method::GET, &one, None, Some(&world.base)).await.expect(200);
    let preflight = ann.person.request(Method::OPTIONS, &ann.path("/messages")).header("Origin", site);
    let preflight = preflight.header("Access-Control-Request-Method", "POST").send().await.unwrap();
    assert!(!preflight.headers().contains_key("access-control-allow-origin"));
}

async fn only_the_sites_of_the_channel_may_hold_the_frame_and_nothing_else_is_framed(engine: Engine) {
    let world = World::open(engine).await;
    let sites = json!({ "type": "chat", "origins": ["https://www.shop.example", "http://localhost:9000"] });
    let widget = Widget::with(&world, "site", sites).await;
    let policy = |answer: &crate::support::page::Answer| answer.header("content-security-policy").to_owned();
    let frame = world.visitor().get(&format!("/widget/{}", widget.key)).await.expect(200);
    assert!(policy(&frame).ends_with("frame-ancestors 'self' https://www.shop.example http://localhost:9000"));
    assert!(policy(&frame).starts_with("default-src 'none'") && !policy(&frame).contains("unsafe"));
    let cookie = frame.header("set-cookie");
    assert!(cookie.starts_with("visitor-") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    for path in ["/sign-in", "/widget/nothing", &format!("/widget/{}/conversations", widget.key), "/widget.js"] {
        assert!(policy(&world.visitor().get(path).await).contains("frame-ancestors 'none'"), "{path}");
    }
    let inbox = world.ada.page.get("/inbox/open").await;
    assert!(policy(&inbox).contains("frame-ancestors 'none'"));
    let button = world.visitor().get("/widget.js").await.expect(200);
    assert!(button.body.len() <= 3 * 1024, "{} bytes", button.body.len());
    assert_eq!(button.header("cross-origin-resource-policy"), "cross-origin");
}

async fn what_is_merged_into_somebody_elses_is_theirs(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let secret = widget.secret(&world).await;
    let uma = widget.named(&identity(&secret, cast::UMA_EMAIL));
    let (one, two) = (uma.writes("One").await, uma.writes_in("new", "Two").await.expect(201).json());
    let two = two["conversation"].as_str().unwrap().to_owned();
    let sms = world.uma.writes("By SMS").await;
    let into = |number: &str| json!({ "into": number });
    // Within their own: the thread goes on there, with both sides' words.
    world.ada.api.put(&format!("/conversations/{one}/merge"), into(&two)).await.expect(200);
    assert_eq!(uma.list().await, std::slice::from_ref(&two));
    let texts: Vec<String> = uma.reads(&one).await.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["One", "Two"]);
    assert_eq!(uma.writes_in(&one, "Three").await.expect(201).json()["conversation"], two.as_str());
    // Into what came another way: that is read where it was written.
    world.ada.api.put(&format!("/conversations/{two}/merge"), into(&sms)).await.expect(200);
    assert!(uma.list().await.is_empty());
    assert_eq!(
        [
            uma.get(&format!("/conversations/{two}")).await.status.as_u16(),
            uma.get(&format!("/conversations/{sms}")).await.status.as_u16()
        ],
        [404, 404]
    );
    let next = uma.writes_in(&two, "Hello?").await.expect(201).json()["conversation"].clone();
    assert!(next != json!(two) && next != json!(sms));
    assert_eq!(uma.reads(next.as_str().unwrap()).await.len(), 1);
}

async fn a_line_carries_no_words_and_nothing_of_others(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let (ann, bob) = (widget.visitor().await, widget.visitor().await);
    assert!(ann.line(&world.base, json!({})).await.is_none(), "who has written nothing has nothing to hear");
    let (one, two) = (ann.writes("Hello").await, bob.writes("Hello").await);
    let mut line = ann.line(&world.base, json!({})).await.expect("a line");
    let of = |number: &str, what: &str| format!("/conversations/{number}/{what}");
    world.ada.api.post(&of(&two, "replies"), json!({ "body": "To Bob" })).await.expect(201);
    world.ada.api.post(&of(&one, "notes"), json!({ "body": "A note" })).await.expect(201);
    world.ada.api.put(&of(&one, "tags/Angry"), json!({})).await.expect(200);
    world.ada.api.post(&of(&one, "replies"), json!({ "body": "To Ann" })).await.expect(201);
    let heard = line.until("changed").await;
    assert_eq!(heard, [json!({ "type": "changed", "conversation": one })], "neither the note nor the tag is heard");
    // Typing is told both ways, and only within their own.
    let mut ada =
        crate::support::live::Socket::of_page(&world.ada.page, &format!("conversation:{one}"), None).await.unwrap();
    ada.says(&json!({ "type": "noting", "id": one }).to_string()).await;
    ada.says(&json!({ "type": "typing", "id": one }).to_string()).await;
    let typing = line.until("typing").await.pop().unwrap();
    assert_eq!(typing, json!({ "type": "typing", "conversation": one, "name": "ada" }));
    let mut ben =
        crate::support::live::Socket::of_page(&world.ben.page, &format!("conversation:{two}"), None).await.unwrap();
    line.says(json!({ "typing": two })).await;
    line.says(json!({ "typing": one })).await;
    let told = ada.all_until(|frame| frame["customer_typing"] == true).await.pop().unwrap();
    assert_eq!(told["id"], one.as_str());
    // Ben watches Bob's: nobody was typing there, up to what Bob himself writes.
    bob.writes_in(&two, "It is me").await.expect(201);
    let heard = ben.all_until(|frame| frame["type"] == "message.added").await;
    assert!(heard.iter().all(|frame| frame["customer_typing"] != true), "{heard:?}");
    world.ada.api.put(&format!("/conversations/{one}/resolution"), resolved()).await.expect(200);
    line.until("changed").await;
    // One that begins on another page of theirs is heard of too.
    let third = ann.writes_in("new", "Another").await.expect(201).json()["conversation"].clone();
    world.ada.api.post(&of(third.as_str().unwrap(), "replies"), json!({ "body": "Hi" })).await.expect(201);
    loop {
        if line.until("changed").await.pop().unwrap()["conversation"] == third {
            break;
        }
    }
}
