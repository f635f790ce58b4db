//! The guide, and what of it a test looks for.

const GUIDE: &str = include_str!("../../docs/guides/caching.md");

/// Its first configuration.
pub fn configuration() -> &'static str {
    let (yaml, _) = GUIDE.split_once("```yaml\n").unwrap().1.split_once("```").unwrap();
    yaml
}

/// Judges the rows of the table below `header`: each of `rows` stands there, and no other does.
pub fn judge(header: &str, rows: &[String]) {
    let (_, table) = GUIDE.split_once(header).unwrap_or_else(|| panic!("no table {header}"));
    let table: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(table, rows, "\n{}\n", rows.join("\n"));
}
