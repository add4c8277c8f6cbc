//! Ideogram, Grok and Dzine.

use super::{Constant, Count, Family, Kind, Size, Take, Task, Words};

/// Written with an x (docs); the list is the vendor's.
const IDEOGRAM_RATIOS: &[(u32, u32)] = &[
    (1, 1),
    (1, 2),
    (2, 1),
    (1, 3),
    (3, 1),
    (2, 3),
    (3, 2),
    (3, 4),
    (4, 3),
    (4, 5),
    (5, 4),
    (9, 16),
    (16, 9),
    (10, 16),
    (16, 10),
];

/// Docs.
const IDEOGRAM: Task = Task {
    count: Count::Field("num_images", 8),
    size: Size::Ratio { field: "aspect_ratio", ratios: IDEOGRAM_RATIOS, by: "x" },
    own_size: Some("resolution"),
    quality: Some(Words::new(
        "rendering_speed",
        &[
            ("low", Constant::Text("TURBO")),
            ("standard", Constant::Text("DEFAULT")),
            ("medium", Constant::Text("DEFAULT")),
            ("high", Constant::Text("QUALITY")),
            ("hd", Constant::Text("QUALITY")),
            ("flash", Constant::Text("FLASH")),
            ("turbo", Constant::Text("TURBO")),
            ("default", Constant::Text("DEFAULT")),
            ("quality", Constant::Text("QUALITY")),
        ],
    )),
    style: Some(Words::new(
        "style_type",
        &[
            ("auto", Constant::Text("AUTO")),
            ("general", Constant::Text("GENERAL")),
            ("realistic", Constant::Text("REALISTIC")),
            ("design", Constant::Text("DESIGN")),
            ("fiction", Constant::Text("FICTION")),
        ],
    )),
    background: Some(Words::new(
        "transparent",
        &[("transparent", Constant::Bool(true)), ("opaque", Constant::Bool(false))],
    )),
    extras: &[
        ("rendering_speed", Take::Word(&["FLASH", "TURBO", "DEFAULT", "QUALITY"])),
        ("resolution", Take::Text),
        ("magic_prompt", Take::Word(&["AUTO", "ON", "OFF"])),
        ("style_type", Take::Word(&["AUTO", "GENERAL", "REALISTIC", "DESIGN", "FICTION"])),
        ("style_preset", Take::Text),
        ("style_reference_images", Take::Texts(5)),
        ("character_reference_images", Take::Any),
        ("transparent", Take::Any),
    ],
    ..Task::new(Kind::Generate)
};

/// Not established (guess).
const GROK: Task = Task { count: Count::Field("n", 10), ..Task::new(Kind::Generate) };

/// Docs for the variator; the generator by analogy (guess).
const DZINE: Task = Task {
    count: Count::Field("n", 4),
    quality: Some(
        Words::new(
            "quality",
            &[
                ("low", Constant::Text("STANDARD")),
                ("standard", Constant::Text("STANDARD")),
                ("medium", Constant::Text("STANDARD")),
                ("high", Constant::Text("HIGH")),
                ("hd", Constant::Text("HIGH")),
            ],
        )
        .or(Constant::Text("STANDARD")),
    ),
    format: Some(Words::new("output_format", &[("webp", Constant::Text("webp")), ("jpeg", Constant::Text("jpeg"))])),
    seed: Some("seed"),
    fixed: &[("style_base_model", Constant::Text("S"))],
    extras: &[
        ("style_code", Take::Text),
        ("style_base_model", Take::Word(&["S", "X"])),
        ("style_intensity", Take::Any),
        ("structure_match", Take::Number(0.0, 1.0)),
        ("color_match", Take::Any),
        ("face_match", Take::Any),
    ],
    required: Some(("style_code", "the code of one of Dzine's styles, as 1min.ai's page for it shows them")),
    ..Task::new(Kind::Generate)
};

pub(super) const FAMILIES: &[Family] = &[
    Family { ids: &["ideogram*"], tasks: &[IDEOGRAM], is_slow: false },
    Family { ids: &["grok-*image*", "grok-imagine*"], tasks: &[GROK], is_slow: false },
    Family { ids: &["dzine*"], tasks: &[DZINE, Task { kind: Kind::Vary, ..DZINE }], is_slow: false },
];
