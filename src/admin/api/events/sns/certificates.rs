//! The certificates that SNS signs with: fetched once, kept for a day, few of them (rule 23).

use super::error::SnsError;
use super::topic::SnsUrl;
use super::web::SnsWeb;
use crate::clock::Timestamp;
use http::StatusCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::time::Duration;
use tokio::sync::Mutex;
use webpki::EndEntityCert;

/// How many are kept. SNS has one for each region, and another every year.
const MOST: usize = 8;
/// How long one is kept.
const KEPT: Duration = Duration::from_hours(24);

/// The certificates by their URLs, oldest first.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    /// Locked while one is fetched: whoever needs one meanwhile waits for it instead of fetching it too.
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    url: Box<str>,
    certificate: CertificateDer<'static>,
    since: Timestamp,
}

impl Certificates {
    /// Returns the certificate at `url`, which is fetched unless it is there.
    pub(super) async fn get(
        &self,
        web: &dyn SnsWeb,
        url: &SnsUrl,
        now: Timestamp,
    ) -> Result<CertificateDer<'static>, SnsError> {
        let mut kept = self.kept.lock().await;
        kept.retain(|kept| now.since(kept.since) < KEPT);
        if let Some(found) = kept.iter().find(|kept| kept.url == url.url) {
            return Ok(found.certificate.clone());
        }
        let certificate = fetch(web, url).await?;
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Kept {
            url: url.url.clone(),
            certificate: certificate.clone(),
            since: now,
        });
        Ok(certificate)
    }
}

#[cfg(test)]
impl Certificates {
    pub(super) async fn held(&self) -> usize {
        self.kept.lock().await.len()
    }
}

async fn fetch(web: &dyn SnsWeb, url: &SnsUrl) -> Result<CertificateDer<'static>, SnsError> {
    let answer = web.get(&url.url, &url.host).await;
    let answer = answer.map_err(|error| SnsError::Unreachable(error.to_string()))?;
    if answer.status != StatusCode::OK {
        return Err(SnsError::Unreachable(format!("it answers {}", answer.status)));
    }
    let unusable = |reason: &str| SnsError::Certificate(reason.into());
    let certificate = CertificateDer::from_pem_slice(&answer.body).map_err(|_| unusable("it is no PEM certificate"))?;
    // What can't be read must not be kept for a day.
    match EndEntityCert::try_from(&certificate) {
        Ok(_) => Ok(certificate),
        Err(error) => Err(unusable(&error.to_string())),
    }
}
