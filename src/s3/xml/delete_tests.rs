//! What clients send, what must not get through, and that what is written says the same.

use super::*;
use proptest::prelude::*;

fn keys(xml: &str) -> Result<Vec<String>, XmlError> {
    DeleteRequest::parse(xml).map(|request| request.objects.into_iter().map(|object| object.key).collect())
}

#[test]
fn documents_of_real_clients_are_read() {
    // boto3
    let xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object>\
               <Object><Key> c </Key><VersionId>v1</VersionId></Object><Quiet>true</Quiet></Delete>";
    let request = DeleteRequest::parse(xml).unwrap();
    assert!(request.quiet);
    assert_eq!(request.objects[0].key, "a&b");
    assert_eq!(
        (&*request.objects[1].key, request.objects[1].version_id()),
        (" c ", Some("v1"))
    );
    // s3cmd, with a declaration and line breaks; an empty version is none
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Delete>\n  <Object><Key><![CDATA[x<y]]>&#x2603;</Key><VersionId/></Object>\n</Delete>\n";
    let request = DeleteRequest::parse(xml).unwrap();
    assert_eq!(
        (&*request.objects[0].key, request.objects[0].version_id()),
        ("x<y\u{2603}", None)
    );
    assert!(!request.quiet);
}

#[test]
fn rule_2_what_could_be_read_in_two_ways_is_refused() {
    let many = "<Object><Key>k</Key></Object>".repeat(1001);
    for xml in [
        "",
        "x",
        "<Delete/>",
        "<Delete></Delete>",
        "<Other><Object><Key>k</Key></Object></Other>",
        "<Delete><Object/></Delete>",
        "<Delete><Object><Key/></Object></Delete>",
        "<Delete><Object><Key></Key></Object></Delete>",
        "<Delete><Object></Object></Delete>",
        "<Delete><Object><VersionId>v</VersionId></Object></Delete>",
        "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        "<Delete><Object><Key>a<Key>b</Key></Key></Object></Delete>",
        "<Delete><Object><Key>a<!-- --><b/>c</Key></Object></Delete>",
        "<Delete><Object><Key>a</Key><VersionId>1</VersionId><VersionId>2</VersionId></Object></Delete>",
        "<Delete><Object><Key>a</Key><Unknown>1</Unknown></Object></Delete>",
        "<Delete><Object><Key>a</Key>text</Object></Delete>",
        "<Delete><Object><Key>a&nope;</Key></Object></Delete>",
        "<Delete><Object><Key>a&#0;</Key></Object></Delete>",
        "<Delete><Object><Key>a&#xFFFE;</Key></Object></Delete>",
        "<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>",
        "<Delete><Object><Key>a</Key></Object>",
        "<Delete><Object><Key>a</Key></Object></Delete><Delete><Object><Key>b</Key></Object></Delete>",
        "<!DOCTYPE d [<!ENTITY e \"x\">]><Delete><Object><Key>&e;</Key></Object></Delete>",
        &format!("<Delete>{many}</Delete>"),
    ] {
        assert_eq!(keys(xml), Err(XmlError), "{}", xml.get(..120).unwrap_or(xml));
    }
}

#[test]
fn refused_objects_are_told_one_by_one() {
    let request =
        DeleteRequest::parse("<Delete><Object><Key>a&lt;</Key><VersionId>v</VersionId></Object></Delete>").unwrap();
    let error = DeleteError {
        object: request.objects[0].clone(),
        code: "AccessDenied",
        message: "no",
    };
    assert!(DeleteError::document(&[error]).ends_with(
        "2006-03-01/\"><Error><Key>a&lt;</Key><VersionId>v</VersionId><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
    ));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(keys in prop::collection::vec("[^\\p{C}]{1,40}", 1..5), version in "[a-z0-9.]{0,9}", quiet: bool) {
        let objects = keys.into_iter().map(|key| DeleteEntry {
            key,
            conditions: [(!version.is_empty()).then(|| version.clone()), None, None, Some("5".to_owned())],
        });
        let request = DeleteRequest { objects: objects.collect(), quiet };
        prop_assert_eq!(DeleteRequest::parse(&request.to_xml()), Ok(request));
    }

    #[test]
    fn no_document_panics(xml in any::<String>()) {
        let _ = DeleteRequest::parse(&xml);
    }
}
