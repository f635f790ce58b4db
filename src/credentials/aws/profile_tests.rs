//! The way through the shared files, without anybody being asked.

use super::*;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use std::borrow::Cow;

/// Parses a config file; nothing else is read.
pub(in crate::credentials::aws) async fn profiles(config: &str, selected: Option<&'static str>) -> ProfileSet {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .build();
    let selected = selected.map(Cow::Borrowed);
    aws_config::profile::load(&Fs::real(), &Env::from_slice(&[]), &files, selected)
        .await
        .unwrap()
}

async fn told(config: &str, selected: &'static str) -> String {
    match way(&profiles(config, Some(selected)).await) {
        Ok(None) => "none".to_owned(),
        Ok(Some(way)) => {
            let base = match way.base {
                Base::Keys(keys) => keys.access_key_id().to_owned(),
                Base::Named(source) => source.to_owned(),
                Base::WebIdentity { session, token_file } => format!("{token_file} for {}", session.role_arn),
                Base::Delegated(profile) => format!("[{}]", profile.name()),
            };
            let roles = way.roles.iter().rev();
            roles.fold(base, |way, role| format!("{way} > {}", role.role_arn))
        }
        Err(error) => error.to_string(),
    }
}

const KEYS: &str = "aws_access_key_id = AKIA1\naws_secret_access_key = canary\n";

#[tokio::test]
async fn the_way_is_the_sdks() {
    let config = format!(
        "[profile keys]\n{KEYS}\
         [profile one]\nrole_arn = R1\nsource_profile = keys\n\
         [profile two]\nrole_arn = R2\nsource_profile = one\n\
         [profile stops]\nrole_arn = R3\nsource_profile = both\n\
         [profile both]\nrole_arn = R9\nsource_profile = sso\n{KEYS}\
         [profile itself]\nrole_arn = R4\nsource_profile = itself\n{KEYS}\
         [profile instance]\nrole_arn = R5\ncredential_source = Ec2InstanceMetadata\n\
         [profile irsa]\nrole_arn = R6\nweb_identity_token_file = /token\n\
         [profile sso]\nsso_start_url = https://x\nsso_region = r\nsso_account_id = 1\nsso_role_name = n\n\
         [profile by_sso]\nrole_arn = R7\nsource_profile = sso\n\
         [profile process]\ncredential_process = /bin/true\n\
         [profile by_irsa]\nrole_arn = R8\nsource_profile = irsa\n\
         [profile empty]\nregion = eu-west-1\n"
    );
    for (profile, way) in [
        ("keys", "AKIA1"),
        ("one", "AKIA1 > R1"),
        ("two", "AKIA1 > R1 > R2"),
        ("stops", "AKIA1 > R3"),
        ("itself", "AKIA1 > R4"),
        ("instance", "Ec2InstanceMetadata > R5"),
        ("irsa", "/token for R6"),
        ("by_irsa", "/token for R6 > R8"),
        ("sso", "[sso]"),
        ("by_sso", "[sso] > R7"),
        ("process", "[process]"),
        ("empty", "none"),
        ("missing", "none"),
    ] {
        assert_eq!(told(&config, profile).await, way, "{profile}");
    }
    assert_eq!(told("", "default").await, "none");
}

#[tokio::test]
async fn a_way_that_leads_nowhere_says_where_it_ends() {
    let config = "[profile a]\nrole_arn = R\nsource_profile = b\n[profile b]\nrole_arn = R\nsource_profile = a\n\
         [profile gone]\nrole_arn = R\nsource_profile = nowhere\n\
         [profile none]\nrole_arn = R\n\
         [profile token]\nweb_identity_token_file = /token\n\
         [profile half]\naws_access_key_id = AKIA1\n\
         [profile empty]\nregion = x\n[profile by_empty]\nrole_arn = R\nsource_profile = empty\n\
         [profile itself]\nrole_arn = R\nsource_profile = itself\ncredential_process = x\n";
    for (profile, says) in [
        (
            "a",
            "profile a in the shared AWS files: it is its own source_profile by way of others",
        ),
        ("gone", "its source_profile nowhere does not exist"),
        ("none", "needs source_profile or credential_source"),
        ("token", "no role_arn"),
        ("half", "half a key pair"),
        (
            "by_empty",
            "profile empty in the shared AWS files: it holds no credentials",
        ),
        ("itself", "a source_profile other than itself"),
    ] {
        let told = told(config, profile).await;
        assert!(told.contains(says), "{profile}: {told}");
    }
}
