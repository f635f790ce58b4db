//! Wrong requests that are signed in their `Authorization` header.

use super::table::{Expected, Table, header, in_authorization, more_query, put, query, signature_of};
use crate::hand::NOW;
use crate::request::Request;
use evergate::sigv4::{PresentedError as P, VerifyError as V};
use std::time::Duration;

/// Rule 6: the form.
#[test]
fn rule_6_a_header_is_the_one_form() {
    let mut table = Table::default();
    let t = &mut table;
    t.spoiled("rule 6: two Authorization fields", header(), put("authorization", "Bearer x"), P::Ambiguous);
    t.spoiled("rule 6: a query form beside it", header(), more_query("X-Amz-Signature=0"), P::Ambiguous);
    t.spoiled("rule 6: in another case", header(), more_query("x-amz-SIGNATURE=0"), P::Ambiguous);
    t.spoiled("rule 6: with its name encoded", header(), more_query("%58-Amz-Algorithm=0"), P::Ambiguous);
    t.spoiled("rule 6: something of the query form", header(), more_query("X-Amz-Expires=60"), P::Ambiguous);
    t.spoiled("rule 6: version 2 beside it", header(), more_query("AWSAccessKeyId=a"), P::Ambiguous);
    for algorithm in ["AWS4-HMAC-SHA512", "AWS4-ECDSA-P256-SHA256", "aws4-hmac-sha256", "AWS4-HMAC-SHA256-PAYLOAD", "AWS4"] {
        t.header("the algorithm", |draft| draft.algorithm = algorithm, P::Algorithm);
    }
    t.spoiled("version 2 in the header", header(), |r| r.fields = vec![("authorization".into(), "AWS a:b".into())], P::Algorithm);
    t.spoiled("no form of AWS", header(), in_authorization("AWS4", "Digest"), Expected::Unsigned);
    t.spoiled("no parts", header(), |r| r.fields = vec![("authorization".into(), "AWS4-HMAC-SHA256".into())], P::Authorization);
    for (name, from, to) in [
        ("no credential", "Credential=", "Credentials="),
        ("a part in lower case", "SignedHeaders=", "signedheaders="),
        ("a part twice", ", Signature=", ", SignedHeaders=host, Signature="),
        ("a part more", ", Signature=", ", Region=us-east-1, Signature="),
        ("a part without value", ", Signature=", ", x, Signature="),
        ("a comma too many", ", Signature=", ",, Signature="),
        ("no comma", ", Signature=", " Signature="),
    ] {
        t.spoiled(name, header(), in_authorization(from, to), P::Authorization);
    }
    table.end(20);
}

