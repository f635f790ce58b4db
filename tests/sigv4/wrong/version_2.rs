//! Wrong signatures of version 2.

use super::table::{Expected, Table, in_query, more_query, put};
use crate::hand::{Draft, ID};
use evergate::sigv4::{PresentedError as P, VerifyError as V};

#[test]
fn wrong_signatures_of_version_2_are_refused_by_name() {
    let mut table = Table::default();
    let t = &mut table;
    let signed = || Draft::version_2().sign_version_2("");
    let with = |query: Vec<(&'static str, &'static str)>, resource| Draft { query, ..Draft::version_2() }.sign_version_2(resource);
    t.row("an override", &with(vec![("response-content-type", "image%2Fpng")], "?response-content-type=image/png"), Expected::Believed);
    t.row("two, sorted", &with(vec![("versionId", "v"), ("response-expires", "0")], "?response-expires=0&versionId=v"), Expected::Believed);
    t.row("an ampersand", &with(vec![("response-content-disposition", "a%26b%3Dc")], "?response-content-disposition=a&b=c"), Expected::Believed);
    for expires in ["0", "01", "-1", "%2B1", "1e9", "abc", "123456789012", "1369353720%20"] {
        let draft = Draft { expires, ..Draft::version_2() };
        t.row(&format!("rule 8: {expires}"), &draft.sign_version_2(""), P::V2Expires);
    }
    t.row("rule 8: no Expires", &Draft { expires: "", ..Draft::version_2() }.sign_version_2(""), P::MissingParameter);
    t.spoiled("another Expires", signed(), in_query("1369353720", "1469353720"), V::SignatureMismatch);
    t.spoiled("no signature", signed(), in_query("Signature=", "signatures="), P::MissingParameter);
    let own = signed().query.unwrap();
    let own = own.split_once("Signature=").unwrap().1.split('&').next().unwrap();
    for (name, other) in [
        ("empty", ""),
        ("not Base64", "*"),
        ("19 bytes", "AAAAAAAAAAAAAAAAAAAAAAAAAA=="),
        ("SHA-256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("no padding", "AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("loose bits", "AAAAAAAAAAAAAAAAAAAAAAAAAAB="),
    ] {
        t.spoiled(name, signed(), in_query(own, other), P::V2Signature);
    }
    t.spoiled("zeros", signed(), in_query(own, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), V::SignatureMismatch);
    for parameter in [
        "x=1",
        "x-id=GetObject",
        "response-content-typ=a",
        "X-Amz-Acl=a",
        "prefix=a",
        "content-type=text/html",
        "response-content-type=a%26versionId=b",
        "response-expires=a%26acl",
        "x-amz-meta-a:b=c",
    ] {
        t.spoiled(&format!("rule 5: {parameter}"), signed(), more_query(parameter), P::V2UnsignedParameter);
    }
    for parameter in ["acl", "versionId=1", "response-content-type=text/html", "uploads", "x-amz-acl=public-read", "x-amz-security-token=t"] {
        t.spoiled(&format!("rule 5: {parameter}"), signed(), more_query(parameter), V::SignatureMismatch);
    }
    t.spoiled("rule 6: version 4 in it", signed(), more_query("X-Amz-Date=20130524T000000Z"), P::Ambiguous);
    t.spoiled("rule 6: a header beside it", signed(), put("authorization", "AWS a:b"), P::Ambiguous);
    t.spoiled("rule 7: an x-amz header", signed(), put("x-amz-acl", "public-read"), V::SignatureMismatch);
    t.spoiled("a content type", signed(), put("content-type", "text/html"), V::SignatureMismatch);
    t.spoiled("another bucket in the host", signed(), |request| request.host_bucket = Some("other".into()), V::SignatureMismatch);
    t.spoiled("another secret", signed(), |request| request.wrong_secret = true, V::SignatureMismatch);
    t.spoiled("another key", signed(), in_query(ID, "AKIAUNKNOWN"), V::SignatureMismatch);
    t.spoiled("a key id that is none", signed(), in_query(ID, "a%20b"), P::Credential);
    t.spoiled("its name in lower case", signed(), in_query("AWSAccessKeyId", "awsaccesskeyid"), P::MissingParameter);
    for method in ["PUT", "DELETE", "POST"] {
        let draft = Draft { method, ..Draft::version_2() };
        t.row(&format!("{method} is not a read"), &draft.sign_version_2(""), V::V2NotARead);
    }
    t.spoiled("rule 12: HEAD by a GET", signed(), |request| request.method = http::Method::HEAD, Expected::Believed);
    let head = Draft { method: "HEAD", ..Draft::version_2() }.sign_version_2("");
    t.spoiled("rule 12: GET by a HEAD", head, |request| request.method = http::Method::GET, V::SignatureMismatch);
    table.end(50);
}
