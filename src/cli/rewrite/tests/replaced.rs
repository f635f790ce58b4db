//! What is replaced, and by what.

use super::*;

#[test]
fn a_url_is_replaced_in_every_spelling_and_surrounding() {
    let named = [("response-content-disposition", "attachment; filename=\"a b.png\"")];
    let urls = [
        (presigned("images/u 42.png", &[]), "/avatars/u%2042.png"),
        (presigned("images/a&b='(1).png", &[]), "/avatars/a%26b%3D%27%281%29.png"),
        (presigned("images/u.png", &[("x-id", "GetObject")]), "/avatars/u.png"),
        (presigned("images/u.png", &named), "/avatars/u.png?download=a%20b.png"),
    ];
    for (url, stable) in &urls {
        for spelling in SPELLINGS {
            for (before, behind) in SURROUNDINGS {
                let text = format!("{before}{}{behind}", spell(url, spelling));
                let expected = format!("{before}{}{behind}", spell(stable, spelling));
                assert_eq!(rewritten(&text), expected, "{text}");
            }
        }
    }
}

#[test]
fn urls_as_clients_write_them_are_recognised() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=AKIA%2F20240101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20240101T000000Z&X-Amz-Expires=120";
    let signature = "X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let signed = format!("{query}&{signature}&X-Amz-SignedHeaders=host");
    let javascript = format!("{signed}&x-amz-checksum-mode=ENABLED&x-id=GetObject");
    let temporary =
        format!("{query}&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2F%2F&X-Amz-SignedHeaders=host&{signature}");
    let raw = signed.replace("%2F", "/");
    let v2 = "AWSAccessKeyId=AKIA&Signature=abcdefghijklmnopqrstuvwx%2B%2F0%3D&Expires=1700000000";
    let s3cmd = "AWSAccessKeyId=AKIA&Expires=1700000000&Signature=abcdefghijklmnopqrstuvwxyz0=";
    let aws = "my-files.s3.eu-central-1.amazonaws.com";
    for (url, stable) in [
        (format!("https://{aws}/images/u.png?{signed}"), "/avatars/u.png"),
        (format!("https://{aws}/images/u.png?{javascript}"), "/avatars/u.png"),
        (format!("https://{aws}/images/u.png?{temporary}"), "/avatars/u.png"),
        (format!("https://{aws}/images/u.png?{raw}"), "/avatars/u.png"),
        (format!("https://{aws}/images/u.png?{v2}"), "/avatars/u.png"),
        (
            format!("https://my-files.s3.amazonaws.com/images/u.png?{s3cmd}"),
            "/avatars/u.png",
        ),
        (
            format!("https://s3.dualstack.eu-central-1.amazonaws.com/my-files/images/u.png?{v2}"),
            "/avatars/u.png",
        ),
        (
            format!("http://minio:9000/pictures/a/b.png?{signed}"),
            "/pictures/a/b.png",
        ),
        (
            format!("https://minio:9000/pictures//b.png?{signed}"),
            "/pictures//b.png",
        ),
        (
            format!("https://files.example.com/my-files/images/u.png?{signed}"),
            "/avatars/u.png",
        ),
        (
            format!("https://files.example.com/files/images/u.png?{signed}"),
            "/avatars/u.png",
        ),
        // Written by hand: unencoded characters that mean themselves.
        (
            format!("https://{aws}/images/ü (1)!.png?{signed}").replace(' ', "%20"),
            "/avatars/%C3%BC%20%281%29%21.png",
        ),
        (
            format!("https://{aws}/images/u.png?{signed}#page=2"),
            "/avatars/u.png#page=2",
        ),
    ] {
        assert_eq!(rewritten(&url), stable, "{url}");
    }
    let (out, _) = through(
        rewriter(Some("https://files.example.com/mount/")),
        format!("https://{aws}/images/u.png?{v2}").as_bytes(),
    );
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "https://files.example.com/mount/avatars/u.png"
    );
}
