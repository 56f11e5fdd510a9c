//! What agents write is markdown; what readers get is HTML that went through one sanitiser. No raw HTML, no pictures from
//! elsewhere, no previews. Customers' words are never markdown.
//!
//! A text is rendered when it is first shown and kept by what it says: a page of a hundred messages costs a hundred
//! look-ups, an edit is another text, and a sanitiser that gets stricter is stricter with old messages as well, which it
//! would not be if its output were stored.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

use crate::domain::mention::mentions;
use crate::domain::row::NamedAgent;

use super::marks::{Linked, Part};

/// HTML that went through the sanitiser; nothing else makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitised(Arc<str>);

impl Sanitised {
    /// What a template may put out as it stands.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept, in bytes of text and HTML.
const KEPT: usize = 8 * 1024 * 1024;

#[derive(Default)]
struct Kept {
    bytes: usize,
    by_text: HashMap<u64, (String, Sanitised)>,
}

static CACHE: LazyLock<(RandomState, Mutex<Kept>)> = LazyLock::new(Default::default);

/// A text as HTML. The colleagues it names are set off.
pub fn rendered(text: &str, named: &[NamedAgent]) -> Sanitised {
    let (hasher, kept) = &*CACHE;
    let names: Vec<(i64, &str)> = named.iter().map(|agent| (agent.id.0, agent.name.as_str())).collect();
    let key = hasher.hash_one((text, &names));
    if let Some((known, html)) = kept.lock().unwrap_or_else(PoisonError::into_inner).by_text.get(&key)
        && known == text
    {
        return html.clone();
    }
    let html = Sanitised(fresh(text, named).into());
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.bytes > KEPT {
        *kept = Kept::default();
    }
    kept.bytes += text.len() + html.0.len();
    kept.by_text.insert(key, (text.to_owned(), html.clone()));
    html
}

/// Quotes and lists inside each other that are still worth an indentation.
const DEEPEST: usize = 16;

/// Whether a line begins with more marks than anybody writes; to nest all of them would take the square of their number.
fn is_absurd(text: &str) -> bool {
    let marks = |line: &str| {
        let begin = line.bytes().take_while(|byte| byte.is_ascii_digit() || b"> \t-+*.)".contains(byte));
        begin.filter(|byte| b">-+*.)".contains(byte)).count()
    };
    text.lines().any(|line| marks(line) > DEEPEST && line.trim_matches(['-', '*', ' ']).len() > 1)
}

fn fresh(text: &str, named: &[NamedAgent]) -> String {
    if is_absurd(text) {
        return ammonia::clean_text(text);
    }
    let mut written = Written { named, within: 0, events: Vec::new() };
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        written.take(event);
    }
    let mut html = String::with_capacity(text.len() * 2);
    html::push_html(&mut html, written.events.into_iter());
    SANITISER.clean(&html).to_string()
}

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(["p", "br", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "a", "span"].into())
        .tag_attributes(HashMap::from([
            ("a", ["href"].into()),
            ("ol", ["start"].into()),
            ("span", ["data-agent"].into()),
        ]))
        .allowed_classes(HashMap::from([("span", ["mention"].into())]))
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true);
    builder
});

/// Events on their way from the parser to the writer.
struct Written<'a, 'n> {
    named: &'n [NamedAgent],
    /// Inside links and code, where an address or a name is only text.
    within: usize,
    events: Vec<Event<'a>>,
}

