//! Why 1min.ai says an answer ended, in each vendor's wording, as one of ours.

use crate::conversation::Finish;

/// `finishReason` of a record: `stop`, `length`, `complete` (Cohere), `MAX_TOKENS`, `Safety`, `tool_use`, or nothing (all
/// live). What is not known counts as an ordinary end.
pub(super) fn read(reason: Option<&str>) -> Finish {
    let reason: String = reason.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    match reason.to_ascii_lowercase().as_str() {
        "length" | "maxtokens" | "maxoutputtokens" | "maxlength" | "modelcontextwindowexceeded" => Finish::Length,
        "safety" | "contentfilter" | "contentfiltered" | "recitation" | "prohibitedcontent" | "blocklist" | "spii"
        | "refusal" | "errortoxic" => Finish::ContentFilter,
        _ => Finish::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendors_word_is_known() {
        for length in ["length", "MAX_TOKENS", "max tokens", "Length"] {
            assert_eq!(read(Some(length)), Finish::Length, "{length}");
        }
        for filter in ["Safety", "SAFETY", "content_filter", "RECITATION", "refusal"] {
            assert_eq!(read(Some(filter)), Finish::ContentFilter, "{filter}");
        }
        for stop in [Some("stop"), Some("complete"), Some("tool_use"), Some("end_turn"), Some("news"), None] {
            assert_eq!(read(stop), Finish::Stop, "{stop:?}");
        }
    }
}
