//! The broken-image test: virtual viewers open chat pages with 40 avatars while links expire, session credentials rotate and the
//! origin has hiccups and outages. Every image is fetched to its last byte and its digest compared.
//!
//! **What counts as broken.** A view is one image of one page that somebody has open. It is broken when a browser would show the
//! broken-image sign: no connection; a connection that ends without an answer (on a new connection: on one that was used before,
//! browsers ask again, and so do we); a body that is cut off; an answer that is neither an image nor a redirect; more than 20
//! redirects; other bytes than the object's; nothing within 30 s. Nobody presses reload. What comes from the viewer's own cache, as
//! long as its `Cache-Control` allowed, counts as shown.
//!
//! **What happens meanwhile.** Each way of showing images has an origin of its own, so that all have the same weather and none is
//! in the way of another; all run at the same time.
//! - Links that pages store live for a while that is drawn for each, and pages are opened at any age up to thrice the longest of
//!   these. Three quarters of the images are loaded at once, the rest when the viewer scrolls down.
//! - Session credentials end, and the origin refuses what was signed with them then. The app signs with the newest; the gateway gets
//!   its own from a container endpoint, or, where they live too short for redirects, in files that are replaced.
//! - Hiccups: single requests that get `503 SlowDown`, `500`, half a body, or no answer: one in 250, by chance, whoever sent it.
//! - Outages: for a second all connections are cut and new ones refused.
//!
//! **Whom a broken image is laid to.** The link that had expired; what the link was signed with, which had ended; the storage, where the
//! viewer met its failure itself behind a link that was good; or the gateway, which answered with a failure or cut the body off.
//!
//! **What no gateway can mend.** What a redirect leads to is between the browser and the storage: a hiccup or an outage there breaks
//! the image, and the gateway does not even hear of it. Without the object cache nobody has the bytes while the storage is down.

mod browser;
mod command;
mod gallery;
mod gateway;
mod lease;
mod ledger;
mod origin;
mod pages;
mod plan;
mod viewer;
mod way;
mod weather;

pub use command::BrokenArguments;
pub use plan::{Outages, Plan};
pub use way::Way;

use crate::error::BenchError;
use crate::result::BrokenImages;
use browser::Browser;
use gallery::Gallery;
use gateway::{Gateway, Setup, bucket_of};
use lease::{ContainerEndpoint, Current, KeyFiles};
use ledger::Ledger;
use origin::Origin;
use pages::{Chat, Signs};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use viewer::Tally;
use weather::Weather;

/// Avatars of the chat.
const PICTURES: usize = 200;
/// A session that lives shorter than this would never be redirected with if the gateway knew its end: it redirects only with
/// credentials that have two minutes left.
const LONG_SESSION: Duration = Duration::from_mins(4);
/// Replaced key files are seen within two seconds.
const FILES_SEEN: Duration = Duration::from_secs(2);
/// How long the gateway may take to get its first session.
const FIRST_SESSION: Duration = Duration::from_secs(10);

/// Locks what no panic can leave in disorder.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the test; returns what became of each way of `plan`, in its order. Ends the gateway that it starts, also when it is dropped.
///
/// # Errors
/// When the gateway can't be started or answers nothing, when there are no free ports, when the temporary folder can't be written.
pub async fn run(plan: Plan) -> Result<Vec<BrokenImages>, BenchError> {
    let plan = Arc::new(plan);
    let folder = tempfile::tempdir().map_err(|source| BenchError::File {
        what: "there is no place for temporary files".to_owned(),
        source,
    })?;
    let (gallery, ledger) = (Arc::new(Gallery::new(PICTURES)), Arc::new(Ledger::default()));
    let mut origins = Vec::new();
    for &way in &plan.ways {
        let weather = Weather::new(plan.hiccup_every, plan.respite);
        origins.push((
            way,
            Origin::start(bucket_of(way), Arc::clone(&gallery), Arc::clone(&ledger), weather).await?,
        ));
    }
    let endpoint = ContainerEndpoint::start(Arc::clone(&ledger), plan.session).await?;
    let in_files = plan.session / 2 + plan.url_expiry + FILES_SEEN * 2;
    let files = KeyFiles::new(folder.path(), &ledger.issue(in_files))?;
    let setup = Setup {
        origins: &origins,
        endpoint: &endpoint,
        files: (plan.session < LONG_SESSION).then_some(&files),
        url_expiry: plan.url_expiry,
    };
    let gateway = Gateway::start(&plan.gateway, folder.path(), &setup).await?;
    let app = Arc::new(Current::new(ledger.issue(plan.session)));
    // Whatever fails here fails the run; none of it ends by itself.
    let mut helpers: JoinSet<Result<(), BenchError>> = JoinSet::new();
    helpers.spawn(rotate(
        Arc::clone(&ledger),
        Arc::clone(&app),
        files,
        Arc::clone(&plan),
        in_files,
    ));
    look_at_all(&plan, &gallery, gateway.address).await?;
    // What comes before takes its time.
    app.replace(ledger.issue(plan.session));

    let mut chats = Vec::new();
    for (way, origin) in &origins {
        let signs = match way {
            Way::Presigned | Way::SomeEndpoints => Signs::Session(Arc::clone(&app)),
            Way::Refreshed => Signs::Client,
            _ => Signs::Nothing,
        };
        let server = if way.is_gateways() {
            gateway.address
        } else {
            origin.address
        };
        let chat = Chat::new(*way, Arc::clone(&gallery), signs, server, plan.expiry.clone())?;
        if *way == Way::Refreshed
            && let Some(image) = chat.open()?.first()
        {
            let browser = Browser::new(plan.patience);
            look(&browser, &image.link, &gallery.picture(image.picture).digest).await?;
        }
        chats.push(Arc::new(chat));
    }
    for chat in chats.iter().filter(|chat| chat.stores_links()) {
        let chat = Arc::clone(chat);
        helpers.spawn(async move { chat.go_on().await });
    }
    let origins: Vec<_> = origins
        .into_iter()
        .map(|(way, origin)| (way, Arc::new(origin)))
        .collect();
    for (_, origin) in &origins {
        origin.weather.begin();
        if plan.outages == Outages::Everywhere {
            helpers.spawn(outages(Arc::clone(origin), plan.outage_every, plan.outage));
        }
    }
    let ends = Instant::now() + plan.duration;
    let mut viewers = JoinSet::new();
    let mut tallies = Vec::new();
    for chat in &chats {
        let tally = Arc::new(Mutex::new(Tally::default()));
        for _ in 0..plan.viewers {
            let (chat, gallery, plan) = (Arc::clone(chat), Arc::clone(&gallery), Arc::clone(&plan));
            viewers.spawn(viewer::watch(chat, gallery, plan, Arc::clone(&tally), ends));
        }
        tallies.push(tally);
    }
    loop {
        tokio::select! {
            viewer = viewers.join_next() => match viewer {
                None => break,
                Some(ended) => ended.map_err(|error| BenchError::said(format!("a viewer failed: {error}")))??,
            },
            Some(helper) = helpers.join_next() => helper.map_err(|error| BenchError::said(error.to_string()))??,
        }
    }
    let results = origins.iter().zip(&tallies);
    Ok(results
        .map(|((way, origin), tally)| told(*way, origin, &lock(tally), gateway.address, &plan))
        .collect())
}

