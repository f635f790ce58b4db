//! TLS files: that they are there, are PEM, and hold what they are named for. Whether the key fits the certificate is the
//! listener's business, which loads both.

use crate::config::document::Entry;
use crate::config::fields::{self, Fields};
use crate::config::file::TLS;
use crate::config::model::TlsConfig;
use crate::config::report::{Report, Wrong};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
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
    Some(TlsConfig {
        certificate: certificate?,
        private_key: private_key?,
    })
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
