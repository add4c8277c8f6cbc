//! Fields beyond OpenAI's that a client sent, for the models that have them.

use onemin::{FieldValue, Fields};

use super::family::{SEED, Size, Take, Task};
use crate::{
    conversation::{Extra, PictureSize},
    engine::extra::whole,
    error::{Error, Fault},
};

/// Names clients have for what must not be seen, whatever a model calls it.
const NEGATIVE: [&str; 3] = ["negative_prompt", "negativePrompt", "no"];

/// Names clients have for a shape.
const RATIO: [&str; 2] = ["aspect_ratio", "aspectRatio"];

/// The size or shape that extra fields name: a ratio such as `16:9` or `16x9`, or both sides where the model has fields for
/// them.
///
/// # Errors
/// `InvalidField` for a side without the other, or of no length.
pub(super) fn size(task: &Task, extra: &[(String, Extra)]) -> Result<Option<PictureSize>, Error> {
    let ratio = extra.iter().find(|(name, _)| RATIO.contains(&name.as_str())).and_then(|(_, value)| match value {
        Extra::Text(text) => pair(text, &[':', 'x']).map(|(width, height)| PictureSize::Ratio { width, height }),
        _ => None,
    });
    let sides = match task.size {
        _ if ratio.is_some() => return Ok(ratio),
        Size::Sides(_) | Size::Custom { .. } => ["width", "height"],
        Size::Shape(_) => ["aspect_width", "aspect_height"],
        _ => return Ok(None),
    };
    let read = |name: &str| {
        let (_, value) = extra.iter().find(|(sent, _)| sent == name)?;
        let side = number(value).and_then(whole).and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
        Some(side.ok_or_else(|| {
            Error::field(name, Fault::Invalid, format!("The field '{name}' takes a whole number, at least 1."))
        }))
    };
    match sides.map(read) {
        [None, None] => Ok(None),
        [Some(width), Some(height)] => {
            let (width, height) = (width?, height?);
            let is_shape = matches!(task.size, Size::Shape(_));
            Ok(Some(if is_shape {
                PictureSize::Ratio { width, height }
            } else {
                PictureSize::Pixels { width, height }
            }))
        }
        [width, _] => {
            let [sent, lacks] = if width.is_some() { sides } else { [sides[1], sides[0]] };
            let message = format!("The field '{sent}' means nothing without '{lacks}'. Send both, or neither.");
            Err(Error::field(lacks, Fault::Missing, message))
        }
    }
}

/// Two numbers with a sign between them, neither of them 0.
pub(super) fn pair(text: &str, signs: &[char]) -> Option<(u32, u32)> {
    let (width, height) = text.trim().split_once(signs)?;
    let number = |text: &str| text.trim().parse().ok().filter(|number| *number > 0);
    Some((number(width)?, number(height)?))
}

/// Sets those the model has. Others are left out: 1min.ai ignores what a model doesn't have (live), or refuses it.
///
/// # Errors
/// `InvalidField` for one whose value is of another kind, and for one that is missing and must be there.
pub(super) fn set(model: &str, task: &Task, extra: &[(String, Extra)], fields: &mut Fields) -> Result<(), Error> {
    for (name, value) in extra {
        let known = task.extras.iter().find(|(known, _)| known == name);
        let (field, take) = match (known, task.negative, task.seed) {
            (Some((field, take)), ..) => (*field, *take),
            (None, Some(field), _) if NEGATIVE.contains(&name.as_str()) || name == field => (field, Take::Text),
            (None, _, Some(field)) if name == "seed" || name == field => (field, task.take(field).unwrap_or(SEED)),
            _ => continue,
        };
        let Some(value) = take.read(value) else {
            let message = format!("The field '{name}' of the model `{model}` takes {}.", take.words());
            return Err(Error::field(name.as_str(), Fault::Invalid, message));
        };
        fields.set(field, value);
    }
    match task.required {
        Some((field, what)) if fields.get(field).is_none() => {
            let message = format!("The model `{model}` needs the field '{field}': {what}. Send it beside the prompt.");
            Err(Error::field(field, Fault::Missing, message))
        }
        _ => Ok(()),
    }
}

impl Task {
    /// Which values one of `extras` takes.
    fn take(&self, field: &str) -> Option<Take> {
        self.extras.iter().find(|(known, _)| *known == field).map(|(_, take)| *take)
    }
}

impl Take {
    /// The value, if it is one of these. Forms have texts only, so a text may stand for what it says.
    fn read(self, value: &Extra) -> Option<FieldValue> {
        match self {
            Self::Text => match value {
                Extra::Text(text) => Some(text.as_str().into()),
                Extra::Integer(number) => Some(number.to_string().into()),
                Extra::Number(number) => Some(number.to_string().into()),
                Extra::Bool(_) | Extra::List(_) | Extra::Object(_) => None,
            },
            Self::Word(words) => {
                let Some(FieldValue::Text(text)) = Self::Text.read(value) else { return None };
                words.iter().find(|word| word.eq_ignore_ascii_case(text.trim())).map(|word| (*word).into())
            }
            Self::Integer(least, most) => {
                whole(number(value)?).filter(|number| (least..=most).contains(number)).map(FieldValue::from)
            }
            Self::Number(least, most) => {
                let number = number(value).filter(|number| (least..=most).contains(number))?;
                Some(whole(number).map_or_else(|| number.into(), FieldValue::from))
            }
            Self::Bool => match value {
                Extra::Bool(yes) => Some((*yes).into()),
                Extra::Text(text) => text.trim().to_ascii_lowercase().parse::<bool>().ok().map(FieldValue::from),
                _ => None,
            },
            Self::Any => Some(value.into()),
            Self::Texts(most) => match value {
                Extra::List(list) if list.len() <= most => {
                    let texts: Option<Vec<FieldValue>> = list.iter().map(|item| Self::Text.read(item)).collect();
                    texts.map(FieldValue::List)
                }
                Extra::Text(text) if most > 0 => Some(vec![text.as_str()].into()),
                _ => None,
            },
        }
    }

    /// What it takes, for people.
    fn words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Integer(i64::MIN, i64::MAX) => "a whole number".to_owned(),
            Self::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number(least, most) => format!("a number from {least} to {most}"),
            Self::Bool => "true or false".to_owned(),
            Self::Any => "any value".to_owned(),
            Self::Texts(most) => format!("a list of at most {most} texts"),
        }
    }
}

fn number(value: &Extra) -> Option<f64> {
    let number = match value {
        #[expect(clippy::cast_precision_loss, reason = "no field takes numbers so large")]
        Extra::Integer(number) => *number as f64,
        Extra::Number(number) => *number,
        Extra::Text(text) => text.trim().parse().ok()?,
        Extra::Bool(_) | Extra::List(_) | Extra::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}
