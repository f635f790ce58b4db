//! A virtual viewer: opens one page after the other, reads a while, scrolls to the rest of the images.

use super::browser::{Browser, Cause, Kind};
use super::gallery::Gallery;
use super::lock;
use super::pages::{AVATARS, Chat, Image};
use super::plan::Plan;
use crate::error::BenchError;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::task::JoinSet;

/// A visitor opens so many pages, then another comes, with an empty cache.
const PAGES_OF_A_VISIT: usize = 3;
/// So many images are in sight at once; the others are loaded when the viewer scrolls down (`loading="lazy"`).
const IN_SIGHT: usize = AVATARS * 3 / 4;

/// What the viewers of one way have seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) views: u64,
    pub(super) broken: u64,
    /// Views of links that had expired by then.
    pub(super) expired: u64,
    pub(super) causes: BTreeMap<Cause, u64>,
}

/// Watches the chat until `ends`.
///
/// # Errors
/// When the app can't sign.
pub(super) async fn watch(
    chat: Arc<Chat>,
    gallery: Arc<Gallery>,
    plan: Arc<Plan>,
    tally: Arc<Mutex<Tally>>,
    ends: Instant,
) -> Result<(), BenchError> {
    // Not all at once.
    tokio::time::sleep(plan.turn.mul_f64(fastrand::f64())).await;
    while Instant::now() < ends {
        let browser = Arc::new(Browser::new(plan.patience));
        for _ in 0..PAGES_OF_A_VISIT {
            if Instant::now() >= ends {
                break;
            }
            let opened = Instant::now();
            let mut images = chat.open()?;
            let below = images.split_off(IN_SIGHT.min(images.len()));
            load(images, &browser, &gallery, &tally).await;
            tokio::time::sleep(plan.reading.mul_f64(fastrand::f64())).await;
            load(below, &browser, &gallery, &tally).await;
            // A page that breaks at once is not left sooner than one that is shown.
            tokio::time::sleep_until((opened + plan.turn).into()).await;
        }
    }
    Ok(())
}

async fn load(images: Vec<Image>, browser: &Arc<Browser>, gallery: &Arc<Gallery>, tally: &Arc<Mutex<Tally>>) {
    let mut loading = JoinSet::new();
    for image in images {
        let (browser, gallery, tally) = (Arc::clone(browser), Arc::clone(gallery), Arc::clone(tally));
        loading.spawn(async move {
            let expired = image.has_expired();
            let shown = browser.show(&image.link, &gallery.picture(image.picture).digest).await;
            let mut tally = lock(&tally);
            tally.views += 1;
            tally.expired += u64::from(expired);
            if let Err(cause) = shown {
                tally.broken += 1;
                *tally.causes.entry(cause).or_default() += 1;
            }
        });
    }
    while loading.join_next().await.is_some() {}
}

impl Tally {
    /// Why images broke, in words: most often first. `gateway` is told apart from the origin.
    pub(super) fn causes(&self, gateway: SocketAddr) -> Vec<(String, u64)> {
        let gateway = gateway.to_string();
        let mut words: BTreeMap<String, u64> = BTreeMap::new();
        for (cause, times) in &self.causes {
            let blame = match cause.kind {
                Kind::Expired => "expired link",
                Kind::Credentials => "credentials of the link",
                Kind::Failure | Kind::Wrong if cause.at == gateway => "gateway",
                Kind::Failure => "storage",
                Kind::Wrong => "wrong answer of the storage",
            };
            *words.entry(format!("{blame}: {}", cause.what)).or_default() += times;
        }
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        words
    }

    /// How many broke by a failure of the storage that the viewer met itself, behind a link that was good.
    pub(super) fn by_storage(&self, gateway: SocketAddr) -> u64 {
        let gateway = gateway.to_string();
        let met = self
            .causes
            .iter()
            .filter(|(cause, _)| cause.kind == Kind::Failure && cause.at != gateway);
        met.map(|(_, times)| times).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_image_is_laid_to_whom_it_is_due() {
        let cause = |at: &str, kind, what: &str| Cause {
            at: at.to_owned(),
            kind,
            what: what.to_owned(),
        };
        let (gateway, origin) = ("127.0.0.1:80", "127.0.0.1:9000");
        let tally = Tally {
            broken: 15,
            causes: BTreeMap::from([
                (cause(origin, Kind::Expired, "403"), 1),
                (cause(origin, Kind::Credentials, "400"), 2),
                (cause(origin, Kind::Failure, "503"), 4),
                (cause(gateway, Kind::Failure, "503"), 8),
            ]),
            ..Tally::default()
        };
        let causes = tally.causes(gateway.parse().unwrap());
        let causes: Vec<_> = causes.iter().map(|(words, times)| (&**words, *times)).collect();
        assert_eq!(
            causes,
            [
                ("gateway: 503", 8),
                ("storage: 503", 4),
                ("credentials of the link: 400", 2),
                ("expired link: 403", 1)
            ]
        );
        assert_eq!(tally.by_storage(gateway.parse().unwrap()), 4);
    }
}
