//! The signature of a message: RSA (PKCS #1 v1.5) with SHA-256 for version 2, with SHA-1 for version 1. RFC 8017 §8.2, RFC 5280.
//!
//! A certificate comes alone, without the chain that it was issued by: it is trusted because the host that it was fetched from has
//! proven over TLS to be SNS, as AWS's own SDKs do it.

use super::envelope::Envelope;
use super::error::SnsError;
use crate::clock::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use std::time::Duration;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{EndEntityCert, Error, KeyUsage};

/// Checks that `envelope` was signed with the key of `certificate`, which has to be good `now`.
pub(super) fn verify(envelope: &Envelope, certificate: &CertificateDer<'_>, now: Timestamp) -> Result<(), SnsError> {
    let algorithm: &dyn SignatureVerificationAlgorithm = match envelope.signature_version.as_str() {
        "1" => &RsaSha1,
        "2" => RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(SnsError::Version),
    };
    let text = envelope.string_to_sign().ok_or(SnsError::Incomplete)?;
    let signature = STANDARD.decode(&envelope.signature).map_err(|_| SnsError::Signature)?;
    let unusable = |error: Error| SnsError::Certificate(error.to_string().into());
    let certificate = EndEntityCert::try_from(certificate).map_err(unusable)?;
    judge(&certificate, now).map_err(unusable)?;
    certificate
        .verify_signature(algorithm, text.as_bytes(), &signature)
        .map_err(|_| SnsError::Signature)
}

/// Judges the certificate's dates and uses. webpki looks at those before it looks for an issuer; there is none to be found, so that
/// an unknown issuer says that everything else is in order.
fn judge(certificate: &EndEntityCert<'_>, now: Timestamp) -> Result<(), Error> {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.as_unix()));
    match certificate.verify_for_usage(&[], &[], &[], now, KeyUsage::server_auth(), None, None) {
        Ok(_) | Err(Error::UnknownIssuer) => Ok(()),
        Err(error) => Err(error),
    }
}

/// RSA with SHA-1, which webpki does not have any more and which is still what SNS signs with unless a topic asks for better.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption, 1.2.840.113549.1.1.5, with a NULL behind it.
        AlgorithmIdentifier::from_slice(&[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
        ])
    }
}
