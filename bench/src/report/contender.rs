//! How contenders are shown: what they are called, in which order, in which colour. The same everywhere, so that a reader who has found
//! one has found it in every chart.

/// What a contender stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The gateway itself, in whichever mode.
    Evergate,
    /// What people would use instead.
    Rival,
    /// The least that could be done with the same libraries. Nobody offers it; it says how much room is left.
    Ceiling,
}

/// How one contender is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Its name for people.
    pub label: String,
    /// What it stands for.
    pub role: Role,
    /// The class of its colour in the page.
    pub tone: &'static str,
    /// Its place among all contenders.
    pub rank: usize,
}

/// Those who are known: the name in a report, the name for people, the colour. In the order in which they are shown.
const KNOWN: [(&str, &str, &str); 13] = [
    ("evergate", "Evergate", "evergate"),
    ("evergate-uncached", "Evergate, no URL cache", "evergate"),
    ("evergate-warm", "Evergate, warm URL cache", "evergate"),
    ("evergate-rejected", "Evergate, refusing", "evergate"),
    ("nginx-302", "nginx return 302", "blue"),
    ("nginx-proxy", "nginx proxy_pass", "cyan"),
    ("nginx-cache", "nginx proxy_cache", "indigo"),
    ("nginx-njs", "nginx + njs signing", "violet"),
    ("varnish", "Varnish", "amber"),
    ("haproxy", "HAProxy", "rose"),
    ("ceiling-302", "ceiling: bare hyper 302", "ceiling"),
    ("ceiling-body", "ceiling: body from memory", "ceiling"),
    ("origin", "ceiling: the origin itself", "ceiling"),
];

/// How the contender of this name is shown. Names that nobody knows are rivals, after those that are known; names that begin with
/// `evergate` or `ceiling` are what they say.
pub(super) fn look(name: &str) -> Look {
    if let Some((rank, (_, label, tone))) = KNOWN.iter().enumerate().find(|(_, (known, ..))| *known == name) {
        return Look {
            label: (*label).to_owned(),
            role: role(name),
            tone,
            rank: rank * 2,
        };
    }
    let role = role(name);
    let (tone, rank) = match role {
        Role::Evergate => ("evergate", 7),
        Role::Rival => ("other", 19),
        Role::Ceiling => ("ceiling", 2 * KNOWN.len()),
    };
    Look {
        label: name.to_owned(),
        role,
        tone,
        rank,
    }
}

/// A way of showing images as it is called in a sentence's first place.
pub(super) fn way(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn role(name: &str) -> Role {
    if name.starts_with("evergate") {
        Role::Evergate
    } else if name.starts_with("ceiling") || name == "origin" {
        Role::Ceiling
    } else {
        Role::Rival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evergate_comes_first_and_ceilings_last_whoever_else_there_is() {
        let mut names = [
            "ceiling-302",
            "caddy",
            "ceiling-new",
            "evergate-new",
            "origin",
            "haproxy",
            "nginx-302",
            "evergate",
        ];
        names.sort_by_key(|name| look(name).rank);
        assert_eq!(
            names,
            [
                "evergate",
                "evergate-new",
                "nginx-302",
                "haproxy",
                "caddy",
                "ceiling-302",
                "origin",
                "ceiling-new"
            ]
        );
        assert_eq!(look("caddy").role, Role::Rival);
        assert_eq!(look("ceiling-new").role, Role::Ceiling);
    }
}
