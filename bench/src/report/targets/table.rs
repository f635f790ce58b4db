//! The targets themselves, as data: what is to be measured where, and what it must reach. Names of scenarios, contenders, micro benches and
//! ways are those that stand in a report.

use super::Unit::{Bytes, Count, Nanos, PerMillion, Ratio};
use super::{Bound, Entry, Measure, Memory, Pick, Quantity, Target};
use Bound::{AtLeast, AtMost};
use Quantity::{Cpu, Rate, Tail, UserCpu};

const KIB: u64 = 1 << 10;

/// All targets, in the order in which they are shown. A table, one line a target.
#[rustfmt::skip]
pub(super) const TARGETS: &[Target] = &[
    beside("redirect hit, 1 core, 16 connections, beside nginx return 302", AtLeast(1.0), Rate, ours(redirect(1, 16)), "nginx-302"),
    beside("redirect hit, 1 core, 64 connections, beside nginx return 302", AtLeast(1.0), Rate, ours(redirect(1, 64)), "nginx-302"),
    beside("redirect hit, 1 core, 256 connections, beside nginx return 302", AtLeast(1.0), Rate, ours(redirect(1, 256)), "nginx-302"),
    beside("redirect hit, 2 cores, 16 connections, beside nginx return 302", AtLeast(1.1), Rate, ours(redirect(2, 16)), "nginx-302"),
    beside("redirect hit, 2 cores, 64 connections, beside nginx return 302", AtLeast(1.1), Rate, ours(redirect(2, 64)), "nginx-302"),
    beside("redirect hit, 2 cores, 256 connections, beside nginx return 302", AtLeast(1.1), Rate, ours(redirect(2, 256)), "nginx-302"),
    beside("redirect hit beside the bare hyper ceiling", AtLeast(0.9), Rate, ours(redirect(1, 64)), "ceiling-302"),
    beside("redirect hit, user CPU per request beside the ceiling", AtMost(1.6), UserCpu, ours(redirect(1, 64)), "ceiling-302"),
    beside("redirect hit beside nginx + njs signing", AtLeast(2.3), Rate, ours(redirect(1, 64)), "nginx-njs"),
    between("refresh of an expired URL beside redirect hit", AtLeast(0.85), ours(Pick::new("refresh", 1, 64)), ours(redirect(1, 64))),
    beside("stream hit, 4 KiB, beside nginx proxy_cache", AtLeast(1.3), Rate, ours(stream("stream-hit", 4)), "nginx-cache"),
    beside("stream hit, 16 KiB, beside nginx proxy_cache", AtLeast(1.3), Rate, ours(stream("stream-hit", 16)), "nginx-cache"),
    beside("stream hit, 256 KiB, beside nginx proxy_cache", AtLeast(0.9), Rate, ours(stream("stream-hit", 256)), "nginx-cache"),
    beside("stream miss, 4 KiB, beside nginx proxy_pass", AtLeast(0.95), Rate, ours(stream("stream-miss", 4)), "nginx-proxy"),
    beside("stream miss, 16 KiB, beside nginx proxy_pass", AtLeast(0.95), Rate, ours(stream("stream-miss", 16)), "nginx-proxy"),
    beside("stream miss, 256 KiB, beside nginx proxy_pass", AtLeast(1.5), Rate, ours(stream("stream-miss", 256)), "nginx-proxy"),
    beside("redirect hit, p99.9 at a fixed rate, beside nginx return 302", AtMost(1.0), Tail, ours(Pick::paced("redirect-hit")), "nginx-302"),
    beside("stream hit, p99.9 at a fixed rate, beside nginx proxy_cache", AtMost(1.0), Tail, ours(Pick::paced("stream-hit")), "nginx-cache"),
    between("redirect hit, 2 cores beside 1", AtLeast(1.75), ours(redirect(2, 64)), ours(redirect(1, 64))),
    memory("an idle connection", AtMost(8e3), Memory::PerConnection, Pick::idle()),
    memory("10,000 idle connections, whole process", AtMost(80e6), Memory::Resident, Pick::idle()),
    memory("64 streams of 256 KiB objects, resident memory", AtMost(24e6), Memory::Peak, stream("stream-miss", 256)),
    micro("presign, cold, without the cache of signed URLs", 1_000.0, "presign/cold"),
    micro("presign, cold, looked for and kept", 1_000.0, "presign/miss"),
    micro("presign, cold, with a 1 KB token, without the cache of signed URLs", 2_000.0, "presign/token"),
    micro("verify", 1_200.0, "verify/cached"),
    micro("verify, the client's key of the day still to be derived", 1_200.0, "verify/fresh"),
    micro("refresh of an expired URL, without the cache of signed URLs and the audit line", 2_500.0, "refresh"),
    Target {
        figure: "allocations of presign, verify and refresh, the most of them",
        bound: AtMost(3.0),
        unit: Count,
        measure: Measure::Allocations(&["presign/cold", "presign/miss", "presign/token", "verify/cached", "verify/fresh", "refresh"]),
    },
    Target {
        figure: "refusing a wrong signature beside refreshing, CPU per request",
        bound: AtMost(1.0),
        unit: Ratio,
        measure: Measure::Beside {
            what: Cpu,
            of: Entry { pick: Pick::new("refresh", 1, 64), who: "evergate-rejected" },
            beside: ours(Pick::new("refresh", 1, 64)),
        },
    },
    Target {
        figure: "refusing a wrong signature beside refreshing with a warm cache of signed URLs, CPU per request",
        bound: AtMost(1.0),
        unit: Ratio,
        measure: Measure::Beside {
            what: Cpu,
            of: Entry { pick: Pick::new("refresh", 1, 64), who: "evergate-rejected" },
            beside: Entry { pick: Pick::new("refresh", 1, 64), who: "evergate-warm" },
        },
    },
    Target {
        figure: "verifying a wrong signature beside a valid one",
        bound: AtMost(1.0),
        unit: Ratio,
        measure: Measure::MicroBeside("verify/rejected-cached", "verify/cached"),
    },
    Target {
        figure: "verifying a wrong signature beside a valid one, the client's key of the day still to be derived",
        bound: AtMost(1.0),
        unit: Ratio,
        measure: Measure::MicroBeside("verify/rejected", "verify/fresh"),
    },
    broken("broken images, redirect", "evergate, redirect"),
    broken("broken images, stream", "evergate, stream"),
    broken("broken images, auto", "evergate, auto"),
    broken("broken images, stored links refreshed", "evergate, stored links refreshed"),
    broken("broken images, stream with object cache", "evergate, stream with object cache"),
];

