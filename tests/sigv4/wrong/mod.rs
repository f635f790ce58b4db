//! Wrong requests made by hand, each with the refusal that it must get: one line each, whatever its length.

#[rustfmt::skip]
mod headers;
#[rustfmt::skip]
mod right;
mod table;
#[rustfmt::skip]
mod targets;
#[rustfmt::skip]
mod version_2;
