//! The vocabulary of S3, shared by every room: names, keys, addresses, operations, ranges, error codes.
//!
//! First room of the house; it imports only the clock. Nothing here does I/O. Each type is parsed once and
//! then carries its proof: whoever holds an [`ObjectKey`] holds bytes that are safe to sign and send.

mod address;
mod bucket_name;
mod checksum;
mod copy_from;
mod encoding;
mod error_code;
mod host;
mod key;
mod operation;
mod operation_table;
mod parameter;
mod partition;
mod query;
mod range;
mod region;
mod resource;
mod xml;

pub use address::{Address, AddressStyle, Endpoint, EndpointError, ForeignRegion, Scheme};
pub use bucket_name::{BucketName, BucketNameError};
pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumHasher};
pub use copy_from::{CopyFrom, CopyFromError};
pub(crate) use encoding::{compare_encoded, encode_path_into, encode_query_into, encoded_query_len, is_canonical_path};
pub use error_code::{ErrorCode, ErrorDocument};
pub use host::HostParts;
pub(crate) use host::{canonical_host, without_port};
pub(crate) use key::PathRest;
pub use key::{DecodedPath, KeyError, KeyPrefix, ObjectKey};
pub use operation::{CopySource, Operation, Subject};
pub use parameter::Parameter;
pub(crate) use partition::{any_aws_s3, before_aws_s3};
pub use query::{Query, QueryError};
pub(crate) use query::{raw_parameters, split as split_at};
pub use range::ByteRange;
pub use region::{Region, RegionError};
pub use resource::Resource;
pub use xml::{BucketList, ClientView, DeleteEntry, DeleteError, DeleteRequest, XmlError, location_constraint};
