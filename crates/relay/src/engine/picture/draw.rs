//! The plan for a model whose family is known.

use onemin::{FieldValue, Fields};

use super::{
    Input, InputMedia, MOST, Plan, extra,
    family::{Count, Family, Kind, Task, Words},
    size,
};
use crate::{
    conversation::{Extra, PictureRequest},
    error::{Error, Fault},
};

/// Words of OpenAI for quality, style and format that a model without a counterpart draws without.
const COMMON: [&str; 10] = ["auto", "standard", "hd", "low", "medium", "high", "vivid", "natural", "opaque", "default"];

/// Plans `request` for `model`, which does it as `task` says.
///
/// # Errors
/// `InvalidField` for whatever the model can't do.
pub(super) fn draw(model: &str, family: &Family, task: &Task, request: &PictureRequest) -> Result<Plan, Error> {
    let mut fields = Fields::default();
    check_prompt(model, task, &request.prompt)?;
    if !request.prompt.trim().is_empty() {
        fields.set("prompt", request.prompt.as_str());
    }
    let inputs = inputs(model, task, request)?;
    let calls = count(model, task, request.count, &mut fields)?;
    for (name, value) in task.fixed {
        fields.set(*name, *value);
    }
    let is_told = task.own_size.is_some_and(|field| request.extra.iter().any(|(name, _)| name == field));
    if !is_told {
        let size = request.size.map_or_else(|| extra::size(task, &request.extra), |size| Ok(Some(size)))?;
        size::set(model, task, size, &mut fields)?;
    }
    style(model, task, request, &mut fields)?;
    extra::set(model, task, &request.extra, &mut fields)?;
    let is_ours = |field: &&str| !request.extra.iter().any(|(name, _)| name == field);
    Ok(Plan {
        feature: task.kind.feature(),
        model: model.to_owned(),
        fields,
        inputs,
        calls,
        files: request.count,
        is_async: family.is_slow,
        droppable: task.droppable.iter().copied().filter(is_ours).collect(),
    })
}

fn check_prompt(model: &str, task: &Task, prompt: &str) -> Result<(), Error> {
    if task.kind != Kind::Vary && prompt.trim().is_empty() {
        return Err(Error::field("prompt", Fault::Missing, "The prompt is empty. Say what to draw."));
    }
    if !task.has_prompt && !prompt.trim().is_empty() {
        let message = format!(
            "The model `{model}` varies a picture without words. Leave them out, or have the picture changed by a model that \
             takes some: {}.",
            Kind::Edit.models()
        );
        return Err(Error::field("prompt", Fault::Unsupported, message));
    }
    match task.longest_prompt {
        Some(longest) if prompt.chars().count() > longest => Err(Error::field(
            "prompt",
            Fault::Invalid,
            format!("The model `{model}` takes prompts of at most {longest} characters. Send a shorter one."),
        )),
        _ => Ok(()),
    }
}

/// What has to be uploaded.
fn inputs(model: &str, task: &Task, request: &PictureRequest) -> Result<Vec<Input>, Error> {
    if task.kind == Kind::Generate {
        return Ok(Vec::new());
    }
    let input = |field, media| Input { field, media, is_list: false, inverts_mask: false };
    let most = 1 + task.more_pictures.map_or(0, |(_, more)| more);
    match request.images.len() {
        0 => {
            return Err(Error::field(
                "image",
                Fault::Missing,
                "There is no picture to start from. Send one as 'image'.",
            ));
        }
        sent if sent > most => {
            let pictures = if most == 1 { "one picture".to_owned() } else { format!("at most {most} pictures") };
            let advice = if most == 1 { " `qwen-image-edit-plus` takes up to 3." } else { "" };
            let message = format!("The model `{model}` starts from {pictures}, and {sent} were sent.{advice}");
            return Err(Error::field("image", Fault::UnsupportedValue, message));
        }
        _ => {}
    }
    // Docs: the fields of every editor, inpainter and variator.
    let mut inputs = vec![input("imageUrl", InputMedia::Image(0))];
    if let Some((field, _)) = task.more_pictures {
        let more =
            (1..request.images.len()).map(|place| Input { is_list: true, ..input(field, InputMedia::Image(place)) });
        inputs.extend(more);
    }
    if task.kind == Kind::Inpaint {
        inputs.push(Input { inverts_mask: true, ..input("maskUrl", InputMedia::Mask) });
    }
    Ok(inputs)
}

