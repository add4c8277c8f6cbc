//! What 1min.ai is to be asked for when a client asked for pictures.
//!
//! In comes a neutral request and the id of a model, out goes a plan: the fields of the call, what has to be uploaded for
//! it, and how often it is made. There is no common set of fields at 1min.ai, so what differs stands as data in `family`;
//! flags that users write into prompts stand in `flag`. Everything here is pure. This room must never know the wire formats
//! of clients, and it calls nobody.

mod draw;
pub(super) mod drawing;
mod extra;
mod family;
mod fingerprint;
mod flag;
pub(crate) mod mask;
mod plain;
mod run;
mod size;

use onemin::{Feature, Fields, Model};

use self::{
    draw::draw as plan_for,
    family::{Family, Kind},
};
pub(crate) use self::{drawing::not_drawn, run::draw};
use crate::{
    conversation::{PictureRequest, PictureTask},
    error::{Error, Fault},
};

/// What pictures are made by.
pub(super) const FEATURES: [Feature; 4] =
    [Feature::ImageGenerator, Feature::ImageEditor, Feature::ImageVariator, Feature::ImageInpainter];

/// The most pictures of one request.
const MOST: u32 = 10;

/// What has to be done for a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// What 1min.ai is asked for.
    pub(crate) feature: Feature,
    /// Its id at 1min.ai; a prompt may have named another version than the request.
    pub(crate) model: String,
    /// The fields of each call, without the `inputs`.
    pub(crate) fields: Fields,
    /// What has to be uploaded and set as fields, in order. Several with the same field make its list.
    pub(crate) inputs: Vec<Input>,
    /// How many calls have to be made: one, or one for each picture.
    pub(crate) calls: u32,
    /// How many pictures the client wants. More may come, and are paid for: some models always draw four.
    pub(crate) files: u32,
    /// Whether the calls take longer than a silent connection lasts.
    pub(crate) is_async: bool,
    /// Fields to leave out and ask once more, if 1min.ai refuses one of them. The client named none of these.
    pub(crate) droppable: Vec<&'static str>,
}

/// Something to upload for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Input {
    /// The field that names it.
    pub(crate) field: &'static str,
    /// What it is.
    pub(crate) media: InputMedia,
    /// Whether the field is a list.
    pub(crate) is_list: bool,
    /// Whether it is a mask as OpenAI makes them, of which 1min.ai wants the opposite.
    pub(crate) inverts_mask: bool,
}

/// What of a request is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputMedia {
    /// The picture at this place of `images`.
    Image(usize),
    /// The `mask`.
    Mask,
}

/// Plans what `request` takes of `model`. `listed` is what the list of models says of it. A model that no family knows gets
/// the fields most models have, and nothing is refused: 1min.ai says what is wrong in its own words.
///
/// # Errors
/// `InvalidField` for whatever this model can't do, before a credit is spent on it.
pub(crate) fn plan(model: &str, listed: Option<&Model>, request: &PictureRequest) -> Result<Plan, Error> {
    let kind = Kind::of(request);
    let group = listed.map_or("", |listed| listed.group.as_str());
    let Some(family) = family::find(model, group) else { return Ok(plain::plan(model, kind, request)) };
    let Some(task) = family.task(kind) else {
        // The list is newer than this table.
        if listed.is_some_and(|listed| listed.can(kind.feature())) {
            return Ok(plain::plan(model, kind, request));
        }
        return Err(impossible(model, family, kind));
    };
    let asked = flag::read(model, family, task, request)?;
    plan_for(&asked.model, family, task, &asked.request).map_err(|error| asked.blame(error))
}

impl Kind {
    /// What a request is for.
    fn of(request: &PictureRequest) -> Self {
        match request.task {
            _ if request.mask.is_some() => Self::Inpaint,
            PictureTask::Vary => Self::Vary,
            PictureTask::Edit => Self::Edit,
            PictureTask::Generate if request.images.is_empty() => Self::Generate,
            PictureTask::Generate => Self::Edit,
        }
    }
}

/// Why a model of a family can't do this, and which can.
fn impossible(model: &str, family: &Family, kind: Kind) -> Error {
    match kind {
        Kind::Inpaint => Error::field(
            "mask",
            Fault::Unsupported,
            format!("The model `{model}` can't be told by a mask what to change. {} can.", kind.models()),
        ),
        Kind::Edit if family.task(Kind::Inpaint).is_some() => Error::field(
            "mask",
            Fault::Missing,
            format!(
                "The model `{model}` changes pictures only where a mask allows it. Send a 'mask', or use another one: {}.",
                kind.models()
            ),
        ),
        _ => Error::field(
            "model",
            Fault::UnsupportedValue,
            format!("The model `{model}` can't {}. {} can.", kind.words(), kind.models()),
        ),
    }
}

#[cfg(test)]
mod tests;
