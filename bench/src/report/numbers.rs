//! Figures as people read them: three digits that count, units that fit, thousands set apart. Sizes are decimal (1 KB is 1,000 bytes), as
//! memory targets are; only objects are named in KiB.

/// A count as a figure that can be divided. Exact up to 2^53, which is a century of microseconds.
#[allow(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

/// A whole number with thousands set apart: `82,140`.
pub(super) fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value <= -0.5 { format!("-{text}") } else { text }
}

/// A rate: whole from 100 on, with three digits below.
pub(super) fn per_second(value: f64) -> String {
    if value >= 100.0 { count(value) } else { three(value) }
}

/// A time given in microseconds: `96 µs`, `1.84 ms`, `2.50 s`.
pub(super) fn micros(value: f64) -> String {
    match value {
        v if v < 1.0 && v > 0.0 => format!("{} ns", three(v * 1e3)),
        v if v < 1e3 => format!("{} µs", small(v)),
        v if v < 1e6 => format!("{} ms", three(v / 1e3)),
        v => format!("{} s", three(v / 1e6)),
    }
}

/// CPU time of one request, in microseconds: `12.1`, `1.65`.
pub(super) fn cpu(value: f64) -> String {
    if value >= 1e3 { count(value) } else { three(value) }
}

/// A time given in nanoseconds: `640 ns`, `1.62 µs`.
pub(super) fn nanos(value: f64) -> String {
    if value < 1e3 {
        format!("{} ns", small(value))
    } else {
        micros(value / 1e3)
    }
}

/// A size: `7.20 KB`, `14.2 MB`.
pub(super) fn bytes(value: f64) -> String {
    match value {
        v if v < 1e3 => format!("{} B", count(v)),
        v if v < 1e6 => format!("{} KB", three(v / 1e3)),
        v if v < 1e9 => format!("{} MB", three(v / 1e6)),
        v => format!("{} GB", three(v / 1e9)),
    }
}

/// Memory of a machine, as its seller counts it: `16 GiB`.
pub(super) fn memory(bytes: u64) -> String {
    format!("{:.0} GiB", real(bytes) / f64::from(1 << 30))
}

/// The size of an object: `256 KiB`, `16 MiB`.
pub(super) fn object(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        b if b >= MIB && b.is_multiple_of(MIB) => format!("{} MiB", b / MIB),
        b if b >= KIB && b.is_multiple_of(KIB) => format!("{} KiB", b / KIB),
        b => format!("{b} B"),
    }
}

/// A ratio: `1.04×`.
pub(super) fn ratio(value: f64) -> String {
    format!("{value:.2}×")
}

/// A share of one: `97 %`. Never rounded up to a whole that it is not.
pub(super) fn share(value: f64) -> String {
    format!("{:.0} %", (value * 100.0).floor())
}

/// A round figure without the zeros that say how exact a measurement is: `2.5 µs` for `2.50 µs`.
pub(super) fn round(words: &str) -> String {
    match words.split_once(' ') {
        Some((figure, unit)) if figure.contains('.') => {
            format!("{} {unit}", figure.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => words.to_owned(),
    }
}

/// From the least to the greatest, with the unit said once: `1.32–1.40 ms`; empty if the two look the same.
pub(super) fn span(min: &str, max: &str) -> String {
    if min == max {
        return String::new();
    }
    let unit = |text: &str| {
        text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
            .to_owned()
    };
    let shared = unit(max);
    let min = if unit(min) == shared {
        min.trim_end_matches(&shared)
    } else {
        min
    };
    format!("{min}–{max}")
}

/// Three digits that count, for values of at least one.
fn three(value: f64) -> String {
    match value {
        v if v >= 99.95 => format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// Like [`three`], without a point where the value is whole, as latencies in microseconds are.
fn small(value: f64) -> String {
    if value.fract().abs() < 1e-9 {
        format!("{value:.0}")
    } else {
        three(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_three_digits_and_a_unit_that_fits() {
        assert_eq!(count(82_140.4), "82,140");
        assert_eq!(count(999.6), "1,000");
        assert_eq!(count(0.0), "0");
        assert_eq!(count(-1_234.0), "-1,234");
        assert_eq!(per_second(12.345), "12.3");
        assert_eq!(micros(96.0), "96 µs");
        assert_eq!(micros(0.0), "0 µs");
        assert_eq!(micros(1_842.0), "1.84 ms");
        assert_eq!(micros(2_500_000.0), "2.50 s");
        assert_eq!(nanos(640.0), "640 ns");
        assert_eq!(nanos(1_624.0), "1.62 µs");
        assert_eq!(bytes(7_200.0), "7.20 KB");
        assert_eq!(bytes(14_240_000.0), "14.2 MB");
        assert_eq!(object(256 << 10), "256 KiB");
        assert_eq!(object(16 << 20), "16 MiB");
        assert_eq!(object(500), "500 B");
        assert_eq!(ratio(1.044), "1.04×");
        assert_eq!(share(0.998), "99 %");
        assert_eq!(span("1.32 ms", "1.40 ms"), "1.32–1.40 ms");
        assert_eq!(span("990 µs", "1.40 ms"), "990 µs–1.40 ms");
        assert_eq!(span("1.00×", "1.02×"), "1.00–1.02×");
        assert_eq!(span("76,580", "77,561"), "76,580–77,561");
        assert_eq!(span("5", "5"), "");
        assert_eq!(round("2.50 µs"), "2.5 µs");
        assert_eq!(round("100 MB"), "100 MB");
    }
}
