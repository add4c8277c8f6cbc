use std::{convert::Infallible, path::PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tempfile::TempDir;

use super::*;
use crate::guard::body::Bodies;

/// A form with texts around files, in the form clients send it.
const FORM: &str = "preamble\r\n--AaB03x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--AaB03x\r\n\
    content-disposition: form-data; name=\"file\"; filename=\"\u{43a}\u{43e}\u{442}.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n\
    ID3\r\n--AaB03\r\n\r\n--AaB03x\r\nContent-Disposition: form-data; name=image\r\n\r\nnameless\r\n--AaB03x  \r\n\
    Content-Disposition: form-data; name=\"model\"\r\n\r\nlast\u{e9}\r\n--AaB03x\r\nContent-Disposition: form-data; \
    name=\"mask\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--AaB03x--\r\nepilogue";

/// Takes a form that comes in these pieces.
async fn take(folder: &TempDir, pieces: Vec<Bytes>, file_max_mb: u64) -> Result<Form, Error> {
    let spool = Spool::new(Some(&PathBuf::from(folder.path())));
    let share = Bodies::default().share();
    let mut taking =
        Taking { form: Form::default(), spool: &spool, file_max_mb, spooled_max: u64::MAX, share, all: 3 << 20 };
    let mut body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
    taking.take(&mut body, "AaB03x".into()).await?;
    Ok(taking.form)
}

fn left(folder: &TempDir) -> usize {
    std::fs::read_dir(folder.path().join("spool")).map_or(0, Iterator::count)
}

fn whole(text: impl AsRef<[u8]>) -> Vec<Bytes> {
    text.as_ref().chunks(64 << 10).map(Bytes::copy_from_slice).collect()
}

#[tokio::test]
async fn a_form_is_read_however_it_is_split() {
    let folder = tempfile::tempdir().unwrap();
    for size in [1, 2, 3, 7, 11, 64, FORM.len()] {
        let pieces = FORM.as_bytes().chunks(size).map(Bytes::from_static).collect();
        let mut form = take(&folder, pieces, 1).await.unwrap();
        let fields = [("model".to_owned(), "whisper-1".to_owned()), ("model".to_owned(), "last\u{e9}".to_owned())];
        assert_eq!((form.fields.as_slice(), form.text("model")), (&fields[..], Some("last\u{e9}")));
        assert_eq!(form.files.len(), 2, "the file that was not chosen is none");
        let file = form.take_file("file").unwrap();
        assert_eq!(file.file_name.as_deref(), Some("\u{43a}\u{43e}\u{442}.mp3"));
        assert_eq!(file.media_type.as_deref(), Some("audio/mpeg"));
        assert_eq!(file.content.read().await.unwrap(), "ID3\r\n--AaB03\r\n");
        let image = form.take_file("image").unwrap();
        assert_eq!((image.file_name, image.content.read().await.unwrap()), (None, "nameless".into()));
        assert_eq!(left(&folder), 2);
    }
    assert_eq!(left(&folder), 0);
}

#[tokio::test]
async fn a_form_that_is_broken_says_how_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let part = |name: &str, more: &str| format!("--AaB03x\r\nContent-Disposition: form-data; {name}{more}");
    let many = part("name=\"n\"", "\r\n\r\n1\r\n").repeat(MOST_PARTS + 1) + "--AaB03x--";
    let long = part("name=\"t\"", "\r\n\r\n") + &"x".repeat(LARGEST_TEXT + 1) + "\r\n--AaB03x--";
    let large = part("name=\"f\"; filename=\"f\"", "\r\n\r\n") + &"x".repeat((1 << 20) + 1) + "\r\n--AaB03x--";
    let full = part("name=\"t\"", &format!("\r\n\r\n{}\r\n", "x".repeat(LARGEST_TEXT))).repeat(4) + "--AaB03x--";
    for (form, words) in [
        (String::new(), "ends in the middle"),
        (FORM.replace("03x--", "03x"), "ends in the middle"),
        (FORM.replace("AaB03x", "other"), "ends in the middle"),
        (part("", "\r\n\r\n1\r\n--AaB03x--"), "has no name"),
        (part("name=\"n\"", "\r\nno head\r\n\r\n1\r\n--AaB03x--"), "head of a part"),
        (many, "more than 100 parts"),
        (long, "'t' is longer than 1 MiB"),
        (large, "'f' is larger than 1 MiB"),
        (full, "RELAY_BODIES_MAX_MB"),
    ] {
        let error = take(&folder, whole(form), 1).await.unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert_eq!(left(&folder), 0, "{words}");
    }
    let bytes = [part("name=\"n\"", "\r\n\r\n").as_bytes(), b"\xFF", b"\r\n--AaB03x--"].concat();
    let error = take(&folder, whole(bytes), 1).await.unwrap_err();
    assert!(matches!(error, Error::InvalidField { param, .. } if param == "n"));
}

#[tokio::test]
async fn as_many_parts_and_as_much_as_is_allowed_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let part =
        |name: &str, content: &str| format!("--AaB03x\r\nContent-Disposition: form-data; {name}\r\n\r\n{content}\r\n");
    let text = part("name=\"n\"", "").repeat(MOST_PARTS - 2) + &part("name=\"t\"", &"x".repeat(LARGEST_TEXT));
    let form = text + &part("name=\"f\"; filename=\"f\"", &"x".repeat(1 << 20)) + "--AaB03x--";
    let form = take(&folder, whole(form), 1).await.unwrap();
    assert_eq!((form.fields.len(), form.files.len()), (MOST_PARTS - 1, 1));
}

#[tokio::test]
async fn what_goes_on_without_a_part_is_not_read_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let endless = vec![Bytes::from(vec![b'x'; 64 << 10]); 17];
    let error = take(&folder, endless, 1).await.unwrap_err();
    assert!(error.to_string().contains("no part of it begins"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_pauses_for_too_long_or_leaves_is_cut_off_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Bytes::from_static(FORM.split_inclusive("ID3").next().unwrap().as_bytes());
    let spool = Spool::new(Some(&PathBuf::from(folder.path())));
    let share = || Bodies::default().share();
    let silent = stream::iter([Ok::<_, std::io::Error>(begun.clone())]).chain(stream::pending());
    let gone = stream::iter([Ok(begun), Err(std::io::Error::other("gone"))]);
    for mut body in [Body::from_stream(silent), Body::from_stream(gone)] {
        let mut taking = Taking {
            form: Form::default(),
            spool: &spool,
            file_max_mb: 1,
            spooled_max: u64::MAX,
            share: share(),
            all: 1 << 20,
        };
        assert_eq!(taking.take(&mut body, "AaB03x".into()).await, Err(Error::BodyCut));
    }
    assert_eq!(left(&folder), 0);
}

#[test]
fn files_are_taken_by_name_in_order() {
    let spooled = |_: &str| {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(Spool::new(Some(&folder.path().to_path_buf())).take(b"x")).unwrap()
    };
    let file = |name: &str| FormFile { name: name.into(), file_name: None, media_type: None, content: spooled(name) };
    let names = ["image[10]", "mask", "image[2]", "image", "image[]", "image[0]"];
    let mut form = Form { fields: Vec::new(), files: names.into_iter().map(file).collect() };
    let taken: Vec<String> = form.take_files(&["image", "image[]"]).into_iter().map(|file| file.name).collect();
    assert_eq!(taken, ["image", "image[]", "image[0]", "image[2]", "image[10]"]);
    assert_eq!(form.files.len(), 1);
    assert!(form.take_file("mask").is_some() && form.take_file("mask").is_none());
}
