//! A finding for people: one fact a line, then what to do.

use super::finding::{Finding, Object, Rule, Signature};
use std::io::{self, Write};
use std::time::Duration;

/// Writes `finding`.
pub(super) fn write(finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let mut line = |name: &str, text: &str| writeln!(out, "{name:<12}{text}");
    if let Some(object) = &finding.object {
        line("object", &described(object))?;
    }
    line("host", &finding.host)?;
    match &finding.signature {
        Some(signature) => {
            line("signed by", &signer(signature))?;
            line("signed at", &signed_at(signature))?;
            line("expiry", &expiry(signature))?;
            line("signature", &worth(signature))?;
        }
        None => line("signature", "none")?,
    }
    if let Some(rule) = &finding.rule {
        line("refresh", &ruled(rule))?;
    } else if finding.signature.is_some() {
        line("refresh", "no rule covers it: it dies at its expiry")?;
    }
    line(
        "stable path",
        finding.stable_path.as_deref().unwrap_or("no route leads there"),
    )?;
    line("verdict", &verdict(finding))?;
    for advice in &finding.advice {
        let mut lines = advice.lines();
        writeln!(out, "\n-> {}", lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(out, "     {line}")?;
        }
    }
    Ok(())
}

fn described(object: &Object) -> String {
    let key = match &object.key {
        Some(key) => format!("{key:?}"),
        None => "none".into(),
    };
    match &object.bucket {
        Some(bucket) if *bucket == object.name => format!("key {key} in bucket {bucket}"),
        Some(bucket) => format!("key {key} in bucket {bucket} ({})", object.name),
        None => format!("key {key} in {}, which is no bucket of the configuration", object.name),
    }
}

fn signer(signature: &Signature) -> String {
    let Signature {
        version, access_key_id, ..
    } = signature;
    let who = match (&signature.client, signature.state) {
        (Some(client), Some(state)) => format!("client {client} ({state}), key {access_key_id}"),
        _ if signature.temporary => format!("temporary credentials, key {access_key_id}"),
        _ => format!("no client of the configuration, key {access_key_id}"),
    };
    let region = signature
        .region
        .as_ref()
        .map_or(String::new(), |region| format!(" for {region}"));
    format!("{who}; version {version}{region}")
}

fn signed_at(signature: &Signature) -> String {
    match (&signature.signed_at, signature.age) {
        (Some(at), _) if let Some(ahead) = signature.ahead => format!("{at}, {} in the future", rough(ahead)),
        (Some(at), Some(age)) => format!("{at}, {} ago", rough(age)),
        _ => "version 2 does not say".into(),
    }
}

fn expiry(signature: &Signature) -> String {
    let Some(at) = &signature.expires_at else {
        return "none".into();
    };
    let life = signature
        .good_for
        .map_or(String::new(), |life| format!(" (good for {})", rough(life)));
    match signature.expired_by {
        Some(by) => format!("{at}{life}, expired {} ago", rough(by)),
        None => format!("{at}{life}, still fresh"),
    }
}

fn worth(signature: &Signature) -> String {
    match (&signature.signed_for, &signature.fault) {
        (Some(host), _) => format!("authentic, made for {host}"),
        (None, Some(fault)) => format!("not believed: {fault}"),
        (None, None) => "not looked at".into(),
    }
}

fn ruled(rule: &Rule) -> String {
    let prefix = match rule.prefix.as_str() {
        "" => "all of it",
        prefix => prefix,
    };
    let cutoff = rule
        .not_before
        .as_ref()
        .map_or(String::new(), |at| format!(", not before {at}"));
    let age = match rule.max_age {
        0 => "no expired link".to_owned(),
        seconds => format!("links up to {} old", rough(seconds)),
    };
    format!("bucket {}, {prefix}: {age}{cutoff}", rule.bucket)
}

fn verdict(finding: &Finding) -> String {
    let reason = &finding.reason;
    if let (true, Some(door), Some(delivery)) = (finding.served, finding.door, finding.delivery) {
        return format!("served at the {door} door, delivery {delivery}: {reason}");
    }
    let status = finding.status.map_or(String::new(), |status| format!("{status} "));
    format!("refused, {status}{}: {reason}", finding.code.unwrap_or_default())
}

/// A duration in its two largest units: `20d 3h`, and not in months and years, which rules are not written in.
fn rough(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    let days = seconds / DAY;
    let rest = seconds % DAY;
    match (days, rest) {
        (0, rest) => {
            let text = humantime::format_duration(Duration::from_secs(rest)).to_string();
            text.split(' ').take(2).collect::<Vec<_>>().join(" ")
        }
        (days, rest) if rest < 3_600 || days > 99 => format!("{days}d"),
        (days, rest) => format!("{days}d {}h", rest / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_roughly_and_in_days() {
        for (seconds, said) in [
            (0, "0s"),
            (120, "2m"),
            (3_725, "1h 2m"),
            (86_400, "1d"),
            (90_000, "1d 1h"),
            (3_650 * 86_400 + 7_200, "3650d"),
        ] {
            assert_eq!(rough(seconds), said);
        }
    }
}
