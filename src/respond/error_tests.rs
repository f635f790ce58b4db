//! Pages, problem details and heads of failures.

use super::*;
use crate::access::Denied;
use crate::listener::Refusal;
use crate::s3::KeyError;
use http_body_util::BodyExt;
use std::time::Duration;

const ID: RequestId = RequestId(0x2a);

fn answer(failure: Failure, form: Form) -> Response<Body> {
    error(failure, &Method::GET, form, ID)
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn form(accept: &'static str) -> Form<'static> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    Form::of(&headers)
}

#[test]
fn people_get_a_page_and_everything_else_problem_details() {
    assert_eq!(
        form("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        Form::Page
    );
    assert_eq!(form("TEXT/HTML"), Form::Page);
    for other in [
        "*/*",
        "image/avif,image/webp,image/*,*/*;q=0.8",
        "application/json",
        "text/html;q=0",
        "text/html; q=0.000",
        "text/htmlx",
    ] {
        assert_eq!(form(other), Form::Problem, "{other}");
    }
    assert_eq!(Form::of(&HeaderMap::new()), Form::Problem);
}

#[tokio::test]
async fn a_page_stands_alone_and_names_the_request() {
    let response = answer(Failure::Missing, Form::Page);
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[X_REQUEST_ID], "000000000000002a");
    assert!(
        response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let page = text(response).await;
    assert!(page.contains("404") && page.contains("Not Found") && page.contains("000000000000002a"));
    assert!(page.contains("prefers-color-scheme: dark"));
    for asset in ["http://", "https://", "src=", "href=", "<script", "url("] {
        assert!(!page.contains(asset), "{asset}");
    }
}

#[tokio::test]
async fn problem_details_say_the_same() {
    let response = answer(Failure::OriginTimeout, Form::Problem);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    let problem: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(problem["status"], 504);
    assert_eq!(problem["title"], "Gateway Timeout");
    assert_eq!(problem["request_id"], "000000000000002a");
}

#[tokio::test]
async fn head_tells_the_length_that_get_would_have() {
    for form in [Form::Page, Form::Problem] {
        let get = answer(Failure::NoRoute, form);
        let head = error(Failure::NoRoute, &Method::HEAD, form, ID);
        assert_eq!(get.headers(), head.headers());
        assert!(matches!(head.body(), Body::Empty));
        let length = get.headers()[CONTENT_LENGTH].to_str().unwrap().to_owned();
        assert_eq!(text(get).await.len().to_string(), length);
    }
}

#[test]
fn statuses_carry_what_they_must() {
    let throttled = Failure::Throttled {
        retry_after: Some(Duration::from_secs(7)),
    };
    assert_eq!(answer(throttled, Form::Problem).headers()[RETRY_AFTER], "7");
    assert_eq!(
        answer(Failure::NoCredentials, Form::Problem).headers()[RETRY_AFTER],
        "10"
    );
    assert!(
        !answer(Failure::OriginTimeout, Form::Problem)
            .headers()
            .contains_key(RETRY_AFTER)
    );
    assert_eq!(
        answer(Failure::MethodNotAllowed, Form::Problem).headers()[ALLOW],
        "GET, HEAD"
    );
    for (refusal, status) in [
        (Refusal::BadHost, 400),
        (Refusal::BadTarget, 400),
        (Refusal::TargetTooLong, 414),
        (Refusal::TooManyFields, 431),
        (Refusal::UnknownMethod, 501),
    ] {
        assert_eq!(answer(refusal.into(), Form::Problem).status(), status);
    }
}

#[tokio::test]
async fn s3_clients_get_their_own_xml_with_a_code_that_they_know() {
    let form = Form::S3 {
        resource: "/files/a<b>",
    };
    for (failure, status, code, reason) in [
        (Failure::Missing, 404, "NoSuchKey", None),
        (Denied::NotAllowed.into(), 403, "AccessDenied", Some("not_allowed")),
        (
            Denied::UnknownKey.into(),
            403,
            "SignatureDoesNotMatch",
            Some("signature_invalid"),
        ),
        (
            Denied::UnknownBucket.into(),
            404,
            "NoSuchBucket",
            Some("no_such_bucket"),
        ),
        (Failure::Throttled { retry_after: None }, 503, "SlowDown", None),
        (Failure::Key(KeyError::TooLong), 400, "KeyTooLongError", None),
    ] {
        let response = answer(failure, form);
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/xml");
        assert_eq!(response.headers()[X_AMZ_REQUEST_ID], response.headers()[X_REQUEST_ID]);
        let told = response.headers().get(X_EVERGATE_REASON);
        assert_eq!(told.map(|value| value.to_str().unwrap()), reason);
        let head = error(failure, &Method::HEAD, form, ID);
        assert!(matches!(head.body(), Body::Empty) && head.headers() == response.headers());
        let xml = text(response).await;
        assert!(xml.contains(&format!("<Code>{code}</Code>")), "{xml}");
        assert!(xml.contains("<Resource>/files/a&lt;b&gt;</Resource>"), "{xml}");
        assert_eq!(reason.is_some(), xml.contains("<Reason>"), "{xml}");
    }
}

#[tokio::test]
async fn a_page_names_the_short_code_of_a_denial() {
    let page = text(answer(Denied::TooOld.into(), Form::Page)).await;
    assert!(page.contains("The link has expired too long ago.") && page.contains("<code>link_too_old</code>"));
    let problem = text(answer(Denied::TooOld.into(), Form::Problem)).await;
    let problem: serde_json::Value = serde_json::from_str(&problem).unwrap();
    assert_eq!(problem["reason"], "link_too_old");
}

#[tokio::test]
async fn what_the_origin_refuses_cannot_be_told_from_what_is_missing() {
    use crate::config::OriginForbidden;
    for form in [Form::Page, Form::Problem] {
        let missing = answer(Failure::Missing, form);
        let refused = answer(Failure::OriginForbidden(OriginForbidden::NotFound), form);
        assert_eq!(
            (missing.status(), missing.headers()),
            (refused.status(), refused.headers())
        );
        assert_eq!(text(missing).await, text(refused).await);
    }
}
