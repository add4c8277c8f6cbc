//! Stable Diffusion and Stable Image, by Stability AI.

use super::{Constant, Count, Family, Kind, Size, Take, Task, Words};

/// Docs; others are refused (live).
const SDXL_SIZES: &[(u32, u32)] = &[
    (1024, 1024),
    (1152, 896),
    (1216, 832),
    (1344, 768),
    (1536, 640),
    (640, 1536),
    (768, 1344),
    (832, 1216),
    (896, 1152),
];

/// Docs.
const RATIOS: &[(u32, u32)] = &[(1, 1), (16, 9), (21, 9), (2, 3), (3, 2), (4, 5), (5, 4), (9, 16), (9, 21)];

/// Docs for the upscaler; the generators' list is the vendor's.
const FORMATS: &[(&str, Constant)] =
    &[("png", Constant::Text("png")), ("jpeg", Constant::Text("jpeg")), ("webp", Constant::Text("webp"))];

/// Docs.
const SEED: Take = Take::Integer(0, 4_294_967_295);

/// As it worked (live).
const SDXL: Task = Task {
    count: Count::Field("samples", 10),
    size: Size::List { field: "size", sizes: SDXL_SIZES, by: "x", is_required: true },
    style: Some(Words { is_open: true, ..Words::new("style_preset", &[]) }),
    seed: Some("seed"),
    fixed: &[("cfg_scale", Constant::Integer(7)), ("steps", Constant::Integer(30)), ("seed", Constant::Integer(0))],
    extras: &[
        ("cfg_scale", Take::Number(0.0, 35.0)),
        ("steps", Take::Integer(10, 50)),
        ("clip_guidance_preset", Take::Text),
        ("sampler", Take::Text),
        ("style_preset", Take::Text),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs: the picture keeps its size.
const SDXL_EDIT: Task = Task {
    kind: Kind::Edit,
    size: Size::None,
    fixed: &[
        ("cfg_scale", Constant::Integer(7)),
        ("steps", Constant::Integer(30)),
        ("seed", Constant::Integer(0)),
        ("clip_guidance_preset", Constant::Text("NONE")),
        ("image_strength", Constant::Number(0.35)),
    ],
    extras: &[
        ("cfg_scale", Take::Number(0.0, 35.0)),
        ("steps", Take::Integer(10, 50)),
        ("clip_guidance_preset", Take::Text),
        ("image_strength", Take::Any),
        ("step_schedule_start", Take::Any),
        ("step_schedule_end", Take::Any),
        ("sampler", Take::Text),
        ("style_preset", Take::Text),
        ("isMasked", Take::Any),
    ],
    ..SDXL
};

/// Docs: names carry a prefix, but the one for what must not be seen.
const CORE: Task = Task {
    size: Size::Ratio { field: "stable_image_core_aspect_ratio", ratios: RATIOS, by: ":" },
    style: Some(Words { is_open: true, ..Words::new("stable_image_core_style_preset", &[]) }),
    format: Some(Words::new("stable_image_core_output_format", FORMATS)),
    negative: Some("negativePrompt"),
    seed: Some("stable_image_core_seed"),
    extras: &[("stable_image_core_style_preset", Take::Text), ("stable_image_core_seed", SEED)],
    ..Task::new(Kind::Generate)
};

/// Docs.
const ULTRA: Task = Task {
    size: Size::Ratio { field: "stable_image_ultra_aspect_ratio", ratios: RATIOS, by: ":" },
    style: Some(Words { is_open: true, ..Words::new("stable_image_ultra_style_preset", &[]) }),
    format: Some(Words::new("stable_image_ultra_output_format", FORMATS)),
    seed: Some("stable_image_ultra_seed"),
    extras: &[
        ("stable_image_ultra_style_preset", Take::Text),
        ("stable_image_ultra_seed", SEED),
        ("stable_image_ultra_image", Take::Text),
        ("stable_image_ultra_strength", Take::Number(0.0, 1.0)),
    ],
    ..CORE
};

/// Docs.
const INPAINT: Task = Task { format: Some(Words::new("output_format", FORMATS)), ..Task::new(Kind::Inpaint) };

pub(super) const FAMILIES: &[Family] = &[
    Family { ids: &["stable-diffusion-xl*"], tasks: &[SDXL, SDXL_EDIT], is_slow: false },
    Family { ids: &["stable-image-ultra*"], tasks: &[ULTRA], is_slow: false },
    Family { ids: &["stable-image*"], tasks: &[CORE, INPAINT], is_slow: false },
];
