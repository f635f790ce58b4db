//! A second opinion: s3s's own verifier, in process, on the same requests and mutants. Where the two differ, it must be for a
//! reason that is listed, and in the direction that is listed.

use crate::hand::{Draft, ID, SECRET};
use crate::request::Outcome::{self, Malformed, Refused, Unsigned};
use crate::request::{Keys, Request};
use crate::{encodings, headers, mutants, targets};
use async_trait::async_trait;
use evergate::clock::{Clock, Timestamp};
use evergate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, QueryError, Region, Resource};
use evergate::sigv4::{AccessKeyId, AmzDate, Credential, HeaderRequest, PresignRequest, Signer, Version};
use evergate::sigv4::{PresentedError as P, VerifyError as V};
use http::{Extensions, HeaderMap, HeaderValue, Method, Uri};
use s3s::auth::SimpleAuth;
use s3s::route::S3Route;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3, S3Request, S3Response, S3Result};
use std::sync::Arc;
use std::time::Duration;

/// Whose signature s3s believed gets an answer.
struct Answer;

impl S3 for Answer {}

#[async_trait]
impl S3Route for Answer {
    fn is_match(&self, _: &Method, _: &Uri, _: &HeaderMap, _: &mut Extensions) -> bool {
        true
    }

    async fn call(&self, _: S3Request<Body>) -> S3Result<S3Response<Body>> {
        Ok(S3Response::new(Body::empty()))
    }
}

fn s3s() -> S3Service {
    let mut builder = S3ServiceBuilder::new(Answer);
    builder.set_auth(SimpleAuth::from_single(ID, SECRET));
    builder.set_route(Answer);
    builder.build()
}

/// What s3s says; `None` for what HTTP itself would refuse.
fn opinion(service: &S3Service, runtime: &tokio::runtime::Runtime, request: &Request) -> Option<bool> {
    let target = match &request.query {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    };
    let mut sent = http::Request::builder()
        .method(&request.method)
        .uri(
            target
                .parse::<Uri>()
                .ok()
                .filter(|uri| uri.path_and_query().is_some_and(|sent| *sent == *target))?,
        )
        .body(Body::empty())
        .unwrap();
    *sent.headers_mut() = request.headers()?;
    sent.headers_mut()
        .insert("host", HeaderValue::from_str(&request.host).ok()?);
    let answer = runtime.block_on(service.call(sent)).ok()?;
    Some(answer.status().is_success())
}

/// Requests signed now, since s3s has no clock to turn.
fn requests(now: Timestamp) -> Vec<Request> {
    let credential = Credential::new(AccessKeyId::parse(ID).unwrap(), SECRET.into());
    let signer = Signer::new(Arc::new(credential));
    let bucket = BucketName::parse("files").unwrap();
    let address = Endpoint::parse("http://files.example.com")
        .unwrap()
        .address(AddressStyle::Path, &bucket);
    let region = Region::parse("us-east-1").unwrap();
    let mut all = Vec::new();
    let keys = ["images/42/avatar.png", "a b+c~!'()*.png", "é/%2F&=?#"];
    let queries: [&[(&str, &str)]; 3] = [
        &[],
        &[("response-content-type", "image/png"), ("versionId", "a+/=")],
        &[("uploads", ""), ("x-id", "é &%")],
    ];
    let mut headers = HeaderMap::new();
    headers.insert("content-length", HeaderValue::from_static("0"));
    headers.insert("content-type", HeaderValue::from_static("text/plain;  charset=utf-8"));
    headers.insert("x-amz-meta-a", HeaderValue::from_static("b,c  d"));
    for (key, query) in keys.iter().zip(queries) {
        let key = ObjectKey::parse(key).unwrap();
        for method in [Method::GET, Method::HEAD, Method::PUT] {
            let url = signer.presign(&PresignRequest {
                method: &method,
                address: &address,
                region: &region,
                key: &key,
                query,
                signed_at: now,
                expires: Duration::from_hours(1),
            });
            all.push(request(all.len(), &method, &url, &HeaderMap::new(), now));
            let sent = signer.authorize(&HeaderRequest {
                method: &method,
                address: &address,
                region: &region,
                resource: &Resource::Object(key.clone()),
                query,
                headers: &headers,
                content_sha256: None,
                signed_at: now,
            });
            let mut all_headers = headers.clone();
            all_headers.extend(sent.headers);
            all.push(request(all.len(), &method, &sent.url, &all_headers, now));
        }
    }
    let expires: &'static str = now.plus(Duration::from_hours(1)).as_unix().to_string().leak();
    for (query, resource) in [
        (vec![], ""),
        (
            vec![("versionId", "v"), ("response-content-type", "image%2Fpng")],
            "?response-content-type=image/png&versionId=v",
        ),
    ] {
        let draft = Draft {
            query,
            expires,
            ..Draft::version_2()
        };
        let mut old = draft.sign_version_2(resource);
        (old.now, old.number) = (now, all.len());
        all.push(old);
    }
    all
}

