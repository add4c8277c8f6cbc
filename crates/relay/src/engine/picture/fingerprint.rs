//! What tells a request for pictures from others.

use crate::{
    conversation::{Extra, Media, MediaSource, PictureRequest, PictureStyle},
    engine::detached::{Fingerprint, Fingerprinting},
};

/// The fingerprint of one choice of a request: of all that decides what is drawn, pictures by their content.
pub(super) fn of(request: &PictureRequest, choice: u32) -> Fingerprint {
    let PictureRequest { model, task, prompt, images, mask, count, size, style, extra } = request;
    let PictureStyle { quality, style, background, output_format, output_compression } = style;
    // The forms of plain values for people tell them apart as well as any other would.
    let plain = format!("{task:?} {count} {size:?} {output_compression:?} {choice}");
    let words = [quality, style, background, output_format].map(|word| word.as_deref().unwrap_or_default());
    let print = Fingerprinting::default().with("picture").with(model).with(prompt).with(plain);
    let print = words.into_iter().fold(print, Fingerprinting::with);
    let print = images.iter().fold(print, |print, image| media(print.with("image"), image));
    let print = mask.iter().fold(print, |print, mask| media(print.with("mask"), mask));
    extra
        .iter()
        .fold(print, |print, (name, value): &(String, Extra)| print.with(name).with(format!("{value:?}")))
        .finish()
}

fn media(print: Fingerprinting, media: &Media) -> Fingerprinting {
    match &media.source {
        MediaSource::Bytes(bytes) => print.with("bytes").with(bytes),
        MediaSource::Spooled(spooled) => print.with("spooled").with(spooled.sha256()),
        MediaSource::Url(url) => print.with("url").with(url),
        MediaSource::File(id) => print.with("file").with(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{PictureSize, PictureTask};

    #[test]
    fn whatever_changes_a_picture_changes_the_fingerprint() {
        let image = |url: &str| Media { param: "image".into(), source: MediaSource::Url(url.into()), name: None };
        let base =
            || PictureRequest { model: "m".into(), prompt: "a fox".into(), count: 1, ..PictureRequest::default() };
        let vivid = PictureStyle { style: Some("vivid".into()), ..PictureStyle::default() };
        let others = [
            PictureRequest { model: "n".into(), ..base() },
            PictureRequest { prompt: "a cat".into(), ..base() },
            PictureRequest { task: PictureTask::Edit, ..base() },
            PictureRequest { count: 2, ..base() },
            PictureRequest { size: Some(PictureSize::Ratio { width: 1, height: 1 }), ..base() },
            PictureRequest { size: Some(PictureSize::Pixels { width: 1, height: 1 }), ..base() },
            PictureRequest { style: vivid, ..base() },
            PictureRequest { images: vec![image("a")], ..base() },
            PictureRequest { images: vec![image("b")], ..base() },
            PictureRequest { mask: Some(image("a")), ..base() },
            PictureRequest { extra: vec![("seed".into(), Extra::Integer(1))], ..base() },
            PictureRequest { extra: vec![("seed".into(), Extra::Text("1".into()))], ..base() },
        ];
        let mut prints: Vec<String> = others.iter().map(|request| of(request, 0).to_string()).collect();
        prints.extend([of(&base(), 0).to_string(), of(&base(), 1).to_string()]);
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), others.len() + 2);
        assert_eq!(of(&base(), 0), of(&base(), 0));
    }
}
