//! AWS's own hosts: which partition a region lies in, and what an endpoint is called in another region. AWS "Amazon S3
//! endpoints and quotas".
//!
//! An origin may say which region a bucket is in; which host that is, follows from here and from the configured host
//! alone (rule 4).

/// The DNS suffix of each AWS partition but the first, by the prefix of its regions.
const PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
];
/// The suffix of all other regions.
const FIRST: &str = "amazonaws.com";
/// What stands before the region in hosts that differ by nothing but the region.
const SERVICES: [&str; 4] = ["s3", "s3.dualstack", "s3-fips", "s3-fips.dualstack"];

/// Returns the DNS suffix of the partition that a region's name tells.
pub(super) fn suffix_of(region: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(FIRST, |(_, suffix)| suffix)
}

/// What becomes of a host when its bucket turns out to be in another region.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// The host does not depend on the region: it is none of AWS's, or one that serves all regions.
    SameHost,
    /// This is the host in that region.
    Host(String),
    /// It is a host of AWS, and the region is none of its partition.
    Foreign,
}

/// Whether a host is below the suffix of a partition.
pub(super) fn is_aws_host(authority: &str) -> bool {
    split(authority).is_some()
}

/// Returns what stands before the S3 host of AWS that `host` ends in: the bucket of a virtual-hosted address, or nothing.
/// `None` for any other host.
pub(crate) fn before_aws_s3(host: &str) -> Option<&str> {
    let is_s3 = |host: &str| split(host).is_some_and(|(front, _)| service(front).is_some());
    if is_s3(host) {
        return Some("");
    }
    let mut dots = host.match_indices('.');
    dots.find_map(|(at, _)| {
        let (before, behind) = host.split_at_checked(at)?;
        is_s3(behind.strip_prefix('.')?).then_some(before)
    })
}

/// Takes a host of AWS's S3 apart, in whichever of its spellings: what stands before it, as [`before_aws_s3`] says, and its
/// partition's suffix. Beside the regional hosts, this knows those that stand for a region and never name it.
pub(crate) fn any_aws_s3(host: &str) -> Option<(&str, &'static str)> {
    const NAMELESS: [&str; 3] = ["s3-accelerate.dualstack", "s3-accelerate", "s3-external-1"];
    let (front, suffix) = split(host)?;
    if let Some(bucket) = before_aws_s3(host) {
        return Some((bucket, suffix));
    }
    NAMELESS.iter().find_map(|nameless| {
        let before = front.strip_suffix(nameless)?;
        let bucket = before.strip_suffix('.').or(before.is_empty().then_some(""))?;
        Some((bucket, suffix))
    })
}

/// Splits a host of AWS before its partition's suffix.
fn split(authority: &str) -> Option<(&str, &'static str)> {
    let mut suffixes = PARTITIONS.iter().map(|(_, suffix)| *suffix).chain([FIRST]);
    suffixes.find_map(|suffix| Some((authority.strip_suffix(suffix)?.strip_suffix('.')?, suffix)))
}

/// Says what `authority` is called in `region`.
pub(super) fn elsewhere(authority: &str, region: &str) -> Elsewhere {
    let Some((front, suffix)) = split(authority) else {
        return Elsewhere::SameHost;
    };
    if !is_aws_region(region) || suffix_of(region) != suffix {
        return Elsewhere::Foreign;
    }
    service(front).map_or(Elsewhere::SameHost, |service| {
        Elsewhere::Host(format!("{service}.{region}.{suffix}"))
    })
}

/// Returns what stands before the region in a host without its suffix.
fn service(front: &str) -> Option<&'static str> {
    // The global endpoint, and the regional ones of old: s3-eu-west-1.amazonaws.com.
    if front == "s3" || front.strip_prefix("s3-").is_some_and(is_aws_region) {
        return Some("s3");
    }
    let (service, region) = front.rsplit_once('.')?;
    SERVICES
        .into_iter()
        .find(|known| *known == service && is_aws_region(region))
}

