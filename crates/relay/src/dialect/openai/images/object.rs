//! What answers say of pictures beside the pictures.

use serde::Serialize;

use crate::conversation::{PictureSize, PictureStyle, Usage, estimate};

/// The sizes that clients know.
const SIZES: [(u32, u32, &str); 3] = [(1024, 1024, "1024x1024"), (1024, 1536, "1024x1536"), (1536, 1024, "1536x1024")];

/// What a request wished for, as far as its answer tells it again.
#[derive(Debug)]
pub(super) struct Wish {
    /// When the answer began, in seconds since 1970.
    pub(super) created: u64,
    /// Whether pictures are wanted in the answer itself, not where they can be had.
    pub(super) is_base64: bool,
    size: &'static str,
    quality: &'static str,
    background: &'static str,
    /// Tokens of the prompt, by estimate.
    prompt_tokens: u64,
}

impl Wish {
    pub(super) fn new(is_base64: bool, size: Option<PictureSize>, style: &PictureStyle, prompt: Option<&str>) -> Self {
        let size = SIZES.iter().find(|(across, down, _)| {
            matches!(size, Some(PictureSize::Pixels { width, height }) if width == *across && height == *down)
        });
        let known = |value: &Option<String>, known: &[&'static str]| {
            known.iter().find(|known| value.as_deref() == Some(**known)).copied().unwrap_or("auto")
        };
        Self {
            created: 0,
            is_base64,
            size: size.map_or("auto", |(_, _, size)| size),
            quality: known(&style.quality, &["low", "medium", "high"]),
            background: known(&style.background, &["transparent", "opaque"]),
            prompt_tokens: prompt.map_or(0, estimate::tokens),
        }
    }

    /// The fields beside the pictures.
    pub(super) fn fields(&self, media_type: &str, usage: UsageObject) -> Fields {
        Fields {
            size: self.size,
            quality: self.quality,
            background: self.background,
            output_format: output_format(media_type),
            usage,
        }
    }

    /// `usage`: 1min.ai's figures where it gave any, else the prompt's tokens by estimate.
    pub(super) fn usage(&self, usage: Option<Usage>) -> UsageObject {
        let told = usage.unwrap_or_default();
        let input = if told.prompt_tokens == 0 { self.prompt_tokens } else { told.prompt_tokens };
        UsageObject {
            input_tokens: input,
            input_tokens_details: InputDetails { text_tokens: input, image_tokens: 0 },
            output_tokens: told.completion_tokens,
            total_tokens: input.saturating_add(told.completion_tokens),
            credits: told.credits,
        }
    }
}

/// `size`, `quality` and `background` as they were wished for, in words of the published sets, and the true format.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fields {
    size: &'static str,
    quality: &'static str,
    background: &'static str,
    output_format: String,
    usage: UsageObject,
}

/// `usage` of pictures.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct UsageObject {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    total_tokens: u64,
    /// What 1min.ai charged; ours, beside OpenAI's keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<f64>,
}

#[derive(Debug, Clone, Default, Serialize)]
struct InputDetails {
    text_tokens: u64,
    image_tokens: u64,
}

/// `image/svg+xml` is `svg`.
pub(in crate::dialect::openai) fn output_format(media_type: &str) -> String {
    let kind = media_type.rsplit('/').next().unwrap_or(media_type);
    kind.split('+').next().unwrap_or(kind).to_owned()
}

/// A JSON object that is not closed, so that more can follow: a text by `name` at its end, or a list.
pub(super) fn begin(object: &impl Serialize, opening: &str) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "our own objects have text keys and no custom serializers")]
    let mut json = serde_json::to_vec(object).expect("an object has a JSON form");
    json.pop();
    json.extend_from_slice(opening.as_bytes());
    json
}
