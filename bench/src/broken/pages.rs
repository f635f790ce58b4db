//! The chat as the app has it: pages of images, written one after the other, and what their links are when one is opened.

use super::gallery::Gallery;
use super::gateway::{CLIENT_ID, CLIENT_SECRET, bucket_of};
use super::lease::Current;
use super::lock;
use super::origin::{PREFIX, REGION};
use super::way::Way;
use crate::error::BenchError;
use evergate::clock::{Clock, Timestamp};
use evergate::s3::{Address, AddressStyle, BucketName, Endpoint, ObjectKey, Region};
use evergate::sigv4::{AccessKeyId, Credential, PresignRequest, Signer};
use http::Method;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Pages of the chat.
const PAGES: usize = 32;
/// Images of a page.
pub(super) const AVATARS: usize = 40;

/// All pages of one way.
#[derive(Debug)]
pub(super) struct Chat {
    way: Way,
    gallery: Arc<Gallery>,
    clock: Clock,
    signs: Signs,
    server: SocketAddr,
    address: Address,
    region: Region,
    expiry: RangeInclusive<u64>,
    pages: Mutex<Vec<Page>>,
}

/// What the app signs with.
#[derive(Debug)]
pub(super) enum Signs {
    /// The session of the moment.
    Session(Arc<Current>),
    /// A key of the gateway's.
    Client,
    /// Nothing: its links are paths.
    Nothing,
}

#[derive(Clone, Debug)]
struct Page {
    number: usize,
    images: Vec<Image>,
}

/// An image of a page that somebody opened.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// Its number in the gallery.
    pub(super) picture: usize,
    /// Where the page says that it is.
    pub(super) link: String,
    signed_at: Timestamp,
    ends: Option<Timestamp>,
}

impl Image {
    /// Whether its link has ended by now, by its own expiry.
    pub(super) fn has_expired(&self) -> bool {
        self.ends.is_some_and(|ends| Clock::system().now() > ends)
    }
}

impl Chat {
    /// Writes all pages, each as if at another time up to thrice the longest expiry ago. `server` is who the links lead to;
    /// links live for a time within `expiry`, in seconds.
    pub(super) fn new(
        way: Way,
        gallery: Arc<Gallery>,
        signs: Signs,
        server: SocketAddr,
        expiry: RangeInclusive<u64>,
    ) -> Result<Self, BenchError> {
        let wrong = |error: String| BenchError::said(error);
        let endpoint = Endpoint::parse(&format!("http://{server}")).map_err(|error| wrong(error.to_string()))?;
        let bucket = BucketName::parse(&bucket_of(way)).map_err(|error| wrong(error.to_string()))?;
        let chat = Self {
            way,
            gallery,
            clock: Clock::system(),
            signs,
            server,
            address: endpoint.address(AddressStyle::Path, &bucket),
            region: Region::parse(REGION).map_err(|error| wrong(error.to_string()))?,
            expiry,
            pages: Mutex::default(),
        };
        let now = chat.clock.now();
        let span = chat.span().as_secs();
        for number in 0..PAGES {
            let ago = span * (number as u64) / (PAGES as u64);
            let page = chat.write(number, now.minus(Duration::from_secs(ago)))?;
            lock(&chat.pages).push(page);
        }
        Ok(chat)
    }

    pub(super) fn stores_links(&self) -> bool {
        self.way.stores_links()
    }

    /// How old a page gets before it is written anew.
    fn span(&self) -> Duration {
        Duration::from_secs(self.expiry.end() * 3)
    }

    /// Writes one page after the other anew, for ever.
    ///
    /// # Errors
    /// When nothing can be signed.
    pub(super) async fn go_on(&self) -> Result<(), BenchError> {
        let mut turns = tokio::time::interval(self.span() / u32::try_from(PAGES).unwrap_or(1));
        let mut number = PAGES;
        loop {
            turns.tick().await;
            number -= 1;
            let page = self.write(number, self.clock.now())?;
            if let Some(place) = lock(&self.pages).get_mut(number) {
                *place = page;
            }
            number = if number == 0 { PAGES } else { number };
        }
    }

    /// Opens a page at random.
    ///
    /// # Errors
    /// When nothing can be signed.
    pub(super) fn open(&self) -> Result<Vec<Image>, BenchError> {
        let number = fastrand::usize(..PAGES);
        let mut page = lock(&self.pages).get(number).cloned().unwrap_or(Page {
            number,
            images: Vec::new(),
        });
        // Pages of one kind are loaded by an endpoint that renews links which have lost half of their life, and stores them; the
        // others by one that shows what is stored.
        if self.way == Way::SomeEndpoints && page.number.is_multiple_of(2) {
            let now = self.clock.now();
            for image in &mut page.images {
                let is_old = image
                    .ends
                    .is_some_and(|ends| ends.since(now) < ends.since(image.signed_at) / 2);
                if is_old {
                    *image = self.image(image.picture, now)?;
                }
            }
            if let Some(place) = lock(&self.pages).get_mut(number) {
                *place = page.clone();
            }
        }
        Ok(page.images)
    }

    fn write(&self, number: usize, at: Timestamp) -> Result<Page, BenchError> {
        let images = (0..AVATARS).map(|_| {
            // Few write much, and many little.
            let picture = fastrand::usize(..self.gallery.len()).min(fastrand::usize(..self.gallery.len()));
            self.image(picture, at)
        });
        Ok(Page {
            number,
            images: images.collect::<Result<_, _>>()?,
        })
    }

    fn image(&self, picture: usize, at: Timestamp) -> Result<Image, BenchError> {
        let name = &self.gallery.picture(picture).name;
        let credential = match &self.signs {
            Signs::Session(current) => current.get().credential()?,
            Signs::Client => {
                let id = AccessKeyId::parse(CLIENT_ID).map_err(|error| BenchError::said(error.to_string()))?;
                Credential::new(id, CLIENT_SECRET.into())
            }
            Signs::Nothing => {
                return Ok(Image {
                    picture,
                    link: format!("http://{}/{}/{name}", self.server, self.way.word()),
                    signed_at: at,
                    ends: None,
                });
            }
        };
        let expires = Duration::from_secs(fastrand::u64(self.expiry.clone()));
        let key = ObjectKey::parse(&format!("{PREFIX}{name}")).map_err(|error| BenchError::said(error.to_string()))?;
        let link = Signer::new(Arc::new(credential)).presign(&PresignRequest {
            method: &Method::GET,
            address: &self.address,
            region: &self.region,
            key: &key,
            query: &[],
            signed_at: at,
            expires,
        });
        Ok(Image {
            picture,
            link,
            signed_at: at,
            ends: Some(at.plus(expires)),
        })
    }
}
