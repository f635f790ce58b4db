//! The provider chain: environment, profile files, web identity (IRSA), ECS/EKS, IMDSv2, in the order of AWS's SDKs. The
//! first that is set up answers; one that is set up and fails ends the search.

use super::sdk::{Sdk, variable};
use super::sts::Session;
use super::{Found, from_sdk, profile};
use crate::credentials::source::{Loaded, Source, SourceError};
use crate::s3::Region;
use aws_types::os_shim_internal::Env;
use std::time::Duration;

/// How often credentials without an end are asked for again: profile files may have changed.
const LOOK: Duration = Duration::from_mins(1);

/// How much of the chain is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::credentials) enum Span {
    /// All of it.
    Whole,
    /// The profile of this name alone.
    Profile(Box<str>),
}

/// The chain, asked on behalf of a bucket in one region.
#[derive(Clone, Debug)]
pub(in crate::credentials) struct Chain {
    bucket_region: aws_types::region::Region,
    span: Span,
}

impl Chain {
    pub(in crate::credentials) fn new(bucket_region: &Region, span: Span) -> Self {
        Self {
            bucket_region: aws_types::region::Region::new(bucket_region.as_str().to_owned()),
            span,
        }
    }

    /// Looks at what the chain goes by; STS is at `sts_endpoint` if that is given.
    pub(super) async fn look(&self, sts_endpoint: Option<&str>) -> Sdk {
        let profile = match &self.span {
            Span::Whole => None,
            Span::Profile(name) => Some(&**name),
        };
        Sdk::look(Env::real(), &self.bucket_region, profile, sts_endpoint).await
    }

    /// Asks the providers in turn.
    pub(super) async fn find(&self, sdk: &Sdk) -> Result<Found, SourceError> {
        if let Span::Profile(name) = &self.span {
            let found = profile::find(sdk).await?;
            return found.ok_or_else(|| {
                SourceError::new(&format!(
                    "the shared AWS files have no profile {name} with credentials in it"
                ))
            });
        }
        if let Some(found) = sdk.environment().await? {
            return Ok(found);
        }
        if let Some(found) = profile::find(sdk).await? {
            return Ok(found);
        }
        if let Some(found) = web_identity(sdk).await? {
            return Ok(found);
        }
        if let Some(found) = sdk.container().await? {
            return Ok(found);
        }
        if let Some(found) = sdk.instance_metadata().await? {
            return Ok(found);
        }
        Err(SourceError::new(
            "no AWS credentials found in the environment, the profile files, a web identity, \
             the container endpoint or the instance metadata (which does not answer, or is switched off)",
        ))
    }
}

/// IRSA and its like: a token in a file that somebody renews.
pub(super) async fn web_identity(sdk: &Sdk) -> Result<Option<Found>, SourceError> {
    let Some(token_file) = variable(&sdk.env, "AWS_WEB_IDENTITY_TOKEN_FILE") else {
        return Ok(None);
    };
    let Some(role_arn) = variable(&sdk.env, "AWS_ROLE_ARN") else {
        return Err(SourceError::new(
            "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not",
        ));
    };
    let name = variable(&sdk.env, "AWS_ROLE_SESSION_NAME");
    let session = Session {
        role_arn: &role_arn,
        external_id: None,
        name: name.as_deref(),
    };
    let credentials = sdk.sts.assume_role_with_web_identity(&token_file, &session).await?;
    Ok(Some(Found {
        credentials,
        provider: "web identity".into(),
    }))
}

impl Source for Chain {
    async fn load(&self) -> Result<Loaded, SourceError> {
        let sdk = self.look(None).await;
        let found = self.find(&sdk).await?;
        Ok(Loaded {
            credential: from_sdk(&found.credentials)?,
            provider: found.provider,
        })
    }

    fn look_again(&self) -> Option<Duration> {
        Some(LOOK)
    }
}
