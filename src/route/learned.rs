//! What came of something that an origin said about itself.

/// What came of a fact that an origin told in refusing a request: its bucket's region, its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It is new: sign again, by it.
    New,
    /// It was known already, perhaps since a moment ago: sign again. When that is refused too, the origin contradicts itself.
    Known,
    /// It can't be true, or is not believed any more. Signing again would come to nothing.
    Refused,
}