/// `eu-central-1`, `us-gov-west-1`: words and a number. Whatever else an origin says is not put into a host name.
fn is_aws_region(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |part: &str| (1..=12).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    parts.next().is_some_and(is_number) && (2..=4).contains(&parts.clone().count()) && parts.all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_stands_before_the_hosts_of_s3() {
        for (host, bucket) in [
            ("s3.amazonaws.com", Some("")),
            ("s3.dualstack.us-east-1.amazonaws.com", Some("")),
            ("s3-eu-west-1.amazonaws.com", Some("")),
            ("files.s3.amazonaws.com", Some("files")),
            ("my.files.s3.eu-west-1.amazonaws.com", Some("my.files")),
            ("files.s3.dualstack.us-east-1.amazonaws.com", Some("files")),
            ("s3.s3.us-east-1.amazonaws.com", Some("s3")),
            ("files.s3-eu-west-1.amazonaws.com", Some("files")),
            ("files.s3.cn-north-1.amazonaws.com.cn", Some("files")),
            ("files.s3.amazonaws.com.example.com", None),
            ("ec2.us-east-1.amazonaws.com", None),
            ("s3.example.com", None),
            ("files", None),
        ] {
            assert_eq!(before_aws_s3(host), bucket, "{host}");
        }
    }

    #[test]
    fn every_spelling_of_an_aws_host_comes_apart() {
        for (host, apart) in [
            ("s3.amazonaws.com", Some(("", "amazonaws.com"))),
            (
                "my.files.s3.dualstack.eu-west-1.amazonaws.com",
                Some(("my.files", "amazonaws.com")),
            ),
            ("files.s3-us-west-2.amazonaws.com", Some(("files", "amazonaws.com"))),
            (
                "files.s3.cn-north-1.amazonaws.com.cn",
                Some(("files", "amazonaws.com.cn")),
            ),
            ("files.s3-accelerate.amazonaws.com", Some(("files", "amazonaws.com"))),
            (
                "files.s3-accelerate.dualstack.amazonaws.com",
                Some(("files", "amazonaws.com")),
            ),
            ("s3-external-1.amazonaws.com", Some(("", "amazonaws.com"))),
            ("filess3-accelerate.amazonaws.com", None),
            ("files.s3.amazonaws.com.example.com", None),
        ] {
            assert_eq!(any_aws_s3(host), apart, "{host}");
        }
    }

    #[test]
    fn a_host_of_aws_is_named_anew_inside_its_partition() {
        for (from, region, to) in [
            (
                "s3.us-east-1.amazonaws.com",
                "eu-central-1",
                "s3.eu-central-1.amazonaws.com",
            ),
            ("s3.amazonaws.com", "eu-central-1", "s3.eu-central-1.amazonaws.com"),
            ("s3-us-west-2.amazonaws.com", "eu-west-1", "s3.eu-west-1.amazonaws.com"),
            (
                "s3.dualstack.us-east-1.amazonaws.com",
                "ap-southeast-2",
                "s3.dualstack.ap-southeast-2.amazonaws.com",
            ),
            (
                "s3-fips.us-east-1.amazonaws.com",
                "us-east-2",
                "s3-fips.us-east-2.amazonaws.com",
            ),
            (
                "s3-fips.dualstack.us-east-1.amazonaws.com",
                "us-gov-west-1",
                "s3-fips.dualstack.us-gov-west-1.amazonaws.com",
            ),
            (
                "s3.cn-north-1.amazonaws.com.cn",
                "cn-northwest-1",
                "s3.cn-northwest-1.amazonaws.com.cn",
            ),
            (
                "s3.us-iso-east-1.c2s.ic.gov",
                "us-iso-west-1",
                "s3.us-iso-west-1.c2s.ic.gov",
            ),
        ] {
            assert_eq!(
                elsewhere(from, region),
                Elsewhere::Host(to.to_owned()),
                "{from} {region}"
            );
        }
    }

    #[test]
    fn hosts_that_do_not_name_a_region_stay() {
        for host in [
            "minio:9000",
            "s3.example.com",
            "s3.us-east-1.amazonaws.com.example.com",
            "s3.us-east-1.amazonaws.com:8443",
            "notamazonaws.com",
            "s3-accelerate.amazonaws.com",
            "s3-external-1.amazonaws.com",
            "vpce-1.s3.us-east-1.vpce.amazonaws.com",
            "127.0.0.1:9000",
        ] {
            assert_eq!(elsewhere(host, "eu-west-1"), Elsewhere::SameHost, "{host}");
        }
    }

    #[test]
    fn rule_4_no_answer_names_a_host() {
        for region in [
            "cn-north-1",
            "us-iso-east-1",
            "eusc-de-east-1",
            "auto",
            "evil",
            "a-b",
            "evil-host-1x",
            "-eu-west-1",
            "eu-west-1-",
            "eu--1",
            "eu-west-100",
            "a-b-c-d-e-f-1",
            "",
        ] {
            assert_eq!(
                elsewhere("s3.us-east-1.amazonaws.com", region),
                Elsewhere::Foreign,
                "{region}"
            );
        }
        assert_eq!(
            elsewhere("s3.cn-north-1.amazonaws.com.cn", "eu-west-1"),
            Elsewhere::Foreign
        );
    }
}
