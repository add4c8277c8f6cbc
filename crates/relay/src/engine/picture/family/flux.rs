//! FLUX, by Black Forest Labs, through Replicate. No model but Redux lists a count (docs): several pictures are several calls.

use super::{Bounds, Constant, Count, Family, Kind, Size, Take, Task, Words};

/// Docs for schnell; the others by analogy (guess).
const RATIOS: &[(u32, u32)] = &[(1, 1), (16, 9), (9, 16), (3, 2), (2, 3), (4, 5), (5, 4)];

const RATIO: Size = Size::Ratio { field: "aspect_ratio", ratios: RATIOS, by: ":" };

/// `custom` sizes of the old pro (docs).
const OLD_PRO: Bounds = Bounds {
    step: 32,
    shortest_side: 256,
    longest_side: 1440,
    longest_ratio: 6,
    least_pixels: 0,
    most_pixels: 1440 * 1440,
    words: "sizes of 256 to 1440 in steps of 32",
};

/// `custom` sizes of 1.1 (docs); the steps are the old one's (guess).
const PRO: Bounds = Bounds {
    step: 32,
    shortest_side: 256,
    longest_side: 2048,
    longest_ratio: 8,
    least_pixels: 0,
    most_pixels: 2 * 1024 * 1024,
    words: "sizes of 256 to 2048 in steps of 32, of at most 2 megapixels",
};

/// Docs: webp, jpg, png.
const FORMAT: Words = Words::new(
    "output_format",
    &[("png", Constant::Text("png")), ("jpeg", Constant::Text("jpg")), ("webp", Constant::Text("webp"))],
);

/// Docs: jpg and png only.
const FORMAT_2: Words = Words::new("output_format", &[("png", Constant::Text("png")), ("jpeg", Constant::Text("jpg"))]);

/// The same under another name (docs).
const OTHER_FORMAT: Words = Words { field: "format", ..FORMAT };

/// Docs.
const SCHNELL: Task = Task {
    size: RATIO,
    compression: Some("output_quality"),
    seed: Some("seed"),
    extras: &[
        ("num_inference_steps", Take::Integer(1, 4)),
        ("megapixels", Take::Word(&["0.25", "1"])),
        ("go_fast", Take::Bool),
        ("disable_safety_checker", Take::Any),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs for dev; krea and lora by analogy (guess).
const DEV: Task = Task {
    extras: &[
        ("image_prompt", Take::Text),
        ("prompt_strength", Take::Any),
        ("num_inference_steps", Take::Any),
        ("guidance", Take::Any),
        ("megapixels", Take::Word(&["0.25", "1", "2"])),
        ("go_fast", Take::Bool),
    ],
    ..SCHNELL
};

/// Docs.
const PRO_OLD: Task = Task {
    size: Size::Custom { ratios: RATIOS, bounds: &OLD_PRO },
    format: Some(FORMAT),
    extras: &[
        ("steps", Take::Any),
        ("guidance", Take::Any),
        ("interval", Take::Any),
        ("prompt_upsampling", Take::Any),
        ("safety_tolerance", Take::Integer(1, 5)),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs for 1.1.
const PRO_11: Task = Task {
    size: Size::Custom { ratios: RATIOS, bounds: &PRO },
    compression: Some("output_quality"),
    seed: Some("seed"),
    extras: &[
        ("safety_tolerance", Take::Integer(0, 5)),
        ("prompt_upsampling", Take::Any),
        ("image_prompt", Take::Text),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs.
const FLUX_2: Task = Task {
    size: RATIO,
    format: Some(FORMAT_2),
    compression: Some("output_quality"),
    seed: Some("seed"),
    extras: &[
        ("steps", Take::Integer(15, 50)),
        ("guidance", Take::Number(2.0, 5.0)),
        ("safety_tolerance", Take::Integer(1, 6)),
        ("prompt_upsampling", Take::Any),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs; without a ratio the picture keeps its own.
const KONTEXT: Task = Task {
    size: RATIO,
    format: Some(OTHER_FORMAT),
    seed: Some("seed"),
    fixed: &[("aspect_ratio", Constant::Text("match_input_image"))],
    extras: &[("prompt_upsampling", Take::Any), ("safety_tolerance", Take::Integer(1, 6))],
    ..Task::new(Kind::Edit)
};

/// Docs. There is no field for words.
const REDUX: Task = Task {
    has_prompt: false,
    count: Count::Field("num_outputs", 4),
    size: Size::Ratio {
        field: "aspect_ratio",
        ratios: &[(1, 1), (16, 9), (9, 16), (3, 2), (2, 3), (4, 5), (5, 4), (4, 3), (3, 4)],
        by: ":",
    },
    format: Some(OTHER_FORMAT),
    compression: Some("output_quality"),
    seed: Some("seed"),
    extras: &[("num_inference_steps", Take::Any), ("megapixels", Take::Any)],
    ..Task::new(Kind::Vary)
};

/// Docs.
const FILL: Task = Task { format: Some(FORMAT), ..Task::new(Kind::Inpaint) };

/// Listed as editors (live), their fields unknown: those every editor has (guess).
const GUIDED: Task = Task { seed: Some("seed"), ..Task::new(Kind::Edit) };

const fn family(ids: &'static [&'static str], tasks: &'static [Task]) -> Family {
    Family { ids, tasks, is_slow: false }
}

pub(super) const FAMILIES: &[Family] = &[
    family(&["*flux-kontext*"], &[KONTEXT]),
    family(&["*flux-redux*"], &[REDUX]),
    family(&["*flux-fill*"], &[FILL]),
    family(&["*flux-canny*", "*flux-depth*"], &[GUIDED]),
    family(&["*flux-schnell*"], &[SCHNELL]),
    family(&["*flux-dev*", "*flux-krea*"], &[DEV]),
    // By analogy with 1.1, without sizes of its own (guess).
    family(&["*flux-1.1-pro-ultra*"], &[Task { size: RATIO, ..PRO_11 }]),
    family(&["*flux-1.1*"], &[PRO_11]),
    family(&["*flux-pro*"], &[PRO_OLD]),
    // The second version (docs), and those that follow (guess).
    family(&["*flux-2*", "*flux-3*", "*flux-4*"], &[FLUX_2]),
];
