//! Recraft.

use super::{Constant, Count, Family, Kind, Size, Take, Task, Words};

/// A client's size is passed on as it is; these stand for ratios (vendor, guess).
const SIZE: Size = Size::Free {
    field: "size",
    sizes: &[(1024, 1024), (1365, 1024), (1024, 1365), (1536, 1024), (1024, 1536), (1820, 1024), (1024, 1820)],
};

/// Docs: only versions 2 and 3 have styles.
const STYLE: Words = Words {
    is_open: true,
    default: Some(Constant::Text("realistic_image")),
    default_beside: Some(("task_type", &["recraftv2", "recraftv3"])),
    ..Words::new("style", &[])
};

/// Docs; the vector styles yield SVG (guess).
const GENERATE: Task = Task {
    count: Count::Field("n", 4),
    size: SIZE,
    style: Some(STYLE),
    negative: Some("negative_prompt"),
    fixed: &[("task_type", Constant::Text("recraftv3"))],
    extras: &[
        (
            "task_type",
            Take::Word(&[
                "recraftv3",
                "recraftv2",
                "recraftv4",
                "recraftv4_vector",
                "recraftv4_pro",
                "recraftv4_pro_vector",
            ]),
        ),
        ("substyle", Take::Text),
    ],
    ..Task::new(Kind::Generate)
};

/// Docs: `size` is required, and there is no field for words. How many is the maker's limit (vendor).
const VARY: Task = Task {
    has_prompt: false,
    count: Count::Field("n", 6),
    size: SIZE,
    format: Some(Words::new("image_format", &[("png", Constant::Text("png")), ("webp", Constant::Text("webp"))])),
    fixed: &[("size", Constant::Text("1024x1024"))],
    extras: &[("random_seed", Take::Integer(1, 6))],
    ..Task::new(Kind::Vary)
};

pub(super) const FAMILIES: &[Family] = &[Family { ids: &["recraft*"], tasks: &[GENERATE, VARY], is_slow: false }];
