//! Every document that names a bucket, and that nothing else of it changes.

use super::super::DeleteRequest;
use super::*;
use proptest::prelude::*;

fn view() -> ClientView {
    ClientView {
        bucket: Some("mine".into()),
        location: "https://gate.example/mine/k".into(),
        refused: Vec::new(),
    }
}

#[test]
fn buckets_and_places_are_the_clients() {
    for (document, expected) in [
        (
            "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><Name>theirs</Name><Prefix>theirs</Prefix><Contents><Key>theirs</Key>\
             <Owner><DisplayName>theirs</DisplayName><Name>theirs</Name></Owner></Contents></ListBucketResult>",
            "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><Name>mine</Name><Prefix>theirs</Prefix><Contents><Key>theirs</Key>\
             <Owner><DisplayName>theirs</DisplayName><Name>theirs</Name></Owner></Contents></ListBucketResult>",
        ),
        (
            "<InitiateMultipartUploadResult><Bucket>theirs</Bucket><Key>a&amp;b</Key></InitiateMultipartUploadResult>",
            "<InitiateMultipartUploadResult><Bucket>mine</Bucket><Key>a&amp;b</Key></InitiateMultipartUploadResult>",
        ),
        (
            "  <ListPartsResult>\n<Bucket>the<!-- -->irs</Bucket>\n</ListPartsResult>\n",
            "  <ListPartsResult>\n<Bucket>mine</Bucket>\n</ListPartsResult>\n",
        ),
        (
            "<ListMultipartUploadsResult><Bucket>theirs</Bucket><Upload><Bucket>theirs</Bucket></Upload></ListMultipartUploadsResult>",
            "<ListMultipartUploadsResult><Bucket>mine</Bucket><Upload><Bucket>theirs</Bucket></Upload></ListMultipartUploadsResult>",
        ),
        (
            "<s:CompleteMultipartUploadResult xmlns:s=\"x\"><s:Location>http://inside:9000/theirs/k</s:Location><s:Bucket>theirs</s:Bucket><s:ETag>\"1\"</s:ETag></s:CompleteMultipartUploadResult>",
            "<s:CompleteMultipartUploadResult xmlns:s=\"x\"><s:Location>https://gate.example/mine/k</s:Location><s:Bucket>mine</s:Bucket><s:ETag>\"1\"</s:ETag></s:CompleteMultipartUploadResult>",
        ),
        (
            "<CompleteMultipartUploadResult><Bucket>theirs</Bucket></CompleteMultipartUploadResult>",
            "<CompleteMultipartUploadResult><Bucket>mine</Bucket><Location>https://gate.example/mine/k</Location></CompleteMultipartUploadResult>",
        ),
        (
            "<CopyObjectResult><Bucket>x</Bucket></CopyObjectResult>",
            "<CopyObjectResult><Bucket>x</Bucket></CopyObjectResult>",
        ),
        (
            "\u{feff}<ListBucketResult><Name/></ListBucketResult>",
            "<ListBucketResult><Name/></ListBucketResult>",
        ),
    ] {
        assert_eq!(view().of(document).as_deref(), Ok(expected));
    }
}

#[test]
fn the_same_name_stays_and_the_place_never_does() {
    let view = ClientView { bucket: None, ..view() };
    assert_eq!(
        view.of("<CompleteMultipartUploadResult><Location>http://inside</Location><Bucket>b</Bucket></CompleteMultipartUploadResult>").as_deref(),
        Ok("<CompleteMultipartUploadResult><Location>https://gate.example/mine/k</Location><Bucket>b</Bucket></CompleteMultipartUploadResult>")
    );
}

#[test]
fn refused_deletes_join_the_origins_answer() {
    let request = DeleteRequest::parse("<Delete><Object><Key>a&amp;</Key></Object></Delete>").unwrap();
    let refused = vec![DeleteError {
        object: request.objects[0].clone(),
        code: "AccessDenied",
        message: "Access Denied",
    }];
    let view = ClientView {
        refused,
        ..ClientView::default()
    };
    let error = "<Error><Key>a&amp;</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    for (document, expected) in [
        (
            "<DeleteResult xmlns=\"x\"><Deleted><Key>b</Key></Deleted></DeleteResult>",
            format!("<DeleteResult xmlns=\"x\"><Deleted><Key>b</Key></Deleted>{error}</DeleteResult>"),
        ),
        (
            "<?xml version=\"1.0\"?><DeleteResult xmlns=\"x\"/>\n",
            format!("<?xml version=\"1.0\"?><DeleteResult xmlns=\"x\">{error}</DeleteResult>\n"),
        ),
        ("<DeleteResult/>", format!("<DeleteResult>{error}</DeleteResult>")),
        ("<Other></Other>", "<Other></Other>".to_owned()),
    ] {
        assert_eq!(view.of(document), Ok(expected));
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for document in [
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a></a><b></b>",
        "<!DOCTYPE a><a/>",
        "<ListBucketResult><Name>theirs</ListBucketResult>",
    ] {
        assert_eq!(view().of(document), Err(XmlError), "{document}");
    }
}

proptest! {
    #[test]
    fn with_nothing_to_replace_nothing_changes(inner in "[a-z<>/ &;]{0,60}") {
        let document = format!("<CopyObjectResult>{inner}</CopyObjectResult>");
        if let Ok(seen) = view().of(&document) {
            prop_assert_eq!(seen, document);
        }
    }

    #[test]
    fn the_origins_name_never_stays(text in "[^<&\\p{C}]{1,30}") {
        let seen = view().of(&format!("<ListBucketResult><Name>{text}</Name></ListBucketResult>"));
        prop_assert_eq!(seen.as_deref(), Ok("<ListBucketResult><Name>mine</Name></ListBucketResult>"));
    }
}
