//! A profile of the shared files, with the roles that it asks for by way of other profiles. AWS SDKs and Tools Reference
//! Guide, "Assume role credential provider".
//!
//! The files are parsed by aws-config, and so is what needs no STS (SSO, credential processes). Its own provider would
//! send the roles' STS calls to `AWS_ENDPOINT_URL`, so that those are made here.

use super::Found;
use super::sdk::{Sdk, found, variable};
use super::sts::Session;
use crate::credentials::source::SourceError;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_credential_types::Credentials as AwsCredentials;

/// Whose credentials begin the way to a profile's.
#[derive(Debug)]
enum Base<'a> {
    Keys(AwsCredentials),
    /// `credential_source`
    Named(&'a str),
    WebIdentity {
        session: Session<'a>,
        token_file: &'a str,
    },
    /// What aws-config asks by itself.
    Delegated(&'a Profile),
}

/// The way to a profile's credentials: where it begins, and the roles on it, the last one first.
#[derive(Debug)]
struct Way<'a> {
    base: Base<'a>,
    roles: Vec<Session<'a>>,
}

/// Loads the credentials of the selected profile; `None` when there is none, or it holds none.
pub(super) async fn find(sdk: &Sdk) -> Result<Option<Found>, SourceError> {
    let profiles = sdk.profiles.as_ref().map_err(|error| SourceError::of(error))?;
    let Some(way) = way(profiles)? else {
        return Ok(None);
    };
    let name = format!("profile {}", profiles.selected_profile());
    let Some(mut credentials) = base(sdk, way.base, &name).await? else {
        return Err(SourceError::new(&format!("{name} leads to no credentials")));
    };
    for role in way.roles.iter().rev() {
        credentials = sdk.sts.assume_role(credentials, role).await?;
    }
    Ok(Some(Found {
        credentials,
        provider: name.into(),
    }))
}

async fn base(sdk: &Sdk, base: Base<'_>, name: &str) -> Result<Option<AwsCredentials>, SourceError> {
    let found = match base {
        Base::Keys(keys) => return Ok(Some(keys)),
        Base::WebIdentity { session, token_file } => {
            let asked = sdk.sts.assume_role_with_web_identity(token_file, &session);
            return asked.await.map(Some);
        }
        Base::Named("Environment") => sdk.environment().await?,
        Base::Named("EcsContainer") => sdk.container().await?,
        Base::Named("Ec2InstanceMetadata") => sdk.instance_metadata().await?,
        Base::Named(other) => {
            return Err(SourceError::new(&format!(
                "{name}: credential_source {other} is none of Environment, EcsContainer and Ec2InstanceMetadata"
            )));
        }
        Base::Delegated(profile) => delegated(sdk, profile).await?,
    };
    Ok(found.map(|found| found.credentials))
}

async fn delegated(sdk: &Sdk, profile: &Profile) -> Result<Option<Found>, SourceError> {
    let is_sso = profile.get("sso_session").or(profile.get("sso_start_url")).is_some();
    let has_own = variable(&sdk.env, "AWS_ENDPOINT_URL_SSO").is_some();
    if is_sso && sdk.has_general_endpoint() && !has_own {
        return Err(SourceError::new(
            "AWS_ENDPOINT_URL is set and would receive the SSO token; set AWS_ENDPOINT_URL_S3 instead, or \
             AWS_ENDPOINT_URL_SSO and AWS_ENDPOINT_URL_SSO_OIDC as well",
        ));
    }
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&sdk.config)
        .profile_name(profile.name())
        .build();
    found(profile.name().to_owned(), provider).await
}

/// Follows `source_profile` from the selected profile to the one that has credentials of its own.
fn way(profiles: &ProfileSet) -> Result<Option<Way<'_>>, SourceError> {
    let mut name = profiles.selected_profile();
    let mut visited: Vec<&str> = Vec::new();
    let mut roles = Vec::new();
    loop {
        let Some(profile) = profiles.get_profile(name) else {
            return match visited.last() {
                None => Ok(None),
                Some(last) => Err(wrong(last, &format!("its source_profile {name} does not exist"))),
            };
        };
        if visited.contains(&name) {
            return Err(wrong(name, "it is its own source_profile by way of others"));
        }
        visited.push(name);
        let keys = keys(profile);
        if let (true, Some(Ok(keys))) = (visited.len() > 1, &keys) {
            let base = Base::Keys(keys.clone());
            return Ok(Some(Way { base, roles }));
        }
        let token_file = profile.get("web_identity_token_file");
        let source = match (profile.get("role_arn"), token_file) {
            (Some(role_arn), Some(token_file)) => {
                let session = session(profile, role_arn);
                let base = Base::WebIdentity { session, token_file };
                return Ok(Some(Way { base, roles }));
            }
            (None, Some(_)) => return Err(wrong(name, "it has a web_identity_token_file and no role_arn")),
            (Some(role_arn), None) => {
                roles.push(session(profile, role_arn));
                match (profile.get("source_profile"), profile.get("credential_source")) {
                    (Some(source), None) => Some(source),
                    (None, Some(_)) => None,
                    _ => {
                        let why = "it has a role_arn and needs source_profile or credential_source, and not both";
                        return Err(wrong(name, why));
                    }
                }
            }
            (None, None) => None,
        };
        match source {
            Some(source) if source != name => name = source,
            _ => {
                let own = own(profile, keys, !roles.is_empty() && source.is_some())?;
                return match own {
                    Some(base) => Ok(Some(Way { base, roles })),
                    None if visited.len() == 1 && roles.is_empty() => Ok(None),
                    None => Err(wrong(name, "it holds no credentials")),
                };
            }
        }
    }
}

/// What a profile has of its own, beside a role. `itself` says that its role names it as its own source.
fn own(
    profile: &Profile,
    keys: Option<Result<AwsCredentials, SourceError>>,
    itself: bool,
) -> Result<Option<Base<'_>>, SourceError> {
    if let Some(source) = profile.get("credential_source") {
        return Ok(Some(Base::Named(source)));
    }
    let asked_elsewhere = [
        "sso_session",
        "sso_start_url",
        "sso_account_id",
        "login_session",
        "credential_process",
    ];
    if asked_elsewhere.iter().any(|key| profile.get(key).is_some()) {
        if itself {
            let why =
                "its role needs a source_profile other than itself: put the SSO settings or credential_process there";
            return Err(wrong(profile.name(), why));
        }
        return Ok(Some(Base::Delegated(profile)));
    }
    Ok(keys.transpose()?.map(Base::Keys))
}

fn keys(profile: &Profile) -> Option<Result<AwsCredentials, SourceError>> {
    let [id, secret, token] =
        ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"].map(|key| profile.get(key));
    match (id, secret) {
        (Some(id), Some(secret)) => {
            let token = token.map(str::to_owned);
            Some(Ok(AwsCredentials::new(id, secret, token, None, "profile")))
        }
        (None, None) => None,
        _ => Some(Err(wrong(profile.name(), "it has half a key pair"))),
    }
}

fn session<'a>(profile: &'a Profile, role_arn: &'a str) -> Session<'a> {
    Session {
        role_arn,
        external_id: profile.get("external_id"),
        name: profile.get("role_session_name"),
    }
}

fn wrong(profile: &str, why: &str) -> SourceError {
    SourceError::new(&format!("profile {profile} in the shared AWS files: {why}"))
}

#[cfg(test)]
#[path = "profile_tests.rs"]
pub(super) mod tests;
