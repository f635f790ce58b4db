//! The built-in S3 origin and its sample pictures.
