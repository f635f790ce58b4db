use super::*;

#[test]
fn keys() {
    assert_eq!(DecodedPath::decode("/a%2e%2E/b").unwrap().as_str(), "/a../b");
    assert_eq!(DecodedPath::decode("/%2e%2E/b"), Err(KeyError::DotSegment));
}
