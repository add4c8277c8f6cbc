//! `size`: `auto`, so many pixels (`1024x1024`), or a shape (`16:9`).

use crate::{
    conversation::PictureSize,
    error::{Error, Fault},
};

/// Reads a size; `None` leaves it to the model.
pub(super) fn read(text: &str) -> Result<Option<PictureSize>, Error> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() || text == "auto" {
        return Ok(None);
    }
    let sides = |separators: [char; 3]| {
        let (width, height) = text.split_once(separators)?;
        let side = |side: &str| side.trim().parse().ok().filter(|side| (1..=99_999).contains(side));
        Some((side(width)?, side(height)?))
    };
    // Some vendors write a star, people a cross.
    let pixels = sides(['x', '*', '×']).map(|(width, height)| PictureSize::Pixels { width, height });
    let size = pixels.or_else(|| sides([':'; 3]).map(|(width, height)| PictureSize::Ratio { width, height }));
    size.map(Some).ok_or_else(|| {
        let message = format!(
            "Invalid value for 'size': '{text}'. Send 'auto', a size such as '1024x1024', or a shape such as '16:9'."
        );
        Error::field("size", Fault::Invalid, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_every_spelling() {
        let pixels = |width, height| Some(PictureSize::Pixels { width, height });
        for (text, size) in [
            ("auto", None),
            (" ", None),
            ("1024x1536", pixels(1024, 1536)),
            ("1664*928", pixels(1664, 928)),
            ("512 × 512", pixels(512, 512)),
            ("1792X1024", pixels(1792, 1024)),
            ("16:9", Some(PictureSize::Ratio { width: 16, height: 9 })),
        ] {
            assert_eq!(read(text).unwrap(), size, "{text}");
        }
        for wrong in ["big", "1024", "0x512", "1024x", "-1x5", "1x2x3", "100000x1"] {
            assert!(matches!(read(wrong), Err(Error::InvalidField { param, .. }) if param == "size"), "{wrong}");
        }
    }
}
