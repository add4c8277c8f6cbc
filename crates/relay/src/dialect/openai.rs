//! The OpenAI API. One file an API area; wire types bear the names of the published `OpenAPI` document (2.3.0).

pub(crate) mod chat;
pub(crate) mod models;
