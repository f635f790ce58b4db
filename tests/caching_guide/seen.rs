//! The table "what the browser sees".

use crate::gateway::Gateway;
use crate::guide;
use crate::origin::Mood;
use crate::support::evergate::wait_until;
use crate::support::http::{PATIENCE, Reply};
use http::Method;

const HEADER: &str =
    "| the request | what is kept | status | `Age` | `Cache-Status: evergate; …` | what the origin is asked |\n";

const TAG: &[(&str, &str)] = &[("if-none-match", "\"one\"")];
const PART: &[(&str, &str)] = &[("range", "bytes=0-99")];
const BEHIND: &[(&str, &str)] = &[("range", "bytes=9000-")];
const RELOAD: &[(&str, &str)] = &[("cache-control", "no-cache"), ("pragma", "no-cache")];

/// One row: a gateway that keeps the object since `age` seconds ago, or keeps nothing, and a request to it.
struct Scene {
    request: &'static str,
    kept: &'static str,
    method: Method,
    fields: &'static [(&'static str, &'static str)],
    age: Option<u64>,
    /// What happens to the origin between.
    turn: fn(&Gateway),
}

impl Scene {
    fn get(kept: &'static str, age: impl Into<Option<u64>>) -> Self {
        Self {
            request: "`GET`",
            kept,
            method: Method::GET,
            fields: &[],
            age: age.into(),
            turn: |_| {},
        }
    }

    fn head(kept: &'static str, age: impl Into<Option<u64>>) -> Self {
        Self {
            request: "`HEAD`",
            method: Method::HEAD,
            ..Self::get(kept, age)
        }
    }

    fn with(self, request: &'static str, fields: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            request,
            fields,
            ..self
        }
    }

    fn after(self, turn: fn(&Gateway)) -> Self {
        Self { turn, ..self }
    }

    async fn play(&self) -> String {
        let gateway = Gateway::start();
        if let Some(age) = self.age {
            assert_eq!(gateway.get().await.status, 200);
            wait_until("the object to be kept", || {
                gateway.metric("evergate_object_cache_stored_total") == 1
            });
            gateway.set_clock(age);
        }
        gateway.origin.shelf().asked.clear();
        (self.turn)(&gateway);
        let reply = gateway.ask(self.method.clone(), self.fields).await;
        self.row(&gateway, &reply)
    }

    fn row(&self, gateway: &Gateway, reply: &Reply) -> String {
        let told = reply
            .maybe("cache-status")
            .map(|told| told.strip_prefix("evergate; ").unwrap());
        if self.method == Method::GET && told.is_some_and(|told| told.contains("revalidating")) {
            wait_until("the question behind the reader's back", || {
                !gateway.origin.shelf().asked.is_empty()
            });
        }
        wait_until("fetches to end", || {
            gateway.metric("evergate_object_cache_fetches_in_flight") == 0
        });
        let mut asked = std::mem::take(&mut gateway.origin.shelf().asked);
        // Beside what it asks again after a failure.
        asked.dedup();
        let asked = if asked.is_empty() {
            "nothing".to_owned()
        } else {
            asked.join(", then ")
        };
        let length = || {
            if self.method == Method::HEAD {
                0
            } else {
                gateway.origin.shelf().length
            }
        };
        match reply.status.as_u16() {
            200 => assert_eq!(reply.body.len(), length()),
            206 => assert_eq!(
                (reply.body.len(), reply.header("content-range")),
                (100, "bytes 0-99/4096")
            ),
            304 => assert!(reply.body.is_empty()),
            416 => assert_eq!(reply.header("content-range"), "bytes */4096"),
            _ => {}
        }
        if matches!(reply.status.as_u16(), 200 | 206 | 304) {
            assert_eq!(reply.header("cache-control"), "public, max-age=300");
            assert_eq!(reply.header("etag"), gateway.origin.shelf().tag);
        }
        format!(
            "| {} | {} | {} | {} | {} | {asked} |",
            self.request,
            self.kept,
            reply.status.as_u16(),
            reply.maybe("age").unwrap_or("–"),
            told.map_or_else(|| "–".to_owned(), |told| format!("`{told}`")),
        )
    }
}

/// Seconds past noon at which the object kept at noon is fresh, served while it is revalidated, served only when the origin fails, and
/// of no use any more.
const FRESH: u64 = 100;
const LATER: u64 = 600;
const STALE: u64 = 7_200;
const DEAD: u64 = 2 * 86_400;

