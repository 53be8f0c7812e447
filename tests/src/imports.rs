//! Imports go one way inside a crate: a list of its files and folders from the ground up, and what runs against it.
//!
//! Read are `use` declarations and paths that begin with `crate`, `super` or `self`; tests inside a file may import anything,
//! and comments link where they like. Elsewhere: the lists (`tests/tests/imports.rs`). Between crates cargo sees to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files of a crate: their paths below its `src`, as `folder/file.rs`, and what is in them.
pub type Sources = BTreeMap<String, String>;

/// Reads the files below the folder `src`.
///
/// # Panics
/// If there is no such folder.
pub fn sources(src: &Path) -> Sources {
    let mut sources = Sources::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("its entries can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(src).expect("it is below").to_string_lossy().replace('\\', "/");
                sources.insert(name, fs::read_to_string(&path).expect("sources are text"));
            }
        }
    }
    sources
}

/// What runs against `order`, one line each; nothing when all imports go one way.
///
/// `order` lists the files and folders of the crate; each may import what stands before it. The files of a folder that is
/// listed as one do not import each other, but its `mod.rs` may import them all.
pub fn against(sources: &Sources, order: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let place = |file: &str| place(file, order);
    for entry in order {
        if !sources.keys().any(|file| within(file, entry)) {
            found.push(format!("{entry} is in the list, and not there"));
        }
    }
    for (file, source) in sources {
        let Some(own) = place(file) else {
            found.push(format!("{file} is not in the list"));
            continue;
        };
        for (line, path) in imports(source) {
            let Some(other) = file_of(&module(file), &path, sources).filter(|other| other != file) else { continue };
            if place(&other).is_some_and(|other| other >= own) {
                found.push(format!("{file}:{line} imports {other}, which stands after it"));
            }
        }
    }
    found
}

fn within(file: &str, entry: &str) -> bool {
    file == entry || file.strip_prefix(entry).is_some_and(|rest| rest.starts_with('/'))
}

/// Where in the list a file stands; what its folder says of it comes after the files beside it.
fn place(file: &str, order: &[&str]) -> Option<(usize, bool)> {
    // A file that is listed by itself does not stand with its folder.
    let entry = order.iter().filter(|entry| within(file, entry)).max_by_key(|entry| entry.len())?;
    let index = order.iter().position(|other| other == entry)?;
    Some((index, file == format!("{entry}/mod.rs")))
}

/// The module that a file is.
fn module(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// The file of the innermost module on a path that begins in module `from`; none where it leads out of the crate.
fn file_of(from: &[String], path: &[String], sources: &Sources) -> Option<String> {
    let files: BTreeMap<Vec<String>, &String> = sources.keys().map(|file| (module(file), file)).collect();
    let mut at = from.to_vec();
    match path.first()?.as_str() {
        "crate" => at.clear(),
        "self" | "super" => {}
        child if files.contains_key(&[from, &[child.to_owned()]].concat()) => {}
        // Another crate.
        _ => return None,
    }
    let words = path.iter().take_while(|part| ["crate", "self", "super"].contains(&part.as_str()));
    let rest = &path[words.clone().count()..];
    at.truncate(at.len().saturating_sub(words.filter(|word| *word == "super").count()));
    for part in rest {
        at.push(part.clone());
        if !files.contains_key(&at) {
            at.pop();
            break;
        }
    }
    files.get(&at).map(|file| (*file).clone())
}

/// The paths that a source imports or names, each with its line.
fn imports(source: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = source.lines().map(|line| line.split("//").next().unwrap_or_default()).enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let begins_tests = |next: Option<&(usize, &str)>| next.is_some_and(|(_, next)| visible(next).starts_with("mod "));
        if line.trim() == "#[cfg(test)]" && begins_tests(lines.peek()) {
            break;
        }
        let words = visible(line);
        let paths = if let Some(tree) = words.strip_prefix("use ") {
            let mut tree = tree.to_owned();
            while !tree.contains(';') {
                tree.push_str(lines.next().map_or(";", |(_, line)| line));
            }
            branches(tree.trim_end().trim_end_matches(';'))
        } else {
            named(line)
        };
        let parts = |path: String| path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        found.extend(paths.into_iter().map(|path| (number + 1, parts(path))));
    }
    found
}

/// A line without what it says of who may see the item.
fn visible(line: &str) -> &str {
    line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ")
}

/// The paths of a `use` tree: `a::{b, c::d}` → `a::b`, `a::c::d`.
fn branches(tree: &str) -> Vec<String> {
    let Some((stem, inner)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is one").push(letter);
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| branches(&format!("{}{part}", stem.trim()))).collect()
}

/// The paths of a line of code that begin with `crate`, `super` or `self`.
fn named(line: &str) -> Vec<String> {
    let of_path = |letter: char| letter.is_alphanumeric() || "_:".contains(letter);
    let paths = line.split(|letter| !of_path(letter));
    paths.filter(|path| ["crate::", "super::", "self::"].iter().any(|start| path.starts_with(start))).map(str::to_owned).collect()
}
