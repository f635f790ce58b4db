//! From a permit to what exactly is asked of the origin. Fourth station of the walk.
//!
//! Imports everything up to `access/`.

mod amz_fields;
mod copy_source;
mod disposition;
mod download;
mod endpoint_fields;
mod endpoint_target;
mod overrides;
mod target;

pub use disposition::Disposition;
pub use download::{Download, DownloadError, FileName};
pub use endpoint_fields::{EndpointFields, FieldError, Openness};
pub use endpoint_target::EndpointTarget;
pub use overrides::Overrides;
pub use target::Target;
