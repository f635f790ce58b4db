//! TLS files: that they are there, are PEM, hold what they are named for, and make a pair.

use crate::config::document::Entry;
use crate::config::fields::{self, Fields};
use crate::config::file::TLS;
use crate::config::model::TlsConfig;
use crate::config::report::{Report, Wrong};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};

/// Judges `tls`.
pub(super) fn tls(entry: &Entry, report: &mut Report<'_>) -> Option<TlsConfig> {
    let fields = Fields::open(&entry.node, &TLS, report)?;
    let certificate = file(
        &fields,
        "certificate",
        report,
        |file| match CertificateDer::pem_file_iter(file)?.next() {
            Some(certificate) => certificate.map(drop),
            None => Err(pem::Error::NoItemsFound),
        },
    );
    let private_key = file(&fields, "private_key", report, |file| {
        PrivateKeyDer::from_pem_file(file).map(drop)
    });
    let (certificate, private_key) = (certificate?, private_key?);
    if let Err(wrong) = pair(&certificate, &private_key) {
        let place = fields
            .get("private_key")
            .map_or(fields.place(), |entry| &entry.node.place);
        report.wrong(place, wrong);
    }
    Some(TlsConfig {
        certificate,
        private_key,
    })
}

/// Asks rustls what the listener will ask it. Files that can't be read any more are the listener's to report.
fn pair(certificate: &Path, private_key: &Path) -> Result<(), Wrong> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let (Ok(chain), Ok(key)) = (chain, PrivateKeyDer::from_pem_file(private_key)) else {
        return Ok(());
    };
    let provider = rustls::crypto::ring::default_provider();
    match CertifiedKey::from_der(chain, key, &provider) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => Err(Wrong::new(
            "the private key does not belong to the certificate",
            "name the key that the certificate was issued for; the certificate's file has the leaf first, then its issuers",
        )),
        Err(error) => Err(Wrong::new(
            format!("this certificate and key can't be used: {error}"),
            "write a certificate with an RSA (2048 to 8192 bits), ECDSA (P-256, P-384) or Ed25519 key",
        )),
    }
}

fn file(
    fields: &Fields<'_>,
    name: &str,
    report: &mut Report<'_>,
    read: impl FnOnce(&Path) -> Result<(), pem::Error>,
) -> Option<PathBuf> {
    let entry = fields.require(name, "write certificate and private_key, paths of PEM files", report)?;
    let text = fields::present(entry, report, |text| Ok(text.clone()))?;
    let path = report.resolve(text.as_str());
    report.watch(path.clone());
    let shown = text.advice(|_| path.display().to_string(), "the file");
    let wrong = match read(&path) {
        Ok(()) => return Some(path),
        Err(pem::Error::Io(error)) => Wrong::new(
            format!("{shown} can't be read: {error}"),
            "name a PEM file that the gateway's user can read; relative paths start at the configuration's folder",
        ),
        Err(pem::Error::NoItemsFound) => Wrong::new(
            format!("{shown} holds no {}", name.replace('_', " ")),
            "name a PEM file with \"-----BEGIN …-----\"; check that certificate and key are not swapped",
        ),
        Err(_) => Wrong::new(
            format!("{shown} is not a valid PEM file"),
            "write the file anew: a section starts with \"-----BEGIN …-----\" and ends with \"-----END …-----\"",
        ),
    };
    report.wrong(&entry.node.place, wrong);
    None
}
