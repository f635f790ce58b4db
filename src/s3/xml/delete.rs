//! DeleteObjects: which objects, read from the client's document and written for the origin. What is sent is written
//! anew from what was read and judged, so that no second reader can find another key in it (rules 1 and 15).

use super::text::{is_char, push_element, resolve};
use super::{DECLARATION, NAMESPACE, XmlError};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// As many objects as S3 takes in one request.
const MOST_OBJECTS: usize = 1000;

/// The document of a DeleteObjects request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteRequest {
    /// The objects, 1 to 1,000.
    pub objects: Vec<DeleteEntry>,
    /// Whether only failures are to be told.
    pub quiet: bool,
}

/// One object that is to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteEntry {
    /// The key as written, not judged.
    pub key: String,
    /// What else is said of the object, in the order of [`CONDITIONS`]: its version, and conditions that must hold.
    conditions: [Option<String>; CONDITIONS.len()],
}

/// Elements of `<Object>` beside its key.
const CONDITIONS: [&str; 4] = ["VersionId", "ETag", "LastModifiedTime", "Size"];

/// Why one object of a DeleteObjects request was not deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteError {
    /// The object.
    pub object: DeleteEntry,
    /// S3's code, such as `AccessDenied`.
    pub code: &'static str,
    /// What people are told.
    pub message: &'static str,
}

impl DeleteEntry {
    /// The version, where one is named.
    #[must_use]
    pub fn version_id(&self) -> Option<&str> {
        self.conditions[0].as_deref()
    }
}

impl DeleteRequest {
    /// Takes the client's document.
    ///
    /// # Errors
    /// [`XmlError`] for anything but 1 to 1,000 objects with a key each, and for elements that S3 does not know.
    pub fn parse(xml: &str) -> Result<Self, XmlError> {
        let mut reader = Reader::from_str(xml);
        let mut request = Self::default();
        let mut path = Path::Outside;
        let mut seen_root = false;
        loop {
            match reader.read_event().map_err(|_| XmlError)? {
                Event::Start(start) => {
                    let entered = path.enter(start.local_name().as_ref(), &mut request)?;
                    // One root, one document.
                    if entered == Path::Root && std::mem::replace(&mut seen_root, true) {
                        return Err(XmlError);
                    }
                    path = entered;
                }
                Event::Empty(start) => {
                    let entered = path.enter(start.local_name().as_ref(), &mut request)?;
                    // An empty condition says nothing; everything else must not be empty.
                    if !matches!(entered, Path::Condition(_)) {
                        return Err(XmlError);
                    }
                    entered.leave(&mut request)?;
                }
                Event::End(_) => path = path.leave(&mut request)?,
                Event::Text(text) => path.text(&text, &mut request)?,
                Event::CData(text) => path.text(&text, &mut request)?,
                Event::GeneralRef(name) => path.text(&resolve(&name).ok_or(XmlError)?, &mut request)?,
                Event::Decl(_) | Event::Comment(_) => {}
                Event::DocType(_) | Event::PI(_) => return Err(XmlError),
                Event::Eof => break,
            }
        }
        let complete = path == Path::Outside && (1..=MOST_OBJECTS).contains(&request.objects.len());
        let named = request.objects.iter().all(|object| !object.key.is_empty());
        if complete && named { Ok(request) } else { Err(XmlError) }
    }

    /// Returns the document for the origin.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = format!("{DECLARATION}<Delete xmlns=\"{NAMESPACE}\">");
        for object in &self.objects {
            xml.push_str("<Object>");
            push_element(&mut xml, "Key", &object.key);
            for (name, text) in CONDITIONS.iter().zip(&object.conditions) {
                if let Some(text) = text {
                    push_element(&mut xml, name, text);
                }
            }
            xml.push_str("</Object>");
        }
        if self.quiet {
            push_element(&mut xml, "Quiet", "true");
        }
        xml.push_str("</Delete>");
        xml
    }
}

impl DeleteError {
    /// Appends its `<Error>`.
    pub(super) fn push(&self, xml: &mut String) {
        xml.push_str("<Error>");
        push_element(xml, "Key", &self.object.key);
        if let Some(version) = self.object.version_id() {
            push_element(xml, "VersionId", version);
        }
        push_element(xml, "Code", self.code);
        push_element(xml, "Message", self.message);
        xml.push_str("</Error>");
    }

    /// Returns a whole answer of nothing but errors.
    #[must_use]
    pub fn document(errors: &[Self]) -> String {
        let mut xml = format!("{DECLARATION}<DeleteResult xmlns=\"{NAMESPACE}\">");
        for error in errors {
            error.push(&mut xml);
        }
        xml.push_str("</DeleteResult>");
        xml
    }
}

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Outside,
    Root,
    Quiet,
    Object,
    Key,
    Condition(usize),
}

impl Path {
    fn enter(self, name: &str, request: &mut DeleteRequest) -> Result<Self, XmlError> {
        match (self, name) {
            (Self::Outside, "Delete") => Ok(Self::Root),
            (Self::Root, "Quiet") => Ok(Self::Quiet),
            (Self::Root, "Object") if request.objects.len() < MOST_OBJECTS => {
                request.objects.push(DeleteEntry::default());
                Ok(Self::Object)
            }
            (Self::Object, name) => {
                let object = request.objects.last_mut().ok_or(XmlError)?;
                if name == "Key" {
                    // Twice would be two keys.
                    return object.key.is_empty().then_some(Self::Key).ok_or(XmlError);
                }
                let place = CONDITIONS.iter().position(|known| *known == name).ok_or(XmlError)?;
                let condition = object.conditions.get_mut(place).ok_or(XmlError)?;
                if condition.replace(String::new()).is_some() {
                    return Err(XmlError);
                }
                Ok(Self::Condition(place))
            }
            _ => Err(XmlError),
        }
    }

    fn leave(self, request: &mut DeleteRequest) -> Result<Self, XmlError> {
        match self {
            Self::Outside => Err(XmlError),
            Self::Root => Ok(Self::Outside),
            Self::Quiet | Self::Object => Ok(Self::Root),
            Self::Key => Ok(Self::Object),
            Self::Condition(place) => {
                let object = request.objects.last_mut().ok_or(XmlError)?;
                if let Some(condition) = object.conditions.get_mut(place) {
                    *condition = condition.take().filter(|text| !text.is_empty());
                }
                Ok(Self::Object)
            }
        }
    }

    fn text(self, text: &str, request: &mut DeleteRequest) -> Result<(), XmlError> {
        if !text.chars().all(is_char) {
            return Err(XmlError);
        }
        let object = request.objects.last_mut();
        match (self, object) {
            (Self::Key, Some(object)) => object.key.push_str(text),
            (Self::Condition(place), Some(object)) => {
                if let Some(Some(condition)) = object.conditions.get_mut(place) {
                    condition.push_str(text);
                }
            }
            (Self::Quiet, _) => match text.trim() {
                "true" => request.quiet = true,
                "false" | "" => {}
                _ => return Err(XmlError),
            },
            _ if text.trim().is_empty() => {}
            _ => return Err(XmlError),
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "delete_tests.rs"]
mod tests;
