//! The page as HTML, and the files that come with it.

use askama::Template;

/// The stylesheet.
pub(super) const STYLE: &str = include_str!("page/demo.css");
/// The script.
pub(super) const SCRIPT: &str = include_str!("page/demo.js");
/// The icon.
pub(super) const ICON: &str = include_str!("page/icon.svg");

/// What the page shows.
#[derive(Debug, Template)]
#[template(path = "demo.html")]
pub(super) struct Page<'a> {
    /// The number of the stored set.
    pub(super) stored: u64,
    /// The life of a raw URL, in words.
    pub(super) life: &'a str,
    /// The same, in milliseconds.
    pub(super) life_ms: u64,
    /// What is left of it; negative when it is over.
    pub(super) left_ms: i64,
    /// The page's own scheme and host.
    pub(super) site: &'a str,
    /// The origin's host and port.
    pub(super) origin: &'a str,
    /// The origin's port.
    pub(super) origin_port: u16,
    /// A raw URL to look at.
    pub(super) raw_example: &'a str,
    /// A stable URL to look at.
    pub(super) stable_example: &'a str,
    /// Its path.
    pub(super) stable_path: &'a str,
    /// The pictures.
    pub(super) cards: &'a [Card<'a>],
}

/// One picture, both ways.
#[derive(Debug)]
pub(super) struct Card<'a> {
    /// What it shows, in words.
    pub(super) alt: &'a str,
    /// Its raw presigned URL.
    pub(super) raw: &'a str,
    /// Its stable path.
    pub(super) path: &'a str,
}