/// Redirects to URLs that were signed before.
const fn redirect(cores: usize, connections: u64) -> Pick {
    Pick::new("redirect-hit", cores, connections)
}

/// Objects of one size through one core, 64 at a time.
const fn stream(name: &'static str, kib: u64) -> Pick {
    Pick::new(name, 1, 64).of(kib * KIB)
}

const fn ours(pick: Pick) -> Entry {
    Entry { pick, who: "evergate" }
}

/// Two contenders of one scenario.
const fn beside(figure: &'static str, bound: Bound, what: Quantity, of: Entry, rival: &'static str) -> Target {
    let beside = Entry {
        pick: of.pick,
        who: rival,
    };
    Target {
        figure,
        bound,
        unit: Ratio,
        measure: Measure::Beside { what, of, beside },
    }
}

/// Throughput of one contender in two scenarios.
const fn between(figure: &'static str, bound: Bound, of: Entry, beside: Entry) -> Target {
    let what = Rate;
    Target {
        figure,
        bound,
        unit: Ratio,
        measure: Measure::Beside { what, of, beside },
    }
}

const fn memory(figure: &'static str, bound: Bound, what: Memory, pick: Pick) -> Target {
    Target {
        figure,
        bound,
        unit: Bytes,
        measure: Measure::Memory { what, of: ours(pick) },
    }
}

const fn micro(figure: &'static str, nanos: f64, name: &'static str) -> Target {
    Target {
        figure,
        bound: AtMost(nanos),
        unit: Nanos,
        measure: Measure::Micro(name),
    }
}

const fn broken(figure: &'static str, way: &'static str) -> Target {
    Target {
        figure,
        bound: AtMost(0.0),
        unit: PerMillion,
        measure: Measure::Broken(way),
    }
}
