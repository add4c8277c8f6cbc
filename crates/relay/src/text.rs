//! What texts of both outside worlds have in common.

pub(crate) use onemin::mend_half_characters;
