//! Qwen Image, by Alibaba.

use super::{Bounds, Count, Family, Kind, Size, Take, Task};

/// The list and the star are a refusal's (live), the field's name a guess.
const GENERATE: Task = Task {
    size: Size::List {
        field: "size",
        sizes: &[(1328, 1328), (1664, 928), (1472, 1104), (1104, 1472), (928, 1664)],
        by: "*",
        is_required: true,
    },
    ..Task::new(Kind::Generate)
};

const SIDES: Bounds = Bounds {
    step: 1,
    shortest_side: 512,
    longest_side: 2048,
    longest_ratio: 4,
    least_pixels: 0,
    most_pixels: 2048 * 2048,
    words: "sizes of 512 to 2048",
};

/// Docs: the only one that takes several pictures.
const EDIT: Task = Task {
    more_pictures: Some(("additional_images", 2)),
    count: Count::Field("n", 6),
    size: Size::Sides(&SIDES),
    negative: Some("negative_prompt"),
    seed: Some("seed"),
    extras: &[("prompt_extend", Take::Any)],
    ..Task::new(Kind::Edit)
};

pub(super) const FAMILIES: &[Family] = &[
    Family { ids: &["qwen-image-edit*"], tasks: &[EDIT], is_slow: false },
    Family { ids: &["qwen-image*"], tasks: &[GENERATE], is_slow: false },
];
