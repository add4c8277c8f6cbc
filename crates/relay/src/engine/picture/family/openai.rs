//! GPT Image and DALL-E.

use super::{Bounds, Constant, Count, Family, Kind, Size, Task, Words};

/// Quality by OpenAI's names (docs); it is required (live, against the docs).
const QUALITY: Words = Words::new(
    "quality",
    &[
        ("low", Constant::Text("low")),
        ("medium", Constant::Text("medium")),
        ("standard", Constant::Text("medium")),
        ("high", Constant::Text("high")),
        ("hd", Constant::Text("high")),
    ],
)
.or(Constant::Text("medium"));

/// Docs.
const STYLE: Words = Words::new("style", &[("vivid", Constant::Text("vivid")), ("natural", Constant::Text("natural"))]);

/// Docs.
const FORMAT: Words = Words::new(
    "output_format",
    &[("png", Constant::Text("png")), ("jpeg", Constant::Text("jpeg")), ("webp", Constant::Text("webp"))],
);

/// Docs; version 2 has `auto` too, which is what leaving it out means.
const BACKGROUND: Words =
    Words::new("background", &[("transparent", Constant::Text("transparent")), ("opaque", Constant::Text("opaque"))]);

/// Docs.
const SIZE_1: Size =
    Size::List { field: "size", sizes: &[(1024, 1024), (1024, 1536), (1536, 1024)], by: "x", is_required: true };

/// Docs.
const SIZE_2: Size = Size::Bounded {
    field: "size",
    bounds: &Bounds {
        step: 16,
        shortest_side: 16,
        longest_side: 3840,
        longest_ratio: 3,
        least_pixels: 655_360,
        most_pixels: 8_294_400,
        words: "sizes whose sides are multiples of 16 and at most 3840, of at most 3:1, and of 655360 to 8294400 pixels",
    },
};

/// Docs.
const GENERATE_1: Task = Task {
    count: Count::Field("n", 10),
    size: SIZE_1,
    quality: Some(QUALITY),
    background: Some(BACKGROUND),
    format: Some(FORMAT),
    compression: Some("output_compression"),
    ..Task::new(Kind::Generate)
};

/// Docs: one picture only, `size` required, and only here a limit for the prompt.
const EDIT_1: Task = Task { kind: Kind::Edit, longest_prompt: Some(4000), ..GENERATE_1 };

/// Docs: fewer fields than the editor.
const INPAINT_1: Task = Task { kind: Kind::Inpaint, background: None, compression: None, ..GENERATE_1 };

/// Docs.
const GENERATE_2: Task = Task { size: SIZE_2, longest_prompt: Some(4000), ..GENERATE_1 };

/// DALL-E 2 (docs); the prompt's limit is OpenAI's (vendor).
const DALL_E_2: Task = Task {
    longest_prompt: Some(1000),
    count: Count::Field("n", 10),
    size: Size::List { field: "size", sizes: &[(1024, 1024), (512, 512), (256, 256)], by: "x", is_required: true },
    ..Task::new(Kind::Generate)
};

pub(super) const FAMILIES: &[Family] = &[
    Family { ids: &["gpt-image-1-mini*"], tasks: &[GENERATE_1, EDIT_1, INPAINT_1], is_slow: false },
    // The only one that has a style (docs).
    Family {
        ids: &["gpt-image-1", "gpt-image-1-*", "gpt-image-1.*"],
        tasks: &[Task { style: Some(STYLE), ..GENERATE_1 }, EDIT_1, INPAINT_1],
        is_slow: false,
    },
    // Version 2 (docs), and those that follow (guess).
    Family {
        ids: &["gpt-image-*", "chatgpt-image*"],
        tasks: &[GENERATE_2, Task { kind: Kind::Edit, ..GENERATE_2 }],
        is_slow: false,
    },
    // Docs: `n` is 1. The prompt's limit is OpenAI's (vendor).
    Family {
        ids: &["dall-e-3*"],
        tasks: &[Task {
            longest_prompt: Some(4000),
            size: Size::List {
                field: "size",
                sizes: &[(1024, 1024), (1024, 1792), (1792, 1024)],
                by: "x",
                is_required: true,
            },
            quality: Some(
                Words::new(
                    "quality",
                    &[
                        ("standard", Constant::Text("standard")),
                        ("low", Constant::Text("standard")),
                        ("medium", Constant::Text("standard")),
                        ("hd", Constant::Text("hd")),
                        ("high", Constant::Text("hd")),
                    ],
                )
                .or(Constant::Text("standard")),
            ),
            style: Some(STYLE.or(Constant::Text("vivid"))),
            fixed: &[("n", Constant::Integer(1))],
            ..Task::new(Kind::Generate)
        }],
        is_slow: false,
    },
    Family {
        ids: &["dall-e-2*"],
        tasks: &[DALL_E_2, Task { kind: Kind::Vary, has_prompt: false, ..DALL_E_2 }],
        is_slow: false,
    },
];
