//! The house stands in one order: a room imports only rooms before it. This test reads the order from `src/lib.rs`, the
//! imports from every file, and names each fault by file and line. See `docs/adr/0001-rooms-stand-in-one-order.md`.
//!
//! It also holds four smaller promises: every room is in the list, no file is longer than 400 lines, every file
//! opens with a `//!` that says what it is, and only the command line makes a permit without a verdict.
#![allow(clippy::expect_used, reason = "a test that can't go on ends")]

use proc_macro2::{Ident, TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, Macro, MetaList, UseTree};

/// Past this many lines a file is two files.
const MOST_LINES: usize = 400;

#[test]
fn every_room_imports_only_rooms_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = Order::read(&fs::read_to_string(root.join("lib.rs")).expect("src/lib.rs is there"));
    let mut faults = Vec::new();
    for path in rust_files(&root) {
        let name = path.strip_prefix(&root).expect("it was found there").to_path_buf();
        faults.extend(order.judge(&name, &fs::read_to_string(&path).expect("it was listed")));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn only_the_command_line_makes_a_permit_without_a_verdict() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_test = |path: &Path| path.to_string_lossy().ends_with("tests.rs");
    let (mut at_the_command_line, mut elsewhere) = (0, Vec::new());
    for path in rust_files(&root).into_iter().filter(|path| !is_test(path)) {
        let calls = fs::read_to_string(&path)
            .expect("it was listed")
            .matches("Permit::operator(")
            .count();
        if path.starts_with(root.join("cli")) {
            at_the_command_line += calls;
        } else if calls > 0 {
            elsewhere.push(path);
        }
    }
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    // Else it looks for what is called otherwise by now.
    assert!(at_the_command_line > 0);
}

/// All `.rs` files below `folder`, sorted.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rooms, first to last.
struct Order(Vec<String>);

impl Order {
    /// Reads the `mod` items of the crate root, in the order in which they are written.
    fn read(lib: &str) -> Self {
        let file = syn::parse_file(lib).expect("src/lib.rs is Rust");
        let rooms = file.items.into_iter().filter_map(|item| match item {
            syn::Item::Mod(room) => Some(room.ident.to_string()),
            _ => None,
        });
        Self(rooms.collect())
    }

    fn place(&self, room: &str) -> Option<usize> {
        self.0.iter().position(|known| known == room)
    }

    /// The faults of one file; `name` is its path below `src/`.
    fn judge(&self, name: &Path, source: &str) -> Vec<String> {
        let shown = Path::new("src").join(name).display().to_string();
        let mut faults = Vec::new();
        if !source.starts_with("//!") {
            faults.push(format!("{shown}:1: opens without a `//!` that says what the file is"));
        }
        let lines = source.lines().count();
        if lines > MOST_LINES {
            faults.push(format!(
                "{shown}:{MOST_LINES}: {lines} lines are more than {MOST_LINES}"
            ));
        }
        let modules = module_path(name);
        let Some(room) = modules.first() else {
            return faults;
        };
        let Some(own) = self.place(room) else {
            faults.push(format!("{shown}:1: the room `{room}` is not declared in src/lib.rs"));
            return faults;
        };
        let file = match syn::parse_file(source) {
            Ok(file) => file,
            Err(error) => {
                faults.push(format!("{shown}:{}: {error}", error.span().start().line));
                return faults;
            }
        };
        let mut walk = Walk {
            modules: modules.clone(),
            references: Vec::new(),
        };
        walk.visit_file(&file);
        for Reference { name, line } in walk.references {
            match self.place(&name) {
                Some(other) if other <= own => {}
                Some(_) => faults.push(format!(
                    "{shown}:{line}: `{room}` imports `{name}`, which stands after it"
                )),
                None => faults.push(format!(
                    "{shown}:{line}: `{name}` is not a room; name the room that holds it"
                )),
            }
        }
        faults.dedup();
        faults
    }
}

/// `presign/window.rs` → `presign`, `window`; `main.rs` and `lib.rs` → nothing: the root stands outside the order.
fn module_path(name: &Path) -> Vec<String> {
    let mut parts: Vec<String> = name
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    if parts == ["lib"] || parts == ["main"] {
        Vec::new()
    } else {
        parts
    }
}

/// What a file names directly below the crate root.
struct Reference {
    name: String,
    line: usize,
}

/// Collects references while it walks a file's syntax.
struct Walk {
    /// The module that is being walked, from the crate root.
    modules: Vec<String>,
    references: Vec<Reference>,
}

