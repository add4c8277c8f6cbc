//! Gemini's models that draw. One picture a call (docs list no count).

use super::{Family, Kind, Size, Take, Task};

/// Vendor.
const RATIOS: &[(u32, u32)] = &[(1, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (9, 16), (16, 9), (21, 9)];

/// Docs: `imageSize` is required.
const TIERS: &[(u32, &str)] = &[(1792, "1K"), (3072, "2K"), (u32::MAX, "4K")];

/// Docs for 3.1; pro likely (guess).
const GENERATE_3: Task = Task {
    size: Size::Tiered { ratios: RATIOS, tiers: TIERS, default: "1K", is_required: true },
    droppable: &["imageSize", "aspectRatio"],
    extras: &[("imageSize", Take::Word(&["512", "1K", "2K", "4K"])), ("temperature", Take::Any), ("topP", Take::Any)],
    ..Task::new(Kind::Generate)
};

/// Listed as an editor (live), its fields unknown (guess).
const EDIT_3: Task = Task {
    kind: Kind::Edit,
    size: Size::Tiered { ratios: RATIOS, tiers: TIERS, default: "1K", is_required: false },
    ..GENERATE_3
};

/// Docs: nothing but the prompt.
const GENERATE_2: Task = Task::new(Kind::Generate);

pub(super) const FAMILIES: &[Family] = &[
    Family {
        ids: &["gemini-2*image*"],
        // Listed as an editor (live), its fields unknown: those every editor has (guess).
        tasks: &[GENERATE_2, Task { kind: Kind::Edit, ..GENERATE_2 }],
        is_slow: false,
    },
    Family { ids: &["gemini-*image*"], tasks: &[GENERATE_3, EDIT_3], is_slow: false },
];
