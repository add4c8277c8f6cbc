use serde_json::{Value, json};

use super::*;
use crate::{
    conversation::{Extra, Media, MediaSource, PictureSize},
    guard::form::{Form, FormFile},
    spool::Spool,
};

const DEFAULT: &str = "gpt-image-1-mini";

fn decoded(task: PictureTask, body: Value) -> Result<Decoded, Error> {
    let Value::Object(fields) = body else { panic!("an object") };
    decode(Body::of_json(fields), task, DEFAULT)
}

fn generated(body: Value) -> Decoded {
    decoded(PictureTask::Generate, body).unwrap()
}

async fn file(name: &str, content: &[u8]) -> FormFile {
    let content = Spool::new(None).take(content).await.unwrap();
    FormFile { name: name.into(), file_name: Some("a.png".into()), media_type: None, content }
}

#[test]
fn every_field_is_read() {
    let body = json!({"model": "dall-e-3", "prompt": "a fox", "n": 2, "size": "1792x1024", "quality": "HD", "style": "vivid",
        "background": "transparent", "output_format": "jpg", "output_compression": 80, "response_format": "b64_json",
        "user": "u", "moderation": "low", "partial_images": 2, "stream": true, "seed": 5, "aspect_ratio": "16:9"});
    let Decoded { request, wish, is_streaming } = generated(body);
    let style = PictureStyle {
        quality: Some("hd".into()),
        style: Some("vivid".into()),
        background: Some("transparent".into()),
        output_format: Some("jpeg".into()),
        output_compression: Some(80),
    };
    let expected = PictureRequest {
        model: "dall-e-3".into(),
        prompt: "a fox".into(),
        count: 2,
        size: Some(PictureSize::Pixels { width: 1792, height: 1024 }),
        style,
        extra: vec![("seed".into(), Extra::Integer(5)), ("aspect_ratio".into(), Extra::Text("16:9".into()))],
        ..PictureRequest::default()
    };
    assert_eq!((request, wish.is_base64, is_streaming), (expected, true, true));
}

#[test]
fn what_is_left_out_or_auto_is_left_to_the_model() {
    for body in [
        json!({"prompt": "a fox"}),
        json!({"prompt": "a fox", "model": null, "n": null, "size": "auto", "quality": "auto", "background": "auto",
            "style": null, "output_format": "", "output_compression": null, "response_format": null, "stream": null}),
    ] {
        let Decoded { request, wish, is_streaming } = generated(body);
        let expected =
            PictureRequest { model: DEFAULT.into(), prompt: "a fox".into(), count: 1, ..PictureRequest::default() };
        assert_eq!((request, wish.is_base64, is_streaming), (expected, true, false));
    }
}

#[test]
fn what_comes_depends_on_the_model_unless_it_is_said() {
    let is_base64 = |body: Value| generated(body).wish.is_base64;
    for (model, expected) in
        [("gpt-image-2", true), ("chatgpt-image-latest", true), ("dall-e-3", false), ("flux", false)]
    {
        assert_eq!(is_base64(json!({"prompt": "p", "model": model})), expected, "{model}");
        assert!(is_base64(json!({"prompt": "p", "model": model, "response_format": "b64_json"})));
        assert!(!is_base64(json!({"prompt": "p", "model": model, "response_format": "url"})));
    }
}

#[tokio::test]
async fn a_form_brings_its_pictures_as_files() {
    let fields = [("prompt", "in blue"), ("model", "gpt-image-1"), ("n", "2"), ("stream", "false"), ("size", "auto")];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let files = vec![file("image[1]", b"two").await, file("mask", b"mask").await, file("image[0]", b"one").await];
    let body = Body::of_form(Form { fields, files });
    let Decoded { request, .. } = decode(body, PictureTask::Edit, DEFAULT).unwrap();
    let contents = request.images.iter().chain(&request.mask).map(|media| match &media.source {
        MediaSource::Spooled(spooled) => (media.param.as_str(), spooled.head().to_vec()),
        other => panic!("{other:?}"),
    });
    let contents: Vec<(&str, Vec<u8>)> = contents.collect();
    assert_eq!(contents, [("image", b"one".to_vec()), ("image", b"two".to_vec()), ("mask", b"mask".to_vec())]);
    let files = vec![file("image[]", b"one").await, file("image[]", b"two").await];
    let list =
        decode(Body::of_form(Form { fields: vec![("prompt".into(), "p".into())], files }), PictureTask::Edit, DEFAULT);
    assert_eq!(list.unwrap().request.images, request.images, "as SDKs write a list");
    assert_eq!((request.count, request.size, request.images[0].name.as_deref()), (2, None, Some("a.png")));
}

#[test]
fn an_edit_may_come_as_json() {
    let body = json!({"prompt": "in blue", "images": [{"image_url": "https://x/a.png"}, {"file_id": "file-1"}],
        "mask": {"file_id": "file-2"}});
    let Decoded { request, .. } = decoded(PictureTask::Edit, body).unwrap();
    let media = |param: &str, source| Media { param: param.into(), source, name: None };
    let images = [
        media("images[0]", MediaSource::Url("https://x/a.png".into())),
        media("images[1]", MediaSource::File("file-1".into())),
    ];
    assert_eq!(request.images, images);
    assert_eq!(request.mask, Some(media("mask", MediaSource::File("file-2".into()))));
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    use PictureTask::{Edit, Generate, Vary};
    let image = json!({"image_url": "https://x/a.png"});
    let many: Vec<Value> = (0..17).map(|_| image.clone()).collect();
    for (task, body, name) in [
        (Generate, json!({}), "prompt"),
        (Generate, json!({"prompt": " "}), "prompt"),
        (Generate, json!({"prompt": ["a"]}), "prompt"),
        (Generate, json!({"prompt": "p", "n": 0}), "n"),
        (Generate, json!({"prompt": "p", "n": 11}), "n"),
        (Generate, json!({"prompt": "p", "size": "large"}), "size"),
        (Generate, json!({"prompt": "p", "response_format": "png"}), "response_format"),
        (Generate, json!({"prompt": "p", "output_compression": 101}), "output_compression"),
        (Generate, json!({"prompt": "p", "stream": "perhaps"}), "stream"),
        (Edit, json!({"prompt": "p"}), "image"),
        (Edit, json!({"images": [image]}), "prompt"),
        (Edit, json!({"prompt": "p", "images": [{}]}), "images[0]"),
        (Edit, json!({"prompt": "p", "images": many}), "image"),
        (Vary, json!({}), "image"),
    ] {
        let refused = decoded(task, body.clone()).unwrap_err();
        assert!(matches!(&refused, Error::InvalidField { param, .. } if param == name), "{body}: {refused:?}");
    }
    let empty = Body::of_form(Form { files: vec![file("image", b"").await], ..Form::default() });
    let refused = decode(empty, Vary, DEFAULT).unwrap_err();
    assert!(matches!(&refused, Error::InvalidField { param, .. } if param == "image"), "{refused:?}");
}