impl Walk {
    /// Takes a path from its first segment on; remembers it when it starts at, or climbs to, the crate root.
    fn path<'a>(&mut self, segments: impl IntoIterator<Item = &'a Ident>) {
        let mut at: Option<usize> = None;
        for segment in segments {
            match segment.to_string().as_str() {
                "crate" => at = Some(0),
                "super" => at = Some(at.unwrap_or(self.modules.len()).saturating_sub(1)),
                "self" if at.is_none() => at = Some(self.modules.len()),
                name => {
                    if at == Some(0) {
                        self.references.push(Reference {
                            name: name.to_owned(),
                            line: segment.span().start().line,
                        });
                    }
                    return;
                }
            }
        }
    }

    fn use_tree(&mut self, before: &mut Vec<Ident>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.clone());
                self.use_tree(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(before, tree)),
            UseTree::Name(name) => self.path(before.iter().chain([&name.ident])),
            UseTree::Rename(rename) => self.path(before.iter().chain([&rename.ident])),
            // `use crate::*` would bring every room in; it is no room's name, so it is a fault.
            UseTree::Glob(glob) => {
                let star = Ident::new("glob", glob.span());
                self.path(before.iter().chain([&star]));
            }
        }
    }

    /// Paths inside macro calls and attributes, which the syntax tree holds as bare tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += 1;
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) if *first == "crate" || *first == "super" => {
                    let mut segments = vec![first.clone()];
                    while let [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Ident(next), ..] = &tokens[index..]
                        && a.as_char() == ':'
                        && b.as_char() == ':'
                    {
                        segments.push(next.clone());
                        index += 3;
                    }
                    self.path(&segments);
                }
                // `#[serde(with = "crate::…")]`
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if let Ok(path) = syn::parse_str::<syn::Path>(text.trim_matches('"'))
                        && text.contains("::")
                    {
                        let named = path
                            .segments
                            .iter()
                            .map(|segment| Ident::new(&segment.ident.to_string(), literal.span()));
                        let named: Vec<Ident> = named.collect();
                        self.path(&named);
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.modules.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.modules.pop();
    }
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.use_tree(&mut Vec::new(), &item.tree);
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        self.path(segments);
        visit::visit_path(self, path);
    }
    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }
    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        visit::visit_meta_list(self, list);
        self.tokens(list.tokens.clone());
    }
}

/// The tester, tested on houses that exist only here.
mod samples {
    use super::{MOST_LINES, Order};
    use std::path::Path;

    const LIB: &str = "//! Three rooms.\npub mod clock;\npub mod s3;\n#[cfg(feature = \"x\")]\npub mod cli;\n";

    /// The faults of one file of the sample house.
    fn judge(name: &str, source: &str) -> Vec<String> {
        Order::read(LIB).judge(Path::new(name), &format!("//! A sample.\n{source}"))
    }

    fn assert_later(name: &str, source: &str, line: usize) {
        let faults = judge(name, source);
        let expected = format!("src/{name}:{line}: `s3` imports `cli`, which stands after it");
        assert_eq!(faults, [expected], "for {source}");
    }

    #[test]
    fn the_order_is_the_order_of_the_file() {
        assert_eq!(Order::read(LIB).0, ["clock", "s3", "cli"]);
    }

    #[test]
    fn earlier_rooms_and_the_own_room_are_open() {
        let source = "use crate::clock::{Clock, Timestamp};\nuse crate::s3::Key;\nuse super::Other;\nuse std::fmt;\n\
                      use self::inner::X;\nmod inner { use super::super::Other; pub struct X; }\n/// See [`crate::cli`].\nfn f() {}\n";
        assert_eq!(judge("s3/key.rs", source), Vec::<String>::new());
    }

    #[test]
    fn every_way_to_name_a_later_room_is_found() {
        for source in [
            "use crate::cli;",
            "use crate::cli::Args as A;",
            "use crate::cli as c;",
            "use crate::{clock, cli::{Args, run}};",
            "use crate::cli::*;",
            "pub(crate) use crate::cli::Args;",
            "use super::super::cli::Args;",
            "use super::{super::cli::Args, Key};",
            "fn f(a: crate::cli::Args) {}",
            "fn f() { crate::cli::run() }",
            "impl crate::cli::Run for X {}",
            "fn f() -> Vec<Option<crate::cli::Args>> { vec![] }",
            "fn f() { println!(\"{}\", crate::cli::NAME) }",
            "macro_rules! m { () => { $crate::cli::run() } }",
            "#[derive(X)] #[serde(with = \"crate::cli::duration\")] struct S;",
            "mod tests { use super::super::super::cli::Args; }",
            "mod tests { fn f() { assert_eq!(1, super::super::super::cli::ONE); } }",
        ] {
            assert_later("s3/key.rs", source, 2);
        }
        assert_later("s3/mod.rs", "\nuse super::cli;", 3);
        assert_later("s3.rs", "\n\nuse super::cli::Args;", 4);
    }

    #[test]
    fn names_at_the_root_that_are_no_rooms_are_faults() {
        for source in ["use crate::*;", "use crate::Thing;", "use super::*;"] {
            let faults = judge("s3/mod.rs", source);
            assert!(
                matches!(&faults[..], [one] if one.contains(":2: ") && one.contains("is not a room")),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn a_room_that_is_not_declared_is_a_fault() {
        assert_eq!(
            judge("attic/mod.rs", ""),
            ["src/attic/mod.rs:1: the room `attic` is not declared in src/lib.rs"]
        );
    }

    #[test]
    fn the_root_stands_outside_the_order() {
        assert_eq!(
            judge("main.rs", "fn main() { evergate::cli::main() }"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn long_files_and_files_without_a_head_are_faults() {
        let long = "\n".repeat(MOST_LINES);
        assert_eq!(
            judge("s3/key.rs", &long),
            ["src/s3/key.rs:400: 401 lines are more than 400"]
        );
        let faults = Order::read(LIB).judge(Path::new("s3/key.rs"), "use std::fmt;\n");
        assert_eq!(
            faults,
            ["src/s3/key.rs:1: opens without a `//!` that says what the file is"]
        );
    }

    #[test]
    fn a_file_that_is_not_rust_is_a_fault_with_its_line() {
        let faults = judge("s3/key.rs", "fn f() {}\nfn {");
        assert!(
            matches!(&faults[..], [one] if one.starts_with("src/s3/key.rs:3: ")),
            "{faults:?}"
        );
    }
}
