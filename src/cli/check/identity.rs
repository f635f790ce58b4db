//! Whose credentials they are: STS `GetCallerIdentity`, asked where that makes sense.

use crate::clock::Timestamp;
use crate::config::{CredentialsConfig, Environment, ServerConfig};
use crate::fetch::Prober;
use crate::s3::{Endpoint, ErrorDocument};
use crate::sigv4::{Credential, caller_identity};
use http::{Method, StatusCode};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// The variable that names another STS than AWS's; no S3 endpoint's variable may (it would be shown the token).
const ENDPOINT: &str = "AWS_ENDPOINT_URL_STS";
/// Longer than any ARN of a user or of a role's session.
const MAX_ARN_LEN: usize = 256;

/// What STS said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The ARN, and the host that told it.
    Known(String, String),
    /// It did not tell, and why.
    Untold(String),
    /// It was not asked, and why.
    NotAsked(String),
}

/// Asks STS for the owner of `credential`, at `now` by the origin's clock.
pub(super) async fn ask(
    credential: &Credential,
    server: &ServerConfig,
    env: &Environment,
    prober: &Prober,
    now: Timestamp,
) -> Identity {
    let of_role = match &server.credentials {
        CredentialsConfig::AssumeRole(role) => role.sts_endpoint.clone(),
        _ => None,
    };
    let endpoint = match (of_role, env.get(ENDPOINT), server.endpoint.is_aws()) {
        (Some(endpoint), ..) => endpoint,
        (None, Some(url), _) => match Endpoint::parse(url) {
            Ok(endpoint) => endpoint,
            Err(error) => return Identity::Untold(format!("{ENDPOINT}: {error}")),
        },
        (None, None, true) => Endpoint::aws_sts(&server.region),
        (None, None, false) => {
            let host = server.endpoint.authority();
            return Identity::NotAsked(format!("not asked: {host} is none of AWS's, and {ENDPOINT} is not set"));
        }
    };
    let request = caller_identity(credential, &endpoint, &server.region, now);
    let host = endpoint.authority().to_owned();
    let answer = match prober.ask(Method::GET, &request.url, &host, request.headers).await {
        Ok(answer) => answer,
        Err(error) => return Identity::Untold(format!("{host}: {error}")),
    };
    if answer.status == StatusCode::OK
        && let Some(arn) = arn(&answer.body)
    {
        return Identity::Known(arn, host);
    }
    let status = answer.status.as_u16();
    match code(&answer.body) {
        Some(code) => Identity::Untold(format!("{host} answers {status}, {code}")),
        None => Identity::Untold(format!("{host} answers {status} and no ARN")),
    }
}

fn arn(body: &[u8]) -> Option<String> {
    let arn = text_of("Arn", body)?;
    let fine = arn.starts_with("arn:") && arn.len() <= MAX_ARN_LEN && arn.bytes().all(|byte| byte.is_ascii_graphic());
    fine.then_some(arn)
}

fn code(body: &[u8]) -> Option<String> {
    let code = text_of("Code", body).or_else(|| ErrorDocument::parse(body).map(|document| document.code_text))?;
    Some(code.chars().filter(char::is_ascii_alphanumeric).take(64).collect())
}

/// Returns the text of the first element of this name.
fn text_of(name: &str, body: &[u8]) -> Option<String> {
    let mut reader = Reader::from_str(str::from_utf8(body).ok()?);
    let mut inside = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => inside = start.local_name().as_ref() == name,
            Event::Text(text) if inside => return Some(text.trim().to_owned()),
            Event::DocType(_) | Event::Eof => return None,
            _ => inside = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_is_read_where_it_is_one() {
        let body = |arn: &str| {
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>{arn}</Arn><UserId>AIDA</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
            )
        };
        let user = "arn:aws:iam::123456789012:user/evergate";
        assert_eq!(arn(body(user).as_bytes()).as_deref(), Some(user));
        for none in [
            "",
            "nobody",
            "arn:a b",
            "<b>arn:aws</b>",
            &format!("arn:{}", "x".repeat(300)),
        ] {
            assert_eq!(arn(body(none).as_bytes()), None, "{none}");
        }
        let refusal =
            b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code></Error></ErrorResponse>";
        assert_eq!(code(refusal).as_deref(), Some("InvalidClientTokenId"));
        assert_eq!(code(b"<!DOCTYPE x><Code>a</Code>"), None);
    }
}
