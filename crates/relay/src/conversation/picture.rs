//! What a client asked for when it asked for pictures.

use super::request::Media;

/// A request for pictures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PictureRequest {
    /// The model, as the client named it.
    pub model: String,
    /// What is to be done.
    pub task: PictureTask,
    /// What to draw; empty where a picture is varied without words.
    pub prompt: String,
    /// The pictures to start from, in order. Empty for new ones.
    pub images: Vec<Media>,
    /// What may be changed: its transparent part, as OpenAI marks it.
    pub mask: Option<Media>,
    /// How many pictures.
    pub count: u32,
    /// How large; `None` leaves it to the model.
    pub size: Option<PictureSize>,
    /// Any other wish.
    pub style: PictureStyle,
    /// Fields beyond OpenAI's that the client sent, for models that have them under these names.
    pub extra: Vec<(String, Extra)>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PictureTask {
    /// New pictures from words.
    #[default]
    Generate,
    /// Pictures changed by words.
    Edit,
    /// Pictures like another one.
    Vary,
}

/// How large a picture is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// So many pixels.
    Pixels {
        /// Across.
        width: u32,
        /// Down.
        height: u32,
    },
    /// Any size of this shape, such as 16:9.
    Ratio {
        /// Across.
        width: u32,
        /// Down.
        height: u32,
    },
}

/// Wishes that many models share, as OpenAI names and values them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PictureStyle {
    /// `standard`, `hd`, `low`, `medium`, `high`; `None` for `auto`.
    pub quality: Option<String>,
    /// `vivid`, `natural`, or a style of the model's own.
    pub style: Option<String>,
    /// `transparent`, `opaque`; `None` for `auto`.
    pub background: Option<String>,
    /// `png`, `jpeg`, `webp`.
    pub output_format: Option<String>,
    /// Percent, 0 to 100.
    pub output_compression: Option<u32>,
}

/// The value of an extra field.
#[derive(Debug, Clone, PartialEq)]
pub enum Extra {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Several.
    List(Vec<Self>),
    /// Several under names of their own.
    Object(Vec<(String, Self)>),
}
