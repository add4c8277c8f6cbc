//! Tables on the terminal: columns as wide as they need to be, no lines, so that they can be read and cut alike.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

/// Writes a table with these headings.
pub(super) fn write<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(headings);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.add_rows(rows);
    let mut out = io::stdout().lock();
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    out.flush()
}
