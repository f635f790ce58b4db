//! The whole report, from a fixture: `tests/fixtures/sample-report.json` is made up, after what a first look at these programs gave.

use super::targets::{self, Judged, Verdict};
use super::{ReportError, page, read, text, write_html, write_json};
use crate::broken::Way;
use crate::result::{BrokenImages, Contender, Latency, Micro, Report, Round, Scenario, ServerUse};
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample-report.json")
}

/// The fixture, read as the command reads it.
fn sample() -> Report {
    read(&[fixture()]).unwrap()
}

fn verdict(report: &Report, figure: &str) -> Judged {
    let mut judged = targets::judge(report).into_iter();
    judged.find(|judged| judged.figure == figure).unwrap()
}

/// A round of a server that was this busy and answered this many requests in a second.
fn round(answered: u64, utilisation: f64) -> Round {
    let latency = Latency {
        p50: 90,
        p90: 120,
        p99: 300,
        p999: 700,
        max: 2_000,
    };
    let server = ServerUse {
        user_micros: 200_000,
        system_micros: 780_000,
        utilisation,
        ..ServerUse::default()
    };
    Round {
        seconds: 1.0,
        answered,
        latency,
        server: Some(server),
        ..Round::default()
    }
}

fn contender(name: &str, rounds: Vec<Round>) -> Contender {
    Contender {
        name: name.to_owned(),
        missing: None,
        rounds,
    }
}

/// One scenario in which Evergate stands beside nginx.
fn redirects(ours: Vec<Round>, theirs: Vec<Round>) -> Report {
    let scenario = Scenario {
        name: "redirect-hit-64".to_owned(),
        server_cores: 1,
        connections: 64,
        contenders: vec![contender("nginx-302", theirs), contender("evergate", ours)],
        ..Scenario::default()
    };
    Report {
        scenarios: vec![scenario],
        ..Report::default()
    }
}

const REDIRECTS: &str = "redirect hit, 1 core, 64 connections, beside nginx return 302";

#[test]
fn a_few_more_rounds_are_asked_for_only_where_they_may_help() {
    let rounds = |busy: usize, idle: usize| [vec![round(50_000, 0.97); busy], vec![round(50_000, 0.9); idle]].concat();
    let lacks = |ours, theirs| super::lacks_few(&redirects(ours, theirs).scenarios[0]);
    assert!(lacks(rounds(4, 1), rounds(5, 0)) && lacks(rounds(5, 0), rounds(1, 4)));
    assert!(!lacks(rounds(5, 0), rounds(5, 0)), "they are all there");
    assert!(!lacks(rounds(5, 1), rounds(6, 0)), "they are there now");
    assert!(!lacks(rounds(5, 0), rounds(0, 5)), "it is never busy");
    assert!(!lacks(rounds(2, 1), rounds(3, 0)), "nobody wants five");
}

#[test]
fn the_terminal_shows_tables_and_targets() {
    insta::assert_snapshot!("terminal", text(&sample()));
}

#[test]
fn every_target_is_judged() {
    let lines = targets::judge(&sample()).into_iter().map(|judged| {
        let Judged {
            figure,
            target,
            value,
            range,
            verdict,
            reason,
        } = judged;
        format!(
            "{} | {figure} | {target} | {value} | {range} | {reason}",
            verdict.words()
        )
    });
    insta::assert_snapshot!("targets", lines.collect::<Vec<_>>().join("\n"));
}

/// Everything that is shipped, measured: five rounds of each contender or as many as its scenario allows, each way, each micro bench.
fn everything() -> Report {
    let micro_benches = concat!(
        include_str!("../../benches/micro/signing.rs"),
        include_str!("../../benches/micro/doors.rs")
    );
    // Calls of `measure` and `with_input` that have their name in plain sight.
    let names = micro_benches
        .split("(criterion, counts, \"")
        .skip(1)
        .filter_map(|call| call.split('"').next());
    let measured = |(mut scenario, rounds): (Scenario, usize)| {
        let mut round = round(50_000, 0.97);
        round.seconds = scenario.rate.map_or(1.0, |rate| 50_000.0 / rate);
        round.server = round.server.map(|server| ServerUse {
            resident_before: Some(1_000_000),
            resident: 2_000_000,
            resident_peak: 2_000_000,
            ..server
        });
        for contender in &mut scenario.contenders {
            contender.rounds = vec![round.clone(); rounds.min(5)];
        }
        scenario
    };
    Report {
        scenarios: crate::compare::shipped().unwrap().into_iter().map(measured).collect(),
        broken: Way::ALL
            .map(|way| BrokenImages {
                way: way.name().to_owned(),
                views: 1_000,
                ..BrokenImages::default()
            })
            .into(),
        micro: names
            .map(|name| Micro {
                name: name.to_owned(),
                nanos: 100.0,
                allocations: Some(1.0),
            })
            .collect(),
        ..Report::default()
    }
}