fn request(number: usize, method: &Method, url: &str, headers: &HeaderMap, now: Timestamp) -> Request {
    let target = url.strip_prefix("http://files.example.com").unwrap();
    let (path, query) = target
        .split_once('?')
        .map_or((target, None), |(path, query)| (path, Some(query)));
    let field =
        |(name, value): (&http::HeaderName, &HeaderValue)| (name.to_string(), value.to_str().unwrap().to_owned());
    Request {
        number,
        method: method.clone(),
        host: "files.example.com".to_owned(),
        host_bucket: None,
        path: path.to_owned(),
        query: query.map(str::to_owned),
        fields: headers.iter().map(field).collect(),
        now,
        regions: vec!["us-east-1"],
        wrong_secret: false,
    }
}

/// Wrong requests that s3s is known to believe, made by hand.
fn by_hand(now: Timestamp) -> Vec<(&'static str, Request)> {
    let date = AmzDate::of(now);
    let leak = |text: String| -> &'static str { text.leak() };
    let credential = |rest: &str| leak(format!("{ID}/{}/{rest}/aws4_request", date.day()));
    let draft = Draft {
        date: leak(date.to_string()),
        credential: credential("us-east-1/s3"),
        ..Draft::query()
    };
    let expires = Draft {
        expires: "604801",
        ..draft.clone()
    };
    let host = Draft {
        signed_headers: "range",
        fields: vec![("range", "bytes=0-1")],
        ..draft.clone()
    };
    let service = Draft {
        credential: credential("us-east-1/sts"),
        ..draft.clone()
    };
    let region = Draft {
        credential: credential("mars-north-1/s3"),
        ..draft
    };
    let all = [
        ("over 7 days", expires),
        ("no host", host),
        ("another service", service),
        ("another region, by hand", region),
    ];
    all.map(|(kind, draft)| {
        (
            kind,
            Request {
                now,
                ..draft.sign_query()
            },
        )
    })
    .to_vec()
}

/// A mutant on which the two differ.
struct Difference<'a> {
    kind: &'static str,
    mutant: &'a Request,
    ours: &'a Outcome,
}

/// One reason for which they may: what s3s says, and of what.
struct Known {
    why: &'static str,
    theirs: bool,
    of: fn(&Difference<'_>) -> bool,
}

const fn known(why: &'static str, theirs: bool, of: fn(&Difference<'_>) -> bool) -> Known {
    Known { why, theirs, of }
}

