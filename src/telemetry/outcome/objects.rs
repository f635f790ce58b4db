//! What the object cache did, in closed words. RFC 9111 §4 and 5861; rules 18–21.

words! {
    /// What the object cache did for a request that may use it.
    ObjectResult {
        /// What was kept was fresh.
        Hit = "hit",
        /// What was kept is past its freshness and was served all the same.
        Stale = "stale",
        /// What was kept was served after the origin said that it is still the object.
        Revalidated = "revalidated",
        /// The origin was asked for the object, and gave this request its answer.
        Miss = "miss",
        /// The request shares what another one had asked the origin for.
        Joined = "joined",
        /// It is known for a moment that there is no such object.
        Negative = "negative",
        /// The origin was asked past the cache: a part or the head of what is not kept, or no room to keep it.
        Bypass = "bypass",
    }
}

impl From<ObjectResult> for super::CacheResult {
    fn from(result: ObjectResult) -> Self {
        match result {
            ObjectResult::Hit | ObjectResult::Negative => Self::Hit,
            ObjectResult::Stale => Self::Stale,
            ObjectResult::Revalidated => Self::Revalidated,
            ObjectResult::Miss => Self::Miss,
            ObjectResult::Joined => Self::Joined,
            ObjectResult::Bypass => Self::Off,
        }
    }
}

words! {
    /// Why an object was served past its freshness. Rule 20: the failure of an origin, never its no.
    StaleReason {
        /// The origin is being asked meanwhile (`stale_while_revalidate`).
        Revalidating = "revalidating",
        /// No connection: refused, unresolved, TLS.
        Unreachable = "unreachable",
        /// No connection or no head before the deadline.
        Timeout = "timeout",
        /// 5xx, or an answer that S3 does not give.
        BadAnswer = "bad_answer",
        /// 503 SlowDown or 429.
        Throttled = "throttled",
        /// Not asked: the origin had asked for fewer requests, and no place among those came free in time.
        HeldBack = "held_back",
        /// Not asked: the breaker was open.
        Suspended = "suspended",
        /// Not asked: nothing valid to sign with.
        NoCredentials = "no_credentials",
    }
}

words! {
    /// Why an object that was fetched is not kept.
    NotKept {
        /// Its origin said `no-store`.
        NoStore = "no_store",
        /// Its origin said `private`.
        Private = "private",
        /// Its origin answers each reader differently (`Vary`).
        Vary = "vary",
        /// It is larger than the cache takes.
        TooLarge = "too_large",
        /// Its length was not announced (rule 19).
        Unsized = "unsized",
        /// Bodies under way held all the memory that there is for them.
        NoRoom = "no_room",
        /// It was forgotten while it arrived.
        Forgotten = "forgotten",
        /// Its body ended early, or stood still past the deadline (rule 19).
        Truncated = "truncated",
    }
}

words! {
    /// Why an object left the memory of the cache.
    EvictionCause {
        /// Others needed the room.
        Size = "size",
        /// It was forgotten, or its origin has none any more, or may not have it kept any more.
        Forgotten = "forgotten",
        /// What was learned of it since took its place.
        Replaced = "replaced",
    }
}

words! {
    /// How the disk tier stands.
    DiskState {
        /// It reads and writes.
        Works = "works",
        /// It reads; it writes nothing until the disk takes a trial file again.
        ReadsOnly = "reads_only",
        /// It is being opened again, or can't be.
        Out = "out",
    }
}

words! {
    /// What made the cache forget.
    ForgetCause {
        /// A client wrote through the gateway.
        Write = "write",
        /// An operator said so.
        Purge = "purge",
        /// The origin told of a change.
        Event = "event",
    }
}

words! {
    /// How much the cache forgot at once.
    ForgetScope {
        /// One object, all versions of it.
        Key = "key",
        /// All objects whose keys begin alike.
        Prefix = "prefix",
    }
}
