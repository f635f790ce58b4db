//! aws-chunked bodies: chunks inside of the HTTP body, each with its own signature perhaps, and a trailer with a checksum.
//! AWS "Signature calculations: transferring payload in multiple chunks" and "… for trailing headers"; rule 14.
//!
//! [`Decoder`] is fed with the body as it comes and gives the data back in slices of what it was fed, so that nothing is
//! copied and no chunk is gathered. It knows no sockets and no headers. What it gives out of a chunk is not proven until the
//! next chunk begins, and nothing is whole until [`Decoder::finish`] says so: whoever passes data on holds the last piece back
//! until then.
//!
//! One grammar, and nothing that could be read in two ways (rule 2):
//!
//! ```text
//! body    = *chunk last [ trailer ] CRLF
//! chunk   = size [ ";chunk-signature=" 64HEXDIG ] CRLF data CRLF
//! last    = "0"  [ ";chunk-signature=" 64HEXDIG ] CRLF
//! trailer = name ":" value ( CRLF / LF CRLF ) [ "x-amz-trailer-signature:" 64HEXDIG CRLF ]
//! ```
//!
//! The line feed alone in a trailer is what AWS's own example shows and what minio-go sends.

mod chain;
mod decoder;
#[cfg(test)]
pub(crate) mod encoder;
mod line;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use decoder::{ChunkedError, Decoder};
