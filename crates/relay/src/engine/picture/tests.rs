use std::fmt::Write as _;

use bytes::Bytes;
use onemin::{FeatureRequest, FieldValue, ModelList};
use proptest::prelude::*;

use super::*;
use crate::conversation::{Extra, Media, MediaSource, PictureSize};

/// One model of each family, and of each that differs within it.
const MODELS: &[&str] = &[
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-2",
    "chatgpt-image-latest",
    "dall-e-2",
    "dall-e-3",
    "black-forest-labs/flux-schnell",
    "black-forest-labs/flux-dev",
    "black-forest-labs/flux-pro",
    "black-forest-labs/flux-1.1-pro",
    "black-forest-labs/flux-1.1-pro-ultra",
    "black-forest-labs/flux-2-pro",
    "black-forest-labs/flux-kontext-pro",
    "black-forest-labs/flux-redux-dev",
    "black-forest-labs/flux-fill-pro",
    "black-forest-labs/flux-canny-pro",
    "stable-diffusion-xl-1024-v1-0",
    "stable-image",
    "stable-image-ultra",
    "midjourney_7_0",
    "magic-art_8_0",
    "6b645e3a-d64f-4341-a6d8-7a3690fbf042",
    "recraft",
    "gemini-2.5-flash-image",
    "gemini-3-pro-image-preview",
    "ideogram-3",
    "qwen-image-plus",
    "qwen-image-edit-plus",
    "grok-imagine-image",
    "dzine",
    "somebody/unheard-of",
];

fn media() -> Media {
    Media { source: MediaSource::Bytes(Bytes::from_static(b"picture")), name: None, param: "image".into() }
}

fn words(prompt: &str) -> PictureRequest {
    PictureRequest { prompt: prompt.into(), count: 1, ..PictureRequest::default() }
}

fn pixels(width: u32, height: u32) -> Option<PictureSize> {
    Some(PictureSize::Pixels { width, height })
}

/// Requests that every model is asked.
fn requests() -> Vec<(&'static str, PictureRequest)> {
    let fox = words("a fox");
    let from = |task| PictureRequest { task, images: vec![media()], ..fox.clone() };
    let mut styled = fox.clone();
    styled.style.quality = Some("hd".into());
    styled.style.style = Some("vivid".into());
    styled.style.output_format = Some("jpeg".into());
    styled.style.output_compression = Some(70);
    let mut transparent = fox.clone();
    transparent.style.background = Some("transparent".into());
    let style_code = ("style_code".to_owned(), Extra::Text("Style-1".into()));
    let extra = vec![
        style_code,
        ("seed".to_owned(), Extra::Text("7".into())),
        ("negative_prompt".to_owned(), Extra::Text("dogs".into())),
        ("steps".to_owned(), Extra::Number(20.0)),
    ];
    let mut bare = from(PictureTask::Vary);
    bare.prompt.clear();
    vec![
        ("plain", fox.clone()),
        ("n 3, 1024x1024", PictureRequest { count: 3, size: pixels(1024, 1024), ..fox.clone() }),
        ("n 11", PictureRequest { count: 11, ..fox.clone() }),
        ("1792x1024", PictureRequest { size: pixels(1792, 1024), ..fox.clone() }),
        ("styled", styled),
        ("transparent", transparent),
        ("extra", PictureRequest { extra, ..fox.clone() }),
        ("flags", words("a fox --ar 16:9 --n 2 --q high --seed 5 --no dogs, cats")),
        ("edit", from(PictureTask::Edit)),
        ("edit, two pictures", PictureRequest { images: vec![media(), media()], ..from(PictureTask::Edit) }),
        ("edit, mask", PictureRequest { mask: Some(media()), ..from(PictureTask::Edit) }),
        ("edit, no picture", PictureRequest { task: PictureTask::Edit, ..fox }),
        ("vary", bare),
    ]
}

fn show(planned: Result<Plan, Error>) -> String {
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => return format!("refused: {}", serde_json::to_string(&error.to_envelope()).unwrap()),
    };
    let Plan { feature, model, fields, inputs, calls, files, is_async, .. } = plan;
    let request = FeatureRequest { is_async, ..FeatureRequest::new(feature, model, fields) };
    let mut shown = format!("{calls}x for {files}: {}", serde_json::to_string(&request).unwrap());
    for Input { field, media, is_list, inverts_mask } in inputs {
        let list = if is_list { "[]" } else { "" };
        let inverted = if inverts_mask { ", inverted" } else { "" };
        write!(shown, "\n    {field}{list} = {media:?}{inverted}").unwrap();
    }
    shown
}

