//! Wrong targets: presigned URLs.

use super::table::{Expected, Table, header, in_query, more_query, put, query};
use crate::hand::Draft;
use evergate::s3::QueryError;
use evergate::sigv4::{PresentedError as P, VerifyError as V};

/// Rule 5: the query.
#[test]
fn rule_5_the_query() {
    let mut table = Table::default();
    let t = &mut table;
    for (parameter, error) in [
        ("X-Amz-Date=20130524T000000Z", QueryError::Duplicate),
        ("x-amz-date=20130524T000000Z", QueryError::Duplicate),
        ("x%2Damz-date=1", QueryError::Duplicate),
        ("versionId=1&VersionId=2", QueryError::Duplicate),
        ("a=%2", QueryError::BadEncoding),
        ("a=%zz", QueryError::BadEncoding),
        ("a=%ff", QueryError::BadEncoding),
        ("a=%00", QueryError::BadEncoding),
        ("a%0d%0a=1", QueryError::BadEncoding),
        ("", QueryError::Unnamed),
        ("=1", QueryError::Unnamed),
        ("&a=1", QueryError::Unnamed),
    ] {
        t.spoiled(&format!("rule 5: {parameter}"), query(), more_query(parameter), P::Query(error));
    }
    let many: Vec<String> = (0..60).map(|number| format!("p{number}=1")).collect();
    t.spoiled("rule 5: 66 parameters", query(), more_query(&many.join("&")), P::Query(QueryError::TooMany));
    t.spoiled("rule 5: not signed", query(), more_query("response-content-type=text/html"), V::SignatureMismatch);
    t.spoiled("rule 5: a plus for a space", query(), more_query("a=b+c"), V::SignatureMismatch);
    table.end(15);
}

/// Rule 2: the path.
#[test]
fn rule_2_the_path() {
    let mut table = Table::default();
    let t = &mut table;
    for path in ["", "files/a.png", "/files/../a.png", "/files/%2e%2E/a", "/files/.", "/a%00", "/a%0a", "/a%", "/a%2", "/a%gg", "/a%ff"] {
        t.spoiled(&format!("rule 2: {path}"), query(), |request| request.path = path.to_owned(), P::Path);
    }
    for path in ["/files/b.png", "/files/a.png/", "//files/a.png", "/files//a.png", "/files/A.png", "/files/a%252Epng"] {
        t.spoiled(&format!("rule 2: {path}"), query(), |request| request.path = path.to_owned(), V::SignatureMismatch);
    }
    table.end(17);
}

/// Rule 6: the form.
#[test]
fn rule_6_a_query_is_the_one_form() {
    let mut table = Table::default();
    let t = &mut table;
    t.spoiled("rule 6: a header beside it", query(), put("authorization", "AWS4-HMAC-SHA256 x"), P::Ambiguous);
    t.spoiled("rule 6: version 2 beside it", query(), put("authorization", "AWS a:b"), P::Ambiguous);
    t.spoiled("rule 6: version 2 in it", query(), more_query("AWSAccessKeyId=a&Signature=b&Expires=1"), P::Ambiguous);
    t.spoiled("rule 6: a bearer beside it", query(), put("authorization", "Bearer x"), Expected::Believed);
    t.spoiled("not signed", query(), |request| request.query = Some("X-Amz-Date=x&Signature=b".into()), Expected::Unsigned);
    for name in ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature"] {
        t.spoiled(name, query(), in_query(&format!("{name}="), "x="), P::MissingParameter);
        t.spoiled(name, query(), in_query(&format!("{name}="), &format!("{}=", name.to_lowercase())), P::MissingParameter);
    }
    t.spoiled("the algorithm", query(), in_query("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), P::Algorithm);
    table.end(13);
}

/// Rule 7: the headers.
#[test]
fn rule_7_the_signed_headers_of_a_query() {
    let mut table = Table::default();
    let t = &mut table;
    t.query("rule 7: host", |draft| (draft.signed_headers, draft.fields) = ("range", vec![("range", "bytes=0-1")]), V::HostUnsigned);
    t.query("rule 7: x-amz-acl", |draft| draft.fields = vec![("x-amz-acl", "public-read")], V::HeaderUnsigned);
    t.query("rule 7: not there", |draft| draft.signed_headers = "content-type;host", V::HeaderAbsent);
    t.query("rule 7: not sorted", |draft| draft.signed_headers = "host;content-type", P::SignedHeaders);
    table.end(4);
}

/// Rule 8: the life.
#[test]
fn rule_8_the_life() {
    let mut table = Table::default();
    let t = &mut table;
    t.query("rule 8: no date", |draft| draft.date = "", P::DateMissing);
    t.query("rule 8: no life", |draft| draft.expires = "", P::ExpiresMissing);
    for expires in ["0", "00", "01", "-1", "%2B1", "1.5", "1e3", "%201", "1%20", "0x10", "abc", "1000000", "18446744073709551616", "%D9%A1"] {
        t.query(&format!("rule 8: {expires}"), |draft| draft.expires = expires, P::Expires);
    }
    for expires in ["604801", "700000", "999999"] {
        t.query(&format!("rule 8: {expires}"), |draft| draft.expires = expires, P::ExpiresTooLong);
    }
    table.end(19);
}

/// Rule 12: the method.
#[test]
fn rule_12_the_method() {
    let mut table = Table::default();
    let t = &mut table;
    t.spoiled("rule 12: HEAD by a GET", query(), |request| request.method = http::Method::HEAD, Expected::Believed);
    t.spoiled("rule 12: PUT by a GET", query(), |request| request.method = http::Method::PUT, V::SignatureMismatch);
    t.spoiled("rule 12: HEAD by a GET's header", header(), |request| request.method = http::Method::HEAD, V::SignatureMismatch);
    for method in ["HEAD", "PUT", "DELETE", "POST"] {
        let draft = Draft { method, ..Draft::query() };
        t.spoiled(&format!("rule 12: GET by a {method}"), draft.sign_query(), |request| request.method = http::Method::GET, V::SignatureMismatch);
    }
    table.end(7);
}

/// Rule 14: the body.
#[test]
fn rule_14_the_hash_in_a_query() {
    let mut table = Table::default();
    let t = &mut table;
    for payload in
        ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "x"]
    {
        let sha256 = ("X-Amz-Content-Sha256", payload);
        t.query(payload, |draft| (draft.payload, draft.query) = (payload, vec![sha256]), P::PayloadKind);
    }
    let two = |draft: &mut Draft| {
        draft.query = vec![("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")];
        draft.fields = vec![("x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")];
        draft.signed_headers = "host;x-amz-content-sha256";
    };
    t.query("rule 14: two hashes", two, P::PayloadKind);
    t.query(
        "rule 14: a hash in a header that is not signed",
        |draft| draft.fields = vec![("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
        V::HeaderUnsigned,
    );
    table.end(6);
}
