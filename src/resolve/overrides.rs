//! What a signed request may have the origin say differently, or of which version and part. Rules 5 and 18.

use crate::s3::{Parameter, Query};

/// Every parameter that can be one, in the order of its encoded form. What else begins with `response-` is none.
const NAMES: [&str; 8] = [
    "partNumber",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "versionId",
];
/// Those that choose what is read; the others only say how it is told.
const CHOOSING: [&str; 2] = ["partNumber", "versionId"];

/// Parameters beside a key that are part of what is signed and of every cache's key: in one order, each at most once, so
/// that equal ones compare equal. Empty for most requests, and then costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Overrides(Vec<(&'static str, Box<str>)>);

impl Overrides {
    /// Takes those of `query`, which must have been signed whole: an unsigned override is anybody's (rule 5).
    #[must_use]
    pub fn signed(query: &Query<'_>) -> Self {
        let found = NAMES
            .iter()
            .filter_map(|name| Some((*name, query.get(name)?)))
            .map(|(name, value)| (name, value.into()));
        Self(found.collect())
    }

    /// The disposition alone.
    #[must_use]
    pub fn disposition(value: Box<str>) -> Self {
        Self(vec![("response-content-disposition", value)])
    }

    /// Returns those that choose what is read, for an answer whose head the gateway writes itself.
    #[must_use]
    pub fn choosing(&self) -> Self {
        let chosen = self.0.iter().filter(|(name, _)| CHOOSING.contains(name));
        Self(chosen.cloned().collect())
    }

    /// Whether one part of an object is asked for, as it was uploaded.
    #[must_use]
    pub fn chooses_part(&self) -> bool {
        self.get("partNumber").is_some()
    }

    /// Returns the value of the parameter of this name, decoded.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| &**value)
    }

    /// Returns all of them, decoded, in their one order.
    #[must_use]
    pub fn as_slice(&self) -> &[(&'static str, Box<str>)] {
        &self.0
    }

    /// Whether `name` is that of an override.
    #[must_use]
    pub fn knows(name: &str) -> bool {
        NAMES.contains(&name)
    }
}

/// Whether nothing in `query` asks for more than to read one object: what signing adds, what SDKs say of themselves, the
/// wish to be told the checksum, overrides. A presigned link may hold nothing else (rule 5).
#[must_use]
pub fn is_plain_read(query: &Query<'_>) -> bool {
    query.pairs().all(|(name, _)| match Parameter::of(name) {
        Parameter::Signing | Parameter::Hint => true,
        Parameter::Field(field) => field == "x-amz-checksum-mode",
        Parameter::Plain => Overrides::knows(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(query: &str) -> Overrides {
        Overrides::signed(&Query::parse(Some(query)).unwrap())
    }

    #[test]
    fn rule_18_equal_overrides_are_equal_in_whatever_order_they_came() {
        let one = signed("versionId=1&response-content-type=image%2Fpng&x-id=GetObject&partNumber=2");
        let other = signed("X-Amz-Signature=0&partNumber=2&response-content-type=image/png&versionId=1");
        assert_eq!(one, other);
        let names: Vec<_> = one.as_slice().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["partNumber", "response-content-type", "versionId"]);
        assert_ne!(one, signed("partNumber=2&response-content-type=image/png"));
        assert_eq!(signed("response-foo=1&versionid=2&prefix=a"), Overrides::default());
    }

    #[test]
    fn rule_5_a_link_reads_one_object_and_asks_for_nothing_else() {
        let plain = |query: &str| is_plain_read(&Query::parse(Some(query)).unwrap());
        let signed = "X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Date=c&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=d";
        assert!(plain("AWSAccessKeyId=a&Signature=b&Expires=1"));
        for more in [
            "x-id=GetObject",
            "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
            "x-amz-checksum-mode=ENABLED",
            // Old versions of the SDK for JavaScript moved it there.
            "X-Amz-User-Agent=aws-sdk-js",
            "versionId=1&partNumber=2&response-content-type=image/png",
        ] {
            assert!(plain(&format!("{signed}&{more}")), "{more}");
        }
        for more in [
            "acl",
            "uploads",
            "prefix=a",
            "versionid=1",
            "response-foo=1",
            "x-amz-acl=private",
            "x-amz-x=1",
        ] {
            assert!(!plain(&format!("{signed}&{more}")), "{more}");
        }
    }

    #[test]
    fn a_stream_asks_the_origin_for_what_chooses_and_no_more() {
        let all = signed("versionId=1&response-content-disposition=inline&partNumber=2");
        assert_eq!(all.choosing(), signed("partNumber=2&versionId=1"));
        assert!(all.chooses_part() && !signed("versionId=1").chooses_part());
        assert_eq!(all.get("response-content-disposition"), Some("inline"));
    }

    #[test]
    fn their_order_is_that_of_their_encoded_names() {
        assert!(NAMES.is_sorted());
        assert!(CHOOSING.iter().all(|name| Overrides::knows(name)));
    }
}
