//! Answers that the gateway makes itself: ListBuckets and GetBucketLocation.

use super::text::push_element;
use super::{DECLARATION, NAMESPACE};

/// Nobody knows when a configured bucket was made, and clients want a date.
const CREATED: &str = "1970-01-01T00:00:00.000Z";

/// The answer to ListBuckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketList<'a> {
    /// Whose buckets these are.
    pub owner: &'a str,
    /// Each bucket's name and region, in the order of their names.
    pub buckets: Vec<(&'a str, &'a str)>,
    /// The prefix that was asked for.
    pub prefix: Option<&'a str>,
    /// Where the next page begins, when this is not the last.
    pub continuation_token: Option<&'a str>,
}

impl BucketList<'_> {
    /// Returns the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = format!("{DECLARATION}<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\"><Owner>");
        push_element(&mut xml, "ID", self.owner);
        push_element(&mut xml, "DisplayName", self.owner);
        xml.push_str("</Owner><Buckets>");
        for (name, region) in &self.buckets {
            xml.push_str("<Bucket>");
            push_element(&mut xml, "Name", name);
            push_element(&mut xml, "CreationDate", CREATED);
            push_element(&mut xml, "BucketRegion", region);
            xml.push_str("</Bucket>");
        }
        xml.push_str("</Buckets>");
        for (name, text) in [("Prefix", self.prefix), ("ContinuationToken", self.continuation_token)] {
            if let Some(text) = text {
                push_element(&mut xml, name, text);
            }
        }
        xml.push_str("</ListAllMyBucketsResult>");
        xml
    }
}

/// The answer to GetBucketLocation. The first region of all has no name there.
#[must_use]
pub fn location_constraint(region: &str) -> String {
    let mut xml = format!("{DECLARATION}<LocationConstraint xmlns=\"{NAMESPACE}\">");
    if region != "us-east-1" {
        super::text::push_text(&mut xml, region);
    }
    xml.push_str("</LocationConstraint>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_listed_as_s3_lists_them() {
        let list = BucketList {
            owner: "chat",
            buckets: vec![("a<b", "us-east-1")],
            prefix: Some("a"),
            continuation_token: None,
        };
        assert_eq!(
            list.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>chat</ID>\
             <DisplayName>chat</DisplayName></Owner><Buckets><Bucket><Name>a&lt;b</Name>\
             <CreationDate>1970-01-01T00:00:00.000Z</CreationDate><BucketRegion>us-east-1</BucketRegion></Bucket></Buckets>\
             <Prefix>a</Prefix></ListAllMyBucketsResult>"
        );
    }

    #[test]
    fn the_first_region_has_no_name() {
        assert!(location_constraint("us-east-1").ends_with("2006-03-01/\"></LocationConstraint>"));
        assert!(location_constraint("eu-west-1").ends_with("/\">eu-west-1</LocationConstraint>"));
    }
}
