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
    // Behind the line below the header.
    let table: Vec<_> = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    for (told, seen) in table.iter().zip(rows) {
        assert_eq!(told, seen, "the guide says one thing and the program does another");
    }
    assert_eq!(table.len(), rows.len(), "\n{}\n", rows.join("\n"));
}