#[test]
fn each_target_is_measured_by_what_is_shipped() {
    for judged in targets::judge(&everything()) {
        assert_ne!(
            judged.verdict,
            Verdict::NotMeasured,
            "{}: {}",
            judged.figure,
            judged.reason
        );
    }
}

#[test]
fn a_ratio_is_of_medians_and_its_range_of_rounds_that_were_measured_together() {
    // The machine was slow in the third round, for both: that is no reason to think that the ratio might be a half.
    let ours = [110, 121, 55, 112, 132].map(|hundreds| round(hundreds * 100, 0.97));
    let theirs = [100, 110, 50, 100, 120].map(|hundreds| round(hundreds * 100, 0.97));
    let judged = verdict(&redirects(ours.to_vec(), theirs.to_vec()), REDIRECTS);
    assert_eq!((judged.value.as_str(), judged.range.as_str()), ("1.12×", "1.10–1.12×"));
    assert_eq!(judged.verdict, Verdict::Reached);
}

#[test]
fn rounds_of_a_server_with_time_to_spare_do_not_count() {
    let busy = |answered| vec![round(answered, 0.97); 5];
    let mut mixed = busy(12_000);
    mixed.push(round(3_000, 0.4));
    let judged = verdict(&redirects(mixed, vec![round(10_000, 0.97); 6]), REDIRECTS);
    assert_eq!((judged.value.as_str(), judged.verdict), ("1.20×", Verdict::Reached));

    let judged = verdict(&redirects(vec![round(12_000, 0.81); 5], busy(10_000)), REDIRECTS);
    assert_eq!(judged.verdict, Verdict::NotMeasured);
    assert!(judged.reason.contains("at most 81 % of its cores"), "{}", judged.reason);
    assert_eq!(judged.value, "1.20×");

    let judged = verdict(&redirects(busy(12_000), vec![round(10_000, 0.97); 4]), REDIRECTS);
    assert_eq!(judged.verdict, Verdict::NotMeasured);
    assert!(judged.reason.contains("4 repetitions"), "{}", judged.reason);
}

#[test]
fn a_target_is_missed_when_our_answers_fail_and_unknown_when_theirs_do() {
    let good = vec![round(12_000, 0.97); 5];
    let mut failing = good.clone();
    failing[2].failed = 3;
    let ours = verdict(&redirects(failing.clone(), good.clone()), REDIRECTS);
    assert_eq!(ours.verdict, Verdict::NotReached);
    assert!(ours.reason.contains("3 requests failed"), "{}", ours.reason);
    let theirs = verdict(&redirects(good, failing), REDIRECTS);
    assert_eq!(theirs.verdict, Verdict::NotMeasured);
}

#[test]
fn a_fixed_rate_that_only_the_other_keeps_is_a_target_missed() {
    let figure = "redirect hit, p99.9 at a fixed rate, beside nginx return 302";
    let paced = |ours: u64, theirs: u64| {
        let mut report = redirects(vec![round(ours, 0.5); 5], vec![round(theirs, 0.5); 5]);
        report.scenarios[0].rate = Some(20_000.0);
        verdict(&report, figure)
    };
    assert_eq!(paced(20_000, 19_990).verdict, Verdict::Reached);
    assert_eq!(paced(18_000, 20_000).verdict, Verdict::NotReached);
    assert_eq!(paced(20_000, 18_000).verdict, Verdict::NotMeasured);
    assert_eq!(paced(18_000, 18_000).verdict, Verdict::NotMeasured);
}

#[test]
fn figures_of_two_runs_are_not_compared() {
    let mut report = sample();
    let figure = "redirect hit, 2 cores beside 1";
    assert_eq!(verdict(&report, figure).verdict, Verdict::Reached);
    let two = report
        .scenarios
        .iter_mut()
        .find(|scenario| scenario.server_cores == 2)
        .unwrap();
    two.run = "another".to_owned();
    let judged = verdict(&report, figure);
    assert_eq!(judged.verdict, Verdict::NotMeasured);
    assert!(judged.reason.contains("different runs"), "{}", judged.reason);
}

