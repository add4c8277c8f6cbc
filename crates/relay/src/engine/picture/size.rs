//! How a model is told how large the pictures are to be.

use onemin::{FieldValue, Fields};

use super::family::{Bounds, Size, Task};
use crate::{
    conversation::PictureSize,
    error::{Error, Fault},
};

/// What every model with bounds draws.
const SQUARE: (u32, u32) = (1024, 1024);

/// Tells `asked`, or what must be told if nothing was asked for. A bare ratio becomes the nearest the model has.
///
/// # Errors
/// `InvalidField` for a size in pixels that the model does not draw, if it is told by sizes. One that is told by ratios gets
/// the nearest ratio.
pub(super) fn set(model: &str, task: &Task, asked: Option<PictureSize>, fields: &mut Fields) -> Result<(), Error> {
    if let Some(PictureSize::Pixels { width: 0, .. } | PictureSize::Pixels { height: 0, .. })
    | Some(PictureSize::Ratio { width: 0, .. } | PictureSize::Ratio { height: 0, .. }) = asked
    {
        return Err(Error::field(
            "size",
            Fault::Invalid,
            "A picture is at least one pixel wide and high. Send another 'size'.",
        ));
    }
    match task.size {
        Size::None => {}
        Size::List { field, sizes, by, is_required } => {
            let size = match asked {
                Some(PictureSize::Pixels { width, height }) if sizes.contains(&(width, height)) => (width, height),
                Some(PictureSize::Pixels { .. }) => return Err(refused(model, &or(sizes))),
                Some(PictureSize::Ratio { width, height }) => nearest(sizes, width, height),
                None if is_required => sizes[0],
                None => return Ok(()),
            };
            fields.set(field, written(size, by));
        }
        Size::Free { field, sizes } => match asked {
            Some(PictureSize::Pixels { width, height }) => fields.set(field, written((width, height), "x")),
            Some(PictureSize::Ratio { width, height }) => {
                fields.set(field, written(nearest(sizes, width, height), "x"));
            }
            None => {}
        },
        Size::Bounded { field, bounds } => {
            let size = bounds.choose(model, asked)?.unwrap_or(SQUARE);
            fields.set(field, written(size, "x"));
        }
        Size::Ratio { field, ratios, by } => {
            if let Some(ratio) = asked.map(|asked| nearest_to(ratios, asked)) {
                fields.set(field, written(ratio, by));
            }
        }
        Size::Custom { ratios, bounds } => custom(ratios, bounds, asked, fields),
        Size::Tiered { is_required: false, .. } if asked.is_none() => {}
        Size::Tiered { ratios, tiers, default, .. } => tiered(ratios, tiers, asked, fields, default),
        Size::Sides(bounds) => {
            if let Some((width, height)) = bounds.choose(model, asked)? {
                fields.set("width", width);
                fields.set("height", height);
            }
        }
        Size::Shape(ratios) => {
            if let Some((width, height)) = asked.map(|asked| nearest_to(ratios, asked)) {
                fields.set("aspect_width", width);
                fields.set("aspect_height", height);
            }
        }
    }
    Ok(())
}

/// Tells the size itself where it lies within `bounds`, the nearest ratio where not.
fn custom(ratios: &[(u32, u32)], bounds: &Bounds, asked: Option<PictureSize>, fields: &mut Fields) {
    match asked {
        Some(PictureSize::Pixels { width, height }) if bounds.have(width, height) => {
            fields.set("aspect_ratio", "custom");
            fields.set("width", width);
            fields.set("height", height);
        }
        Some(asked) => fields.set("aspect_ratio", written(nearest_to(ratios, asked), ":")),
        None => {}
    }
}

