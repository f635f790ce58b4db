//! The command against a server in this process, from its command line to its report.

use super::{Arguments, run};
use crate::error::BenchError;
use crate::load::tests::server::Server;
use crate::result::Report;
use clap::Parser;
use std::path::Path;
use std::sync::atomic::Ordering;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn go(server: &Server, options: &[&str]) -> Result<(), BenchError> {
    let target = format!("http://{}", server.address());
    let bounds = [
        "--warm-up",
        "0s",
        "--duration",
        "1m",
        "--most-requests",
        "200",
        "--connections",
        "4",
    ];
    let line = ["run", "--target", &target]
        .into_iter()
        .chain(bounds)
        .chain(options.iter().copied());
    run(Line::try_parse_from(line).expect("a command line").arguments)
}

fn report(file: &Path) -> Report {
    serde_json::from_slice(&std::fs::read(file).expect("a report")).expect("JSON")
}

#[test]
fn a_run_is_written_down() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("report.json");
    let keys = folder.path().join("keys");
    std::fs::write(&keys, "1\t5100\n2\n/redirect/3\n").expect("keys");
    let (json_name, keys) = (json.to_str().expect("text"), keys.to_str().expect("text"));
    let options = [
        "--keys",
        keys,
        "--path",
        "/object/{key}",
        "--follow",
        "--json",
        json_name,
    ];
    for more in [
        &[][..],
        &["--h2", "--streams", "2"],
        &["--rate", "2000"],
        &["--range-share", "0.3", "--conditional-share", "0.3"],
    ] {
        go(&server, &[&options, more].concat()).expect("all is answered");
        let report = report(&json);
        let scenario = &report.scenarios[0];
        assert_eq!(scenario.rate, (more.first() == Some(&"--rate")).then_some(2000.0));
        assert_eq!(scenario.contenders[0].rounds[0].answered, 200);
        assert!(
            report.remarks[0].starts_with("Redirects were followed"),
            "{:?}",
            report.remarks
        );
    }
}

#[test]
fn a_run_with_wrong_answers_fails_and_is_written_down_all_the_same() {
    let server = Server::start();
    server.state.lies.store(true, Ordering::Relaxed);
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("report.json");
    let json_name = json.to_str().expect("text");
    let options = ["--generate", "1", "--path", "/flipped/{key}", "--json", json_name];
    let error = go(&server, &options).expect_err("it lies").to_string();
    assert!(
        error.contains("of 200 requests were not answered as they should be: wrong bytes"),
        "{error}"
    );
    assert!(report(&json).scenarios[0].contenders[0].rounds[0].wrong > 0);
    go(&server, &["--generate", "1", "--path", "/flipped/{key}", "--no-check"]).expect("nobody looked");
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    let server = Server::start();
    let refused = go(
        &server,
        &["--generate", "1", "--range-share", "0.7", "--conditional-share", "0.7"],
    );
    assert!(refused.expect_err("more than all").to_string().contains("more than 1"));
    for line in [
        &["run", "--target", "http://127.0.0.1"][..],
        &["run", "--target", "http://127.0.0.1", "--generate", "0"],
        &[
            "run",
            "--target",
            "http://127.0.0.1",
            "--generate",
            "1",
            "--range-share",
            "2",
        ],
        &[
            "run",
            "--target",
            "http://127.0.0.1",
            "--generate",
            "1",
            "--streams",
            "2",
        ],
        &[
            "run",
            "--target",
            "http://127.0.0.1",
            "--generate",
            "1",
            "--header",
            "x",
        ],
        &["run", "--target", "http://127.0.0.1", "--generate", "1", "--keys", "x"],
    ] {
        assert!(Line::try_parse_from(line).is_err(), "{line:?}");
    }
}
