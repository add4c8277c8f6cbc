//! The content of a file, as a download: no browser shows it, whatever it says it is.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    dialect::stored,
    store::{FileRecord, Opened},
};

/// What needs no escape in `filename*` (RFC 8187).
const NOT_PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The content, piece by piece as it is read.
pub(super) fn respond(record: &FileRecord, opened: Opened) -> Response {
    let size_bytes = opened.size_bytes;
    let mut response = Response::new(stored::body(opened));
    write_headers(response.headers_mut(), record, size_bytes);
    response
}

fn write_headers(headers: &mut HeaderMap, record: &FileRecord, size_bytes: u64) {
    let any = HeaderValue::from_static("application/octet-stream");
    let media_type = record.media_type.as_deref().and_then(|media_type| HeaderValue::from_str(media_type).ok());
    headers.insert(header::CONTENT_TYPE, media_type.unwrap_or(any));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size_bytes));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition(&record.name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
}

/// The name as a header can have it: plain for those who know no more, and as it is in escapes.
fn disposition(name: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '(' | ')');
    let plain: String = name.chars().map(|c| if is_plain(&c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, NOT_PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_do_no_harm_in_a_header() {
        assert_eq!(disposition("my cat.png"), "attachment; filename=\"my cat.png\"; filename*=UTF-8''my%20cat.png");
        assert_eq!(
            disposition("\u{43a}\"\r\nx: y;../"),
            "attachment; filename=\"____x_ y_.._\"; filename*=UTF-8''%D0%BA%22%0D%0Ax%3A%20y%3B..%2F"
        );
    }
}
