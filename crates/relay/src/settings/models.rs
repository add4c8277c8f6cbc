//! Which models may be asked, and by which further names.

use std::{collections::BTreeMap, fmt, str::FromStr};

/// The user's rules about models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelRules {
    /// Whether only the chosen models may be asked. Default: all may.
    pub only_chosen: bool,
    /// The chosen models, by id or by an alias.
    pub chosen: Vec<String>,
    /// Further names of models: the name, and what it stands for.
    pub aliases: BTreeMap<String, String>,
    /// Which model answers for one that 1min.ai no longer lists.
    pub successors: BTreeMap<String, String>,
    /// What happens to a model that 1min.ai does not list. Default: it is refused.
    pub unknown: UnknownModels,
}

/// What happens to a model that 1min.ai does not list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownModels {
    /// It is refused, with the nearest names; but only if 1min.ai's list could be had just now.
    #[default]
    Refuse,
    /// 1min.ai is asked all the same. A refusal of its own costs nothing.
    Ask,
}

/// The text is neither `refuse` nor `ask`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither refuse nor ask")]
pub struct InvalidUnknownModels;

impl FromStr for UnknownModels {
    type Err = InvalidUnknownModels;

    fn from_str(text: &str) -> Result<Self, InvalidUnknownModels> {
        match text.to_ascii_lowercase().as_str() {
            "refuse" => Ok(Self::Refuse),
            "ask" => Ok(Self::Ask),
            _ => Err(InvalidUnknownModels),
        }
    }
}

impl fmt::Display for UnknownModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "refuse",
            Self::Ask => "ask",
        })
    }
}
