//! `evergate demo`: the embedded origin, the gateway in front of it, and one page that shows both ways to its pictures.
//!
//! The page's service stands in front of the gateway's in the same process. [`Launch`] puts everything together but the
//! gateway: [`config()`] is the configuration, [`RawUrls`] signs what an app without a gateway would have stored, [`Site`] is the
//! page and what it remembers, [`DataFolder`] holds the pictures.

mod answers;
mod config;
mod data_folder;
mod launch;
mod page;
mod raw_urls;
mod service;
mod site;
mod stored;

pub use config::{BUCKET, ROUTE, config};
pub use data_folder::DataFolder;
pub use launch::{DEFAULT_LISTEN, Launch, LaunchError};
pub use raw_urls::RawUrls;
pub use service::DemoService;
pub use site::Site;

#[cfg(test)]
mod tests;
