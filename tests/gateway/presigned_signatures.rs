//! RULES 2 and 5 to 11 at the S3 doors: which signatures are believed. Each refusal names itself, and the origin sees zero
//! bytes.

use super::presigned_refusals::{
    DAY, ID, KEYS, REVOKED, REVOKED_SECRET, SECRET, ask, gateway_before, link, passes, refused, yaml,
};
use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{raw, raw_status, send};
use crate::support::links::{HOST, Link, flipped};
use crate::support::spy::Spy;
use http::Method;

#[tokio::test]
async fn rule_9_unknown_revoked_and_wrong_look_alike() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let path = "/files/images/a.png";
    let fine = link(path).v4();
    let mut told = Vec::new();
    for (target, exact) in [
        (flipped(&fine), "signature_mismatch"),
        (Link::new("EVGNOBODY00000000001", SECRET, path).v4(), "key_unknown"),
        (Link::new(REVOKED, REVOKED_SECRET, path).v4(), "key_revoked"),
        (
            Link::new(ID, "another-secret-access-key-of-nobody-01", path).v4(),
            "signature_mismatch",
        ),
        (fine.replace("/a.png", "/b.png"), "signature_mismatch"),
        (
            fine.replace("X-Amz-Expires=120", "X-Amz-Expires=121"),
            "signature_mismatch",
        ),
        (format!("{fine}&versionId=2"), "signature_mismatch"),
        (
            format!("{fine}&response-content-type=text%2Fhtml"),
            "signature_mismatch",
        ),
    ] {
        refused(&gateway, &target, 403, "signature_invalid", "SignatureDoesNotMatch").await;
        let reply = ask(&gateway, Method::GET, &target, &[]).await;
        let id = reply.header("x-request-id");
        told.push(
            String::from_utf8(reply.body.to_vec())
                .unwrap()
                .replace(id, "ID")
                .replace("/b.png", "/a.png"),
        );
        let reason = format!("\"reason\":\"{exact}\"");
        wait_until("the exact reason in the log", || {
            gateway
                .access_log()
                .lines()
                .any(|line| line.contains(id) && line.contains(&reason))
        });
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    passes(&gateway, &fine).await;
    let metrics = send(gateway.admin, Method::GET, "/metrics", &[]).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    for line in [
        "evergate_denied_total{reason=\"key_unknown\"} 2",
        "evergate_denied_total{reason=\"key_revoked\"} 2",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    for text in [gateway.log(), gateway.access_log(), metrics] {
        assert!(
            !text.contains("canary") && !text.contains("EVGNOBODY"),
            "rule 9 and 28: {text}"
        );
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_6_another_algorithm_in_the_header_names_itself() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for proof in [
        "AWS EVGLIBRECHAT00000001:c2lnbmF0dXJl",
        "AWS4-ECDSA-P256-SHA256 Credential=a",
    ] {
        let headers = [("authorization", proof), ("accept", "text/html")];
        let reply = ask(&gateway, Method::GET, "/files/images/a.png", &headers).await;
        let told = (reply.status.as_u16(), reply.maybe("x-evergate-reason"));
        assert_eq!(told, (400, Some("signature_algorithm")), "{reply:?}");
        assert_eq!(reply.header("content-type"), "application/xml");
        let id = reply.header("x-request-id");
        wait_until("the door and the reason in the log", || {
            gateway.access_log().lines().any(|line| {
                line.contains(id)
                    && line.contains("\"door\":\"endpoint\"")
                    && line.contains("\"reason\":\"signature_algorithm\"")
            })
        });
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_8_times_are_judged_by_our_clock() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let path = "/files/images/a.png";
    let fine = link(path).v4();
    for bad in ["0", "01", "604801", "+120", "1e3", "", "-1", "1000000"] {
        let target = fine.replace("X-Amz-Expires=120", &format!("X-Amz-Expires={bad}"));
        refused(
            &gateway,
            &target,
            400,
            "signature_malformed",
            "AuthorizationQueryParametersError",
        )
        .await;
    }
    let without = fine.replace("X-Amz-Expires=120&", "");
    refused(
        &gateway,
        &without,
        400,
        "signature_malformed",
        "AuthorizationQueryParametersError",
    )
    .await;
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_7_the_scope_names_the_buckets_region() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let elsewhere = Link {
        region: "eu-west-1",
        ..link("/files/images/a.png")
    };
    refused(
        &gateway,
        &elsewhere.v4(),
        400,
        "region_wrong",
        "AuthorizationHeaderMalformed",
    )
    .await;
    // Told to nobody who does not hold the key.
    refused(
        &gateway,
        &flipped(&elsewhere.v4()),
        403,
        "signature_invalid",
        "SignatureDoesNotMatch",
    )
    .await;
    spy.assert_untouched();
}

#[tokio::test]
async fn version_2_without_opting_in_says_what_to_set() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for id in [ID, "AKIAUNKNOWN000000000"] {
        let target = Link::new(id, SECRET, "/files/images/a.png").v2();
        refused(&gateway, &target, 403, "signature_v2_disabled", "AccessDenied").await;
        let reply = ask(&gateway, Method::GET, &target, &[]).await;
        assert!(
            String::from_utf8_lossy(&reply.body).contains("signature_versions"),
            "{reply:?}"
        );
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn temporary_credentials_are_told_by_name() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for id in ["ASIATEMPORARY0000000", ID] {
        let target = Link {
            token: Some("IQoJb3JpZ2luX2VjEXAMPLE=="),
            ..Link::new(id, SECRET, "/files/images/a.png")
        };
        refused(
            &gateway,
            &target.signed_ago(DAY).v4(),
            403,
            "temporary_credentials",
            "AccessDenied",
        )
        .await;
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_5_parameters_that_stand_twice_or_are_no_text_are_400() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let fine = link("/files/images/a.png").v4();
    for more in [
        "X-Amz-Expires=120",
        "x-amz-expires=604800",
        "%58-Amz-Date=20260101T000000Z",
        "X-Amz-Signature=00",
        "versionId=1&versionId=1",
        "versionId=1&VERSIONID=2",
        "a=%",
        "a=%zz",
        "a=%ff",
        "a=%00",
        "a=%0a",
    ] {
        refused(
            &gateway,
            &format!("{fine}&{more}"),
            400,
            "query_ambiguous",
            "InvalidArgument",
        )
        .await;
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_5_what_sdks_add_to_a_link_is_no_reason_to_refuse_it() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for query in [
        "x-id=GetObject",
        "x-amz-checksum-mode=ENABLED",
        "X-Amz-User-Agent=aws-sdk-js%2F3.0.0",
    ] {
        let link = Link {
            query,
            ..link("/files/images/a.png")
        };
        passes(&gateway, &link.signed_ago(DAY).v4()).await;
    }
    let acl = Link {
        query: "acl=",
        ..link("/files/images/a.png")
    };
    refused(&gateway, &acl.signed_ago(DAY).v4(), 403, "link_expired", "AccessDenied").await;
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_6_two_forms_of_aws_are_400() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let fine = link("/files/images/a.png").v4();
    let header = format!(
        "AWS4-HMAC-SHA256 Credential={ID}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature={}",
        "0".repeat(64)
    );
    let reply = ask(&gateway, Method::GET, &fine, &[("authorization", &header)]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-evergate-reason")),
        (400, "signed_twice")
    );
    let both = format!("{fine}&AWSAccessKeyId={ID}&Signature=x&Expires=9999999999");
    refused(&gateway, &both, 400, "signed_twice", "InvalidArgument").await;
    let reply = ask(
        &gateway,
        Method::GET,
        "/files/images/a.png",
        &[("authorization", "AWS AKID:c2ln")],
    )
    .await;
    assert_eq!(reply.status, 400, "version 2 in a header");
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_2_ambiguous_paths_are_400_at_the_s3_doors_too() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let query = link("/files/images/a.png").v4();
    let query = &query[query.find('?').unwrap()..];
    for path in [
        "/files/images/../a.png",
        "/files/%2e%2e/a.png",
        "/files/images/./a.png",
        "/files/images/a%00.png",
        "/files/images/a%zz.png",
        "/files/images/%ff.png",
        "//images/a.png",
        "/a/images/a.png",
    ] {
        let request = format!("GET {path}{query} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
        assert_eq!(
            raw_status(&raw(gateway.address, request.as_bytes()).await),
            Some(400),
            "{path}"
        );
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_11_one_host_is_read_in_one_way() {
    let spy = Spy::start();
    let hosts = "public_hosts: [app-files.s3.us-east-1.amazonaws.com, files.example.net]\n";
    let gateway = Evergate::start_with(&format!("{hosts}{}", yaml(&spy)), &KEYS);
    let aws = "app-files.s3.us-east-1.amazonaws.com";
    // To the key `app-files/images/a.png` of the bucket app-files: not to its key `images/a.png`.
    let inner = Link {
        host: aws,
        ..link("/app-files/images/a.png")
    }
    .v4();
    refused(&gateway, &inner, 403, "signature_invalid", "SignatureDoesNotMatch").await;
    passes(
        &gateway,
        &format!(
            "/app-files{}",
            Link {
                host: aws,
                ..link("/images/a.png")
            }
            .v4()
        ),
    )
    .await;
    // To the key `a.png` of a bucket `images`, whose host only looks as if it named the bucket `files`.
    let other = Link {
        host: "files.example.net",
        ..link("/images/a.png")
    }
    .v4();
    refused(
        &gateway,
        &format!("/files{other}"),
        403,
        "signature_invalid",
        "SignatureDoesNotMatch",
    )
    .await;
    passes(
        &gateway,
        &Link {
            host: "files.example.net",
            ..link("/files/images/a.png")
        }
        .v4(),
    )
    .await;
    spy.assert_untouched();
}
