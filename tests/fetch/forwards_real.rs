//! What S3 clients do, on real origins: each verifies what the gateway signed.
