//! Files as Anthropic's Files API shows them (`BetaFileMetadata`, `BetaDeletedFile`), and its pages: those of today, which
//! `next_page` names, and those of its first SDKs, which go by ids.

use jiff::Timestamp;
use serde::Serialize;

use crate::{dialect::query::Query, error::Error, store::FileRecord};

/// The most files of a page.
const LONGEST_PAGE: usize = 1_000;

/// How many files a page has where `limit` does not say.
const USUAL_PAGE: usize = 20;

/// What the name of a page begins with; the id of the file before it follows.
const PAGE: &str = "page_";

/// `BetaFileMetadata`.
#[derive(Debug, Serialize)]
pub(crate) struct File {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    filename: String,
    mime_type: String,
    size_bytes: u64,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    downloadable: bool,
}

impl From<&FileRecord> for File {
    fn from(record: &FileRecord) -> Self {
        Self {
            id: record.id.clone(),
            kind: "file",
            filename: record.name.clone(),
            mime_type: record.media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
            size_bytes: record.size_bytes,
            created_at: time(record.created_unix_ms),
            expires_at: record.expires_unix_ms.map(time),
            downloadable: true,
        }
    }
}

/// RFC 3339.
fn time(unix_ms: u64) -> String {
    let time = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(Timestamp::MAX).to_string()
}

/// `BetaDeletedFile`.
#[derive(Debug, Serialize)]
pub(crate) struct DeletedFile {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl DeletedFile {
    pub(crate) const fn new(id: String) -> Self {
        Self { id, kind: "file_deleted" }
    }
}

/// A page of files.
#[derive(Debug, Serialize)]
pub(crate) struct FileList {
    data: Vec<File>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
    next_page: Option<String>,
}

impl FileList {
    /// The page of `records` (the newest first) that `limit`, `page`, `after_id`, `before_id`, `ids` and `scope_id` of the
    /// query mean.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(crate) fn page(mut records: Vec<FileRecord>, query: &str) -> Result<Self, Error> {
        let query = Query::read(query);
        let limit = query.limit(USUAL_PAGE, LONGEST_PAGE)?;
        let ids: Vec<&str> = query.all(&["ids", "ids[]"]).collect();
        if query.text("scope_id").is_some() {
            // Nothing here is of a session.
            records.clear();
        }
        if !ids.is_empty() {
            records.retain(|record| ids.contains(&record.id.as_str()));
        }
        let place = |id: &str| records.iter().position(|record| record.id == id);
        let after = query.text("page").map(|page| page.strip_prefix(PAGE).unwrap_or(page));
        let after = after.or_else(|| query.text("after_id"));
        // Beside what is not there is nothing: the first page again would never end.
        let (begin, end, is_backwards) = match (after, query.text("before_id")) {
            (Some(id), _) => (place(id).map_or(records.len(), |place| place + 1), records.len(), false),
            (None, Some(id)) => (0, place(id).unwrap_or_default(), true),
            (None, None) => (0, records.len(), false),
        };
        let has_more = ids.is_empty() && end - begin > limit;
        let (begin, end) = match (has_more, is_backwards) {
            (false, _) => (begin, end),
            (true, false) => (begin, begin + limit),
            (true, true) => (end - limit, end),
        };
        let data: Vec<File> = records.get(begin..end).unwrap_or_default().iter().map(File::from).collect();
        let id = |file: Option<&File>| file.map(|file| file.id.clone());
        let (first_id, last_id) = (id(data.first()), id(data.last()));
        let next_page = last_id.as_ref().filter(|_| has_more && !is_backwards).map(|id| format!("{PAGE}{id}"));
        Ok(Self { data, has_more, first_id, last_id, next_page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u64) -> FileRecord {
        FileRecord {
            id: id.to_string(),
            owner: "local".into(),
            name: "a.txt".into(),
            purpose: "user_data".into(),
            media_type: None,
            size_bytes: 1,
            created_unix_ms: id,
            expires_unix_ms: None,
            sha256: String::new(),
        }
    }

    #[test]
    fn a_list_is_given_in_pages_of_both_kinds() {
        let page = |query: &str| {
            let page = FileList::page((0..5).rev().map(record).collect(), query).unwrap();
            let ids: String = page.data.iter().map(|file| file.id.as_str()).collect();
            assert_eq!(page.first_id.unwrap_or_default(), ids.get(..1).unwrap_or_default());
            assert_eq!(page.last_id.unwrap_or_default(), ids.get(ids.len().max(1) - 1..).unwrap_or_default());
            (ids, page.has_more, page.next_page.unwrap_or_default())
        };
        let told = |ids: &str, has_more, next: &str| (ids.to_owned(), has_more, next.to_owned());
        assert_eq!(page("beta=true"), told("43210", false, ""));
        assert_eq!(page("limit=2"), told("43", true, "page_3"));
        assert_eq!(page("limit=2&page=page_3"), told("21", true, "page_1"));
        assert_eq!(page("limit=2&page=page_1"), told("0", false, ""));
        assert_eq!(page("limit=2&after_id=2"), told("10", false, ""));
        assert_eq!(page("limit=2&before_id=1"), told("32", true, ""));
        assert_eq!(page("limit=2&before_id=3"), told("4", false, ""));
        assert_eq!(page("ids[]=3&ids[]=1&ids[]=9"), told("31", false, ""));
        for nothing in ["after_id=0", "after_id=9", "page=page_9", "before_id=4", "before_id=9", "scope_id=s"] {
            assert_eq!(page(nothing), told("", false, ""), "{nothing}");
        }
        for wrong in ["limit=0", "limit=1001", "limit=x"] {
            assert!(FileList::page(Vec::new(), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        assert_eq!(
            (time(0), time(1_700_000_000_123)),
            ("1970-01-01T00:00:00Z".into(), "2023-11-14T22:13:20.123Z".into())
        );
    }
}
