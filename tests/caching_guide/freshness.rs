//! The table of what the origin says and what comes of it.

use crate::gateway::Gateway;
use crate::guide;
use crate::origin::Mood;
use crate::support::evergate::wait_until;

const HEADER: &str = "| the object's head says | fresh for | served while it is revalidated, for | served at the latest, while the origin fails, for |\n";

/// What an object's head says, in the guide's words and on the wire.
const TOLD: &[(&str, &str)] = &[
    ("nothing of caching", ""),
    ("`max-age=60`", "Cache-Control: max-age=60\r\n"),
    ("`max-age=86400`", "Cache-Control: max-age=86400\r\n"),
    (
        "`max-age=86400, s-maxage=60`",
        "Cache-Control: max-age=86400, s-maxage=60\r\n",
    ),
    (
        "`Expires`, a minute after `Date`",
        "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nExpires: Sun, 22 Nov 2026 12:01:00 GMT\r\n",
    ),
    ("`Expires: 0`", "Expires: 0\r\n"),
    ("`max-age=0`", "Cache-Control: max-age=0\r\n"),
    ("`Age: 100`", "Age: 100\r\n"),
    ("`no-cache`", "Cache-Control: no-cache\r\n"),
    ("`must-revalidate`", "Cache-Control: must-revalidate\r\n"),
    ("`proxy-revalidate`", "Cache-Control: proxy-revalidate\r\n"),
    (
        "`stale-while-revalidate=60`",
        "Cache-Control: stale-while-revalidate=60\r\n",
    ),
    ("`stale-if-error=60`", "Cache-Control: stale-if-error=60\r\n"),
    ("`no-store`", "Cache-Control: no-store\r\n"),
    ("`private`", "Cache-Control: private\r\n"),
    ("`Vary: Origin`", "Vary: Origin\r\n"),
    ("`Vary: Cookie`", "Vary: Cookie\r\n"),
];

/// What a reader may meet, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    Fresh,
    WhileRevalidating,
    InPlaceOfAnError,
    Nothing,
}

/// Seconds after the fetch at which windows of the guide end, from the first to the last.
const ENDS: [u64; 13] = [
    0, 60, 200, 300, 360, 3_600, 3_660, 3_800, 3_900, 86_400, 86_460, 86_600, 86_700,
];

/// When an object with such a head stops to be met in each way, with the origin down since it was fetched.
async fn ends(fields: &'static str) -> [u64; 3] {
    let gateway = Gateway::start();
    gateway.origin.shelf().fields = fields;
    assert_eq!(gateway.get().await.status, 200);
    wait_until("the fetch to end", || {
        gateway.metric("evergate_object_cache_fetches_in_flight") == 0
    });
    gateway.origin.shelf().mood = Mood::Fails("400 Bad Request", "ThisIsNoAnswerOfS3");
    let mut ends = [0; 3];
    for pair in ENDS.windows(2) {
        let [begin, end] = [pair[0], pair[1]];
        let (first, last) = (met(&gateway, begin).await, met(&gateway, end - 1).await);
        assert_eq!(first, last, "{fields:?} changes between {begin} and {end}");
        for (way, until) in [Met::Fresh, Met::WhileRevalidating, Met::InPlaceOfAnError]
            .iter()
            .zip(&mut ends)
        {
            if first <= *way {
                *until = end;
            }
        }
    }
    ends
}

async fn met(gateway: &Gateway, seconds: u64) -> Met {
    gateway.set_clock(seconds);
    let reply = gateway.get().await;
    match reply.maybe("cache-status") {
        None => Met::Nothing,
        Some(told) if told.ends_with("detail=revalidating") => Met::WhileRevalidating,
        Some(told) if told.contains("detail=") => Met::InPlaceOfAnError,
        Some(told) => {
            assert!(told.starts_with("evergate; hit; ttl="), "{told}");
            Met::Fresh
        }
    }
}

fn in_words(seconds: u64) -> String {
    match seconds {
        0 => "–".to_owned(),
        60 => "a minute".to_owned(),
        3_600 => "an hour".to_owned(),
        86_400 => "a day".to_owned(),
        200 => "200 seconds".to_owned(),
        minutes => format!("{} minutes", minutes / 60),
    }
}

#[tokio::test]
async fn what_the_origin_says_counts_as_the_guide_says() {
    let mut rows = Vec::new();
    for (words, fields) in TOLD {
        let [fresh, revalidating, failing] = ends(fields).await;
        let after = |end: u64| in_words(end - fresh);
        rows.push(format!(
            "| {words} | {} | {} | {} |",
            in_words(fresh),
            after(revalidating),
            after(failing)
        ));
    }
    guide::judge(HEADER, &rows);
}
