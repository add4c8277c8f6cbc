//! Flags that users write into prompts, such as `--ar 16:9`.
//!
//! A flag is read where the model has a field for it, taken out of the prompt, and goes over the field of the request. Any
//! other `--word` stays in the prompt as it is. Editors turn two hyphens into a dash, so a dash counts as two. Midjourney and
//! Magic Art are asked by flags anywhere in the prompt. For other models a `--word` may as well be prose or code that is to be
//! drawn, so only what ends the prompt is a flag there, and nothing is refused for looking like one.

use super::{
    extra::pair,
    family::{Count, Family, Size, Task},
};
use crate::{
    conversation::{Extra, PictureRequest, PictureSize},
    error::{Error, Fault},
};

/// A request after its flags were read.
#[derive(Debug)]
pub(super) struct Asked {
    /// The model, which a flag may have chosen.
    pub(super) model: String,
    pub(super) request: PictureRequest,
    /// The fields that flags stand for.
    params: Vec<&'static str>,
}

impl Asked {
    /// An error over what stands in the prompt is one of the prompt.
    pub(super) fn blame(&self, error: Error) -> Error {
        match error {
            Error::InvalidField { param, fault, message } if self.params.contains(&param.as_str()) => {
                Error::InvalidField { param: "prompt".to_owned(), fault, message }
            }
            other => other,
        }
    }
}

