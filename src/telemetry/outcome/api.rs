//! What became of calls of the admin listener's API, and of what they brought.

words! {
    /// The addresses of the admin listener that take calls.
    ApiName {
        /// `POST /v1/refresh`.
        Refresh = "refresh",
        /// `POST /v1/purge`.
        Purge = "purge",
        /// `POST /v1/events/s3`.
        Events = "events",
    }
}

words! {
    /// What became of a call of the API.
    ApiResult {
        /// It was done.
        Ok = "ok",
        /// No token is configured, so that the API is closed.
        Closed = "closed",
        /// It came without a token, and was asked for one: SNS always comes so first.
        Challenged = "challenged",
        /// The token is missing or wrong.
        Unauthorized = "unauthorized",
        /// The request can't be read, is too large or too slow.
        BadRequest = "bad_request",
        /// It names a bucket that is not configured.
        BucketUnknown = "bucket_unknown",
        /// A message of SNS whose topic, time or signature is not good.
        Unverified = "unverified",
        /// A message of SNS that could not be judged or confirmed, since AWS did not answer.
        Unreachable = "unreachable",
        /// As many requests as are taken at once were being read.
        Busy = "busy",
    }
}

words! {
    /// What became of a link that the refresh API was asked about.
    LinkResult {
        /// There is a new link for it.
        Renewed = "renewed",
        /// There is none.
        Refused = "refused",
    }
}

words! {
    /// What became of an event of an S3 server.
    EventResult {
        /// Its object is forgotten.
        Forgotten = "forgotten",
        /// It is about no object of a configured bucket, or changes none.
        Ignored = "ignored",
    }
}
