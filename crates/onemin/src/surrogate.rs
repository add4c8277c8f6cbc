//! Half characters in JSON texts.
//!
//! A service that counts in UTF-16 and cuts its text at any unit sends one half of an emoji in one delta and the other in
//! the next, written as `\ud83d` and `\ude42`. Neither is a JSON text that can be read by itself; together they are.

/// A delta's text, and the halves of characters at its ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    /// What can be read by itself.
    pub(crate) text: String,
    /// The second half of a character that began before.
    first_half_was_before: Option<u16>,
    /// The first half of a character that goes on in the next delta.
    pub(crate) second_half_is_due: Option<u16>,
}

/// The halves found at the ends of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    low: Option<u16>,
    high: Option<u16>,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl Text {
    /// A text in which [`mend_ends`] has put U+FFFD for the halves in `ends`.
    pub(crate) fn mended(text: &str, ends: Ends) -> Self {
        let text = if ends.low.is_some() { text.strip_prefix('\u{FFFD}').unwrap_or(text) } else { text };
        let text = if ends.high.is_some() { text.strip_suffix('\u{FFFD}').unwrap_or(text) } else { text };
        Self { text: text.to_owned(), first_half_was_before: ends.low, second_half_is_due: ends.high }
    }

    /// This text after the first half of a character, if there was one. Halves that don't meet become U+FFFD.
    pub(crate) fn after(self, half: Option<u16>) -> Self {
        if self == Self::default() {
            // An empty delta, which 1min.ai is known to send, keeps no halves apart.
            return Self { second_half_is_due: half, ..self };
        }
        let units: Vec<u16> = half.into_iter().chain(self.first_half_was_before).collect();
        let text = if units.is_empty() { self.text } else { String::from_utf16_lossy(&units) + &self.text };
        Self { text, first_half_was_before: None, ..self }
    }
}

/// A JSON text with U+FFFD for every half character (`\\ud83d` without its other half), which no JSON reader takes; `None` if
/// it has none. Programs that count in UTF-16 and cut their texts anywhere write such.
#[must_use]
pub fn mend(json: &str) -> Option<String> {
    mend_ends(json).map(|(mended, _)| mended)
}

/// The same, and which halves stood at the beginning and at the end of a JSON string.
pub(crate) fn mend_ends(json: &str) -> Option<(String, Ends)> {
    let bytes = json.as_bytes();
    let mut mended = String::with_capacity(json.len());
    let (mut ends, mut copied, mut at) = (Ends::default(), 0, 0);
    let mut has_mended = false;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        let escape = at + found;
        let Some(unit) = unit_at(bytes, escape) else {
            at = bytes.len().min(escape + 2);
            continue;
        };
        at = escape + 6;
        let is_high = (0xD800..0xDC00).contains(&unit);
        if is_high && unit_at(bytes, at).is_some_and(|next| (0xDC00..0xE000).contains(&next)) {
            at += 6;
        } else if (0xD800..0xE000).contains(&unit) {
            has_mended = true;
            mended.push_str(&json[copied..escape]);
            mended.push_str("\\uFFFD");
            copied = at;
            if is_high && bytes.get(at) == Some(&b'"') {
                ends.high = Some(unit);
            } else if !is_high && bytes[..escape].ends_with(b"\"") && !bytes[..escape].ends_with(b"\\\"") {
                ends.low = Some(unit);
            }
        }
    }
    mended.push_str(&json[copied..]);
    has_mended.then_some((mended, ends))
}

/// The UTF-16 unit written as `\uXXXX` at `at`.
fn unit_at(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Text {
        let (mended, ends) = mend_ends(json).unwrap();
        Text::mended(&serde_json::from_str::<String>(&mended).unwrap(), ends)
    }

    #[test]
    fn whole_characters_need_no_mending() {
        for json in [r#""plain""#, r#""\ud83d\ude42""#, r#""\\ud83d""#, r#""\u00fc\n""#, r#""\"#, r#""\u12"#] {
            assert_eq!(mend(json), None, "{json}");
        }
    }

    #[test]
    fn halves_meet_across_deltas() {
        let first = text(r#""hi \ud83d""#).after(None);
        assert_eq!((first.text.as_str(), first.second_half_is_due), ("hi ", Some(0xD83D)));
        let second = text(r#""\ude42 there""#).after(first.second_half_is_due);
        assert_eq!((second.text.as_str(), second.second_half_is_due), ("\u{1F642} there", None));
    }

    #[test]
    fn halves_that_do_not_meet_are_marked() {
        assert_eq!(text(r#""a\ud83db""#).after(None).text, "a\u{FFFD}b");
        assert_eq!(text(r#""\ude42b""#).after(None).text, "\u{FFFD}b");
        assert_eq!(Text::from("b".to_owned()).after(Some(0xD83D)).text, "\u{FFFD}b");
        assert_eq!(text(r#""say \"\ude42!""#).after(None).text, "say \"\u{FFFD}!");
        assert_eq!(Text::default().after(Some(0xD83D)).second_half_is_due, Some(0xD83D));
        assert_eq!(mend(r#"{"a":"\ud83d","b":"\ude42"}"#).unwrap(), r#"{"a":"\uFFFD","b":"\uFFFD"}"#);
    }
}
