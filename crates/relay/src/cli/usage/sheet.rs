//! A list for other programs, as JSON or CSV.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::Failure;

/// Headings, and rows of as many values each.
pub(super) struct Sheet {
    pub(super) headings: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// Writes it to the terminal or wherever the output goes.
    pub(super) fn write(self, is_csv: bool) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        if is_csv {
            self.write_csv(&mut out)?;
        } else {
            self.write_json(&mut out)?;
        }
        Ok(out.flush()?)
    }

    fn write_json(self, out: &mut impl Write) -> io::Result<()> {
        let Self { headings, rows } = self;
        let object = |row: Vec<Value>| {
            headings.iter().map(|heading| (*heading).to_owned()).zip(row).collect::<Map<_, _>>().into()
        };
        writeln!(out, "{:#}", Value::Array(rows.into_iter().map(object).collect()))
    }

    /// As RFC 4180 has it.
    fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(&self.headings)?;
        for row in &self.rows {
            csv.write_record(row.iter().map(cell))?;
        }
        csv.flush()
    }
}

/// A value as a cell. Text that a spreadsheet would take for a formula gets an apostrophe, which it takes for "this is text":
/// names of models and tokens come from outside.
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) => {
            format!("'{text}")
        }
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sheet(names: &[&str]) -> Sheet {
        let rows = names.iter().map(|name| vec![json!(name), json!(-1.5), Value::Null]).collect();
        Sheet { headings: vec!["model", "credits", "error"], rows }
    }

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_csv_heeds_is_quoted_and_comes_back_as_it_was() {
        let names = ["plain", "a,b", "say \"hi\"", "two\nlines", "", "ü; é"];
        let written = text(|out| sheet(&names).write_csv(out));
        assert!(written.starts_with("model,credits,error\r\nplain,-1.5,\r\n\"a,b\",-1.5,\r\n"), "{written}");
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let read: Vec<_> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
        assert_eq!(read, names);
    }

    #[test]
    fn no_name_becomes_a_formula() {
        for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|' /C calc'!A0,\"x\""] {
            let written = text(|out| sheet(&[name]).write_csv(out));
            let mut reader = csv::Reader::from_reader(written.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(record[0], format!("'{name}"));
            assert_eq!(&record[1], "-1.5", "a number is none");
        }
    }

    #[test]
    fn json_has_the_same_names() {
        let written = text(|out| sheet(&["=x"]).write_json(out));
        let read: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read, json!([{"model": "=x", "credits": -1.5, "error": null}]));
        assert_eq!(text(|out| sheet(&[]).write_json(out)), "[]\n");
    }
}
