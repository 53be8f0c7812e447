//! `cargo web -- --export DIR`: the page as a folder that any static host serves, from any path.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::disk::{files, read, write};

/// Copies `dist` into `folder`, where an earlier copy is overwritten and whatever else lies there stays: a checkout's `.git`, a `CNAME`.
///
/// # Errors
/// `dist` has no page; `folder` has another one, or cannot be written.
pub fn export(dist: &Path, folder: &Path) -> Result<()> {
    ensure!(dist.join("index.html").is_file(), "{} has no page: build it first, without --no-build", dist.display());
    fs::create_dir_all(folder).with_context(|| format!("--export {}: it cannot be made", folder.display()))?;
    let [from, to] = [dist, folder].map(Path::canonicalize);
    ensure!(from? != to?, "--export {}: that is the build itself: name another folder", folder.display());
    let page = folder.join("index.html");
    // The source of the page is none of its copies, either.
    let ours = |page: &str| page.contains("data-wasm-bytes=\"") && !page.contains("{{");
    ensure!(
        !page.exists() || fs::read_to_string(&page).is_ok_and(|page| ours(&page)),
        "--export {}: {} is another page, and is not overwritten: name an empty folder",
        folder.display(),
        page.display()
    );
    let (mut number, mut bytes) = (0, 0);
    for file in files(dist)? {
        let contents = read(&file)?;
        number += 1;
        bytes += contents.len();
        write(&folder.join(file.strip_prefix(dist).context("it was found there")?), &contents)?;
    }
    println!(
        "{}: {number} files, {:.1} MB, compressed copies included; any static host serves them, from any path. Netlify, Cloudflare Pages \
         and their like take the headers in _headers; GitHub Pages sends none of them, there the page's own rules hold alone",
        folder.display(),
        bytes as f64 / 1e6
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
        let base = std::env::temp_dir().join(format!("basin-export-{}", std::process::id()));
        let (dist, folder) = (base.join("dist"), base.join("site/basin"));
        let put = |path: &Path, text: &str| write(path, text.as_bytes()).expect("a temporary file can be written");
        let of = |name: &str| fs::read_to_string(folder.join(name)).expect("it is there");
        assert!(export(&dist, &folder).is_err(), "nothing is built");
        put(&dist.join("index.html"), r#"<script data-wasm-bytes="1">"#);
        put(&dist.join("data/index.json"), "{}");
        export(&dist, &folder).expect("into a folder that was not there");
        assert_eq!(of("data/index.json"), "{}");

        put(&folder.join("CNAME"), "basin.example");
        put(&dist.join("index.html"), r#"<script data-wasm-bytes="2">"#);
        export(&dist, &folder).expect("over itself");
        assert!(of("index.html").contains("\"2\"") && of("CNAME") == "basin.example");

        for other in ["<html>", r#"<script data-wasm-bytes="{{wasm-bytes}}">"#] {
            put(&folder.join("index.html"), other);
            let error = export(&dist, &folder).expect_err("it is another page").to_string();
            assert!(error.contains("another page"), "{error}");
            assert_eq!(of("index.html"), other);
        }
        assert!(export(&dist, &dist).is_err());
        fs::remove_dir_all(base).expect("ours to remove");
    }
}
