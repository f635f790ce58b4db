//! The rules at the S3 endpoint that need an origin which lies, or one that must never be called.
