//! Families of models that make pictures: what each can do, and by which fields it is told, as data.
//!
//! Sources stand beside the rows: *docs* is what 1min.ai states, *live* what was seen of the running service, *code* what
//! published clients do, *vendor* what the maker of the model states, *guess* our inference.

mod flux;
mod google;
mod leonardo;
mod midjourney;
mod openai;
mod other;
mod qwen;
mod recraft;
mod stability;

use onemin::{Feature, FieldValue};

/// Models that are told the same by the same fields.
#[derive(Debug)]
pub(super) struct Family {
    /// Ids of its models; `*` stands for any text. Future versions should match.
    pub(super) ids: &'static [&'static str],
    /// What they can do.
    pub(super) tasks: &'static [Task],
    /// Whether a call may last longer than a silent connection does.
    pub(super) is_slow: bool,
}

/// What a family can do, and how it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) kind: Kind,
    /// Whether there is a field for words.
    pub(super) has_prompt: bool,
    /// The longest prompt, in characters, where one is stated.
    pub(super) longest_prompt: Option<usize>,
    /// The list for pictures beyond the first, and how many it takes.
    pub(super) more_pictures: Option<(&'static str, usize)>,
    pub(super) count: Count,
    pub(super) size: Size,
    /// A field of `extras` that tells the size, and never stands beside what `size` sets.
    pub(super) own_size: Option<&'static str>,
    pub(super) quality: Option<Words>,
    pub(super) style: Option<Words>,
    pub(super) background: Option<Words>,
    pub(super) format: Option<Words>,
    /// The field for a percentage, 0 to 100.
    pub(super) compression: Option<&'static str>,
    /// The field for what must not be seen.
    pub(super) negative: Option<&'static str>,
    /// The field for the number that makes a drawing repeatable.
    pub(super) seed: Option<&'static str>,
    /// Fields that must be there, with the values they have if nobody says otherwise.
    pub(super) fixed: &'static [(&'static str, Constant)],
    /// Fields that a client may send under 1min.ai's names.
    pub(super) extras: &'static [(&'static str, Take)],
    /// A field of `extras` that must be sent, and what it is.
    pub(super) required: Option<(&'static str, &'static str)>,
    /// Fields of our own choice that a model may not have after all: where it refuses one, it is asked once more without them.
    pub(super) droppable: &'static [&'static str],
}

impl Task {
    /// A task that only takes words, and pictures where its kind starts from them.
    pub(super) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            has_prompt: true,
            longest_prompt: None,
            more_pictures: None,
            count: Count::Calls,
            size: Size::None,
            own_size: None,
            quality: None,
            style: None,
            background: None,
            format: None,
            compression: None,
            negative: None,
            seed: None,
            fixed: &[],
            extras: &[],
            required: None,
            droppable: &[],
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Generate,
    Edit,
    /// Edit where a mask allows it.
    Inpaint,
    Vary,
}

impl Kind {
    /// 1min.ai's name for it.
    pub(super) const fn feature(self) -> Feature {
        match self {
            Self::Generate => Feature::ImageGenerator,
            Self::Edit => Feature::ImageEditor,
            Self::Inpaint => Feature::ImageInpainter,
            Self::Vary => Feature::ImageVariator,
        }
    }

    /// What it is, after "can't".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Generate => "draw from words alone; it needs a picture to start from",
            Self::Edit => "change a picture",
            Self::Inpaint => "change a part of a picture",
            Self::Vary => "vary a picture",
        }
    }

    /// Models that can do it.
    pub(super) const fn models(self) -> &'static str {
        match self {
            Self::Generate => "`gpt-image-1-mini`, `dall-e-3` and `black-forest-labs/flux-dev`",
            Self::Edit => "`gpt-image-1-mini`, `qwen-image-edit-plus` and `black-forest-labs/flux-kontext-pro`",
            Self::Inpaint => "`gpt-image-1-mini`, `stable-image` and `black-forest-labs/flux-fill-dev`",
            Self::Vary => "`dall-e-2`, `recraft`, `magic-art_7_0` and `black-forest-labs/flux-redux-schnell`",
        }
    }
}

