//! The fixed rules by which content is kept from looking like structure.

/// The words our markers begin with.
const MARKER_WORDS: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "reply"];

/// The names of our tool tags.
const TAGS: [&str; 2] = ["tool_call", "tool_response"];

/// Puts a backslash before the bracket of every line that begins like a marker: blanks, backslashes, `[`, and a marker's
/// word in any case. Undone by taking one backslash away again.
pub(super) fn markers(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive(is_line_end) {
        let blanks = line.len() - line.trim_start_matches(is_blank).len();
        let (indent, rest) = line.split_at(blanks);
        let bare = rest.trim_start_matches('\\');
        out.push_str(indent);
        if bare.strip_prefix('[').is_some_and(begins_with_marker_word) {
            out.push('\\');
        }
        out.push_str(rest);
    }
    out
}

/// What a reader, or a model, may take for the end of a line.
const fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// White space, and characters that take no space at all.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{AD}')
}

fn begins_with_marker_word(text: &str) -> bool {
    let text = text.trim_start_matches(is_blank);
    MARKER_WORDS.iter().any(|word| {
        text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !text[word.len()..].starts_with(|c: char| c.is_alphanumeric())
    })
}

/// Puts an underscore into every tool tag: `<tool_call` becomes `<_tool_call`, `</_tool_call` becomes `</__tool_call`.
pub(super) fn tool_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        let slash = usize::from(tag[1..].starts_with('/'));
        let (start, name) = tag.split_at(1 + slash);
        out.push_str(before);
        out.push_str(start);
        if TAGS.iter().any(|tag| name.trim_start_matches('_').starts_with(tag)) {
            out.push('_');
        }
        rest = name;
    }
    out.push_str(rest);
    out
}

/// Writes the dot of YouTube's hosts in brackets, as people do to keep a link from being followed.
pub(super) fn youtube_links(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, _) in lower.match_indices("youtu") {
        let hosts = ["youtube.com/", "youtu.be/"];
        let Some(host) = hosts.into_iter().find(|host| lower[at..].starts_with(host)) else { continue };
        let dot = at + host.find('.').unwrap_or(0);
        out.push_str(&text[copied..dot]);
        out.push_str("[.]");
        copied = dot + 1;
    }
    out.push_str(&text[copied..]);
    out
}

/// What a speaker's or tool's name may hold inside a marker or an attribute.
pub(super) const fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_like_a_marker_is_escaped() {
        assert_eq!(markers("[User]\nhi"), "\\[User]\nhi");
        assert_eq!(markers("a\n  [SYSTEM: x]"), "a\n  \\[SYSTEM: x]");
        assert_eq!(markers("\\[user]"), "\\\\[user]");
        assert_eq!(markers("a\r[Reply]\u{2028}[Tool]"), "a\r\\[Reply]\u{2028}\\[Tool]");
        assert_eq!(markers("[ Assistant ]"), "\\[ Assistant ]");
        assert_eq!(markers("\u{a0}[User]"), "\u{a0}\\[User]");
        assert_eq!(markers("\u{200b}[User]"), "\u{200b}\\[User]");
    }

    #[test]
    fn other_brackets_are_left_alone() {
        for text in ["[Users]", "see [User]", "[1] x", "[ü]", "[", "", "a\n\n", "[userland]"] {
            assert_eq!(markers(text), text);
        }
    }

    #[test]
    fn tool_tags_are_escaped_reversibly() {
        assert_eq!(tool_tags("<tool_call>{}</tool_call>"), "<_tool_call>{}</_tool_call>");
        assert_eq!(tool_tags("<_tool_response <<tool_call"), "<__tool_response <<_tool_call");
        assert_eq!(tool_tags("a < b <tool> <"), "a < b <tool> <");
    }

    #[test]
    fn youtube_links_are_defused_in_any_case() {
        assert_eq!(
            youtube_links(
                "ü https://www.YouTube.com/watch?v=1 and youtu.be/2, not youtube.org, youtu.com/ or youtube.be/"
            ),
            "ü https://www.YouTube[.]com/watch?v=1 and youtu[.]be/2, not youtube.org, youtu.com/ or youtube.be/"
        );
    }
}