/// What a flag does.
#[derive(Debug, Clone, Copy)]
enum Flag {
    Ratio,
    Size,
    Count,
    Quality,
    Style,
    /// The version of Midjourney.
    Version,
    /// Sets a field to text up to the next flag.
    Words(&'static str),
    /// Sets a field to one word.
    Word(&'static str),
    /// Sets a field to a number between these; whole ones only, if it says so.
    Number(&'static str, f64, f64, bool),
    /// Sets a field to a word; takes no value.
    Mode(&'static str),
    /// Sets a field; takes no value.
    Switch(&'static str),
    /// The same, but a number may follow and means nothing more.
    Niji,
}

/// For every model that has a counterpart.
const COMMON: &[(&[&str], Flag)] = &[
    (&["ar", "aspect"], Flag::Ratio),
    (&["size"], Flag::Size),
    (&["n"], Flag::Count),
    (&["quality", "q"], Flag::Quality),
    (&["style"], Flag::Style),
    (&["seed"], Flag::Number("seed", 0.0, 4_294_967_295.0, true)),
    (&["no", "negative"], Flag::Words("negative_prompt")),
];

/// For Midjourney and Magic Art only (docs of 1min.ai for the fields, of Midjourney for the flags).
const MIDJOURNEY: &[(&[&str], Flag)] = &[
    (&["v", "version"], Flag::Version),
    (&["fast"], Flag::Mode("fast")),
    (&["relax"], Flag::Mode("relax")),
    (&["niji"], Flag::Niji),
    (&["tile"], Flag::Switch("tile")),
    (&["stylize", "s"], Flag::Number("stylize", 0.0, 1000.0, true)),
    (&["chaos", "c"], Flag::Number("chaos", 0.0, 100.0, true)),
    (&["weird", "w"], Flag::Number("weird", 0.0, 3000.0, true)),
    (&["iw"], Flag::Number("image_weight", 0.5, 2.0, false)),
    (&["cref"], Flag::Word("character_reference")),
    (&["sref"], Flag::Word("style_reference")),
    (&["oref"], Flag::Word("omni_reference")),
    (&["ow"], Flag::Number("omni_reference_weight", 1.0, 1000.0, true)),
];

/// What flags begin with where they may stand anywhere.
const DASHES: &[&str] = &["--", "\u{2014}", "\u{2013}"];

/// What they begin with where prose and code must stay as they are.
const CERTAIN_DASHES: &[&str] = &["--", "\u{2014}"];

/// Reads the flags of `request`'s prompt: anywhere in it for models that are known for their flags, else at its end only.
///
/// # Errors
/// `InvalidField` for a known flag with a value it can't have, from the former.
pub(super) fn read(model: &str, family: &Family, task: &Task, request: &PictureRequest) -> Result<Asked, Error> {
    let mut asked = Asked { model: model.to_owned(), request: request.clone(), params: Vec::new() };
    if is_midjourney(family, task) {
        asked.read_anywhere(&request.prompt, task)?;
    } else {
        asked.read_at_end(&request.prompt, task);
    }
    Ok(asked)
}

/// Whether flags are how a model has always been asked.
const fn is_midjourney(family: &Family, task: &Task) -> bool {
    matches!(task.count, Count::Four(_)) && family.is_slow
}

impl Asked {
    /// Reads every flag that the model has a field for.
    fn read_anywhere(&mut self, prompt: &str, task: &Task) -> Result<(), Error> {
        let known = |name: &str| find(name).filter(|flag| flag.is_for(task));
        let mut kept = String::new();
        let mut done = 0;
        while let Some(mark) = next_mark(prompt, done, DASHES, &known) {
            kept.push_str(&prompt[done..mark.from]);
            let (value, end) = mark.value(prompt, DASHES);
            let takes = self.apply(mark.flag, value).ok_or_else(|| wrong(mark.name, mark.flag, value))?;
            done = if takes { end } else { mark.name_to };
        }
        if done > 0 {
            kept.push_str(&prompt[done..]);
            kept.trim().clone_into(&mut self.request.prompt);
        }
        Ok(())
    }

    /// Reads the flags that a prompt ends with. Those that the model has no field for stay in it; one whose value can't be read
    /// is none, nor is anything before it.
    fn read_at_end(&mut self, prompt: &str, task: &Task) {
        // Tells what can be read; what it says is thrown away.
        let mut trial = Self { model: self.model.clone(), request: PictureRequest::default(), params: Vec::new() };
        let (mut flags, mut at) = (Vec::new(), 0);
        while let Some(mark) = next_mark(prompt, at, CERTAIN_DASHES, &find) {
            if mark.from != at {
                flags.clear();
            }
            let (value, end) = mark.value(prompt, CERTAIN_DASHES);
            // Words that go on for lines are no value.
            let is_value = !value.contains('\n') && mark.flag.is_word_of(task, value);
            match trial.apply(mark.flag, value).filter(|_| is_value) {
                Some(takes) => {
                    at = if takes { end } else { mark.name_to };
                    flags.push((mark.from..at, mark.flag, value));
                }
                None => {
                    flags.clear();
                    at = mark.name_to;
                }
            }
        }
        let is_end = prompt[at..].trim().is_empty();
        if !is_end || !flags.iter().any(|(_, flag, _)| flag.is_for(task)) {
            return;
        }
        let mut kept = prompt[..flags[0].0.start].to_owned();
        for (place, flag, value) in flags {
            if flag.is_for(task) {
                self.apply(flag, value);
            } else {
                kept.push_str(&prompt[place]);
            }
        }
        kept.trim().clone_into(&mut self.request.prompt);
    }
}

/// Where a known flag stands.
struct Mark<'a> {
    name: &'a str,
    flag: Flag,
    /// Where the space before it begins.
    from: usize,
    name_to: usize,
    value_from: usize,
}

impl Mark<'_> {
    /// The value that follows in `text`, if there is one, and where it ends.
    fn value<'a>(&self, text: &'a str, dashes: &[&str]) -> (&'a str, usize) {
        let rest = &text[self.value_from..];
        // Words end where anything that looks like a flag begins.
        let any = |name: &str| name.starts_with(char::is_alphabetic).then_some(Flag::Ratio);
        let end = match self.flag {
            Flag::Words(_) => next_mark(text, self.value_from, dashes, &any).map_or(text.len(), |next| next.from),
            _ => self.value_from + rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        (text[self.value_from..end.max(self.value_from)].trim(), end.max(self.value_from))
    }
}

/// The next known flag of `text` from `start` on: two hyphens or a dash at the start of a word, and a name.
fn next_mark<'a>(
    text: &'a str,
    start: usize,
    dashes: &[&str],
    known: &impl Fn(&str) -> Option<Flag>,
) -> Option<Mark<'a>> {
    let mut at = start;
    while at < text.len() {
        let rest = &text[at..];
        let word_from = at + rest.find(|sign: char| !sign.is_whitespace())?;
        let word = &text[word_from..];
        let word = &word[..word.find(char::is_whitespace).unwrap_or(word.len())];
        let name_to = word_from + word.len();
        let starts = word_from == 0 || text[..word_from].ends_with(char::is_whitespace);
        let name = dashes.iter().find_map(|dash| word.strip_prefix(dash));
        if let Some((name, flag)) = name.filter(|_| starts).and_then(|name| Some((name, known(name)?))) {
            let after = &text[name_to..];
            let value_from = name_to + after.find(|sign: char| !sign.is_whitespace()).unwrap_or(after.len());
            let from = text[start..word_from].trim_end().len() + start;
            return Some(Mark { name, flag, from, name_to, value_from });
        }
        at = name_to;
    }
    None
}

/// The flag of this name.
fn find(name: &str) -> Option<Flag> {
    let is_named = |(names, _): &&(&[&str], Flag)| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    COMMON.iter().chain(MIDJOURNEY).find(is_named).map(|(_, flag)| *flag)
}

impl Flag {
    /// Whether the model has a field for what it says.
    fn is_for(self, task: &Task) -> bool {
        let takes = |field: &str| task.extras.iter().any(|(known, _)| *known == field);
        match self {
            Self::Ratio | Self::Size => !matches!(task.size, Size::None),
            Self::Count => true,
            Self::Quality => task.quality.is_some(),
            Self::Style => task.style.is_some(),
            Self::Number("seed", ..) => task.seed.is_some(),
            Self::Words(_) => task.negative.is_some(),
            Self::Version => matches!(task.count, Count::Four(_)),
            Self::Word(field) | Self::Number(field, ..) | Self::Switch(field) => takes(field),
            Self::Mode(_) => takes("mode"),
            Self::Niji => takes("isNiji6"),
        }
    }