#[test]
fn every_family_is_asked_in_its_own_words() {
    let mut golden = String::new();
    for model in MODELS {
        writeln!(golden, "== {model}").unwrap();
        for (name, request) in requests() {
            writeln!(golden, "{name}\n  {}", show(plan(model, None, &request))).unwrap();
        }
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn every_family_stands_in_the_test() {
    let named = |model: &&str| family::find(model, "").map(|family| family.ids);
    let known: Vec<_> = MODELS.iter().filter_map(named).collect();
    for family in family::all() {
        assert!(known.contains(&family.ids), "{:?} is not tested", family.ids);
    }
}

#[test]
fn every_listed_model_that_draws_can_do_what_the_list_says() {
    for model in ModelList::recorded().models {
        for kind in [Kind::Generate, Kind::Edit, Kind::Inpaint, Kind::Vary] {
            let Some(family) = family::find(&model.id, "").filter(|_| model.can(kind.feature())) else {
                assert!(!model.can(kind.feature()), "{} is unknown", model.id);
                continue;
            };
            assert!(family.task(kind).is_some(), "{} can't {kind:?}", model.id);
        }
    }
}

#[test]
fn the_models_a_refusal_names_can_do_it() {
    for kind in [Kind::Generate, Kind::Edit, Kind::Inpaint, Kind::Vary] {
        let named: Vec<&str> = kind.models().split('`').skip(1).step_by(2).collect();
        assert!(named.len() >= 3);
        for model in named {
            assert!(family::find(model, "").unwrap().task(kind).is_some(), "{model} can't {kind:?}");
            assert!(ModelList::recorded().models.iter().any(|listed| listed.id == model && listed.can(kind.feature())));
        }
    }
}

#[test]
fn a_list_that_knows_more_than_the_table_is_believed() {
    let listed = Model { features: vec![Feature::ImageEditor], ..Model::default() };
    let edit = PictureRequest { task: PictureTask::Edit, images: vec![media()], ..words("a hat") };
    assert!(plan("dall-e-3", None, &edit).is_err());
    assert_eq!(plan("dall-e-3", Some(&listed), &edit).unwrap().feature, Feature::ImageEditor);
    let leonardo = Model { group: "leonardoai/leonardo".into(), ..Model::default() };
    let plan = plan("00000000-0000-4000-8000-000000000000", Some(&leonardo), &words("a fox")).unwrap();
    assert_eq!(plan.fields.get("size"), Some(&"1024x1024".into()));
}

#[test]
fn flags_are_read_and_taken_out() {
    let mut golden = String::new();
    for prompt in [
        "a fox --ar 3:2 --v 6.1 --relax --niji 6 --stylize 250 --c 10 --w 5 --tile --iw 1.5",
        "a fox \u{2014}ar 2:3 \u{2013}no dogs and cats --fast in the snow",
        "--tile a fox --cref https://e.com/a.png --sref images/b.png --oref images/c.png --ow 100 --version 7",
        "a well--known -- fox --raw --stylish 3 --Q 2 --NO",
        "a well--known -- fox --raw --Q 2 --NO red dogs --style raw",
        "a fox --ar wide",
        "a fox --chaos 101",
        "a fox --seed 1.5",
        "a fox --v 6",
        "a fox --n 5",
        "a fox --size 100x",
        "a fox --size 1536x1024 --n 4",
        "--tile",
    ] {
        writeln!(golden, "{prompt}\n  {}", show(plan("magic-art", None, &words(prompt)))).unwrap();
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn only_what_ends_a_prompt_is_a_flag_where_flags_are_not_at_home() {
    let mut golden = String::new();
    for (model, prompt) in [
        ("gpt-image-1", "a fox --size 1024x1536 --n 2 --q high --style vivid"),
        ("gpt-image-1", "a fox \u{2014}n 2\n--v 7 --no dogs --ar 2:3 --fast"),
        ("gpt-image-1", "Poster of a shell: npm run build --n 5, in green"),
        ("gpt-image-1", "a fox --n 5 in the snow --size 1024x1536"),
        ("gpt-image-1", "A life \u{2013}size statue \u{2013}n 2"),
        ("gpt-image-1", "a fox --n 3 --ar wide --q low"),
        ("gpt-image-1", "a fox --n 3 --ar wide"),
        ("gpt-image-1", "a fox --n many"),
        ("gpt-image-1", "a book, --style guide"),
        ("gpt-image-1", "a fox --n 2 --raw"),
        ("black-forest-labs/flux-dev", "a fox --seed 1.5"),
        ("stable-image", "a fox --no dogs, cats\n\nand in blue"),
        ("stable-image", "a fox --no dogs, cats --ar 3:2"),
        ("stable-image", "a fox --no"),
    ] {
        writeln!(golden, "{model}: {prompt}\n  {}", show(plan(model, None, &words(prompt)))).unwrap();
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn a_flag_goes_over_the_field_and_its_faults_are_the_prompts() {
    let request = PictureRequest { size: pixels(1024, 1024), ..words("a fox --size 1024x1536") };
    let planned = plan("gpt-image-1", None, &request).unwrap();
    assert_eq!(planned.fields.get("size"), Some(&"1024x1536".into()));
    let refused = plan("gpt-image-1", None, &words("a fox --size 999x999")).unwrap_err();
    assert!(matches!(&refused, Error::InvalidField { param, .. } if param == "prompt"), "{refused:?}");
    let untouched = plan("gemini-2.5-flash-image", None, &words("a fox  --ar 16:9 --seed 3")).unwrap();
    assert_eq!(untouched.fields.get("prompt"), Some(&"a fox  --ar 16:9 --seed 3".into()));
}

#[test]
fn an_extra_field_of_another_kind_is_refused_by_its_name() {
    let mut request = words("a fox");
    request.extra.push(("cfg_scale".into(), Extra::Text("much".into())));
    let refused = plan("stable-diffusion-xl-1024-v1-0", None, &request).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The field 'cfg_scale' of the model `stable-diffusion-xl-1024-v1-0` takes a number from 0 to 35."
    );
}

#[test]
fn what_no_range_is_stated_for_is_passed_on_as_it_came() {
    let leonardo = "6b645e3a-d64f-4341-a6d8-7a3690fbf042";
    for (model, field, value) in [
        (leonardo, "leonardo_guidance_scale", Extra::Number(7.5)),
        (leonardo, "leonardo_transparency", Extra::Bool(true)),
        (leonardo, "leonardo_image_prompts", Extra::List(vec![Extra::Text("a".into())])),
        ("black-forest-labs/flux-dev", "num_inference_steps", Extra::Integer(80)),
        ("black-forest-labs/flux-dev", "seed", Extra::Integer(-1)),
        ("gemini-3-pro-image-preview", "temperature", Extra::Number(2.5)),
    ] {
        let request = PictureRequest { extra: vec![(field.into(), value.clone())], ..words("a fox") };
        let planned = plan(model, None, &request).unwrap();
        assert_eq!(planned.fields.get(field), Some(&(&value).into()), "{model}");
    }
    for (model, field, value) in [
        ("black-forest-labs/flux-2-pro", "steps", Extra::Integer(51)),
        ("black-forest-labs/flux-schnell", "num_inference_steps", Extra::Integer(5)),
        ("stable-image", "seed", Extra::Integer(-1)),
        ("dall-e-3", "unheard_of", Extra::Integer(1)),
    ] {
        let request = PictureRequest { extra: vec![(field.into(), value)], ..words("a fox") };
        let planned = plan(model, None, &request);
        assert!(planned.as_ref().map_or(true, |plan| plan.fields.get(field).is_none()), "{planned:?}");
        assert_eq!(planned.is_err(), field != "unheard_of", "{model}");
    }
}

#[test]
fn a_size_may_stand_in_the_fields_of_the_model() {
    let pair = |names: [&str; 2], [one, other]: [u32; 2]| {
        let [one, other] = [i64::from(one), i64::from(other)].map(Extra::Integer);
        vec![(names[0].to_owned(), one), (names[1].to_owned(), other)]
    };
    let edit = PictureRequest { task: PictureTask::Edit, images: vec![media()], ..words("a fox") };
    let (shape, sides) = (["aspect_width", "aspect_height"], ["width", "height"]);
    for (model, base, names, sizes, expected) in [
        ("midjourney_7_0", words("a fox"), shape, [3, 2], ("aspect_width", FieldValue::from(3_u32))),
        ("qwen-image-edit-plus", edit.clone(), sides, [768, 1024], ("height", 1024_u32.into())),
        ("black-forest-labs/flux-pro", words("a fox"), sides, [512, 1024], ("width", 512_u32.into())),
        ("black-forest-labs/flux-1.1-pro", words("a fox"), sides, [512, 1024], ("aspect_ratio", "custom".into())),
    ] {
        let request = PictureRequest { extra: pair(names, sizes), ..base };
        let planned = plan(model, None, &request).unwrap();
        assert_eq!(planned.fields.get(expected.0), Some(&expected.1), "{model}");
        let half = PictureRequest { extra: request.extra[..1].to_vec(), ..request };
        let refused = plan(model, None, &half).unwrap_err();
        assert!(matches!(&refused, Error::InvalidField { param, .. } if param == names[1]), "{refused:?}");
    }
    let resolution = vec![("resolution".to_owned(), Extra::Text("1024x1536".into()))];
    let request = PictureRequest { extra: resolution, size: pixels(1024, 1024), ..words("a fox") };
    let planned = plan("ideogram-3", None, &request).unwrap();
    assert_eq!(planned.fields.get("resolution"), Some(&"1024x1536".into()));
    assert_eq!(planned.fields.get("aspect_ratio"), None, "never both");
}

#[test]
fn a_variation_takes_flags_and_no_other_words() {
    let vary = |prompt: &str| PictureRequest { task: PictureTask::Vary, images: vec![media()], ..words(prompt) };
    let planned = plan("magic-art_7_0", None, &vary("--relax --ar 3:2 --niji")).unwrap();
    for (field, value) in
        [("mode", FieldValue::from("relax")), ("aspect_width", 3_u32.into()), ("isNiji6", true.into())]
    {
        assert_eq!(planned.fields.get(field), Some(&value));
    }
    assert_eq!(planned.fields.get("prompt"), None);
    for (model, prompt) in [
        ("magic-art", "in red"),
        ("magic-art", "--relax in red"),
        ("magic-art", "--stylize 100"),
        ("dall-e-2", "in red"),
        ("recraft", "in red"),
    ] {
        let refused = plan(model, None, &vary(prompt)).unwrap_err();
        assert!(matches!(&refused, Error::InvalidField { param, .. } if param == "prompt"), "{refused:?}");
    }
}

#[test]
fn only_what_the_client_did_not_name_may_be_dropped() {
    let gemini = "gemini-3-pro-image-preview";
    let mut request = words("a fox");
    assert_eq!(plan(gemini, None, &request).unwrap().droppable, ["imageSize", "aspectRatio"]);
    request.extra.push(("imageSize".into(), Extra::Text("4K".into())));
    assert_eq!(plan(gemini, None, &request).unwrap().droppable, ["aspectRatio"]);
    assert!(plan("gpt-image-1", None, &words("a fox")).unwrap().droppable.is_empty());
}

#[test]
fn a_style_of_its_own_goes_only_beside_what_has_styles() {
    let asked = |task_type: &str, style: Option<&str>| {
        let mut request = words("a fox");
        request.style.style = style.map(str::to_owned);
        request.extra.push(("task_type".into(), Extra::Text(task_type.into())));
        plan("recraft", None, &request).unwrap().fields.get("style").cloned()
    };
    assert_eq!(asked("recraftv2", None), Some("realistic_image".into()));
    assert_eq!(asked("recraftv4_vector", None), None);
    assert_eq!(asked("recraftv4_vector", Some("vivid")), None);
    assert_eq!(asked("recraftv4", Some("line_art")), Some("line_art".into()), "a client knows what it asks for");
}

#[test]
fn a_prompt_is_too_long_only_where_a_limit_is_stated() {
    let long = words(&"x".repeat(4001));
    let edit = PictureRequest { task: PictureTask::Edit, images: vec![media()], ..long.clone() };
    for (model, draws, changes) in
        [("gpt-image-1", true, false), ("gpt-image-1-mini", true, false), ("gpt-image-2", false, false)]
    {
        assert_eq!((plan(model, None, &long).is_ok(), plan(model, None, &edit).is_ok()), (draws, changes), "{model}");
    }
    assert!(plan("dall-e-3", None, &long).is_err());
}

proptest! {
    #[test]
    fn a_prompt_without_flags_never_changes(prompt in "[^\\-\u{2013}\u{2014}]{0,40}x[^\\-\u{2013}\u{2014}]{0,40}") {
        let planned = plan("magic-art", None, &words(&prompt)).unwrap();
        prop_assert_eq!(planned.fields.get("prompt"), Some(&prompt.into()));
    }

    #[test]
    fn no_prompt_is_too_odd(parts in proptest::collection::vec("(--|\u{2014}|\u{2013}| |é|ar|no|niji|v|tile|n|size|16:9|1024x1024|7|\\PC|\\s){1,4}", 0..12)) {
        let prompt = parts.concat();
        for model in ["magic-art", "gpt-image-1", "stable-image", "black-forest-labs/flux-dev"] {
            let _ = plan(model, None, &words(&prompt));
        }
    }
}
