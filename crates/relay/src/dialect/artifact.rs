//! What was made and stored, as an answer of text shows it.

use crate::conversation::Artifact;

/// A made picture or file inside a chat answer.
pub(crate) fn markdown(artifact: &Artifact) -> String {
    let Artifact { url, media_type, .. } = artifact;
    let kind = media_type.split('/').next().unwrap_or_default();
    let extension = url.rsplit_once('.').map_or("", |(_, extension)| extension);
    match kind {
        "image" => format!("![image]({url})"),
        "audio" => format!("[speech.{extension}]({url})"),
        _ => format!("[{media_type}]({url})"),
    }
}
