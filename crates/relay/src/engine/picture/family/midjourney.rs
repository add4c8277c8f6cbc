//! Midjourney, and Magic Art, as 1min.ai wants it called. Four pictures come, always (docs).

use super::{Constant, Count, Family, Kind, Size, Take, Task};

/// Docs.
const RATIOS: &[(u32, u32)] = &[(1, 1), (4, 5), (2, 3), (4, 7), (5, 4), (3, 2), (7, 4)];

/// Docs; the shape of a square stands in every example. Fast costs double and takes under a minute, relax two to ten.
const FIXED: &[(&str, Constant)] = &[
    ("mode", Constant::Text("fast")),
    ("isNiji6", Constant::Bool(false)),
    ("maintainModeration", Constant::Bool(true)),
    ("aspect_width", Constant::Integer(1)),
    ("aspect_height", Constant::Integer(1)),
];

const MODE: Take = Take::Word(&["fast", "relax"]);

/// Docs; `omni_*` are version 7's.
const GENERATE: Task = Task {
    count: Count::Four("n"),
    size: Size::Shape(RATIOS),
    negative: Some("negativePrompt"),
    seed: Some("seed"),
    fixed: FIXED,
    extras: &[
        ("mode", MODE),
        ("isNiji6", Take::Bool),
        ("maintainModeration", Take::Bool),
        ("image_weight", Take::Number(0.5, 2.0)),
        ("tile", Take::Any),
        ("stylize", Take::Integer(0, 1000)),
        ("chaos", Take::Integer(0, 100)),
        ("weird", Take::Integer(0, 3000)),
        ("character_reference", Take::Any),
        ("style_reference", Take::Any),
        ("omni_reference", Take::Any),
        ("omni_reference_weight", Take::Any),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs. There is no field for words.
const VARY: Task = Task {
    has_prompt: false,
    count: Count::Four("n"),
    size: Size::Shape(RATIOS),
    fixed: FIXED,
    extras: &[("mode", MODE), ("isNiji6", Take::Bool), ("maintainModeration", Take::Bool)],
    ..Task::new(Kind::Vary)
};

pub(super) const FAMILIES: &[Family] =
    &[Family { ids: &["midjourney*", "magic-art*"], tasks: &[GENERATE, VARY], is_slow: true }];