/// Tells how many pictures are wanted. Gives the number of calls.
fn count(model: &str, task: &Task, count: u32, fields: &mut Fields) -> Result<u32, Error> {
    let most = match task.count {
        Count::Field(_, most) => most,
        Count::Four(_) => 4,
        Count::Calls => MOST,
    };
    if count == 0 || count > most {
        let message =
            format!("The model `{model}` draws 1 to {most} pictures for a request. Send an 'n' of that range.");
        return Err(Error::field("n", if count == 0 { Fault::Invalid } else { Fault::UnsupportedValue }, message));
    }
    match task.count {
        Count::Field(field, _) => fields.set(field, count),
        Count::Four(field) => fields.set(field, 4_u32),
        Count::Calls => return Ok(count),
    }
    Ok(1)
}

/// Tells what is wished that many models share.
fn style(model: &str, task: &Task, request: &PictureRequest, fields: &mut Fields) -> Result<(), Error> {
    let PictureRequest { style, extra, .. } = request;
    let mut word = |param, words: Option<&Words>, asked| word(model, param, words, asked, extra, fields);
    word("quality", task.quality.as_ref(), style.quality.as_deref())?;
    word("style", task.style.as_ref(), style.style.as_deref())?;
    let background = style.background.as_deref();
    if task.background.is_none() && background.is_some_and(|word| word.eq_ignore_ascii_case("transparent")) {
        let message =
            format!("The model `{model}` draws no transparent backgrounds. `gpt-image-1` and `gpt-image-1-mini` do.");
        return Err(Error::field("background", Fault::UnsupportedValue, message));
    }
    word("background", task.background.as_ref(), background)?;
    // Another format than the one asked for comes under its true name.
    let format = style.output_format.as_deref().map(|format| if format == "jpg" { "jpeg" } else { format });
    let has_format = task.format.as_ref().is_some_and(|words| format.is_some_and(|word| words.find(word).is_some()));
    word("output_format", task.format.as_ref(), format.filter(|_| has_format))?;
    match (task.compression, style.output_compression) {
        (_, Some(percent)) if percent > 100 => {
            Err(Error::field("output_compression", Fault::Invalid, "'output_compression' is a percentage, 0 to 100."))
        }
        (Some(field), Some(percent)) => {
            fields.set(field, percent);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Tells one wish, `param`, by a word.
fn word(
    model: &str,
    param: &str,
    words: Option<&Words>,
    asked: Option<&str>,
    extra: &[(String, Extra)],
    fields: &mut Fields,
) -> Result<(), Error> {
    let Some(words) = words else { return Ok(()) };
    let value = match asked.filter(|asked| !asked.is_empty()) {
        None => words.default(extra),
        Some(asked) => match words.find(asked) {
            Some(value) => Some(value),
            None if is_common(asked) => words.default(extra),
            None if words.is_open => Some(asked.into()),
            None => {
                let known = words.words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                let message = format!("The model `{model}` has no {param} `{asked}`. It knows {known}.");
                return Err(Error::field(param, Fault::UnsupportedValue, message));
            }
        },
    };
    if let Some(value) = value {
        fields.set(words.field, value);
    }
    Ok(())
}

fn is_common(asked: &str) -> bool {
    COMMON.iter().any(|common| common.eq_ignore_ascii_case(asked))
}

impl Words {
    /// What a client's word means.
    fn find(&self, asked: &str) -> Option<FieldValue> {
        let known = self.words.iter().find(|(name, _)| name.eq_ignore_ascii_case(asked));
        known.map(|(_, value)| (*value).into())
    }

    /// Whether a client may say this word here.
    pub(super) fn knows(&self, asked: &str) -> bool {
        self.is_open || is_common(asked) || self.find(asked).is_some()
    }

    /// What is sent where nobody says otherwise, beside what the client sent.
    fn default(&self, extra: &[(String, Extra)]) -> Option<FieldValue> {
        let fits = self.default_beside.is_none_or(|(field, values)| {
            let sent = extra.iter().find(|(name, _)| name == field).map(|(_, value)| value);
            sent.is_none_or(|sent| matches!(sent, Extra::Text(text) if values.iter().any(|value| value.eq_ignore_ascii_case(text.trim()))))
        });
        self.default.filter(|_| fits).map(FieldValue::from)
    }
}
