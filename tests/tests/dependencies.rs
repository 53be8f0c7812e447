//! What the workspace depends on, against `deny.toml`: licences, where crates come from, and of which there is one.
//!
//! `cargo deny check` does the same and asks for advisories besides; it is not always at hand, and takes long to build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The licence of every crate that is built, on any platform, by its name and version.
fn dependencies() -> BTreeMap<(String, String), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let words = "tree --locked --workspace --edges normal,build --target all --prefix none --format {p}|{l}";
    let output = Command::new(cargo).current_dir(root).args(words.split(' ')).output().expect("cargo runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    // `name v1.2.3 (proc-macro)|MIT OR Apache-2.0 (*)`: the star says that it stood there before.
    let entry = |line: &str| {
        let (package, licence) = line.split_once('|').expect("it is of the format that was asked for");
        let mut words = package.split(' ').map(str::to_owned);
        let key = (words.next().expect("a name"), words.next().expect("a version"));
        (key, licence.trim_end_matches(" (*)").to_owned())
    };
    lines.lines().filter(|line| !line.is_empty()).map(entry).collect()
}

/// The texts between these two marks of `deny.toml`, of lines that are no comments.
fn listed(from: &str, to: &str) -> Vec<String> {
    let text = include_str!("../../deny.toml");
    let (_, rest) = text.split_once(from).expect("the list begins");
    let (list, _) = rest.split_once(to).expect("the list ends");
    let quoted = |line: &str| Some(line.split('"').nth(1)?.to_owned());
    list.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(quoted).collect()
}

/// Whether an expression such as `(MIT OR Apache-2.0) AND Unicode-3.0` can be met with these licences. Older crates write `/` for `OR`.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "\u{a0}WITH\u{a0}");
    let words: Vec<String> = spaced.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('\u{a0}', " ")).collect();
    let mut rest = &words[..];
    any(&mut rest, allowed) && rest.is_empty()
}

fn any(rest: &mut &[String], allowed: &[String]) -> bool {
    let mut met = all(rest, allowed);
    while next(rest, "OR") {
        met |= all(rest, allowed);
    }
    met
}

fn all(rest: &mut &[String], allowed: &[String]) -> bool {
    let mut met = one(rest, allowed);
    while next(rest, "AND") {
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[String], allowed: &[String]) -> bool {
    if next(rest, "(") {
        let met = any(rest, allowed);
        return next(rest, ")") && met;
    }
    rest.split_off_first().is_some_and(|word| allowed.contains(word))
}

fn next(rest: &mut &[String], word: &str) -> bool {
    let found = rest.first().is_some_and(|first| first == word);
    if found {
        *rest = &rest[1..];
    }
    found
}

#[test]
fn every_licence_is_allowed() {
    let allowed = listed("allow = [", "\n]");
    assert!(allowed.len() > 10, "{allowed:?}");
    let found = dependencies();
    assert!(found.len() > 100, "{} crates", found.len());
    let refused: BTreeMap<_, _> = found.iter().filter(|(_, licence)| !is_met(licence, &allowed)).collect();
    assert!(refused.is_empty(), "deny.toml does not allow {refused:?}");
}

#[test]
fn all_come_from_one_registry() {
    let lock = include_str!("../../Cargo.lock");
    let sources: BTreeSet<&str> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert_eq!(sources.into_iter().collect::<Vec<_>>(), ["source = \"registry+https://github.com/rust-lang/crates.io-index\""]);
}

#[test]
fn what_draws_and_trains_is_there_once() {
    let single = listed("deny = [", "\n]");
    assert!(single.iter().any(|name| name == "wgpu"), "{single:?}");
    let found = dependencies();
    for name in single {
        let versions: Vec<&str> = found.keys().filter(|(crate_name, _)| *crate_name == name).map(|(_, version)| version.as_str()).collect();
        assert_eq!(versions.len(), 1, "{name}: {versions:?}");
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for met in
        ["MIT", "GPL-2.0-only OR MIT", "MIT/Apache-2.0", "MIT AND Zlib", "(GPL-2.0-only OR MIT) AND Zlib", "GPL-2.0-only AND Zlib OR MIT"]
    {
        assert!(is_met(met, &allowed), "{met}");
    }
    assert!(is_met("Apache-2.0 WITH LLVM-exception OR GPL-3.0-only", &allowed));
    for not in [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "Apache-2.0",
        "(MIT",
        "MIT)",
        "MIT GPL-3.0-only",
        "GPL-2.0-only OR GPL-3.0-only AND MIT",
    ] {
        assert!(!is_met(not, &allowed), "{not}");
    }
}
