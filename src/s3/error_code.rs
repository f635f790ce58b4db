//! S3 error codes and their XML. AWS "Error responses".
//!
//! An origin's document is read for its code, message and region. On the S3 endpoint the first two go on, since SDKs branch
//! on them; at every other door they go no further than the log (DESIGN §4.10).

use super::Region;
use super::xml::{push_element, resolve};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// The most of an error body that is looked at, in bytes.
const MAX_DOCUMENT_LEN: usize = 64 * 1024;
/// The most of a code or message that is kept, in bytes.
const MAX_TEXT_LEN: usize = 1024;

/// The codes that the gateway branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// No such key.
    NoSuchKey,
    /// No such bucket.
    NoSuchBucket,
    /// Access denied.
    AccessDenied,
    /// Slow down.
    SlowDown,
    /// The clocks differ by more than 15 minutes.
    RequestTimeTooSkewed,
    /// The session token is past its end.
    ExpiredToken,
    /// The session token is none, or none that belongs to the key pair.
    InvalidToken,
    /// The origin knows no such access key id.
    InvalidAccessKeyId,
    /// The signature does not match: another secret, or another idea of the request.
    SignatureDoesNotMatch,
    /// The `Authorization` header, or what stands for it in a query, is not as the origin wants it; most often the region
    /// of its scope is another than the bucket's.
    AuthorizationHeaderMalformed,
    /// The bucket is to be asked for at another endpoint.
    PermanentRedirect,
    /// Anything else.
    Other,
}

impl ErrorCode {
    /// Takes a code as written in a `<Code>` element.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match text {
            "NoSuchKey" => Self::NoSuchKey,
            "NoSuchBucket" => Self::NoSuchBucket,
            "AccessDenied" => Self::AccessDenied,
            "SlowDown" => Self::SlowDown,
            "RequestTimeTooSkewed" => Self::RequestTimeTooSkewed,
            "ExpiredToken" => Self::ExpiredToken,
            "InvalidToken" => Self::InvalidToken,
            "InvalidAccessKeyId" => Self::InvalidAccessKeyId,
            "SignatureDoesNotMatch" => Self::SignatureDoesNotMatch,
            // In a presigned URL the same fault goes by another name.
            "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" => Self::AuthorizationHeaderMalformed,
            "PermanentRedirect" | "TemporaryRedirect" | "Redirect" => Self::PermanentRedirect,
            _ => Self::Other,
        }
    }
}

/// What an S3 `<Error>` document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDocument {
    /// The code, classified.
    pub code: ErrorCode,
    /// The code as written.
    pub code_text: String,
    /// The message, for people.
    pub message: String,
    /// The region that the bucket is in, where the origin names it.
    pub region: Option<Region>,
}

impl ErrorDocument {
    /// Makes a document of a code and a message.
    #[must_use]
    pub fn new(code_text: &str, message: &str) -> Self {
        Self {
            code: ErrorCode::of(code_text),
            code_text: code_text.to_owned(),
            message: message.to_owned(),
            region: None,
        }
    }

    /// Takes at most 64 KiB of an error body; `None` when it is not an S3 error document.
    ///
    /// Document types are refused and only XML's five own entities and character references are resolved, so that no
    /// document can grow while it is read.
    #[must_use]
    pub fn parse(xml: &[u8]) -> Option<Self> {
        if xml.len() > MAX_DOCUMENT_LEN {
            return None;
        }
        let mut reader = Reader::from_str(str::from_utf8(xml).ok()?);
        let mut texts = Texts::default();
        let (mut depth, mut field) = (0_u32, None);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    let name = start.local_name();
                    depth += 1;
                    // Markup inside of a code has no single meaning.
                    if field.is_some() || (depth == 1 && name.as_ref() != "Error") {
                        return None;
                    }
                    field = Field::named(name.as_ref()).filter(|_| depth == 2);
                    if let Some(field) = field {
                        texts.open(field)?;
                    }
                }
                Event::End(_) => {
                    depth = depth.checked_sub(1)?;
                    field = None;
                    if depth == 0 {
                        break;
                    }
                }
                Event::Empty(_) if depth == 0 => return None,
                Event::Text(text) if depth == 0 && !text.trim_ascii().is_empty() => return None,
                Event::Text(text) => texts.push(field, &text),
                Event::CData(data) => texts.push(field, &data),
                Event::GeneralRef(name) => texts.push(field, &resolve(&name)?),
                Event::DocType(_) | Event::Eof => return None,
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        let [code, message, region] = texts.0;
        Some(Self {
            region: region.and_then(|name| Region::parse(name.trim()).ok()),
            ..Self::new(code?.trim(), message.unwrap_or_default().trim())
        })
    }

    /// Returns the document as S3 writes it, with the resource and request id of the answer it goes into.
    #[must_use]
    pub fn to_xml(&self, resource: &str, request_id: &str) -> String {
        self.to_xml_with(resource, request_id, &[])
    }

    /// As [`ErrorDocument::to_xml`], with further elements of these names and texts.
    #[must_use]
    pub fn to_xml_with(&self, resource: &str, request_id: &str, more: &[(&str, &str)]) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        let own = [
            ("Code", self.code_text.as_str()),
            ("Message", self.message.as_str()),
            ("Resource", resource),
            ("RequestId", request_id),
        ];
        for (name, text) in own.iter().chain(more) {
            push_element(&mut xml, name, text);
        }
        xml.push_str("</Error>");
        xml
    }
}

