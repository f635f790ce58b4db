//! What the documentation promises by itself: its links lead somewhere, the configuration in the README is a good one, and
//! every rule that is claimed names tests that are there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't go on ends; it reads nothing secret"
)]

use evergate::config::{Environment, parse};
use std::fs;
use std::path::{Path, PathBuf};

/// All Markdown files that are part of the project.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("docs"), root.join("deploy"), root.join("bench")];
    let mut pages: Vec<PathBuf> = ["README.md", "CHANGELOG.md", "SECURITY.md"]
        .map(|name| root.join(name))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The targets of inline links, `[…](target)`, that name a file of the project; outside of code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut code = false;
    for line in text.lines() {
        code ^= line.trim_start().starts_with("```");
        if code {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with('#') {
                links.push(target.to_owned());
            }
        }
    }
    links
}

/// The anchor that a heading gets: lower case, spaces as `-`, punctuation dropped.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        .collect()
}

/// The text of all Rust files below `folder`.
fn code(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &code(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
fn every_rule_that_is_claimed_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = code(&root.join("tests")) + &code(&root.join("src"));
    let page = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let (_, table) = page.split_once("| shown by |").unwrap();
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let names: Vec<_> = row.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")), "{name}, named in {row}");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            let (file, wanted) = link.split_once('#').unwrap_or((&link, ""));
            let target = page.parent().unwrap().join(file);
            let found = match fs::read_to_string(&target) {
                Ok(text) => {
                    wanted.is_empty() || text.lines().any(|line| line.starts_with('#') && anchor(line) == wanted)
                }
                Err(_) => target.is_dir() && wanted.is_empty(),
            };
            if !found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_configuration_in_the_readme_is_good() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (yaml, _) = readme.split_once("```yaml\n").unwrap().1.split_once("```").unwrap();
    let environment: Environment = [("AWS_BUCKET_NAME", "my-files")].into_iter().collect();
    let loaded = parse(yaml, Path::new("README.md"), &environment).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert_eq!(loaded.config.routes.len(), 1);
}

/// The YAML blocks of a page.
fn yaml_blocks(text: &str) -> Vec<&str> {
    let behind = text.split("```yaml\n").skip(1);
    behind.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn the_configurations_in_the_docs_are_good() {
    let secrets = tempfile::tempdir().unwrap();
    for name in ["access_key_id", "secret_access_key"] {
        fs::write(secrets.path().join(name), "EXAMPLE").unwrap();
    }
    let secret = "an-example-of-a-secret";
    let environment: Environment = [
        ("PARTNER_ID", "partner"),
        ("KEY_ID", "EXAMPLE"),
        ("KEY_SECRET", "example"),
        ("MINIO_ACCESS_KEY", "gateway"),
        ("R2_KEY_ID", "EXAMPLE"),
        ("B2_KEY_ID", "EXAMPLE"),
        ("HETZNER_KEY_ID", "EXAMPLE"),
        ("OLD_ACCESS_KEY", "OLDEXAMPLE"),
        ("EVERGATE_ADMIN_TOKEN", secret),
        ("EVERGATE_EVENTS_TOKEN", "another-example-of-a-secret"),
    ]
    .into_iter()
    .chain(
        [
            "MINIO_SECRET_KEY",
            "R2_SECRET",
            "B2_SECRET",
            "HETZNER_SECRET",
            "LIBRECHAT_SECRET_KEY",
            "CHAT_SECRET_KEY",
            "APP_SECRET_KEY",
            "OLD_SECRET_KEY",
            "OLD_SECRET_ACCESS_KEY",
        ]
        .map(|name| (name, secret)),
    )
    .collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut counted = std::collections::BTreeMap::new();
    for page in pages().into_iter().filter(|page| page.starts_with(&docs)) {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.file_name().unwrap().to_str().unwrap().to_owned();
        // All others are Docker Compose's.
        for yaml in yaml_blocks(&text)
            .into_iter()
            .filter(|yaml| !yaml.starts_with("services:"))
        {
            let yaml = yaml.replace("/run/secrets", &secrets.path().display().to_string());
            let loaded = parse(&yaml, &page, &environment).unwrap_or_else(|faults| panic!("{yaml}\n{faults}"));
            let expected = |warning: &String| {
                [
                    "there are no routes",
                    "EVERGATE_ADMIN_TOKEN is set",
                    "EVERGATE_EVENTS_TOKEN is set",
                ]
                .iter()
                .any(|known| warning.contains(known))
            };
            let unexpected: Vec<_> = loaded
                .warnings
                .iter()
                .map(ToString::to_string)
                .filter(|w| !expected(w))
                .collect();
            assert!(unexpected.is_empty(), "{yaml}\n{unexpected:#?}");
            *counted.entry(name.clone()).or_insert(0) += 1;
        }
    }
    for (page, least) in [
        ("caching.md", 2),
        ("credentials.md", 6),
        ("librechat.md", 2),
        ("minio-behind-one-host.md", 3),
        ("r2-b2-hetzner.md", 1),
        ("leaked-links.md", 1),
        ("purge-and-events-api.md", 1),
        ("refresh-api.md", 1),
    ] {
        assert!(
            counted.get(page).is_some_and(|count| *count >= least),
            "{page}: {counted:?}"
        );
    }
}

/// The variables that the Compose example gives the gateway are a whole configuration by themselves.
#[test]
fn the_compose_example_for_librechat_makes_a_good_configuration() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/librechat.md");
    let text = fs::read_to_string(page).unwrap();
    let compose = yaml_blocks(&text)
        .into_iter()
        .find(|yaml| yaml.starts_with("services:"))
        .unwrap();
    let of_the_gateway = compose
        .split_once("environment:\n")
        .unwrap()
        .1
        .split_once("    read_only")
        .unwrap()
        .0;
    let variables: Vec<(String, String)> = of_the_gateway
        .lines()
        .map(|line| line.split('#').next().unwrap().trim().split_once(": ").unwrap())
        .map(|(name, value)| {
            let given = value.starts_with("${");
            (
                name.to_owned(),
                if given { "an-example-of-20-characters" } else { value }.to_owned(),
            )
        })
        .map(|(name, value)| {
            let is_id = name.ends_with("ACCESS_KEY_ID");
            let value = if is_id { name.replace('_', "") } else { value };
            (name, value)
        })
        .collect();
    let environment: Environment = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let loaded = evergate::config::load(&evergate::config::Source::Environment, &environment)
        .unwrap_or_else(|faults| panic!("{faults}"));
    let config = loaded.config;
    assert_eq!(
        (config.clients.len(), config.refresh.len(), config.buckets.len()),
        (1, 2, 1)
    );
    assert_eq!(config.listener.address.port(), 8080);
}
