//! The plan for a model that no family knows: what most models have, and whatever else the client sent.

use onemin::Fields;

use super::{Input, InputMedia, Plan, family::Kind};
use crate::conversation::{PictureRequest, PictureSize};

/// Plans `request` for `model`. Nothing is refused: 1min.ai says what is wrong in its own words.
pub(super) fn plan(model: &str, kind: Kind, request: &PictureRequest) -> Plan {
    let mut fields = Fields::default();
    if !request.prompt.is_empty() {
        fields.set("prompt", request.prompt.as_str());
    }
    fields.set("n", request.count);
    match request.size {
        Some(PictureSize::Pixels { width, height }) => fields.set("size", format!("{width}x{height}")),
        Some(PictureSize::Ratio { width, height }) => fields.set("aspect_ratio", format!("{width}:{height}")),
        None => {}
    }
    let style = &request.style;
    for (name, word) in [
        ("quality", &style.quality),
        ("style", &style.style),
        ("background", &style.background),
        ("output_format", &style.output_format),
    ] {
        if let Some(word) = word {
            fields.set(name, word.as_str());
        }
    }
    if let Some(percent) = style.output_compression {
        fields.set("output_compression", percent);
    }
    for (name, value) in &request.extra {
        fields.set(name.as_str(), value);
    }
    Plan {
        feature: kind.feature(),
        model: model.to_owned(),
        fields,
        inputs: inputs(request),
        calls: 1,
        files: request.count,
        is_async: false,
        droppable: Vec::new(),
    }
}

/// By the names that most editors have (docs).
fn inputs(request: &PictureRequest) -> Vec<Input> {
    let input = |field, media, is_list| Input { field, media, is_list, inverts_mask: media == InputMedia::Mask };
    let pictures = (0..request.images.len()).map(|place| match place {
        0 => input("imageUrl", InputMedia::Image(0), false),
        _ => input("additional_images", InputMedia::Image(place), true),
    });
    let mask = request.mask.as_ref().map(|_| input("maskUrl", InputMedia::Mask, false));
    pictures.chain(mask).collect()
}
