//! What was made and stored, as an answer of text shows it.

use crate::conversation::Artifact;

/// A made picture or file inside a chat answer.
pub(crate) fn markdown(artifact: &Artifact) -> String {
    let Artifact { url, media_type, .. } = artifact;
    if media_type.starts_with("image/") { format!("![image]({url})") } else { format!("[{media_type}]({url})") }
}