impl<'a> Written<'a, '_> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Text(text) if self.within == 0 => self.text(&text),
            // A line is a line, as in every other place where one writes to people.
            Event::SoftBreak => self.events.push(Event::HardBreak),
            // What looks like markup is text.
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Rule => {}
            event => self.events.push(event),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        match tag {
            // A message has no headings of its own: the page has.
            Tag::Heading { .. } => self.events.extend([Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)]),
            Tag::HtmlBlock => self.events.push(Event::Start(Tag::Paragraph)),
            Tag::Image { dest_url, title, id, .. } => {
                self.start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id });
            }
            Tag::Link { dest_url, .. } => {
                self.within += 1;
                let (title, id) = (CowStr::Borrowed(""), CowStr::Borrowed(""));
                self.events.push(Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id }));
            }
            Tag::CodeBlock(kind) => {
                self.within += 1;
                self.events.push(Event::Start(Tag::CodeBlock(kind)));
            }
            tag => self.events.push(Event::Start(tag)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => self.events.extend([Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)]),
            TagEnd::HtmlBlock => self.events.push(Event::End(TagEnd::Paragraph)),
            TagEnd::Image | TagEnd::Link => {
                self.within -= 1;
                self.events.push(Event::End(TagEnd::Link));
            }
            TagEnd::CodeBlock => {
                self.within -= 1;
                self.events.push(Event::End(TagEnd::CodeBlock));
            }
            tag => self.events.push(Event::End(tag)),
        }
    }

    /// Words: addresses become links, and colleagues are set off.
    fn text(&mut self, text: &str) {
        let mut done = 0;
        for one in mentions(text, self.named) {
            self.linked(text, done..one.place.start);
            let agent = self.named.iter().find(|agent| agent.id == one.agent);
            let name =
                agent.map_or_else(|| text.get(one.place.clone()).unwrap_or_default(), |agent| agent.name.as_str());
            let open = format!("<span class=\"mention\" data-agent=\"{}\">@", one.agent.0);
            self.events.push(Event::InlineHtml(open.into()));
            self.events.push(Event::Text(name.to_owned().into()));
            self.events.push(Event::InlineHtml("</span>".into()));
            done = one.place.end;
        }
        self.linked(text, done..text.len());
    }

    fn linked(&mut self, text: &str, range: Range<usize>) {
        for part in Linked::new(text.get(range).unwrap_or_default()).parts {
            match part {
                Part::Text("") => {}
                Part::Text(text) => self.events.push(Event::Text(text.to_owned().into())),
                Part::Link(url) => {
                    let (link_type, dest_url) = (LinkType::Autolink, CowStr::from(url.to_owned()));
                    let (title, id) = (CowStr::Borrowed(""), CowStr::Borrowed(""));
                    self.events.extend([
                        Event::Start(Tag::Link { link_type, dest_url: dest_url.clone(), title, id }),
                        Event::Text(dest_url),
                        Event::End(TagEnd::Link),
                    ]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AgentId;

    const REL: &str = "rel=\"noopener noreferrer nofollow\"";

    fn html(text: &str) -> String {
        fresh(text, &[]).replace('\n', "")
    }

    #[test]
    fn the_safe_part_of_markdown_becomes_html() {
        let rows = [
            ("Hold **green** and *X*", "<p>Hold <strong>green</strong> and <em>X</em></p>"),
            ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
            ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
            ("2. a\n3. b", "<ol start=\"2\"><li>a</li><li>b</li></ol>"),
            ("# Title", "<p><strong>Title</strong></p>"),
            ("`a < b` ~~x~~", "<p><code>a &lt; b</code> <del>x</del></p>"),
            ("> said", "<blockquote><p>said</p></blockquote>"),
        ];
        for (text, wanted) in rows {
            assert_eq!(html(text), wanted, "{text}");
        }
        let link = format!(
            "<p>See <a href=\"https://a.example/?b=1&amp;c\" target=\"_blank\" {REL}>https://a.example/?b=1&amp;c</a>.</p>"
        );
        assert_eq!(html("See https://a.example/?b=1&c."), link);
    }

    #[test]
    fn nothing_else_does() {
        let hostile = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "<javascript:alert(1)>",
            "![x](https://elsewhere.example/pixel.png)",
            "![x](javascript:alert(1))",
            "[x](//elsewhere.example)",
            "[x](/sign-out)",
            "[a](https://a.example \"t\\\" onmouseover=alert(1)\")",
            "<a href='javascript:alert(1)'>x</a>",
            "<svg><style><img src=x onerror=alert(1)></style></svg>",
            "```html\n<script>alert(1)</script>\n```",
            "<span class=\"mention\" data-agent=\"1\" style=\"position:fixed\">x</span>",
            "<!-- a --><iframe src=x></iframe>",
            "[x]: javascript:alert(1)\n\n[x]",
            "<div\nonclick=alert(1)>",
        ];
        for text in hostile {
            let html = fresh(text, &[]);
            // What stands between angle brackets; the rest is text.
            let tags: String =
                html.split('<').skip(1).map(|tag| format!("<{}", tag.split('>').next().unwrap())).collect();
            for never in [
                "<script",
                "<img",
                "<svg",
                "<iframe",
                "<style",
                "href=\"javascript",
                "href=\"data",
                "href=\"/",
                " style=",
                " title=",
                "<span",
                "<div",
            ] {
                assert!(!tags.to_lowercase().contains(never), "{text} became {html}");
            }
            let opened = html.matches("<a ").count();
            assert!(opened <= html.matches(REL).count(), "{text} became {html}");
        }
    }

    #[test]
    fn colleagues_are_set_off_and_only_they() {
        let maya = NamedAgent { id: AgentId(7), name: "Maya <L>".into(), email: "maya@example.com".into() };
        let html = fresh("@maya and @ben, not `@maya`", &[maya]);
        assert_eq!(
            html.trim(),
            "<p><span class=\"mention\" data-agent=\"7\">@Maya &lt;L&gt;</span> and @ben, not <code>@maya</code></p>"
        );
    }
}