/// An element whose text is kept.
#[derive(Clone, Copy)]
enum Field {
    Code,
    Message,
    Region,
}

impl Field {
    fn named(name: &str) -> Option<Self> {
        match name {
            "Code" => Some(Self::Code),
            "Message" => Some(Self::Message),
            "Region" => Some(Self::Region),
            _ => None,
        }
    }
}

/// What was read so far, by [`Field`].
#[derive(Default)]
struct Texts([Option<String>; 3]);

impl Texts {
    /// Begins a field; `None` when it was there before, since two codes have no single meaning.
    fn open(&mut self, field: Field) -> Option<()> {
        let text = &mut self.0[field as usize];
        text.is_none().then(|| *text = Some(String::new()))
    }

    /// Adds to the field that the reader is in, up to its bound.
    fn push(&mut self, field: Option<Field>, more: &str) {
        if let Some(text) = field.and_then(|field| self.0[field as usize].as_mut()) {
            let room = MAX_TEXT_LEN.saturating_sub(text.len());
            text.push_str(more.get(..more.floor_char_boundary(room)).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_of_real_origins_are_read() {
        for (xml, code, message) in [
            // AWS
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not \
                 exist.</Message><Key>a&amp;b</Key><RequestId>1</RequestId><HostId>2</HostId></Error>",
                ErrorCode::NoSuchKey,
                "The specified key does not exist.",
            ),
            // radosgw: no message
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message></Message></Error>",
                ErrorCode::AccessDenied,
                "",
            ),
            // with a namespace and line breaks
            (
                "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <Message>a &lt;b&gt; &#x2603; <![CDATA[<&>]]></Message>\n  \
                 <Code>\n SlowDown </Code>\n</Error>\n",
                ErrorCode::SlowDown,
                "a <b> \u{2603} <&>",
            ),
            ("<Error><Code>Strange</Code><Message/></Error>", ErrorCode::Other, ""),
        ] {
            let read = ErrorDocument::parse(xml.as_bytes()).unwrap();
            assert_eq!((read.code, &*read.message), (code, message));
        }
    }

    #[test]
    fn the_region_is_read_where_it_is_one() {
        let region = |element: &str| {
            let xml = format!("<Error><Code>AuthorizationHeaderMalformed</Code>{element}</Error>");
            let read = ErrorDocument::parse(xml.as_bytes()).unwrap();
            assert_eq!(read.code, ErrorCode::AuthorizationHeaderMalformed);
            read.region.map(|region| region.as_str().to_owned())
        };
        assert_eq!(region("<Region>eu-central-1</Region>").as_deref(), Some("eu-central-1"));
        for none in [
            "",
            "<Region/>",
            "<Region>evil.example.com</Region>",
            "<Region>a/b</Region>",
        ] {
            assert_eq!(region(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_no_error_document_is_none() {
        let bomb = format!(
            "<!DOCTYPE e [<!ENTITY a \"{}\">]><Error><Code>&a;</Code></Error>",
            "x".repeat(99)
        );
        let long = format!(
            "<Error><Code>NoSuchKey</Code><Message>{}</Message></Error>",
            "x".repeat(MAX_DOCUMENT_LEN)
        );
        for xml in [
            "",
            "not xml",
            "not xml <Error><Code>NoSuchKey</Code></Error>",
            "<html><body>502</body></html>",
            "<Error/>",
            "<Error></Error>",
            "<Error><Code>NoSuchKey</Code>",
            "<Error><Code>NoSuchKey</Message></Error>",
            "<Error><Code>NoSuch<b>Key</b></Code></Error>",
            "<Error><Code>NoSuchKey</Code><Code>AccessDenied</Code></Error>",
            "<Error><Code>&nope;</Code></Error>",
            "<Error><Code>&#0;</Code></Error>",
            &bomb,
            &long,
        ] {
            assert_eq!(
                ErrorDocument::parse(xml.as_bytes()),
                None,
                "{}",
                xml.get(..80).unwrap_or(xml)
            );
        }
        assert_eq!(ErrorDocument::parse(b"<Error><Code>\xff</Code></Error>"), None);
    }

    #[test]
    fn nested_codes_are_not_the_code() {
        let xml = b"<Error><Details><Code>AccessDenied</Code></Details><Code>NoSuchKey</Code></Error>";
        assert_eq!(
            ErrorDocument::parse(xml).map(|read| read.code),
            Some(ErrorCode::NoSuchKey)
        );
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let xml = format!(
            "<Error><Code>NoSuchKey</Code><Message>a{}</Message></Error>",
            "é".repeat(2000)
        );
        let message = ErrorDocument::parse(xml.as_bytes()).unwrap().message;
        assert_eq!(message.len(), 1023);
    }

    #[test]
    fn a_written_document_is_escaped() {
        let xml = ErrorDocument::new("AccessDenied", "no <b> & \u{0}no").to_xml("/files/a\"b'", "0123456789abcdef");
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>no &lt;b&gt; &amp; no</Message>\
             <Resource>/files/a&quot;b&apos;</Resource><RequestId>0123456789abcdef</RequestId></Error>"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(code in "[A-Za-z]{1,20}", message in "[^\\p{C}\\s]{0,60}", resource in any::<String>()) {
            let document = ErrorDocument::new(&code, &message);
            prop_assert_eq!(ErrorDocument::parse(document.to_xml(&resource, "1").as_bytes()), Some(document));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ErrorDocument::parse(&bytes);
        }
    }
}
