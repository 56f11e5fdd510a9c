//! What colleagues write is markdown: shown as HTML that one sanitiser has passed, in the thread, in notes, in pushes and in
//! the widget. What customers write is text.

use scraper::{ElementRef, Html, Selector};
use serde_json::json;
use switchboard::web::markdown::rendered;

use crate::support::database::Engine;
use crate::support::live::Socket;
use crate::support::widget::Widget;
use crate::support::world::World;

both![
    markdown_of_a_colleague_is_html_in_the_thread_in_a_note_and_in_a_push,
    a_visitor_reads_markdown_as_html_and_what_they_write_stays_text,
    nothing_hostile_becomes_markup_anywhere,
];

const REPLY: &str = "Hold **green** and *X*:\n\n- one\n- two\n\nSee https://docs.example/a?b=1&c=2.";

/// What must never come out as anything but words.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\u{1}javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<javascript:alert(1)>",
    "![x](https://elsewhere.example/pixel.png)",
    "![x](javascript:alert(1))",
    "[![x](https://elsewhere.example/a.png)](https://elsewhere.example)",
    "[x](//elsewhere.example)",
    "[x](/sign-out)",
    "[x](https://a.example \"t\\\" onmouseover=alert(1)\")",
    "[a]: javascript:alert(1)\n\n[a]",
    "<a href='javascript:alert(1)'>x</a>",
    "<div\nonclick=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "```html\n<script>alert(1)</script>\n```",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<span class=\"mention\" data-agent=\"1\" style=\"position:fixed\">x</span>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//elsewhere.example>",
    "<meta http-equiv=refresh content=0>",
    "<style>*{display:none}</style>",
    "**<b onclick=alert(1)>x**",
];

async fn markdown_of_a_colleague_is_html_in_the_thread_in_a_note_and_in_a_push(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes("**not** markdown").await;
    let mut ben = Socket::of_program(&world.ben.api, &format!("conversation:{number}"), None).await.unwrap();
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": REPLY })).await.expect(201);
    world
        .ada
        .api
        .post(&format!("/conversations/{number}/notes"), json!({ "body": "`code` <b>x</b>" }))
        .await
        .expect(201);

    let page = world.ada.page.sees(&format!("/conversations/{number}")).await;
    let shown: Vec<String> = page.all(".msg__text").iter().map(|text| text.inner_html()).collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[0].contains("**not** markdown"), "{}", shown[0]);
    assert!(shown[1].contains("<strong>green</strong>") && shown[1].contains("<li>one</li>"), "{}", shown[1]);
    let link = page.one(".msg__text.rich a").value().clone();
    assert_eq!(link.attr("href"), Some("https://docs.example/a?b=1&c=2"));
    assert_eq!(link.attr("rel"), Some("noopener noreferrer nofollow"));
    assert!(shown[2].contains("<code>code</code> &lt;b&gt;x&lt;/b&gt;"), "{}", shown[2]);

    let frames = ben.all_until(|frame| frame.to_string().contains("<code>code</code>")).await;
    let pushed = frames.iter().map(ToString::to_string).collect::<String>();
    assert!(pushed.contains("<strong>green</strong>") && !pushed.contains("<b>x</b>"), "{pushed}");
    // A program gets what was written.
    let said = world.ada.api.get(&format!("/conversations/{number}/messages")).await.expect(200).json();
    assert_eq!(said["items"][1]["body"], REPLY);
}

async fn a_visitor_reads_markdown_as_html_and_what_they_write_stays_text(engine: Engine) {
    let world = World::open(engine).await;
    let widget = Widget::open(&world).await;
    let visitor = widget.visitor().await;
    let number = visitor.writes("I wrote **this** <i>here</i>").await;
    let hostile = format!("{REPLY}\n\n{}", HOSTILE.join("\n\n"));
    world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": hostile })).await.expect(201);
    let page = visitor.get("").await.expect(200).page();
    assert!(page.text(".me .text").contains("I wrote **this** <i>here</i>"));
    let said = page.one(".us .said");
    assert!(said.inner_html().contains("<strong>green</strong>"), "{}", said.inner_html());
    harmless(said, "the widget");
    assert_eq!(visitor.reads(&number).await[1].1, hostile, "a program in their place gets what was written");
}

async fn nothing_hostile_becomes_markup_anywhere(engine: Engine) {
    let world = World::open(engine).await;
    let number = world.uma.writes(&HOSTILE.join("\n\n")).await;
    for text in HOSTILE {
        world.ada.api.post(&format!("/conversations/{number}/replies"), json!({ "body": text })).await.expect(201);
    }
    world
        .ada
        .api
        .post(&format!("/conversations/{number}/notes"), json!({ "body": HOSTILE.join("\n\n") }))
        .await
        .expect(201);
    let page = world.ben.page.sees(&format!("/conversations/{number}")).await;
    assert!(page.all(".msg__text.rich").len() > HOSTILE.len() / 2);
    for text in page.all(".msg__text.rich") {
        harmless(text, "the thread");
    }
}

/// Whatever is put together of markdown and markup, only what is allowed comes out.
#[test]
fn no_mixture_of_markdown_and_markup_gets_through() {
    let pieces: Vec<&str> = HOSTILE
        .iter()
        .copied()
        .chain(["*", "**", "`", "```\n", "~~", "[", "](", ")", "<", ">", "\"", "'", "&lt;", "\\", "\n", "\n\n", "> "])
        .chain([
            "- ",
            "1. ",
            "# ",
            "---",
            "https://a.example/",
            "<https://a.example>",
            "javascript:",
            "@ada",
            " onclick=x ",
        ])
        .chain(["<a ", "</a>", "<p ", "</p>", "<!--", "-->", "<![CDATA[", "]]>", "&#x6a;", "\0", "\u{202e}", "é"])
        .collect();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..4000 {
        let length = random.usize(1..12);
        let text: String = (0..length).filter_map(|_| random.choice(&pieces).copied()).collect();
        let html = rendered(&text, &[]);
        harmless(Html::parse_fragment(html.as_str()).root_element(), &text);
    }
}

/// Only what the sanitiser allows: these elements, these attributes, addresses that lead somewhere and tell nobody.
#[track_caller]
fn harmless(root: ElementRef<'_>, of: &str) {
    const ALLOWED: &str = "p br strong em del code pre ul ol li blockquote a span html";
    for element in root.select(&Selector::parse("*").unwrap()) {
        let value = element.value();
        assert!(ALLOWED.split(' ').any(|name| name == value.name()), "<{}> of {of:?}", value.name());
        for (name, said) in value.attrs() {
            let fine = match name {
                "href" => ["https:", "http:", "mailto:", "tel:"].iter().any(|scheme| said.starts_with(scheme)),
                "rel" => said == "noopener noreferrer nofollow",
                "target" => said == "_blank",
                "start" => value.name() == "ol",
                _ => false,
            };
            assert!(fine, "{name}={said:?} on <{}> of {of:?}", value.name());
        }
        assert!(
            value.attr("href").is_none() || value.attr("rel").is_some(),
            "a link of {of:?} says where it came from"
        );
    }
}
