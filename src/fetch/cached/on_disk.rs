//! From what the disk tier keeps to what memory keeps, and back. Rules 18 and 28.
//!
//! What an earlier run of the program wrote is used once the origin has vouched for it: nobody knows what was forgotten since.

use super::ObjectCache;
use super::kept::{Kept, KeptObject};
use crate::cache::{DiskObject, Exchange, Moment, ObjectName, StorageRules, Validity, WrittenBy};
use crate::fetch::head::OriginHead;
use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, DATE,
    ETAG, EXPIRES, LAST_MODIFIED, VARY,
};
use http::{HeaderMap, HeaderName};
use std::sync::Arc;

/// The fields that an object and its freshness are known by. What else an origin says is not kept.
const FIELDS: [HeaderName; 12] = [
    AGE,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    DATE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    VARY,
];

/// What the disk has of an object.
#[derive(Debug)]
pub(super) enum OnDisk {
    /// It was written since the program began, and is in memory now.
    Known(Arc<KeptObject>),
    /// It was written before. The fields are those it was written with.
    Unvouched(Arc<KeptObject>, HeaderMap),
}

impl ObjectCache {
    /// Looks for an object on disk.
    pub(super) async fn look_on_disk(&self, name: &ObjectName) -> Option<OnDisk> {
        let found = self.disk.as_ref()?.get(name).await?;
        let DiskObject { fields, exchange, body } = found.object;
        let query = name.as_query();
        let since = match found.written {
            WrittenBy::ThisRun { since } => Some(since),
            WrittenBy::EarlierRun => None,
        };
        if since.is_some_and(|since| self.forgotten.is_forgotten(&query, since)) {
            self.disk.as_ref()?.remove(name);
            return None;
        }
        let head = OriginHead::from_headers(&fields).kept();
        let length = body.len() as u64;
        let lease = self
            .budget
            .lease(length)
            .filter(|_| head.content_length == Some(length))?;
        let object = Arc::new(KeptObject {
            head: Arc::new(head),
            validity: Validity::new(&StorageRules::from_headers(&fields), exchange),
            body: lease.around(body),
        });
        Some(match since {
            Some(since) => {
                self.store.insert(&query, since, Kept::Object(Arc::clone(&object)));
                OnDisk::Known(object)
            }
            None => OnDisk::Unvouched(object, fields),
        })
    }

    /// Has an object written to disk, if there is one.
    pub(super) fn write_to_disk(
        &self,
        name: &ObjectName,
        since: Moment,
        headers: &HeaderMap,
        exchange: Exchange,
        body: &Bytes,
    ) {
        let Some(disk) = &self.disk else { return };
        let mut fields = HeaderMap::with_capacity(FIELDS.len());
        for field in &FIELDS {
            for value in headers.get_all(field) {
                fields.append(field.clone(), value.clone());
            }
        }
        let object = DiskObject {
            fields,
            exchange,
            body: body.clone(),
        };
        disk.put(name, object, since);
    }

    /// Keeps nothing under `name` any more.
    pub(super) fn drop_entry(&self, name: &ObjectName) {
        self.store.remove(&name.as_query());
        if let Some(disk) = &self.disk {
            disk.remove(name);
        }
    }
}

/// The fields that an object was kept with, after a 304 that told some of them anew. RFC 9111 §3.2.
pub(super) fn updated(mut fields: HeaderMap, told: &HeaderMap) -> HeaderMap {
    for field in FIELDS
        .iter()
        .filter(|field| **field != CONTENT_LENGTH && **field != CONTENT_ENCODING)
    {
        let mut values = told.get_all(field).iter();
        if let Some(first) = values.next() {
            fields.insert(field.clone(), first.clone());
            for more in values {
                fields.append(field.clone(), more.clone());
            }
        } else if *field == AGE || *field == DATE {
            // They tell of one exchange.
            fields.remove(field);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_304_tells_some_fields_anew_and_others_stay() {
        let map = |fields: &[(HeaderName, &'static str)]| -> HeaderMap {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
                .collect()
        };
        let kept = map(&[
            (CONTENT_LENGTH, "4"),
            (CONTENT_TYPE, "image/png"),
            (CACHE_CONTROL, "max-age=1"),
            (AGE, "9"),
        ]);
        let told = map(&[(CONTENT_LENGTH, "0"), (CACHE_CONTROL, "max-age=2")]);
        let expected = map(&[
            (CONTENT_LENGTH, "4"),
            (CONTENT_TYPE, "image/png"),
            (CACHE_CONTROL, "max-age=2"),
        ]);
        assert_eq!(updated(kept, &told), expected);
    }
}