/// How a model is told how many pictures to make.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    /// By a field, up to so many.
    Field(&'static str, u32),
    /// Not at all: four come.
    Four(&'static str),
    /// Not at all: one comes, so several are several calls.
    Calls,
}

/// How a model is told how large the pictures are to be. Sizes and ratios are pairs of width and height.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    /// Not at all.
    None,
    /// One of a list, written with `by` between the two. The first is the one where it must be told and nobody says which.
    List { field: &'static str, sizes: &'static [(u32, u32)], by: &'static str, is_required: bool },
    /// As the client says; a bare ratio becomes the nearest of these.
    Free { field: &'static str, sizes: &'static [(u32, u32)] },
    /// Any size within bounds.
    Bounded { field: &'static str, bounds: &'static Bounds },
    /// The nearest ratio of a list, written with `by` between the two.
    Ratio { field: &'static str, ratios: &'static [(u32, u32)], by: &'static str },
    /// The same, or `custom` and two fields for a size within bounds.
    Custom { ratios: &'static [(u32, u32)], bounds: &'static Bounds },
    /// The nearest ratio, and how fine: the first word whose longest side is enough.
    Tiered {
        ratios: &'static [(u32, u32)],
        tiers: &'static [(u32, &'static str)],
        default: &'static str,
        is_required: bool,
    },
    /// Two fields for a size within bounds.
    Sides(&'static Bounds),
    /// Two fields for the nearest ratio of a list.
    Shape(&'static [(u32, u32)]),
}

/// Which sizes a model draws, in pixels.
#[derive(Debug)]
pub(super) struct Bounds {
    /// What both sides are a multiple of.
    pub(super) step: u32,
    pub(super) shortest_side: u32,
    pub(super) longest_side: u32,
    /// How many times as long the longer side may be.
    pub(super) longest_ratio: u32,
    pub(super) least_pixels: u64,
    pub(super) most_pixels: u64,
    /// The same, for people.
    pub(super) words: &'static str,
}

/// A field with a set of words, by what clients call them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) field: &'static str,
    pub(super) words: &'static [(&'static str, Constant)],
    /// What is sent where nobody says otherwise.
    pub(super) default: Option<Constant>,
    /// The default goes only beside these values of another field, if the client sends that one.
    pub(super) default_beside: Option<(&'static str, &'static [&'static str])>,
    /// Whether there are more words than this table knows.
    pub(super) is_open: bool,
}

impl Words {
    pub(super) const fn new(field: &'static str, words: &'static [(&'static str, Constant)]) -> Self {
        Self { field, words, default: None, default_beside: None, is_open: false }
    }

    pub(super) const fn or(self, default: Constant) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// A value of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Constant {
    Text(&'static str),
    Integer(i64),
    Number(f64),
    Bool(bool),
}

impl From<Constant> for FieldValue {
    fn from(constant: Constant) -> Self {
        match constant {
            Constant::Text(text) => text.into(),
            Constant::Integer(number) => number.into(),
            Constant::Number(number) => number.into(),
            Constant::Bool(yes) => yes.into(),
        }
    }
}

/// Which values a field takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    /// A whole number between these.
    Integer(i64, i64),
    /// A number between these.
    Number(f64, f64),
    Bool,
    /// Whatever the client sends, where docs state neither a type nor a range.
    Any,
    /// At most so many texts.
    Texts(usize),
}

/// Which values a seed takes, where `extras` doesn't say.
pub(super) const SEED: Take = Take::Integer(i64::MIN, i64::MAX);

/// Every family, the narrower before the wider.
const FAMILIES: &[&[Family]] = &[
    openai::FAMILIES,
    flux::FAMILIES,
    stability::FAMILIES,
    midjourney::FAMILIES,
    leonardo::FAMILIES,
    recraft::FAMILIES,
    google::FAMILIES,
    qwen::FAMILIES,
    other::FAMILIES,
];

/// Every family, in the order they are asked.
pub(super) fn all() -> impl Iterator<Item = &'static Family> {
    FAMILIES.iter().copied().flatten()
}

/// The family of a model, by its id, or by its group in the list where ids say nothing.
pub(super) fn find(model: &str, group: &str) -> Option<&'static Family> {
    let (model, group) = (model.to_ascii_lowercase(), group.to_ascii_lowercase());
    let has = |family: &&Family| family.ids.iter().any(|id| matches(id, &model));
    let is_leonardo = group.split('/').next() == Some("leonardoai");
    all().find(has).or_else(|| is_leonardo.then_some(&leonardo::FAMILIES[0]))
}

impl Family {
    /// How this is done, if it can be.
    pub(super) fn task(&self, kind: Kind) -> Option<&'static Task> {
        self.tasks.iter().find(|task| task.kind == kind)
    }
}

/// Whether `text` is what `pattern` says.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    true
}
