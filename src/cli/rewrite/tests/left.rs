//! What is left as it is, and how that is counted.

use super::*;

/// Why a URL was left; panics when it was not.
pub(super) fn why(rewriter: Rewriter, url: &str) -> Left {
    let (out, tally) = through(rewriter, url.as_bytes());
    assert_eq!(String::from_utf8(out).unwrap(), url);
    assert_eq!((tally.replaced(), tally.all_left()), (0, 1), "{url}");
    let reasons = [
        Left::Host,
        Left::Bucket,
        Left::NoObject,
        Left::Key,
        Left::Ambiguous,
        Left::Signature,
        Left::NotForReading,
        Left::Nested,
        Left::Overrides,
        Left::NoRoute,
        Left::NotAllowed,
        Left::NoRefresh,
        Left::NoName,
        Left::TooLong,
    ];
    reasons.into_iter().find(|reason| tally.left(*reason) == 1).unwrap()
}

#[test]
fn what_cannot_be_mapped_is_left_and_the_reason_is_counted() {
    let plain = presigned("images/u.png", &[]);
    let at = |from: &str, to: &str| plain.replacen(from, to, 1);
    let host = "my-files.s3.eu-central-1.amazonaws.com";
    let more = |parameter: &str| format!("{plain}&{parameter}");
    for (url, reason) in [
        (at(host, "other.example"), Left::Host),
        (at(host, "other.s3.amazonaws.com"), Left::Bucket),
        (at(host, "files.example.com"), Left::Bucket),
        (at("/images/u.png", "/"), Left::NoObject),
        (at("/u.png", "/%"), Left::Key),
        (at("/u.png", "/../u.png"), Left::Key),
        (at("/u.png", "/%2e%2e/u.png"), Left::Key),
        (at("/u.png", "/%ff"), Left::Key),
        (at("/images/", "/uploads/"), Left::NoRoute),
        (at("/u.png", "/"), Left::NoRoute),
        (plain[..plain.len() - 1].to_owned(), Left::Signature),
        (format!("{plain}0"), Left::Signature),
        (at("X-Amz-Date=", "X-Amz-Day="), Left::Signature),
        (at("&X-Amz-Date=", "&X-Amz-Date=1&x-amz-date="), Left::Ambiguous),
        (at("&X-Amz-Date=", "&amp;X-Amz-Date="), Left::Ambiguous),
        (at("https://", "https:\\/\\/"), Left::Ambiguous),
        (more("uploadId=1"), Left::NotForReading),
        (more("x-id=PutObject"), Left::NotForReading),
        (more("x-amz-acl=public-read"), Left::NotForReading),
        (more("list-type=2"), Left::NotForReading),
        (more("versionId=7"), Left::Overrides),
        (more("response-content-type=text%2Fhtml"), Left::Overrides),
        (more("response-content-disposition=attachment%3B%20a"), Left::Overrides),
        (more("versionId=7."), Left::Ambiguous),
        (
            format!("https://proxy.example/?to={}", plain.replace('=', "%3D")),
            Left::Nested,
        ),
        (
            format!("https://{host}/a?AWSAccessKeyId=A&Signature=b&Expires=1"),
            Left::Signature,
        ),
        (format!("{plain}&AWSAccessKeyId=A"), Left::Ambiguous),
        (at("/u.png", &format!("/{}", "u".repeat(1030))), Left::Key),
        (at("/u.png", &format!("/{}", "u".repeat(20_000))), Left::TooLong),
    ] {
        // A URL that is too long to be one has its mark too far from its start to be told from none.
        if reason == Left::TooLong {
            assert_eq!(rewritten(&url), url);
        } else {
            assert_eq!(why(rewriter(None), &url), reason, "{url}");
        }
    }
    let long = more(&format!("response-content-language={}", "u".repeat(20_000)));
    assert_eq!(
        why(
            rewriter(None),
            &long.replacen("X-Amz-Signature", "X-Amz-Signature=1&X-Amz-Signature", 1)
        ),
        Left::TooLong
    );
}

#[test]
fn what_is_not_a_presigned_url_is_not_even_counted() {
    let url = presigned("images/u.png", &[]);
    let (unsigned, _) = url.split_once('?').unwrap();
    let (_, query) = url.split_once('?').unwrap();
    for text in [
        unsigned.to_owned(),
        format!("{unsigned}?x=1"),
        query.to_owned(),
        format!("{unsigned} {query}"),
        format!("{unsigned}\n?{query}"),
        format!("ftp://{}", url.split_once("//").unwrap().1),
        url.replace("https:", "https"),
        url.replacen("/u.png", "/it's.png", 1),
        url.replacen("/u.png", "/a b.png", 1),
        url.replacen("://", "://me:secret@", 1),
        "X-Amz-Signature=".repeat(1000),
        "AWSAccessKeyId".to_owned(),
        "http://".repeat(1000) + "X-Amz-Signature=",
    ] {
        let (out, tally) = through(rewriter(None), text.as_bytes());
        assert_eq!(String::from_utf8(out).unwrap(), text);
        assert_eq!((tally.replaced(), tally.all_left()), (0, 0), "{text}");
    }
}

#[test]
fn the_counts_are_said() {
    let mut text = String::new();
    for number in 0..3 {
        text += &presigned(&format!("images/{number}"), &[]);
        text += "\n";
    }
    for key in ["uploads/a", "top"] {
        text += &presigned(key, &[]);
        text += "\n";
    }
    text += &presigned("images/a", &[]).replace("amazonaws", "elsewhere");
    let (_, tally) = through(rewriter(None), text.as_bytes());
    let mut said = Vec::new();
    tally.write("would be replaced", &mut said).unwrap();
    tally.write_by_prefix(&CONFIG, &mut said).unwrap();
    assert_eq!(
        String::from_utf8(said).unwrap(),
        "\
3 of 6 presigned URLs would be replaced
left as they are:
  1 at hosts that the configuration does not know
  2 of objects that no route leads to

BUCKET  PREFIX       REPLACED  LEFT
files   (no prefix)  0         1
files   images/      3         0
files   uploads/     0         1
"
    );
    let mut tally = Tally::default();
    for number in 0..5_000 {
        tally.count(Some((0, &format!("{number}/a"))), Ok(()));
    }
    let mut said = Vec::new();
    tally.write_by_prefix(&CONFIG, &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.lines().count() < 210 && said.ends_with("(all others)  4800      0\n"),
        "{said}"
    );
}
