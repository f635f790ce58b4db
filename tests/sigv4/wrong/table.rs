//! A table of wrong requests made by hand, each with the refusal that it must get. Rules 5 to 12.
//!
//! Where a draft is wrong, it is signed as it is: nothing but the fault that is named can be what is refused. Where the
//! finished request is spoiled, the signature is that of the request as it was.

use crate::hand::{Draft, ID, SECRET};
use crate::request::{Keys, Outcome, Request};
use evergate::sigv4::{PresentedError as P, VerifyError as V};

/// What is expected.
#[derive(Debug)]
pub(crate) enum Expected {
    Malformed(P),
    Refused(V),
    Unsigned,
    Believed,
}

impl From<P> for Expected {
    fn from(error: P) -> Self {
        Self::Malformed(error)
    }
}

impl From<V> for Expected {
    fn from(error: V) -> Self {
        Self::Refused(error)
    }
}

/// Judges all rows before it says which of them went wrong.
#[derive(Default)]
pub(crate) struct Table {
    rows: usize,
    faults: Vec<String>,
}

impl Table {
    pub(crate) fn row(&mut self, name: &str, request: &Request, expected: impl Into<Expected>) {
        let expected = expected.into();
        let outcome = request.judge(&Keys::new(ID, SECRET));
        let fits = match (&expected, &outcome) {
            (Expected::Malformed(expected), Some(Outcome::Malformed(error))) => expected == error,
            (Expected::Refused(expected), Some(Outcome::Refused(error))) => expected == error,
            (Expected::Unsigned, Some(Outcome::Unsigned)) | (Expected::Believed, Some(Outcome::Believed(_))) => true,
            _ => false,
        };
        self.rows += 1;
        if !fits {
            self.faults
                .push(format!("{name}: expected {expected:?}, got {outcome:?}"));
        }
    }

    /// A row whose draft is wrong.
    pub(crate) fn header(&mut self, name: &str, change: impl FnOnce(&mut Draft), expected: impl Into<Expected>) {
        let mut draft = Draft::header();
        change(&mut draft);
        self.row(name, &draft.sign_header(), expected);
    }

    /// A row whose draft is wrong, presigned.
    pub(crate) fn query(&mut self, name: &str, change: impl FnOnce(&mut Draft), expected: impl Into<Expected>) {
        let mut draft = Draft::query();
        change(&mut draft);
        self.row(name, &draft.sign_query(), expected);
    }

    /// A row whose finished request is spoiled.
    pub(crate) fn spoiled(
        &mut self,
        name: &str,
        mut request: Request,
        change: impl FnOnce(&mut Request),
        expected: impl Into<Expected>,
    ) {
        change(&mut request);
        self.row(name, &request, expected);
    }

    pub(crate) fn end(self, at_least: usize) {
        assert!(self.faults.is_empty(), "\n{}\n", self.faults.join("\n"));
        assert!(self.rows >= at_least, "{} rows", self.rows);
    }
}

pub(crate) fn header() -> Request {
    Draft::header().sign_header()
}

pub(crate) fn query() -> Request {
    Draft::query().sign_query()
}

pub(crate) fn put(name: &str, value: &str) -> impl FnOnce(&mut Request) {
    let field = (name.to_owned(), value.to_owned());
    move |request| request.fields.push(field)
}

pub(crate) fn in_authorization(from: &str, to: &str) -> impl FnOnce(&mut Request) {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |request| {
        let (_, value) = request
            .fields
            .iter_mut()
            .find(|(name, _)| name == "authorization")
            .unwrap();
        assert!(value.contains(&from), "{value}");
        *value = value.replacen(&from, &to, 1);
    }
}

pub(crate) fn in_query(from: &str, to: &str) -> impl FnOnce(&mut Request) {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |request| {
        let query = request.query.as_mut().unwrap();
        assert!(query.contains(&from), "{query}");
        *query = query.replacen(&from, &to, 1);
    }
}

pub(crate) fn more_query(parameter: &str) -> impl FnOnce(&mut Request) {
    let parameter = parameter.to_owned();
    move |request| {
        let query = request.query.take();
        request.query = Some(query.map_or_else(|| parameter.clone(), |query| format!("{query}&{parameter}")));
    }
}

pub(crate) fn signature_of(request: &Request) -> String {
    let from = |text: &str| text.rsplit_once("Signature=").unwrap().1.to_owned();
    request
        .field("authorization")
        .map_or_else(|| from(request.query.as_deref().unwrap()), from)
}
