//! Leonardo, whose ids say nothing.

use super::{Count, Family, Kind, Size, Take, Task};

/// Docs: `n` and `size` are required; names of extras carry a prefix, and no ranges are stated.
const GENERATE: Task = Task {
    count: Count::Field("n", 4),
    size: Size::List {
        field: "size",
        sizes: &[(1024, 1024), (768, 1024), (1024, 768), (512, 512)],
        by: "x",
        is_required: true,
    },
    negative: Some("negativePrompt"),
    seed: Some("leonardo_seed"),
    extras: &[
        ("leonardo_guidance_scale", Take::Any),
        ("leonardo_num_inference_steps", Take::Any),
        ("leonardo_tilling", Take::Any),
        ("leonardo_transparency", Take::Any),
        ("leonardo_preset_style", Take::Any),
        ("leonardo_image_prompts", Take::Any),
        ("leonardo_init_image_id", Take::Any),
        ("leonardo_init_strength", Take::Any),
        ("leonardo_fantasy_avatar", Take::Any),
    ],
    ..Task::new(Kind::Generate)
};

/// The first is also that of every model in Leonardo's group.
pub(super) const FAMILIES: &[Family] = &[Family {
    ids: &[
        "6b645e3a-d64f-4341-a6d8-7a3690fbf042",
        "b24e16ff-06e3-43eb-8d33-4416c2d75876",
        "e71a1c2f-4f80-4800-934f-2c68979d8cc8",
        "1e60896f-3c26-4296-8ecc-53e2afecc132",
        "aa77f04e-3eec-4034-9c07-d0f619684628",
        "5c232a9e-9061-4777-980a-ddc8e65647c6",
        "2067ae52-33fd-4a82-bb92-c2c55e7d2786",
    ],
    tasks: &[GENERATE],
    is_slow: false,
}];