    /// Whether `value` is one of the words that the model has for it, where it has a list of them.
    fn is_word_of(self, task: &Task, value: &str) -> bool {
        let words = match self {
            Self::Quality => task.quality.as_ref(),
            Self::Style => task.style.as_ref(),
            _ => None,
        };
        words.is_none_or(|words| words.knows(value))
    }
}

fn wrong(name: &str, flag: Flag, value: &str) -> Error {
    let takes = match flag {
        Flag::Ratio => "a ratio such as 16:9".to_owned(),
        Flag::Size => "a size such as 1024x1024, or auto".to_owned(),
        Flag::Count => "a number of pictures, at least 1".to_owned(),
        Flag::Version => "5.2, 6.1 or 7".to_owned(),
        Flag::Number(_, least, most, true) => format!("a whole number from {least} to {most}"),
        Flag::Number(_, least, most, false) => format!("a number from {least} to {most}"),
        _ => "a value after it".to_owned(),
    };
    let found = if value.is_empty() { "none was found".to_owned() } else { format!("`{value}` is none") };
    let message = format!("The flag `--{name}` in the prompt takes {takes}; {found}. Change it, or take it out.");
    Error::field("prompt", Fault::Invalid, message)
}

impl Asked {
    /// Does what a flag says. Gives whether the value belongs to it; `None` for a value it can't have.
    fn apply(&mut self, flag: Flag, value: &str) -> Option<bool> {
        // A value never starts as a flag does, but for words that may be none at all.
        let has_value = !value.is_empty() && !value.starts_with("--");
        let request = &mut self.request;
        match flag {
            Flag::Ratio => {
                let (width, height) = pair(value, &[':', 'x', '/'])?;
                request.size = Some(PictureSize::Ratio { width, height });
                self.params.push("size");
            }
            Flag::Size => {
                request.size = match pair(value, &['x', 'X', '*']) {
                    Some((width, height)) => Some(PictureSize::Pixels { width, height }),
                    None if value.eq_ignore_ascii_case("auto") => None,
                    None => return None,
                };
                self.params.push("size");
            }
            Flag::Count => {
                request.count = value.parse().ok().filter(|count| *count > 0)?;
                self.params.push("n");
            }
            Flag::Quality => {
                request.style.quality = Some(value.to_owned()).filter(|_| has_value).map(Some)?;
                self.params.push("quality");
            }
            Flag::Style => {
                request.style.style = Some(value.to_owned()).filter(|_| has_value).map(Some)?;
                self.params.push("style");
            }
            Flag::Version => self.model = version(&self.model, value)?,
            Flag::Words(field) | Flag::Word(field) => {
                let value = Some(Extra::Text(value.to_owned())).filter(|_| has_value)?;
                self.extra(field, value);
            }
            Flag::Number(field, least, most, is_whole) => {
                let number: f64 = value.parse().ok().filter(|number| (least..=most).contains(number))?;
                if is_whole && number.fract() != 0.0 {
                    return None;
                }
                self.extra(field, Extra::Number(number));
            }
            Flag::Mode(word) => {
                self.extra("mode", Extra::Text(word.to_owned()));
                return Some(false);
            }
            Flag::Switch(field) => {
                self.extra(field, Extra::Bool(true));
                return Some(false);
            }
            Flag::Niji => {
                self.extra("isNiji6", Extra::Bool(true));
                return Some(value.parse::<f64>().is_ok());
            }
        }
        Some(true)
    }

    /// Sets a field over what the request says.
    fn extra(&mut self, field: &'static str, value: Extra) {
        self.request.extra.retain(|(name, _)| name != field);
        self.request.extra.push((field.to_owned(), value));
        self.params.push(field);
    }
}

/// The model of a version: the bare name is 5.2 (docs).
fn version(model: &str, value: &str) -> Option<String> {
    let name = if model.starts_with("midjourney") { "midjourney" } else { "magic-art" };
    match value {
        "5" | "5.2" => Some(name.to_owned()),
        "6.1" => Some(format!("{name}_6_1")),
        "7" | "7.0" => Some(format!("{name}_7_0")),
        _ => None,
    }
}