#[test]
fn an_operators_own_run_has_no_targets() {
    let scenario = Scenario {
        name: "run".to_owned(),
        title: "https://files.example.com".to_owned(),
        load: "open, 500 requests a second, HTTP/1.1".to_owned(),
        rate: Some(500.0),
        contenders: vec![contender(
            "target",
            vec![Round {
                server: None,
                ..round(5_000, 0.0)
            }],
        )],
        ..Scenario::default()
    };
    let report = Report {
        scenarios: vec![scenario],
        ..Report::default()
    };
    let shown = text(&report);
    assert!(
        shown.contains("5,000") && !shown.contains("Targets") && !shown.contains("repetitions"),
        "{shown}"
    );
    let page = page::html(&report).unwrap();
    assert!(!page.contains("id=\"targets\"") && page.contains("What evergate-bench measured"));
}

#[test]
fn the_page_needs_no_other_file_and_says_what_its_charts_show() {
    let page = page::html(&sample()).unwrap();
    for outside in ["http://", "https://", "<script", "<link", "<img", "@import", "src="] {
        assert!(!page.contains(outside), "{outside} leads out of the page");
    }
    let charts = page.matches("<svg class=\"chart\"").count();
    assert!(charts > 30, "{charts}");
    assert_eq!(page.matches("role=\"img\" aria-labelledby=").count(), charts);
    assert_eq!(page.matches("<desc id=").count(), charts);
    let mut ids = HashSet::new();
    for id in page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.insert(id), "{id} is there twice");
    }
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(target), "{target} leads nowhere");
    }
    assert!(!page.contains("NaN") && !page.contains("inf\""));
}

#[test]
fn what_stands_in_a_report_stays_text_in_the_page() {
    let mut report = redirects(vec![round(1, 0.97)], vec![round(1, 0.97)]);
    report.scenarios[0].contenders[0].name = "<script>\"&".to_owned();
    report.scenarios[0].name = "<b>".to_owned();
    report.remarks.push("<i>".to_owned());
    let page = page::html(&report).unwrap();
    for markup in ["<script", "<b>", "<i>"] {
        assert!(!page.contains(markup), "{markup} is markup");
    }
}

#[test]
fn nothing_measured_is_drawn_without_a_fault() {
    let mut report = sample();
    for contender in report
        .scenarios
        .iter_mut()
        .flat_map(|scenario| &mut scenario.contenders)
    {
        for round in &mut contender.rounds {
            *round = Round::default();
        }
    }
    report.micro = vec![Micro::default()];
    let page = page::html(&report).unwrap();
    assert!(!page.contains("NaN") && !text(&report).contains("NaN"));
}

#[test]
fn json_that_was_written_is_read_again_with_its_targets_beside_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("report.json");
    let report = sample();
    write_json(&report, &path).unwrap();
    let written: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        written["targets"].as_array().unwrap().len(),
        targets::judge(&report).len()
    );
    assert_eq!(written["targets"][0]["verdict"], "not_reached");
    assert_eq!(text(&read(&[path]).unwrap()), text(&report));
    write_html(&report, &folder.path().join("report.html")).unwrap();
    let nowhere = write_html(&report, &folder.path().join("no/report.html")).unwrap_err();
    assert!(matches!(nowhere, ReportError::Write { .. }));
}

#[test]
fn reports_of_one_machine_are_joined_and_their_runs_kept_apart() {
    let folder = tempfile::TempDir::new().unwrap();
    let micro = folder.path().join("micro.json");
    fs::write(&micro, r#"{"micro": [{"name": "verify/extra", "nanos": 5}]}"#).unwrap();
    let joined = read(&[fixture(), micro]).unwrap();
    assert!(joined.micro.len() > 1 && joined.micro.iter().any(|bench| bench.name == "verify/extra"));
    assert_eq!(joined.scenarios[0].run, sample().began);
    assert_eq!(joined.began, sample().began);

    let other = folder.path().join("other.json");
    fs::write(
        &other,
        r#"{"machine": {"processor": "Another"}, "micro": [{"name": "x", "nanos": 5}]}"#,
    )
    .unwrap();
    assert!(matches!(read(&[fixture(), other]), Err(ReportError::Machines { .. })));
}

#[test]
fn what_is_no_report_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("config.json");
    assert!(matches!(
        read(std::slice::from_ref(&path)),
        Err(ReportError::Read { .. })
    ));
    fs::write(&path, "{\"listen\": 1}").unwrap();
    assert!(matches!(
        read(std::slice::from_ref(&path)),
        Err(ReportError::Empty { .. })
    ));
    fs::write(&path, "listen: 1").unwrap();
    let error = read(&[path]).unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");
}
