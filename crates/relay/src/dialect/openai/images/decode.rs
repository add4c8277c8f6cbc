//! From the fields of a request to the neutral words. What can't be read is refused by name; what makes no difference here is
//! let pass.

use serde_json::{Map, Value};

use super::{body::Body, field::Fields, media, object::Wish, size};
use crate::{
    conversation::{PictureRequest, PictureSize, PictureStyle, PictureTask},
    dialect::openai::field::{self, missing},
    error::{Error, Fault},
};

/// The most pictures of one request, as OpenAI has it.
const MOST: u32 = 10;

/// Fields of OpenAI's that make no difference here.
const PASSED_OVER: [&str; 6] =
    ["moderation", "partial_images", "user", "input_fidelity", "metadata", "safety_identifier"];

/// Models whose pictures come in the answer itself, unless the request says otherwise.
const GIVE_BYTES: [&str; 2] = ["gpt-image", "chatgpt-image"];

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) request: PictureRequest,
    pub(super) wish: Wish,
    pub(super) is_streaming: bool,
}

/// Decodes and checks a request; `default_model` draws where it names none.
pub(super) fn decode(mut body: Body, task: PictureTask, default_model: &str) -> Result<Decoded, Error> {
    let images = if task == PictureTask::Generate { Vec::new() } else { body.take_images()? };
    let mask = if task == PictureTask::Edit { body.take_mask()? } else { None };
    let mut fields = body.fields;
    let model = fields.text("model")?.unwrap_or_else(|| default_model.to_owned());
    let model = field::model(Some(model))?;
    let prompt = fields.text("prompt")?;
    if prompt.is_none() && task != PictureTask::Vary {
        return Err(missing("prompt", "Say what to draw."));
    }
    let style = style(&mut fields)?;
    let count = count(fields.integer("n")?)?;
    let size = size(&mut fields)?;
    let is_base64 = match fields.word("response_format")?.as_deref() {
        Some("b64_json") => true,
        Some("url") => false,
        None => GIVE_BYTES.iter().any(|name| model.starts_with(name)),
        Some(other) => {
            let message = format!("Invalid value for 'response_format': '{other}'. It must be 'url' or 'b64_json'.");
            return Err(Error::field("response_format", Fault::Invalid, message));
        }
    };
    let is_streaming = fields.flag("stream")?;
    for name in PASSED_OVER {
        fields.take(name);
    }
    let wish = Wish::new(is_base64, size, &style, prompt.as_deref());
    let prompt = prompt.unwrap_or_default();
    let extra = fields.into_extra();
    let request = PictureRequest { model, task, prompt, images, mask, count, size, style, extra };
    Ok(Decoded { request, wish, is_streaming })
}

/// What a hosted tool asks of every picture that a model has drawn with it.
pub(in crate::dialect::openai) fn wished(tool: Map<String, Value>) -> Result<PictureRequest, Error> {
    let mut fields = Fields::of_json(tool);
    let model = fields.text("model")?.unwrap_or_default();
    let (size, style) = (size(&mut fields)?, style(&mut fields)?);
    let mask = fields.take("input_image_mask");
    let mask = mask.map(|mask| media::read(&mask, "tools[].input_image_mask")).transpose()?;
    Ok(PictureRequest { model, count: 1, size, style, mask, ..PictureRequest::default() })
}

fn size(fields: &mut Fields) -> Result<Option<PictureSize>, Error> {
    fields.text("size")?.map_or(Ok(None), |size| size::read(&size))
}

fn style(fields: &mut Fields) -> Result<PictureStyle, Error> {
    Ok(PictureStyle {
        quality: fields.word("quality")?,
        style: fields.text("style")?,
        background: fields.word("background")?,
        output_format: fields.word("output_format")?.map(|format| if format == "jpg" { "jpeg".into() } else { format }),
        output_compression: percent(fields.integer("output_compression")?)?,
    })
}

fn count(n: Option<i64>) -> Result<u32, Error> {
    let n = n.unwrap_or(1);
    match u32::try_from(n) {
        Ok(count @ 1..=MOST) => Ok(count),
        _ => {
            let message = format!("Invalid value for 'n': {n}. It must be from 1 to {MOST}.");
            Err(Error::field("n", Fault::Invalid, message))
        }
    }
}

fn percent(value: Option<i64>) -> Result<Option<u32>, Error> {
    let read = |value: i64| u32::try_from(value).ok().filter(|percent| *percent <= 100);
    value.map(read).map_or(Ok(None), |percent| {
        let message = "Invalid value for 'output_compression'. It must be from 0 to 100.";
        percent.map(Some).ok_or_else(|| Error::field("output_compression", Fault::Invalid, message))
    })
}

#[cfg(test)]
mod tests;
