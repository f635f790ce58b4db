//! An origin's document as its client would have it: under the client's own names. Only the texts of a few known elements
//! are replaced; every other byte stays as it came.

use super::text::{push_element, push_text};
use super::{DeleteError, XmlError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// What a document is to say instead.
#[derive(Clone, Debug, Default)]
pub struct ClientView {
    /// The bucket's name, where the client calls it otherwise than the origin does.
    pub bucket: Option<Box<str>>,
    /// The URL of the object, for documents that name one: the origin's own is never passed on.
    pub location: Box<str>,
    /// What the gateway refused of a DeleteObjects request.
    pub refused: Vec<DeleteError>,
}

impl ClientView {
    /// Returns `xml` with its root's elements replaced.
    ///
    /// # Errors
    /// [`XmlError`] when it is no well-formed document, or has a document type.
    pub fn of(&self, xml: &str) -> Result<String, XmlError> {
        let xml = xml.trim_start_matches('\u{feff}');
        let mut draft = Draft {
            xml,
            out: String::with_capacity(xml.len() + 64),
            copied: 0,
        };
        let mut reader = Reader::from_str(xml);
        let (mut depth, mut root, mut hidden) = (0_u32, None, false);
        let mut has_location = false;
        loop {
            let before = position(&reader)?;
            let event = reader.read_event().map_err(|_| XmlError)?;
            let after = position(&reader)?;
            match event {
                Event::Start(start) => {
                    match depth {
                        0 if root.is_some() => return Err(XmlError),
                        0 => root = Some(Root::of(&start)),
                        1 => {
                            has_location |= start.local_name().as_ref() == "Location";
                            if let Some(text) = self.instead(root, &start) {
                                draft.copy_to(after);
                                push_text(&mut draft.out, text);
                                hidden = true;
                            }
                        }
                        _ => {}
                    }
                    depth += 1;
                }
                Event::End(_) => {
                    depth = depth.checked_sub(1).ok_or(XmlError)?;
                    if depth == 1 && std::mem::take(&mut hidden) {
                        draft.copied = before;
                    }
                    match root.filter(|_| depth == 0) {
                        Some(Root::Deleted) => {
                            draft.copy_to(before);
                            for error in &self.refused {
                                error.push(&mut draft.out);
                            }
                        }
                        // SDKs hand it on to their apps, and s3s leaves it out.
                        Some(Root::Completed) if !has_location => {
                            draft.copy_to(before);
                            push_element(&mut draft.out, "Location", &self.location);
                        }
                        _ => {}
                    }
                }
                Event::Empty(start) if depth == 0 => {
                    if root.replace(Root::of(&start)).is_some() {
                        return Err(XmlError);
                    }
                    if root == Some(Root::Deleted) && !self.refused.is_empty() {
                        draft.open(&start, before, after, &self.refused);
                    }
                }
                Event::Eof if depth == 0 && root.is_some() => break,
                Event::DocType(_) | Event::Eof => return Err(XmlError),
                _ => {}
            }
        }
        draft.copy_to(xml.len());
        Ok(draft.out)
    }

    /// What the child `start` of `root` is to say, where that is another thing.
    fn instead(&self, root: Option<Root>, start: &BytesStart<'_>) -> Option<&str> {
        match (root?, start.local_name().as_ref()) {
            (Root::List, "Name") | (Root::Multipart | Root::Completed, "Bucket") => self.bucket.as_deref(),
            (Root::Completed, "Location") => Some(&self.location),
            _ => None,
        }
    }
}

/// The documents that name a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    /// In `<Name>`.
    List,
    /// In `<Bucket>`.
    Multipart,
    /// In `<Bucket>` and `<Location>`.
    Completed,
    /// The answer to DeleteObjects.
    Deleted,
    Other,
}

impl Root {
    fn of(start: &BytesStart<'_>) -> Self {
        match start.local_name().as_ref() {
            "ListBucketResult" | "ListVersionsResult" => Self::List,
            "InitiateMultipartUploadResult" | "ListMultipartUploadsResult" | "ListPartsResult" => Self::Multipart,
            "CompleteMultipartUploadResult" | "PostResponse" => Self::Completed,
            "DeleteResult" => Self::Deleted,
            _ => Self::Other,
        }
    }
}

/// What is written so far.
struct Draft<'a> {
    xml: &'a str,
    out: String,
    copied: usize,
}

impl Draft<'_> {
    fn copy_to(&mut self, end: usize) {
        self.out.push_str(self.xml.get(self.copied..end).unwrap_or_default());
        self.copied = end;
    }

    /// Writes an empty root, which is `before..after`, with content.
    fn open(&mut self, start: &BytesStart<'_>, before: usize, after: usize, errors: &[DeleteError]) {
        self.copy_to(before);
        for part in ["<", start.name().as_ref(), start.attributes_raw(), ">"] {
            self.out.push_str(part);
        }
        for error in errors {
            error.push(&mut self.out);
        }
        for part in ["</", start.name().as_ref(), ">"] {
            self.out.push_str(part);
        }
        self.copied = after;
    }
}

fn position(reader: &Reader<&[u8]>) -> Result<usize, XmlError> {
    usize::try_from(reader.buffer_position()).map_err(|_| XmlError)
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
