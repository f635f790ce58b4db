//! What came of a run: figures, targets, a table for the terminal, a page to keep. Reads nothing but a [`Report`](crate::result::Report) and knows nothing of
//! how it was measured.
//!
//! `spread` makes medians, `figures` says which rounds count and what a contender did, `contender` how it is shown, `rows` and `columns` what a table says, `targets` what is to
//! be reached. `terminal` and `page` show all that, `markdown` the gist of it; `page` draws with `svg`. `files` reads, joins and writes reports, `command` is
//! `evergate-bench report`.

mod columns;
mod command;
mod contender;
mod figures;
mod files;
mod markdown;
mod numbers;
mod page;
mod rows;
mod spread;
mod svg;
mod targets;
mod terminal;

#[cfg(test)]
mod tests;

pub use command::ReportArguments;
pub(crate) use figures::lacks_few;
pub use files::{ReportError, read, write_html, write_json, write_markdown};
pub use terminal::text;
