//! The OpenAI API. One file an API area; wire types bear the names of the published `OpenAPI` document (2.3.0).

pub(crate) mod audio;
pub(crate) mod chat;
pub(crate) mod completions;
mod field;
pub(crate) mod files;
mod format;
pub(crate) mod images;
pub(crate) mod models;
pub(crate) mod responses;
mod tool;
mod usage;

/// What every chunk and every whole answer begins with.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    id: String,
    created: u64,
    /// The id that was asked for, or that of the successor that answers.
    model: String,
}

impl Head {
    /// A named successor, if any, answers in place of the model that was asked for.
    fn answered_by(&mut self, successor: Option<String>) {
        if let Some(model) = successor {
            self.model = model;
        }
    }
}
