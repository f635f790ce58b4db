//! A report in short, as Markdown: on what it was measured, what came of the targets, and how many images broke. What a folder of
//! figures to keep shows first.

use super::contender::way;
use super::numbers;
use super::page;
use super::targets::{Judged, Verdict, judge};
use super::terminal::{counted, per_million};
use crate::result::{BrokenImages, Report};
use std::fmt::Write as _;

/// Returns the report in short.
pub(super) fn markdown(report: &Report) -> String {
    // Writing to a String can't fail, here and below.
    let mut text = String::from("# The last full report\n\n");
    let _ = writeln!(text, "Begun {}, on {}.\n", report.began, page::machine(report));
    let _ = writeln!(text, "{}\n", report.versions.join(" · "));
    text.push_str(
        "All figures, charts and remarks are in [report.html](report.html), one page that needs no other file, and in \
         [report.json](report.json). [How to read them](../README.md#how-to-read-a-report).\n\n",
    );
    targets(&mut text, &judge(report));
    if !report.broken.is_empty() {
        broken(&mut text, &report.broken);
    }
    if !report.remarks.is_empty() {
        text.push_str("## Remarks\n\n");
        for remark in &report.remarks {
            let _ = writeln!(text, "- {}", cell(remark));
        }
    }
    text
}

fn targets(text: &mut String, judged: &[Judged]) {
    let count = |verdict| judged.iter().filter(|judged| judged.verdict == verdict).count();
    let tally = [Verdict::Reached, Verdict::NotReached, Verdict::NotMeasured];
    let tally = tally.map(|verdict| format!("{} {}", count(verdict), verdict.words()));
    let _ = writeln!(text, "## Targets: {}\n", tally.join(", "));
    text.push_str("| | figure | target | is | why, or what it is made of |\n| --- | --- | --- | --- | --- |\n");
    for judged in judged {
        let range = Some(&judged.range).filter(|range| !range.is_empty());
        let range = range.map(|range| format!(" ({range})")).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} {} | {} | {} | {}{range} | {} |",
            judged.verdict.sign(),
            judged.verdict.words(),
            cell(judged.figure),
            cell(&judged.target),
            cell(&judged.value),
            cell(&judged.reason)
        );
    }
    text.push('\n');
}

fn broken(text: &mut String, ways: &[BrokenImages]) {
    text.push_str("## Broken images\n\n");
    text.push_str("| way | views | broken | per million | of these by the storage | why |\n");
    text.push_str("| --- | ---: | ---: | ---: | ---: | --- |\n");
    for images in ways {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&way(&images.way)),
            numbers::count(numbers::real(images.views)),
            numbers::count(numbers::real(images.broken)),
            per_million(images)
                .map(|broken| numbers::count(broken.ceil()))
                .unwrap_or_default(),
            numbers::count(numbers::real(images.by_storage)),
            cell(&counted(&images.causes))
        );
    }
    text.push('\n');
}

/// One line of Markdown that ends no cell of a table.
fn cell(words: &str) -> String {
    words
        .replace('|', "\\|")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
