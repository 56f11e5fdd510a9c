//! Files of messages. What a file is called and what it is are decided here and by its bytes, never by its sender.

use std::sync::Arc;

use super::ids::AttachmentId;

/// Longest name of a file, in characters.
const NAME: usize = 120;

/// A stored file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    /// Its name in addresses: random.
    pub name: String,
    /// What its sender called it, made harmless.
    pub file_name: String,
    /// The media type its bytes have.
    pub kind: String,
    /// In bytes.
    pub size: i64,
    /// Width and height of a picture that a page may show; none for every other file.
    pub pixels: Option<(i64, i64)>,
}

/// A file that arrived and was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub file_name: String,
    pub kind: &'static str,
    pub pixels: Option<(i64, i64)>,
    pub bytes: Arc<Vec<u8>>,
}

/// A name without folders, line breaks and marks that turn the direction of text; never empty.
pub fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !c.is_control() && !turns(*c)).collect();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = words.trim_start_matches('.').trim_end_matches(['.', ' ']).trim_start();
    if name.is_empty() { "file".to_owned() } else { shortened(name) }
}

/// The middle goes, the ending stays: it is what people know a file by.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = if ending.chars().count() <= 12 { ending } else { "" };
    let kept = NAME.saturating_sub(ending.chars().count() + 2);
    let start: String = name.chars().take(kept).collect();
    if ending.is_empty() { format!("{start}…") } else { format!("{start}….{ending}") }
}

/// Marks that are not seen and make a name read otherwise than it is: `gpj.exe` for `exe.jpg`.
const fn turns(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_folder_no_marks_and_an_end() {
        let rows = [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a b.txt", "a b.txt"),
            ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
            ("line\r\nbreak\0.txt", "linebreak.txt"),
            ("..", "file"),
            ("", "file"),
            (".htaccess", "htaccess"),
            ("a.txt. . ", "a.txt"),
            ("résumé ☃.png", "résumé ☃.png"),
        ];
        for (given, name) in rows {
            assert_eq!(file_name(given), name, "{given:?}");
        }
        let long = file_name(&format!("{}.tar.gz", "x".repeat(400)));
        assert!(long.chars().count() <= 120 && long.ends_with("….gz"), "{long}");
    }
}
