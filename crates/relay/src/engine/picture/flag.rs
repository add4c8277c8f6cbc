//! Flags that users write into prompts, such as `--ar 16:9`.
//!
//! A flag is read where the model has a field for it, taken out of the prompt, and goes over the field of the request. Any
//! other `--word` stays in the prompt as it is. Editors turn two hyphens into a dash, so a dash counts as two.

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

/// Reads the flags of `request`'s prompt.
///
/// # Errors
/// `InvalidField` for a known flag with a value it can't have.
pub(super) fn read(model: &str, family: &Family, task: &Task, request: &PictureRequest) -> Result<Asked, Error> {
    let mut asked = Asked { model: model.to_owned(), request: request.clone(), params: Vec::new() };
    let prompt = request.prompt.as_str();
    let known = |name: &str| find(name, family, task);
    // Words end where anything that looks like a flag begins.
    let any = |name: &str| name.starts_with(char::is_alphabetic).then_some(Flag::Ratio);
    let mut kept = String::new();
    let mut done = 0;
    while let Some(mark) = next_mark(prompt, done, &known) {
        kept.push_str(&prompt[done..mark.from]);
        let rest = &prompt[mark.value_from..];
        let end = match mark.flag {
            Flag::Words(_) => next_mark(prompt, mark.value_from, &any).map_or(prompt.len(), |next| next.from),
            _ => mark.value_from + rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let value = prompt[mark.value_from..end].trim();
        let takes = asked.apply(mark.flag, value).ok_or_else(|| wrong(mark.name, mark.flag, value))?;
        done = if takes { end } else { mark.name_to };
    }
    if done > 0 {
        kept.push_str(&prompt[done..]);
        kept.trim().clone_into(&mut asked.request.prompt);
    }
    Ok(asked)
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

/// The next known flag of `text` from `start` on: two hyphens or a dash at the start of a word, and a name.
fn next_mark<'a>(text: &'a str, start: usize, known: &impl Fn(&str) -> Option<Flag>) -> Option<Mark<'a>> {
    let mut at = start;
    while at < text.len() {
        let rest = &text[at..];
        let word_from = at + rest.find(|sign: char| !sign.is_whitespace())?;
        let word = &text[word_from..];
        let word = &word[..word.find(char::is_whitespace).unwrap_or(word.len())];
        let name_to = word_from + word.len();
        let starts = word_from == 0 || text[..word_from].ends_with(char::is_whitespace);
        let name = ["--", "\u{2014}", "\u{2013}"].iter().find_map(|dash| word.strip_prefix(dash));
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

/// The flag of this name, if the model has a field for what it says.
fn find(name: &str, family: &Family, task: &Task) -> Option<Flag> {
    let is_named = |(names, _): &&(&[&str], Flag)| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let takes = |field: &str| task.extras.iter().any(|(known, _)| *known == field);
    let has = |flag: Flag| match flag {
        Flag::Ratio | Flag::Size => !matches!(task.size, Size::None),
        Flag::Quality => task.quality.is_some(),
        Flag::Style => task.style.is_some(),
        Flag::Number("seed", ..) => task.seed.is_some(),
        Flag::Words(_) => task.negative.is_some(),
        Flag::Word(field) | Flag::Number(field, ..) | Flag::Switch(field) => takes(field),
        Flag::Mode(_) => takes("mode"),
        Flag::Niji => takes("isNiji6"),
        Flag::Count | Flag::Version => true,
    };
    let is_midjourney = matches!(task.count, Count::Four(_)) && family.is_slow;
    let special = MIDJOURNEY.iter().filter(|_| is_midjourney);
    COMMON.iter().chain(special).find(is_named).map(|(_, flag)| *flag).filter(|flag| has(*flag))
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
