//! What was made and stored, as an answer of text shows it.

use crate::conversation::Artifact;

/// A made picture or file inside a chat answer.
pub(crate) fn markdown(artifact: &Artifact) -> String {
    let mark = if artifact.media_type.starts_with("image/") { "!" } else { "" };
    format!("{mark}[{}]({})", artifact.media_type, artifact.url)
}