/// Every reason for which the two may differ.
const KNOWN: &[Known] = &[
    // What s3s lets pass.
    known("s3s takes any region (rule 7)", true, |it| {
        matches!(it.ours, Refused(V::Region))
    }),
    known("s3s takes a scope of STS (rule 7)", true, |it| {
        matches!(it.ours, Malformed(P::Service))
    }),
    known("s3s takes any life (rule 8)", true, |it| {
        matches!(it.ours, Malformed(P::ExpiresTooLong))
    }),
    known("s3s takes an unsigned host (rule 7)", true, |it| {
        matches!(it.ours, Refused(V::HostUnsigned))
    }),
    known("s3s takes unsigned x-amz-* headers (rule 7)", true, |it| {
        matches!(it.ours, Refused(V::HeaderUnsigned))
    }),
    known("s3s does not read the algorithm of a header", true, |it| {
        let own = |value: &str| value.starts_with("AWS4-HMAC-SHA256 ");
        matches!(it.ours, Malformed(P::Algorithm) | Unsigned) && !it.mutant.field("authorization").is_some_and(own)
    }),
    known("s3s takes one of two forms (rule 6)", true, |it| {
        matches!(it.ours, Malformed(P::Ambiguous))
    }),
    known("s3s takes parameters that stand there twice (rule 5)", true, |it| {
        matches!(it.ours, Malformed(P::Query(QueryError::Duplicate)))
    }),
    known("s3s skips parameters without a name (rule 2)", true, |it| {
        matches!(it.ours, Malformed(P::Query(QueryError::Unnamed)))
    }),
    known("s3s keeps a bad % (rule 2)", true, |it| {
        matches!(it.ours, Malformed(P::Query(QueryError::BadEncoding)))
    }),
    known("s3s takes what version 2 does not sign (rule 5)", true, |it| {
        matches!(it.ours, Malformed(P::V2UnsignedParameter))
    }),
    known("s3s takes no x-amz-* parameter of version 2 for a header", true, |it| {
        let added = it.mutant.parameters().any(|(name, _)| name.starts_with("x-amz-"));
        added && it.mutant.version() == Version::V2 && matches!(it.ours, Refused(V::SignatureMismatch))
    }),
    known("s3s decodes the signature of version 2 twice", true, |it| {
        matches!(it.ours, Malformed(P::V2Signature))
    }),
    // What s3s refuses.
    known("s3s knows no HEAD by a GET (rule 12)", false, |it| {
        it.kind == "HEAD by the signature of a GET"
    }),
    known("s3s reads a + as a space", false, |it| {
        it.mutant.query.as_deref().is_some_and(|query| query.contains('+'))
    }),
    known("s3s takes the path of version 2 as it is", false, |it| {
        it.mutant.version() == Version::V2 && it.mutant.path.contains('%')
    }),
    known("s3s reads Authorization in one order only", false, |it| {
        it.kind == "the parts of Authorization in another order"
    }),
    known("s3s takes no space before a comma", false, |it| {
        it.kind == "the separators of Authorization"
    }),
];

/// What is done to the judge and not to the request: s3s has another one.
const NOT_SENT: [&str; 5] = [
    "a date in the future",
    "a request signed too long ago",
    "a link that has expired long ago",
    "another secret",
    "version 2: another bucket",
];

#[test]
fn the_two_verifiers_agree_but_for_what_is_listed() {
    let now = Clock::system().now();
    let (keys, service) = (Keys::new(ID, SECRET), s3s());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut compared = 0;
    let mut differences = vec![0; KNOWN.len()];
    let mut compare = |kind: &'static str, mutant: Request| {
        let Some(theirs) = opinion(&service, &runtime, &mutant).filter(|_| !NOT_SENT.contains(&kind)) else {
            return;
        };
        let Some(ours) = mutant.judge(&keys) else { return };
        compared += 1;
        if ours.is_believed() == theirs {
            return;
        }
        let difference = Difference {
            kind,
            mutant: &mutant,
            ours: &ours,
        };
        let Some(place) = KNOWN
            .iter()
            .position(|known| known.theirs == theirs && (known.of)(&difference))
        else {
            panic!("{kind}: ours {ours:?}, s3s believes: {theirs}\n{mutant:?}");
        };
        differences[place] += 1;
    };
    for request in requests(now) {
        let both = (
            request.judge(&keys).unwrap().is_believed(),
            opinion(&service, &runtime, &request),
        );
        assert_eq!(both, (true, Some(true)), "{request:?}");
        mutants::spoil(&request, &mut compare);
        targets::spoil_path(&request, &mut compare);
        targets::spoil_query(&request, &mut compare);
        encodings::respell(&request, &mut compare);
        headers::spoil_fields(&request, &mut compare);
        headers::spoil_authorization(&request, &mut compare);
    }
    for (kind, request) in by_hand(now) {
        compare(kind, request);
    }
    println!("{compared} requests, {} differences", differences.iter().sum::<usize>());
    for (known, count) in KNOWN.iter().zip(differences) {
        println!("{count:8}  {}", known.why);
        assert!(count > 0, "there was none: {}", known.why);
    }
    assert!(compared > 5_000, "{compared}");
}
