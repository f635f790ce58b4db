//! The harness at work, for seconds: what is answered, never how fast.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't go on ends"
)]

use evergate_bench::broken::{Plan, Way, run};
use evergate_bench::contenders::Contender;
use evergate_bench::result::{BrokenImages, Report};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_evergate-bench");

/// The gateway, which cargo puts beside this package's program.
fn gateway() -> PathBuf {
    let path = Path::new(PROGRAM).with_file_name("evergate");
    assert!(
        path.exists(),
        "there is no {}; `cargo build -p evergate` makes it",
        path.display()
    );
    path
}

fn way(told: &[BrokenImages], way: Way) -> &BrokenImages {
    let found = told.iter().find(|told| told.way == way.name());
    found.unwrap_or_else(|| panic!("{} is missing from {told:?}", way.name()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_image_breaks_behind_the_gateway_while_links_expire_sessions_end_and_origins_have_hiccups() {
    let plan = Plan {
        viewers: 2,
        duration: Duration::from_secs(6),
        // Long enough that a redirect can be followed on a loaded machine.
        url_expiry: Duration::from_secs(6),
        hiccup_every: 20,
        // Neither plan of the command has this, where chance alone decides: here whoever asks again is answered, lest bad luck
        // fail the test.
        respite: Duration::from_secs(2),
        reading: Duration::from_millis(400),
        turn: Duration::from_millis(500),
        ..Plan::quick(gateway())
    };
    let told = run(plan).await.unwrap();
    for streamed in [Way::Stream, Way::Auto, Way::Refreshed, Way::Cached] {
        let told = way(&told, streamed);
        assert_eq!((told.broken, &*told.causes), (0, &[][..]), "{}", told.way);
        assert!(told.views >= 80, "{told:?}");
        assert!(told.disturbances.iter().all(|(_, times)| *times > 0), "{told:?}");
    }
    // What the redirect leads to is between browser and origin: hiccups there are seen, and nothing else is.
    let redirected = way(&told, Way::Redirect);
    let hiccups = [
        "storage: 503 SlowDown",
        "storage: 500 InternalError",
        "storage: the body was cut off",
        "storage: the connection was closed without an answer",
    ];
    for (cause, _) in &redirected.causes {
        assert!(hiccups.contains(&&**cause), "{redirected:?}");
    }
    assert_eq!(redirected.by_storage, redirected.broken, "{redirected:?}");
    assert!(
        redirected.views >= 80 && redirected.broken < redirected.views / 4,
        "{redirected:?}"
    );
    // Were these not to break, nothing would have been tested.
    for stored in [Way::Presigned, Way::SomeEndpoints] {
        let told = way(&told, stored);
        let expired = told
            .causes
            .iter()
            .any(|(cause, _)| cause == "expired link: 403 AccessDenied: Request has expired");
        assert!(expired, "{told:?}");
    }
}

#[test]
fn everybody_who_is_there_answers_as_it_should_and_who_is_not_is_named() {
    let ours = |contender: &Contender| {
        let is_ceiling = matches!(contender, Contender::CeilingRedirect | Contender::CeilingBody);
        contender.is_gateway() || is_ceiling
    };
    // Those who happen to be installed here would take the test longer than seconds.
    let contenders: Vec<_> = Contender::ALL
        .iter()
        .filter(|contender| ours(contender) || contender.missing().is_some())
        .map(|contender| contender.as_str())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let cores = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap();
    let cores = cores.trim();
    let output = Command::new(PROGRAM)
        .args([
            "compare",
            "--scenario",
            "redirect-hit-64,refresh,stream-hit-16k,stream-miss-16k,s3-put,chat-page",
            "--quick",
            "--rounds",
            "0",
            "--server-cores",
            cores,
            "--load-cores",
            cores,
        ])
        .args(["--contenders", &contenders.join(","), "--gateway"])
        .arg(gateway())
        .arg("--json")
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let report: Report = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut checked = 0;
    for contender in report.scenarios.iter().flat_map(|scenario| &scenario.contenders) {
        let known = Contender::ALL
            .into_iter()
            .find(|known| known.as_str() == contender.name)
            .unwrap();
        assert_eq!(contender.missing, known.missing(), "{}", contender.name);
        checked += usize::from(contender.missing.is_none());
    }
    assert!(checked > report.scenarios.len(), "{said}");
    assert_eq!(said.matches(" answers as it should").count(), checked, "{said}");
}