/// Rule 7: the scope.
#[test]
fn rule_7_the_scope_of_a_header() {
    let mut table = Table::default();
    let t = &mut table;
    let (day, rest) = ("AKIAIOSFODNN7EXAMPLE/20130524", "us-east-1/s3/aws4_request");
    for (name, credential, expected) in [
        ("another day", "AKIAIOSFODNN7EXAMPLE/20130523/us-east-1/s3/aws4_request", P::ScopeDay),
        ("seven digits of a day", "AKIAIOSFODNN7EXAMPLE/2013052/us-east-1/s3/aws4_request", P::Credential),
        ("a day of letters", "AKIAIOSFODNN7EXAMPLE/2013May4/us-east-1/s3/aws4_request", P::Credential),
        ("another service", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/sts/aws4_request", P::Service),
        ("S3 in capitals", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/S3/aws4_request", P::Service),
        ("S3 Express", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3express/aws4_request", P::Service),
        ("another end", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws5_request", P::Terminator),
        ("no region", "AKIAIOSFODNN7EXAMPLE/20130524//s3/aws4_request", P::Credential),
        ("a region in capitals", "AKIAIOSFODNN7EXAMPLE/20130524/US-EAST-1/s3/aws4_request", P::Credential),
        ("no service", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1//aws4_request", P::Credential),
        ("no end", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3", P::Credential),
        ("one part more", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request/x", P::Credential),
        ("a slash more", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request/", P::Credential),
        ("no key id", "/20130524/us-east-1/s3/aws4_request", P::Credential),
        ("no key id, as SDKs write it", "undefined", P::Credential),
        ("a key id with a space", "AKIA 1/20130524/us-east-1/s3/aws4_request", P::Credential),
    ] {
        t.header(&format!("rule 7: {name}"), |draft| draft.credential = credential, expected);
        t.query(&format!("rule 7: {name}"), |draft| draft.credential = credential, expected);
    }
    for region in ["eu-west-1", "us-east-2", "aws-global", "x"] {
        let credential: &'static str = format!("{day}/{region}/s3/aws4_request").leak();
        t.header("rule 7: another region", |draft| draft.credential = credential, V::Region);
        t.query("rule 7: another region", |draft| draft.credential = credential, V::Region);
        // Who does not hold the key learns nothing of regions (rule 9).
        let id: &'static str = format!("AKIAUNKNOWN/20130524/{region}/s3/aws4_request").leak();
        t.header("rule 9: another region, another key", |draft| draft.credential = id, V::SignatureMismatch);
    }
    let unknown: &'static str = format!("AKIAUNKNOWN/20130524/{rest}").leak();
    t.header("rule 9: an unknown key", |draft| draft.credential = unknown, V::SignatureMismatch);
    t.query("rule 9: an unknown key", |draft| draft.credential = unknown, V::SignatureMismatch);
    t.spoiled("rule 9: another secret", header(), |r| r.wrong_secret = true, V::SignatureMismatch);
    t.spoiled("rule 9: another secret", query(), |r| r.wrong_secret = true, V::SignatureMismatch);
    table.end(40);
}

/// Rule 7: the headers.
#[test]
fn rule_7_the_signed_headers() {
    let mut table = Table::default();
    let t = &mut table;
    for (name, list) in [
        ("capitals", "Host;x-amz-content-sha256;x-amz-date"),
        ("not sorted", "host;x-amz-date;x-amz-content-sha256"),
        ("twice", "host;host;x-amz-content-sha256;x-amz-date"),
        ("empty", ""),
        ("a semicolon at the end", "host;x-amz-content-sha256;x-amz-date;"),
        ("a semicolon in front", ";host;x-amz-content-sha256;x-amz-date"),
        ("a space", "host; x-amz-content-sha256;x-amz-date"),
        ("a colon", "host;x-amz-content-sha256;x-amz-date;y:z"),
    ] {
        t.header(&format!("rule 7: SignedHeaders: {name}"), |draft| draft.signed_headers = list, P::SignedHeaders);
    }
    t.header("rule 7: host", |draft| draft.signed_headers = "x-amz-content-sha256;x-amz-date", V::HostUnsigned);
    t.header("rule 7: x-amz-date", |draft| draft.signed_headers = "host;x-amz-content-sha256", V::HeaderUnsigned);
    t.header("rule 7: the body's hash", |draft| draft.signed_headers = "host;x-amz-date", V::HeaderUnsigned);
    t.header("rule 7: x-amz-acl", |draft| draft.fields = vec![("x-amz-acl", "public-read")], V::HeaderUnsigned);
    t.header("rule 7: a copy source", |draft| draft.fields = vec![("x-amz-copy-source", "/a/b")], V::HeaderUnsigned);
    t.header("rule 7: not there", |draft| draft.signed_headers = "host;range;x-amz-content-sha256;x-amz-date", V::HeaderAbsent);
    t.spoiled("rule 7: another host", header(), |r| r.host = "other".into(), V::SignatureMismatch);
    table.end(15);
}

/// Rule 8: the date.
#[test]
fn rule_8_the_date() {
    let mut table = Table::default();
    let t = &mut table;
    for (name, date) in [
        ("with dashes", "2013-05-24T00:00:00Z"),
        ("of HTTP", "Fri, 24 May 2013 00:00:00 GMT"),
        ("a day that is not", "20130230T000000Z"),
        ("an hour that is not", "20130524T250000Z"),
        ("local", "20130524T000000"),
        ("a space", "20130524 000000Z"),
        ("before 1970", "19691231T235959Z"),
    ] {
        t.header(&format!("rule 8: {name}"), |draft| draft.date = date, P::Date);
        t.query(&format!("rule 8: {name}"), |draft| draft.date = date.replace(' ', "%20").leak(), P::Date);
    }
    t.header("rule 8: no date", |draft| draft.date = "", P::DateMissing);
    t.header("rule 8: Date alone", |draft| (draft.date, draft.fields) = ("", vec![("date", "Fri, 24 May 2013 00:00:00 GMT")]), P::DateMissing);
    t.spoiled("rule 8: two dates", header(), put("x-amz-date", "20130524T000000Z"), P::DateMissing);
    let after = |seconds| move |request: &mut Request| request.now = NOW.plus(Duration::from_secs(seconds));
    let before = |seconds| move |request: &mut Request| request.now = NOW.minus(Duration::from_secs(seconds));
    t.spoiled("rule 8: 15 minutes old", header(), after(900), Expected::Believed);
    t.spoiled("rule 8: a second older", header(), after(901), V::TooOld);
    t.spoiled("rule 8: 15 minutes ahead", header(), before(900), Expected::Believed);
    t.spoiled("rule 8: a second further", header(), before(901), V::FromTheFuture);
    t.spoiled("rule 8: 15 minutes ahead", query(), before(900), Expected::Believed);
    t.spoiled("rule 8: a second further", query(), before(901), V::FromTheFuture);
    t.spoiled("rule 8: a link of any age", query(), after(1_000_000_000), Expected::Believed);
    table.end(20);
}

/// Rule 14: the body.
#[test]
fn rule_14_the_hash_of_the_body() {
    let mut table = Table::default();
    let t = &mut table;
    for payload in [
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD",
        "unsigned-payload",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ] {
        t.header(payload, |draft| draft.payload = payload, P::PayloadKind);
    }
    t.header("rule 14: no hash", |draft| draft.payload = "", P::PayloadMissing);
    t.spoiled("rule 14: two hashes", header(), put("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), P::PayloadMissing);
    table.end(10);
}

/// The signature.
#[test]
fn the_signature_is_64_digits() {
    let mut table = Table::default();
    let t = &mut table;
    let own = signature_of(&header());
    for (name, other) in [
        ("63 digits", own[1..].to_owned()),
        ("65 digits", format!("{own}0")),
        ("capitals", own.to_uppercase()),
        ("none", String::new()),
        ("Base64", "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d4==".to_owned()),
        ("letters", "g".repeat(64)),
    ] {
        t.spoiled(&format!("the signature: {name}"), header(), in_authorization(&own, &other), P::Signature);
    }
    t.spoiled("the signature: zeros", header(), in_authorization(&own, &"0".repeat(64)), V::SignatureMismatch);
    t.spoiled("the signature: of another", header(), in_authorization(&own, &signature_of(&query())), V::SignatureMismatch);
    table.end(8);
}
