//! A role that the configuration names, assumed with credentials of the chain, a profile or a key pair.

use super::chain::Chain;
use super::sts::Session;
use super::{Found, Span, from_sdk, to_sdk};
use crate::config::{AssumeRoleConfig, RoleSource};
use crate::credentials::key_files::FileSource;
use crate::credentials::source::{Loaded, Source, SourceError};
use crate::s3::Region;
use crate::sigv4::Credential;

/// The role, and who asks for it.
#[derive(Debug)]
pub(in crate::credentials) struct Role {
    arn: Box<str>,
    external_id: Option<Box<str>>,
    session_name: Box<str>,
    sts_endpoint: Option<String>,
    asker: Asker,
    /// Knows the region, and looks at the environment.
    chain: Chain,
}

#[derive(Debug)]
enum Asker {
    Chain,
    Static(Credential),
    Files(FileSource),
}

impl Role {
    pub(in crate::credentials) fn new(bucket_region: &Region, config: &AssumeRoleConfig) -> Self {
        let (asker, span) = match &config.source {
            RoleSource::Chain => (Asker::Chain, Span::Whole),
            RoleSource::Profile(name) => (Asker::Chain, Span::Profile(name.clone())),
            RoleSource::Static(credential) => (Asker::Static(credential.clone()), Span::Whole),
            RoleSource::Files(files) => (Asker::Files(FileSource::new(files.clone())), Span::Whole),
        };
        Self {
            arn: config.role_arn.clone(),
            external_id: config.external_id.clone(),
            session_name: config.session_name.clone(),
            sts_endpoint: config.sts_endpoint.as_ref().map(ToString::to_string),
            asker,
            chain: Chain::new(bucket_region, span),
        }
    }
}

impl Source for Role {
    async fn load(&self) -> Result<Loaded, SourceError> {
        let asker = match &self.asker {
            // The chain has its own STS: the configured one is for this role alone.
            Asker::Chain => {
                let sdk = self.chain.look(None).await;
                self.chain.find(&sdk).await?
            }
            Asker::Static(credential) => Found {
                credentials: to_sdk(credential),
                provider: "configuration".into(),
            },
            Asker::Files(files) => Found {
                credentials: to_sdk(&files.read_at_rest().await?),
                provider: "files".into(),
            },
        };
        let session = Session {
            role_arn: &self.arn,
            external_id: self.external_id.as_deref(),
            name: Some(&self.session_name),
        };
        let sdk = self.chain.look(self.sts_endpoint.as_deref()).await;
        let assumed = sdk.sts.assume_role(asker.credentials, &session).await?;
        Ok(Loaded {
            credential: from_sdk(&assumed)?,
            provider: format!("assume_role with {}", asker.provider).into(),
        })
    }
}
