//! URLs presigned afresh, for the gateway.

use super::left::why;
use super::*;

#[test]
fn urls_for_the_gateway_are_signed_with_the_clients_key() {
    let url = presigned("images/u 42.png", &[("versionId", "7"), ("x-id", "GetObject")]);
    let (out, tally) = through(
        gateway("app").unwrap(),
        format!("[\"{}\"]", spell(&url, SPELLINGS[3])).as_bytes(),
    );
    let out = String::from_utf8(out).unwrap();
    assert_eq!((tally.replaced(), tally.all_left()), (1, 0));
    let plain = out.replace("\\/", "/").replace("\\u0026", "&").replace("\\u003d", "=");
    assert_eq!(spell(&plain, SPELLINGS[3]), out);
    let start = "[\"https://files.example.com/my-files/images/u%2042.png?X-Amz-Algorithm=AWS4-HMAC-SHA256\
                 &X-Amz-Credential=EVGNEW%2F20270115%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20270115T080000Z\
                 &X-Amz-Expires=120&X-Amz-SignedHeaders=host&versionId=7&X-Amz-Signature=";
    assert!(plain.starts_with(start), "{plain}");
    // By its key id too, and what comes out goes in again.
    let again = through(gateway("EVGNEW").unwrap(), out.as_bytes());
    assert_eq!((String::from_utf8(again.0).unwrap(), again.1.replaced()), (out, 1));

    for (key, reason) in [
        ("documents/a", Left::NotAllowed),
        ("uploads/a", Left::NoRefresh),
        ("images/secret/a", Left::NoRefresh),
    ] {
        assert_eq!(why(gateway("app").unwrap(), &presigned(key, &[])), reason, "{key}");
    }
    assert!(
        gateway("gone")
            .unwrap_err()
            .to_string()
            .contains("no key of client \"gone\" is active")
    );
    assert!(
        gateway("nobody")
            .unwrap_err()
            .to_string()
            .contains("there is app, gone")
    );
}

#[test]
fn the_base_path_of_signed_requests_is_part_of_what_is_signed() {
    let mut config = CONFIG.clone();
    config.s3.base_path = "/große ablage".into();
    for base in ["https://x.example", "https://x.example/gro%C3%9Fe%20ablage/"] {
        let base = Endpoint::parse(base).unwrap();
        let gateway = Gateway::new(&config, "app", &base, None, NOW).unwrap();
        let rewriter = Rewriter::new(&config, None, Replacement::Gateway(Box::new(gateway))).unwrap();
        let (out, _) = through(rewriter, presigned("images/u.png", &[]).as_bytes());
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.starts_with("https://x.example/gro%C3%9Fe%20ablage/my-files/images/u.png?"),
            "{out}"
        );
    }
}