/// Loads each avatar once in each of the gateway's ways before anything goes wrong: the gateway has its credentials then, and the
/// object cache what others have seen before.
async fn look_at_all(plan: &Plan, gallery: &Arc<Gallery>, gateway: SocketAddr) -> Result<(), BenchError> {
    let mut looking: JoinSet<Result<(), BenchError>> = JoinSet::new();
    for way in plan.ways.iter().filter(|way| way.is_gateways() && !way.stores_links()) {
        let (gallery, patience, word) = (Arc::clone(gallery), plan.patience, way.word());
        looking.spawn(async move {
            let browser = Browser::new(patience);
            for number in 0..gallery.len() {
                let picture = gallery.picture(number);
                let url = format!("http://{gateway}/{word}/{}", picture.name);
                look(&browser, &url, &picture.digest).await?;
            }
            Ok(())
        });
    }
    while let Some(looked) = looking.join_next().await {
        looked.map_err(|error| BenchError::said(error.to_string()))??;
    }
    Ok(())
}

/// Looks at one image until it is shown: the gateway's first session may be on its way.
async fn look(browser: &Browser, url: &str, digest: &[u8; 32]) -> Result<(), BenchError> {
    let began = Instant::now();
    while let Err(cause) = browser.show(url, digest).await {
        if began.elapsed() > FIRST_SESSION {
            return Err(BenchError::said(format!(
                "{url} is broken before anything went wrong: {} at {}",
                cause.what, cause.at
            )));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Gives the app and the key files a new session whenever half of a session's life has passed.
async fn rotate(
    ledger: Arc<Ledger>,
    app: Arc<Current>,
    files: KeyFiles,
    plan: Arc<Plan>,
    in_files: Duration,
) -> Result<(), BenchError> {
    loop {
        tokio::time::sleep(plan.session / 2).await;
        app.replace(ledger.issue(plan.session));
        files.write(&ledger.issue(in_files))?;
    }
}

/// Takes the origin down from time to time, first after half of `every`.
async fn outages(origin: Arc<Origin>, every: Duration, time: Duration) -> Result<(), BenchError> {
    tokio::time::sleep(every / 2).await;
    loop {
        origin.go_down(time).await;
        tokio::time::sleep(every.saturating_sub(time)).await;
    }
}

fn told(way: Way, origin: &Origin, tally: &Tally, gateway: SocketAddr, plan: &Plan) -> BrokenImages {
    let mut disturbances = Vec::new();
    if way.stores_links() {
        disturbances.push(("views of expired links".to_owned(), tally.expired));
    } else if way == Way::Redirect {
        disturbances.push(("links expired".to_owned(), origin.expired_links()));
    }
    disturbances.push(("credentials rotated".to_owned(), origin.rotations()));
    if plan.hiccup_every > 0 {
        disturbances.push(("origin hiccups".to_owned(), origin.weather.hiccups()));
    }
    if plan.outages == Outages::Everywhere {
        disturbances.push(("origin outages".to_owned(), origin.outages()));
    }
    let outages = if plan.outages == Outages::Everywhere {
        ", with outages"
    } else {
        ""
    };
    BrokenImages {
        way: format!("{}{outages}", way.name()),
        views: tally.views,
        broken: tally.broken,
        by_storage: tally.by_storage(gateway),
        causes: tally.causes(gateway),
        disturbances,
    }
}
