//! Files that features made. Nothing is kept: the name of a file says all that is in it, and it is drawn when it is
//! fetched. Pictures are plain with a frame, sounds are silence or a tone; each differs from every other by its number.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::reply::Reply;

/// Counts files, so that each gets a name of its own.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What the names of files begin with, those of uploads don't.
const STAMP: &str = "2026_09_03_08_53_47_";

/// The rate of every tone, in samples a second.
const RATE: u32 = 24_000;

/// The formats that there are, by the extension of their names.
const FORMATS: [(&str, &str, &str); 10] = [
    ("png", "images", "image/png"),
    ("jpg", "images", "image/jpeg"),
    ("jpeg", "images", "image/jpeg"),
    ("webp", "images", "image/webp"),
    ("mp3", "audios", "audio/mpeg"),
    ("wav", "audios", "audio/wav"),
    ("pcm", "audios", "audio/pcm"),
    ("aac", "audios", "audio/aac"),
    ("flac", "audios", "audio/flac"),
    ("opus", "audios", "audio/ogg"),
];

/// The key of a new picture of this size, or of a new sound of so many milliseconds (`height` is 0).
pub(crate) fn new_key(extension: &str, width: u32, height: u32) -> String {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let known = FORMATS.iter().find(|(known, ..)| *known == extension).unwrap_or(&FORMATS[0]);
    format!("{}/{STAMP}{number:06}_{width}x{height}.{}", known.1, known.0)
}

/// What is at a path: a file, nothing, or something private.
pub(crate) fn reply(path: &str) -> Reply {
    let key = path.trim_start_matches('/').trim_start_matches("asset.1min.ai/");
    match read(key) {
        Some((media_type, bytes)) => Reply::file(media_type, bytes),
        // An upload is private (live), and so is whatever else may be there.
        None => {
            let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code></Error>";
            Reply { status: 403, content_type: "application/xml".into(), ..Reply::json(403, xml) }
        }
    }
}

fn read(key: &str) -> Option<(&'static str, Vec<u8>)> {
    let (folder, name) = key.split_once('/')?;
    let (stem, extension) = name.strip_prefix(STAMP)?.split_once('.')?;
    let (number, size) = stem.split_once('_')?;
    let (width, height) = size.split_once('x')?;
    let (number, width, height): (u32, u32, u32) = (number.parse().ok()?, width.parse().ok()?, height.parse().ok()?);
    let (.., media_type) = FORMATS.iter().find(|format| format.0 == extension && format.1 == folder)?;
    let bytes = match extension {
        "png" => png(number, width, height)?,
        "jpg" | "jpeg" => jpeg(number, width, height)?,
        "webp" => webp(number, width, height)?,
        "mp3" => mp3(number, width),
        "aac" => aac(width),
        "wav" => wav(&tone(number, width)),
        "pcm" => tone(number, width),
        // Only their beginnings: enough to tell what they are.
        "flac" => [b"fLaC\x80\0\0\x22".as_slice(), &number.to_be_bytes(), &[0; 30]].concat(),
        _ => [b"OggS\0\x02\0\0\0\0\0\0\0\0".as_slice(), &number.to_le_bytes(), &[0; 32]].concat(),
    };
    Some((media_type, bytes))
}

/// A colour of each picture's own, and a lighter one for its frame.
fn colours(number: u32) -> [[u8; 3]; 2] {
    let mixed = number.wrapping_mul(0x009E_3779);
    let [_, red, green, blue] = mixed.to_be_bytes();
    [[red / 2, green / 2, blue / 2], [red / 2 + 120, green / 2 + 120, blue / 2 + 120]]
}

fn is_frame(x: u32, y: u32, width: u32, height: u32) -> bool {
    let border = (width.min(height) / 16).max(1);
    x < border || y < border || x + border >= width || y + border >= height
}

fn png(number: u32, width: u32, height: u32) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette(colours(number).concat());
    let mut rows = Vec::new();
    for y in 0..height {
        for start in (0..width).step_by(8) {
            let bit = |byte: u8, x: u32| byte << 1 | u8::from(x < width && is_frame(x, y, width, height));
            rows.push((start..start + 8).fold(0, bit));
        }
    }
    encoder.write_header().ok()?.write_image_data(&rows).ok()?;
    Some(file)
}

fn pixels(number: u32, width: u32, height: u32) -> Vec<u8> {
    let [plain, frame] = colours(number);
    let colour = |x, y| if is_frame(x, y, width, height) { frame } else { plain };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| colour(x, y))).collect()
}