/// Tells the nearest ratio, and the first tier that is enough for the longer side.
fn tiered(
    ratios: &[(u32, u32)],
    tiers: &[(u32, &'static str)],
    asked: Option<PictureSize>,
    fields: &mut Fields,
    default: &'static str,
) {
    let fine = |side| tiers.iter().find(|(most, _)| side <= *most).map_or(default, |(_, word)| *word);
    let tier = match asked {
        Some(PictureSize::Pixels { width, height }) => fine(width.max(height)),
        _ => default,
    };
    fields.set("imageSize", tier);
    if let Some(asked) = asked {
        fields.set("aspectRatio", written(nearest_to(ratios, asked), ":"));
    }
}

fn refused(model: &str, what: &str) -> Error {
    let message = format!("The model `{model}` draws {what}. Send one of these as 'size', or leave it out.");
    Error::field("size", Fault::UnsupportedValue, message)
}

/// "A, B or C".
fn or(sizes: &[(u32, u32)]) -> String {
    let sizes: Vec<String> = sizes.iter().map(|(width, height)| format!("{width}x{height}")).collect();
    match sizes.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => sizes.concat(),
    }
}

fn written((width, height): (u32, u32), by: &str) -> FieldValue {
    format!("{width}{by}{height}").into()
}

fn nearest_to(ratios: &[(u32, u32)], asked: PictureSize) -> (u32, u32) {
    let (PictureSize::Pixels { width, height } | PictureSize::Ratio { width, height }) = asked;
    nearest(ratios, width, height)
}

/// The pair whose shape is nearest, the larger of two that are as near, the earlier of two that are as large.
fn nearest(pairs: &[(u32, u32)], width: u32, height: u32) -> (u32, u32) {
    let shape = |width: u32, height: u32| (f64::from(width) / f64::from(height)).ln();
    let wanted = shape(width, height);
    let distance = |pair: &(u32, u32)| (shape(pair.0, pair.1) - wanted).abs();
    let area = |pair: &(u32, u32)| u64::from(pair.0) * u64::from(pair.1);
    let order = |one: &&(u32, u32), other: &&(u32, u32)| {
        distance(one).total_cmp(&distance(other)).then_with(|| area(other).cmp(&area(one)))
    };
    pairs.iter().min_by(order).copied().unwrap_or((width, height))
}

impl Bounds {
    /// The size that was asked for, or one of its shape.
    fn choose(&self, model: &str, asked: Option<PictureSize>) -> Result<Option<(u32, u32)>, Error> {
        match asked {
            Some(PictureSize::Pixels { width, height }) if self.have(width, height) => Ok(Some((width, height))),
            Some(PictureSize::Pixels { .. }) => Err(refused(model, self.words)),
            Some(PictureSize::Ratio { width, height }) => Ok(Some(self.shaped(width, height))),
            None => Ok(None),
        }
    }

    /// Whether a size lies within.
    fn have(&self, width: u32, height: u32) -> bool {
        let (shorter, longer) = (width.min(height), width.max(height));
        let pixels = u64::from(width) * u64::from(height);
        shorter >= self.shortest_side
            && longer <= self.longest_side
            && width.is_multiple_of(self.step)
            && height.is_multiple_of(self.step)
            && u64::from(longer) <= u64::from(shorter) * u64::from(self.longest_ratio)
            && (self.least_pixels..=self.most_pixels).contains(&pixels)
    }

    /// A size of about a megapixel and about this shape that lies within.
    fn shaped(&self, width: u32, height: u32) -> (u32, u32) {
        let most = f64::from(self.longest_ratio);
        let ratio = (f64::from(width) / f64::from(height)).clamp(1.0 / most, most);
        let step = f64::from(self.step.max(16));
        let side = |exact: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it lies between the two sides"
            )]
            let side = ((exact / step).round() * step)
                .clamp(f64::from(self.shortest_side), f64::from(self.longest_side)) as u32;
            side
        };
        let size = (side(1024.0 * ratio.sqrt()), side(1024.0 / ratio.sqrt()));
        if self.have(size.0, size.1) { size } else { SQUARE }
    }
}