fn scenes() -> Vec<Scene> {
    vec![
        Scene::get("nothing", None),
        Scene::get("nothing", None).with("`GET`, `If-None-Match`", TAG),
        Scene::get("nothing", None).with("`GET`, `Range`", PART),
        Scene::head("nothing", None),
        Scene::get("fresh", FRESH),
        Scene::get("fresh", FRESH).with("`GET`, `Cache-Control: no-cache`", RELOAD),
        Scene::get("fresh", FRESH).with("`GET`, `If-None-Match`", TAG),
        Scene::get("fresh", FRESH).with("`GET`, `Range`", PART),
        Scene::get("fresh", FRESH).with("`GET`, `Range` past the end", BEHIND),
        Scene::head("fresh", FRESH),
        Scene::get("stale for 5 minutes", LATER),
        Scene::get("stale for 5 minutes", LATER).with("`GET`, `If-None-Match`", TAG),
        Scene::get("stale for 5 minutes", LATER).with("`GET`, `Range`", PART),
        Scene::head("stale for 5 minutes", LATER),
        Scene::get("stale for 115 minutes, unchanged", STALE),
        Scene::get("stale for 115 minutes, unchanged", STALE).with("`GET`, `If-None-Match`", TAG),
        Scene::get("stale for 115 minutes, unchanged", STALE).with("`GET`, `Range`", PART),
        Scene::head("stale for 115 minutes, unchanged", STALE),
        Scene::get("stale for 115 minutes, replaced", STALE).after(|gateway| gateway.origin.shelf().tag = "\"two\""),
        Scene::get("stale for 115 minutes, the origin says 500", STALE).after(break_down),
        Scene::head("stale for 115 minutes, the origin says 500", STALE).after(break_down),
        Scene::get("stale for 115 minutes, the origin says 404", STALE).after(|gateway| {
            gateway.origin.shelf().mood = Mood::Fails("404 Not Found", "NoSuchKey");
        }),
        Scene::get("stale for 115 minutes, the origin says 403", STALE).after(|gateway| {
            gateway.origin.shelf().mood = Mood::Fails("403 Forbidden", "AccessDenied");
        }),
        Scene::get("stale for 2 days, the origin says 500", DEAD).after(break_down),
    ]
}

fn break_down(gateway: &Gateway) {
    gateway.origin.shelf().mood = Mood::Fails("500 Internal Server Error", "InternalError");
}

#[tokio::test]
async fn what_the_browser_sees_is_what_the_guide_says() {
    let mut rows = Vec::new();
    for scene in scenes() {
        rows.push(scene.play().await);
    }
    rows.insert(1, joined().await);
    rows.push(missing().await);
    rows.extend(unkept().await);
    rows.extend(large().await);
    guide::judge(HEADER, &rows);
}

/// Two readers of what is not kept.
async fn joined() -> String {
    let gateway = Gateway::start();
    gateway.origin.shelf().held = true;
    let let_go = async {
        let begun = std::time::Instant::now();
        while gateway.metric("evergate_object_cache_waiters") == 0 {
            assert!(begun.elapsed() < PATIENCE, "nobody joins");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        gateway.origin.release();
    };
    let (one, other, ()) = tokio::join!(gateway.get(), gateway.get(), let_go);
    let collapsed = |reply: &&Reply| reply.header("cache-status").contains("collapsed");
    let second = [&one, &other].into_iter().find(collapsed).unwrap();
    Scene::get("nothing, another reader has just asked", None).row(&gateway, second)
}

/// What is not there.
async fn missing() -> String {
    let gateway = Gateway::start();
    gateway.origin.shelf().mood = Mood::Fails("404 Not Found", "NoSuchKey");
    assert_eq!(gateway.get().await.status, 404);
    wait_until("the fetch to end", || {
        gateway.metric("evergate_object_cache_fetches_in_flight") == 0
    });
    gateway.set_clock(4);
    gateway.origin.shelf().asked.clear();
    let reply = gateway.get().await;
    Scene::get("a 404, 4 seconds ago", None).row(&gateway, &reply)
}

/// What may not be kept, asked for twice.
async fn unkept() -> [String; 2] {
    let gateway = Gateway::start();
    gateway.origin.shelf().fields = "Cache-Control: no-store\r\n";
    let first = gateway.get().await;
    let first = Scene::get("nothing, the object says `no-store`", None).row(&gateway, &first);
    gateway.set_clock(30);
    let second = gateway.get().await;
    let second = Scene::get("the same, 30 seconds later", None).row(&gateway, &second);
    [first, second]
}

/// What is too large for `auto` to stream, asked for twice.
async fn large() -> [String; 2] {
    let gateway = Gateway::start();
    gateway.origin.shelf().length = 2 << 20;
    let first = gateway.get().await;
    let first = Scene::get("nothing, the object has 2 MiB", None).row(&gateway, &first);
    gateway.set_clock(1);
    let second = gateway.get().await;
    let second = Scene::get("that it has 2 MiB", None).row(&gateway, &second);
    [first, second]
}
