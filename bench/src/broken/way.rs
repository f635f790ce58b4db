//! The ways of showing images that are compared.

/// How a chat page refers to its images, and who serves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Presigned URLs of the origin, stored when the page was written.
    Presigned,
    /// The same, where pages of every other kind have their links renewed when they are opened, as LibreChat does on some of its
    /// endpoints.
    SomeEndpoints,
    /// Stable paths at the gateway, which redirects.
    Redirect,
    /// Stable paths at the gateway, which streams.
    Stream,
    /// Stable paths at the gateway, which decides by the size; avatars are small.
    Auto,
    /// Presigned URLs made with a key of the gateway's, stored when the page was written and honoured by a refresh rule.
    Refreshed,
    /// Stable paths at the gateway, which streams and has the object cache.
    Cached,
}

impl Way {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 7] = [
        Self::Presigned,
        Self::SomeEndpoints,
        Self::Redirect,
        Self::Stream,
        Self::Auto,
        Self::Refreshed,
        Self::Cached,
    ];

    /// What reports call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Presigned => "presigned URLs, stored",
            Self::SomeEndpoints => "presigned URLs, refreshed on some endpoints",
            Self::Redirect => "evergate, redirect",
            Self::Stream => "evergate, stream",
            Self::Auto => "evergate, auto",
            Self::Refreshed => "evergate, stored links refreshed",
            Self::Cached => "evergate, stream with object cache",
        }
    }

    /// One word for it, for paths and buckets.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Presigned => "presigned",
            Self::SomeEndpoints => "some-endpoints",
            Self::Redirect => "redirect",
            Self::Stream => "stream",
            Self::Auto => "auto",
            Self::Refreshed => "refreshed",
            Self::Cached => "cached",
        }
    }

    /// Whether pages hold links that end, rather than paths that don't.
    pub(super) const fn stores_links(self) -> bool {
        matches!(self, Self::Presigned | Self::SomeEndpoints | Self::Refreshed)
    }

    /// Whether the gateway has a part in it.
    pub(super) const fn is_gateways(self) -> bool {
        !matches!(self, Self::Presigned | Self::SomeEndpoints)
    }
}