/// A plain picture by hand: in a colour that never changes, all but the first block are zeros.
fn jpeg(number: u32, width: u32, height: u32) -> Option<Vec<u8>> {
    let (across, down) = (u16::try_from(width).ok()?.to_be_bytes(), u16::try_from(height).ok()?.to_be_bytes());
    let mut file =
        [b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xDB\0\x43\0".as_slice(), &[8; 64]].concat();
    file.extend([&[0xFF, 0xFE, 0, 6], number.to_be_bytes().as_slice()].concat());
    let frame = [1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    file.extend([&[0xFF, 0xC0, 0, 17, 8], down.as_slice(), &across, &[3], &frame].concat());
    // The codes of first values are four bits, those of nothing more is one.
    file.extend([&[0xFF, 0xC4, 0, 28, 0, 0, 0, 0, 9], [0; 12].as_slice(), &[0, 1, 2, 3, 4, 5, 6, 7, 8]].concat());
    file.extend([&[0xFF, 0xC4, 0, 20, 0x10, 1], [0; 15].as_slice(), &[0]].concat());
    file.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    let mut bits: Vec<bool> = Vec::new();
    for value in colours(number)[0] {
        // Halved, and so below 128: it is never negative here.
        let bright = u32::from(value) | 1;
        let size = 32 - bright.leading_zeros();
        bits.extend((0..4).rev().map(|at| size >> at & 1 == 1));
        bits.extend((0..size).rev().map(|at| bright >> at & 1 == 1));
        bits.push(false);
    }
    let blocks = usize::try_from(width.div_ceil(8) * height.div_ceil(8)).ok()?;
    bits.resize(bits.len() + 15 * (blocks - 1), false);
    bits.resize(bits.len().next_multiple_of(8), true);
    for byte in bits.chunks(8) {
        let byte = byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        file.push(byte);
        file.extend((byte == 0xFF).then_some(0));
    }
    file.extend([0xFF, 0xD9]);
    Some(file)
}

fn webp(number: u32, width: u32, height: u32) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    encoder.encode(&pixels(number, width, height), width, height, image_webp::ColorType::Rgb8).ok()?;
    Some(file)
}

/// Silence in frames of 26 ms (MPEG-1 layer III, 128 kbit/s, 44.1 kHz, mono), after a tag that holds the number.
fn mp3(number: u32, milliseconds: u32) -> Vec<u8> {
    let title = format!("\0{number:06}");
    let mut file = [b"ID3\x03\0\0\0\0\0\x11TIT2\0\0\0\x07\0\0".as_slice(), title.as_bytes()].concat();
    let frame = [[0xFF, 0xFB, 0x90, 0xC4].as_slice(), &[0; 413]].concat();
    file.extend((0..milliseconds.div_ceil(26).max(2)).flat_map(|_| frame.clone()));
    file
}

/// Silence in frames of 23 ms (AAC-LC, 44.1 kHz, mono).
fn aac(milliseconds: u32) -> Vec<u8> {
    let frame = [0xFF, 0xF1, 0x50, 0x40, 0x01, 0xBF, 0xFC, 0x00, 0xC8, 0x00, 0x80, 0x23, 0x80];
    (0..milliseconds.div_ceil(23).max(2)).flat_map(|_| frame).collect()
}

/// A square wave of 16 bit, whose pitch is the number's.
fn tone(number: u32, milliseconds: u32) -> Vec<u8> {
    let half = 20 + number % 100;
    let sample = |at: u32| if (at / half).is_multiple_of(2) { 4_000_i16 } else { -4_000 };
    (0..RATE / 1_000 * milliseconds).flat_map(|at| sample(at).to_le_bytes()).collect()
}

fn wav(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or_default();
    let format: [&[u8]; 6] =
        [&16_u32.to_le_bytes(), &[1, 0, 1, 0], &RATE.to_le_bytes(), &(RATE * 2).to_le_bytes(), &[2, 0, 16, 0], b"data"];
    let head: [&[u8]; 3] = [b"RIFF", &(36 + length).to_le_bytes(), b"WAVEfmt "];
    [head.concat(), format.concat(), length.to_le_bytes().to_vec(), samples.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(key: &str) -> Vec<u8> {
        read(key).unwrap().1
    }

    #[test]
    fn files_are_what_their_names_say_and_each_differs() {
        for (extension, begins) in [
            ("png", b"\x89PNG".as_slice()),
            ("jpg", b"\xFF\xD8\xFF"),
            ("webp", b"RIFF"),
            ("mp3", b"ID3"),
            ("wav", b"RIFF"),
            ("flac", b"fLaC"),
            ("opus", b"OggS"),
        ] {
            let (one, two) = (bytes(&new_key(extension, 64, 48)), bytes(&new_key(extension, 64, 48)));
            assert!(one.starts_with(begins), "{extension}");
            assert_ne!(one, two, "{extension}");
        }
        assert_eq!(bytes(&new_key("wav", 100, 0)).len(), 44 + 2 * 2_400);
        assert!(bytes(&new_key("aac", 100, 0)).starts_with(&[0xFF, 0xF1]));
    }

    #[test]
    fn a_picture_has_the_size_of_its_name() {
        let file = bytes(&new_key("png", 640, 481));
        let reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (640, 481));
        let file = bytes(&new_key("webp", 64, 48));
        assert_eq!(image_webp::WebPDecoder::new(std::io::Cursor::new(file)).unwrap().dimensions(), (64, 48));
    }

    #[test]
    fn what_was_not_made_is_private() {
        for path in
            ["/images/2026_09_03_12_40_00_001_cat.png", "/", "/images/x.png", "/audios/2026_09_03_08_53_47_1_2x3.png"]
        {
            assert_eq!(reply(path).status, 403, "{path}");
        }
        let key = new_key("png", 8, 8);
        assert_eq!(reply(&format!("/asset.1min.ai/{key}")).status, 200);
    }
}
