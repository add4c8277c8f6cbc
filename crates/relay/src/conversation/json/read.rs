//! The reader: one descent over the bytes, strict or mending.

use super::Json;

/// How deep values may be nested: the reader calls itself.
const DEEPEST: usize = 128;

/// Reads a text that is JSON.
pub(super) fn strict(text: &str) -> Option<Json> {
    whole(Reader::new(text, Mend::default()))
}

/// Reads a text that nearly is JSON; `closes`: what is open at its end is closed.
pub(super) fn mended(text: &str, closes: bool) -> Option<Json> {
    whole(Reader::new(text, Mend { is_on: true, closes }))
}

/// The value at the beginning of a text.
pub(super) fn start(text: &str) -> Option<(Json, usize)> {
    [false, true].into_iter().find_map(|is_on| {
        let mut reader = Reader::new(text, Mend { is_on, closes: false });
        let value = reader.value(0)?;
        Some((value, reader.at))
    })
}

fn whole(mut reader: Reader<'_>) -> Option<Json> {
    let value = reader.value(0)?;
    reader.skip_blanks();
    (reader.at == reader.text.len()).then_some(value)
}

/// What is mended.
#[derive(Debug, Clone, Copy, Default)]
struct Mend {
    is_on: bool,
    closes: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    mend: Mend,
}

impl<'a> Reader<'a> {
    const fn new(text: &'a str, mend: Mend) -> Self {
        Self { text, at: 0, mend }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, token: &str) -> bool {
        let is_there = self.rest().starts_with(token);
        if is_there {
            self.at += token.len();
        }
        is_there
    }

    /// Whether the text has ended where it may.
    fn is_cut(&self) -> bool {
        self.mend.closes && self.at == self.text.len()
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let is_blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r') || (self.mend.is_on && c.is_whitespace());
            self.at += rest.len() - rest.trim_start_matches(is_blank).len();
            if !self.mend.is_on || !self.skip_comment() {
                return;
            }
        }
    }

    fn skip_comment(&mut self) -> bool {
        let rest = self.rest();
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            return false;
        };
        self.at += end;
        true
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_blanks();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string('"').map(Json::String),
            b'\'' if self.mend.is_on => self.string('\'').map(Json::String),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Option<Json> {
        let words = [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)];
        let pythons = [("True", Json::Bool(true)), ("False", Json::Bool(false)), ("None", Json::Null)];
        let pythons = pythons.into_iter().filter(|_| self.mend.is_on);
        let (word, value) = words.into_iter().chain(pythons).find(|(word, _)| self.rest().starts_with(word))?;
        self.at += word.len();
        let goes_on = self.rest().starts_with(|c: char| c.is_alphanumeric() || c == '_');
        (!goes_on).then_some(value)
    }

    /// A number as JSON has it, its digits kept.
    fn number(&mut self) -> Option<Json> {
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')).unwrap_or(rest.len());
        let (digits, _) = rest.split_at(end);
        is_number(digits).then(|| {
            self.at += end;
            Json::Number(digits.to_owned())
        })
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            let may_end = items.is_empty() || self.mend.is_on;
            if self.is_cut() || (may_end && self.take("]")) {
                return Some(Json::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.take("]") || self.is_cut() {
                return Some(Json::Array(items));
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip_blanks();
            let may_end = entries.is_empty() || self.mend.is_on;
            if self.is_cut() || (may_end && self.take("}")) {
                return Some(Json::Object(entries));
            }
            let key = self.key()?;
            self.skip_blanks();
            if !self.take(":") {
                // A key without its value is no entry yet.
                return self.is_cut().then_some(Json::Object(entries));
            }
            self.skip_blanks();
            if self.is_cut() {
                return Some(Json::Object(entries));
            }
            entries.push((key, self.value(depth + 1)?));
            self.skip_blanks();
            if self.take("}") || self.is_cut() {
                return Some(Json::Object(entries));
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn key(&mut self) -> Option<String> {
        match self.peek()? {
            b'"' => self.string('"'),
            b'\'' if self.mend.is_on => self.string('\''),
            _ if self.mend.is_on => {
                let rest = self.rest();
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))).unwrap_or(rest.len());
                self.at += end;
                (end > 0).then(|| rest[..end].to_owned())
            }
            _ => None,
        }
    }

    fn string(&mut self, quote: char) -> Option<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == quote || c == '\\' || c < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            match rest[plain..].chars().next() {
                None => return self.mend.closes.then_some(out),
                Some('\\') => self.escape(&mut out)?,
                Some(c) if c == quote => {
                    self.at += 1;
                    if !self.mend.is_on || self.ends_string() {
                        return Some(out);
                    }
                    out.push(quote);
                }
                Some(control) if self.mend.is_on => {
                    self.at += control.len_utf8();
                    out.push(control);
                }
                Some(_) => return None,
            }
        }
    }

    /// Whether the quote just taken can be the string's last: what follows a string in JSON follows it.
    fn ends_string(&self) -> bool {
        let rest = self.rest().trim_start();
        rest.is_empty()
            || rest.starts_with([',', '}', ']', ':', ')'])
            || rest.starts_with("//")
            || rest.starts_with("/*")
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let mut rest = self.rest().chars();
        rest.next();
        let Some(c) = rest.next() else {
            self.at = self.text.len();
            return self.mend.closes.then_some(());
        };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                if let Some(c) = self.unicode() {
                    out.push(c);
                    return Some(());
                }
                if !self.mend.is_on {
                    return None;
                }
                out.push('\\');
                c
            }
            '\'' | '\n' if self.mend.is_on => c,
            _ if self.mend.is_on => {
                // A path on Windows, a regular expression: the backslash means itself.
                out.push('\\');
                c
            }
            _ => return None,
        };
        out.push(plain);
        self.at += 1 + c.len_utf8();
        Some(())
    }

    /// `\uXXXX`, or two of them that make one character. Half of such a pair is U+FFFD.
    fn unicode(&mut self) -> Option<char> {
        let unit = |text: &str| {
            let digits = text.strip_prefix("\\u")?.get(..4)?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
        };
        let first = unit(self.rest())?;
        self.at += 6;
        let second = unit(self.rest());
        let pair = char::decode_utf16([first].into_iter().chain(second)).next()?;
        match pair {
            Ok(c) => {
                self.at += if c.len_utf16() == 2 { 6 } else { 0 };
                Some(c)
            }
            Err(_) => Some(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// Whether a text is a number in JSON's grammar.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
