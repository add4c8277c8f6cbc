//! Masks: OpenAI marks what may be changed by transparency, 1min.ai by white (docs of both).
//!
//! In comes a picture as a client sent it, out goes a PNG of black and white. What is decoded is bounded, because a small
//! file can be a huge picture. It takes a moment, so it does not belong on a thread that serves requests.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits, Luma, Rgba};

use crate::error::{Error, Fault};

/// The longest side of a mask, in pixels; beyond what any model draws.
const LONGEST_SIDE: u32 = 8192;

/// The most memory a mask may take, decoded; a mask of 4096x4096 takes 64 MiB.
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// What is said of a mask that would change nothing, and be billed.
const NOWHERE_CLEAR: &str = "The mask has no transparency, which is what marks the part to change. Send a PNG whose part to change is \
                             transparent.";

/// Turns a mask as OpenAI wants it into one as 1min.ai wants it, a PNG. `picture` is what it belongs to, if its bytes are
/// known.
///
/// # Errors
/// `InvalidField` for what is no picture, is nowhere transparent, is too large, or is of another size than `picture`.
pub(crate) fn invert(mask: &[u8], picture: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let decoded = decode(mask)?;
    if !decoded.color().has_alpha() {
        return Err(refused(NOWHERE_CLEAR));
    }
    let size = (decoded.width(), decoded.height());
    // A picture that can't be read is 1min.ai's to judge.
    if let Some(other) = picture.and_then(dimensions).filter(|other| *other != size) {
        return Err(refused(format!(
            "The mask is {}x{}, and the picture {}x{}. Send a mask of the picture's size.",
            size.0, size.1, other.0, other.1
        )));
    }
    let alpha = decoded.into_rgba8();
    let is_clear = |pixel: &Rgba<u8>| pixel.0[3] == 0;
    if !alpha.pixels().any(is_clear) {
        return Err(refused(NOWHERE_CLEAR));
    }
    let inverted =
        GrayImage::from_fn(size.0, size.1, |x, y| Luma([if is_clear(alpha.get_pixel(x, y)) { u8::MAX } else { 0 }]));
    let mut png = Cursor::new(Vec::new());
    let written = DynamicImage::from(inverted).write_to(&mut png, ImageFormat::Png);
    written.map(|()| png.into_inner()).map_err(|error| {
        tracing::error!(%error, "a mask could not be written");
        Error::Internal
    })
}

fn decode(mask: &[u8]) -> Result<DynamicImage, Error> {
    let unreadable = || refused("The mask can't be read. Send a PNG whose part to change is transparent.");
    let mut reader = ImageReader::new(Cursor::new(mask)).with_guessed_format().map_err(|_| unreadable())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => {
            refused(format!("The mask is too large. Send one whose sides are at most {LONGEST_SIDE} pixels."))
        }
        _ => unreadable(),
    })
}

/// Width and height, from the head of the file.
fn dimensions(picture: &[u8]) -> Option<(u32, u32)> {
    ImageReader::new(Cursor::new(picture)).with_guessed_format().ok()?.into_dimensions().ok()
}

fn refused(message: impl Into<String>) -> Error {
    Error::field("mask", Fault::Invalid, message)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, RgbaImage};

    use super::*;

    fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture.into().write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn clear_left(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, _| Rgba([9, 9, 9, if x == 0 { 0 } else { 1 }]))
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let inverted = invert(&file(clear_left(2, 1), format), None).unwrap();
            let inverted = image::load_from_memory(&inverted).unwrap();
            assert_eq!(inverted.color(), image::ColorType::L8);
            assert_eq!(inverted.into_luma8().into_raw(), [255, 0]);
        }
    }

    #[test]
    fn a_mask_that_can_mark_nothing_is_refused() {
        let without_alpha = file(RgbImage::from_pixel(2, 2, Rgb([0, 0, 0])), ImageFormat::Jpeg);
        let opaque = file(RgbaImage::from_pixel(2, 2, Rgba([0, 0, 0, 1])), ImageFormat::Png);
        for mask in [without_alpha, opaque] {
            let refused = invert(&mask, None).unwrap_err().to_string();
            assert!(refused.contains("no transparency"), "{refused}");
        }
        let unreadable = invert(b"no picture", None).unwrap_err().to_string();
        assert!(unreadable.contains("can't be read"), "{unreadable}");
    }

    #[test]
    fn a_mask_has_the_size_of_its_picture() {
        let mask = file(clear_left(2, 1), ImageFormat::Png);
        let picture = |width| file(RgbImage::new(width, 1), ImageFormat::Jpeg);
        assert!(invert(&mask, Some(&picture(2))).is_ok());
        assert!(invert(&mask, Some(b"no picture")).is_ok(), "what can't be read is not judged");
        let refused = invert(&mask, Some(&picture(3))).unwrap_err().to_string();
        assert!(refused.starts_with("The mask is 2x1, and the picture 3x1."), "{refused}");
    }

    #[test]
    fn a_small_file_that_is_a_huge_picture_is_not_decoded() {
        // A head that says 60000x60000, and little behind it.
        let mut bomb = file(clear_left(2, 1), ImageFormat::Png);
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        assert!(invert(&bomb, None).is_err());
        let long = invert(&file(RgbaImage::new(LONGEST_SIDE + 1, 1), ImageFormat::Png), None).unwrap_err().to_string();
        assert!(long.contains("too large"), "{long}");
    }
}
