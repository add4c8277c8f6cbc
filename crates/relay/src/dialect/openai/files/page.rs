//! Lists of files, in pages.

use serde::Serialize;

use super::object::File;
use crate::{
    dialect::query::{Query, go_on_after},
    error::{Error, Fault},
    store::FileRecord,
};

/// The most files of a page, and as many where `limit` does not say.
const LONGEST_PAGE: usize = 10_000;

/// `ListFilesResponse`: all five keys, and empty texts where there is no file.
#[derive(Debug, Serialize)]
pub(crate) struct FileList {
    object: &'static str,
    data: Vec<File>,
    first_id: String,
    last_id: String,
    has_more: bool,
}

impl FileList {
    /// The page of `records` (the newest first) that `purpose`, `limit`, `order` and `after` of the query mean.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(super) fn page(mut records: Vec<FileRecord>, query: &str) -> Result<Self, Error> {
        let query = Query::read(query);
        let limit = query.limit(LONGEST_PAGE, LONGEST_PAGE)?;
        match query.text("order") {
            None | Some("desc") => {}
            Some("asc") => records.reverse(),
            Some(_) => return Err(Error::field("order", Fault::Invalid, "'order' must be 'asc' or 'desc'.")),
        }
        if let Some(purpose) = query.text("purpose") {
            records.retain(|record| record.purpose == purpose);
        }
        if let Some(after) = query.text("after") {
            go_on_after(&mut records, |record| record.id == after);
        }
        let has_more = records.len() > limit;
        records.truncate(limit);
        let id = |record: Option<&FileRecord>| record.map(|record| record.id.clone()).unwrap_or_default();
        let (first_id, last_id) = (id(records.first()), id(records.last()));
        Ok(Self { object: "list", data: records.iter().map(File::from).collect(), first_id, last_id, has_more })
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
            purpose: if id < 2 { "vision" } else { "user_data" }.into(),
            media_type: None,
            size_bytes: 1,
            created_unix_ms: id,
            expires_unix_ms: None,
            sha256: String::new(),
        }
    }

    #[test]
    fn a_list_is_given_in_pages() {
        let page = |query: &str| {
            let page = FileList::page((0..5).rev().map(record).collect(), query).unwrap();
            let ids: String = page.data.iter().map(|file| file.id.as_str()).collect();
            assert_eq!(page.first_id, ids.get(..1).unwrap_or_default());
            assert_eq!(page.last_id, ids.get(ids.len().max(1) - 1..).unwrap_or_default());
            (ids, page.has_more)
        };
        assert_eq!(page(""), ("43210".into(), false));
        assert_eq!(page("order=asc&limit=2"), ("01".into(), true));
        assert_eq!(page("limit=2&after=3&order=desc"), ("21".into(), true));
        assert_eq!(page("limit=2&after=2"), ("10".into(), false));
        assert_eq!(page("purpose=vision"), ("10".into(), false));
        assert_eq!(page("order=asc&after=4"), (String::new(), false));
        assert_eq!(page("after=nobody"), (String::new(), false));
        for wrong in ["limit=0", "limit=10001", "limit=x", "order=up"] {
            assert!(FileList::page(Vec::new(), wrong).is_err(), "{wrong}");
        }
    }
}
