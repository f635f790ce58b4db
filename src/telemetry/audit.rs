//! The audit line of each expired link that is honoured (rule 13), written past tracing.
//!
//! Where every request may have one, tracing's event, its filter and its JSON would cost more than signing the answer. The
//! line is byte for byte what they would write, which a test proves. In any other format than JSON the line goes through them.

use super::LinkRefreshed;
use super::events::TARGET;
use super::line_sink::LineSink;
use super::redact::redact;
use super::text::{decimal, hexadecimal, json_string, precise_time_of_day, push};
use std::sync::OnceLock;

/// What the line says.
pub(super) const HONOURED: &str = "expired link honoured";

/// Where the app log goes when it is in JSON and its filter lets the line pass; one per process, as the app log.
static SINK: OnceLock<LineSink> = OnceLock::new();

/// Lets audit lines go straight to `sink`.
pub(super) fn write_to(sink: &LineSink) {
    // Nobody can have set it before: the program has one app log.
    let _ = SINK.set(sink.clone());
}

/// Where audit lines go, if they do not go through tracing.
pub(super) fn sink() -> Option<&'static LineSink> {
    SINK.get()
}

/// Appends the line with its line feed.
pub(super) fn write(line: &mut String, unix_micros: u64, honoured: &LinkRefreshed<'_>, id: u64, path: &str) {
    let LinkRefreshed {
        client,
        bucket,
        rule,
        age,
    } = honoured;
    line.push_str("{\"timestamp\":\"");
    precise_time_of_day(line, unix_micros);
    line.push_str("\",\"level\":\"INFO\",\"message\":\"");
    line.push_str(HONOURED);
    line.push_str("\",\"client\":");
    json_string(line, &redact(client));
    line.push_str(",\"bucket\":");
    json_string(line, &redact(bucket));
    line.push_str(",\"rule\":");
    json_string(line, &redact(rule));
    line.push_str(",\"age_seconds\":");
    decimal(line, age.as_secs());
    line.push_str(",\"id\":\"");
    hexadecimal(line, id);
    line.push_str("\",\"path\":");
    json_string(line, &redact(path));
    push(line, [",\"target\":\"", TARGET, "\"}\n"]);
}
