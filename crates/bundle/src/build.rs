//! The steps from source to `web/dist`: cargo, wasm-bindgen, wasm-opt, the page's own files, data sets, compressed copies.
//!
//! `web/dist` is made anew beside the old one and swapped in at the end, so a failed build leaves the last
//! good one. All addresses inside it are relative: any static host can serve it from any path.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::disk::{files, read, write};
use crate::{compress, library, wasm_opt};

const TARGET: &str = "wasm32-unknown-unknown";

/// Files of `web/` that are served as they are; `index.html` is served with its blanks filled in.
const COPIED: [&str; 5] = ["main.js", "mirror.js", "worker.js", "keep.js", "style.css"];

/// Builds `web/dist` below `root`; `quick` leaves the file large that browsers download.
///
/// # Errors
/// The step that failed, and what to install if a tool is missing.
pub fn build(root: &Path, quick: bool) -> Result<()> {
    let clock = Instant::now();
    ensure_target()?;
    let built = compile(root)?;
    let compiled_seconds = clock.elapsed().as_secs();

    let bound = bind(&built.wasm)?;
    let small = if quick { None } else { wasm_opt::shrink(root, &built.folder, &bound.wasm)? };
    // A file that stays large is not for publishing, and compressing it well would take minutes.
    let quick = small.is_none();
    let wasm = small.unwrap_or_else(|| bound.wasm.clone());

    let fresh = root.join("web/dist.new");
    let dist = root.join("web/dist");
    remove(&fresh)?;
    fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
    write(&fresh.join("basin_bg.wasm"), &wasm)?;
    write(&fresh.join("basin.js"), bound.glue.as_bytes())?;
    for (path, text) in &bound.snippets {
        write(&fresh.join(path), text.as_bytes())?;
    }
    let web = root.join("web");
    for name in COPIED {
        write(&fresh.join(name), &read(&web.join(name))?)?;
    }
    write(&fresh.join("icon.svg"), &read(&root.join("assets/icon.svg"))?)?;
    let sets = library::copy(library::folder().as_deref(), &fresh.join("data"))?;
    let version = version(&fresh)?;
    let page = String::from_utf8(read(&web.join("index.html"))?).context("web/index.html is not UTF-8")?;
    write(&fresh.join("index.html"), fill(&page, &version, wasm.len())?.as_bytes())?;
    compress::folder(&fresh, &built.folder, quick)?;
    remove(&dist)?;
    fs::rename(&fresh, &dist).context("cannot put web/dist in its place")?;

    let size = |name: &str| fs::metadata(dist.join(name)).map_or(0.0, |m| m.len() as f64 / 1e6);
    if !sets.is_empty() {
        println!("web/dist: with the data sets {}", sets.join(", "));
    }
    println!(
        "web/dist: wasm {:.1} MB from cargo, {:.1} MB after wasm-bindgen, {:.1} MB in the page, {:.1} MB gzip, {:.1} MB brotli; \
         cargo took {compiled_seconds} s, the rest {} s",
        fs::metadata(&built.wasm).map_or(0.0, |m| m.len() as f64 / 1e6),
        bound.wasm.len() as f64 / 1e6,
        size("basin_bg.wasm"),
        size("basin_bg.wasm.gz"),
        size("basin_bg.wasm.br"),
        clock.elapsed().as_secs() - compiled_seconds,
    );
    Ok(())
}

/// Makes sure the standard library for the browser is there.
fn ensure_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot run rustc: install Rust (https://rustup.rs)")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    // The folder is named even when it is missing; what counts is a library in it.
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => bail!("`rustup target add {TARGET}` failed: see above"),
        Err(_) => {
            bail!("Rust's standard library for {TARGET} is missing, and rustup, which would fetch it, is not on the PATH: install either")
        }
    }
}

/// What cargo made.
struct Built {
    /// The wasm file.
    wasm: PathBuf,
    /// The folder it lies in, for files to keep between two builds.
    folder: PathBuf,
}

/// Compiles `crates/browser`; cargo itself says where the file is, whatever its target folder.
fn compile(root: &Path) -> Result<Built> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--profile", "web", "--target", TARGET, "-p", "basin-browser", "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo could not compile crates/browser: see above");
    let messages = String::from_utf8_lossy(&output.stdout);
    let wasm = messages.lines().find_map(browser_artifact).context("cargo built crates/browser but named no wasm file")?;
    let folder = wasm.parent().context("a file lies in a folder")?.to_path_buf();
    Ok(Built { wasm, folder })
}

/// The wasm file, if this line of cargo's messages tells of it.
fn browser_artifact(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    (message["reason"] == "compiler-artifact" && message["target"]["name"] == "basin_browser").then_some(())?;
    let files = message["filenames"].as_array()?;
    files.iter().filter_map(Value::as_str).map(PathBuf::from).find(|path| path.extension().is_some_and(|e| e == "wasm"))
}

/// What wasm-bindgen made.
struct Bound {
    wasm: Vec<u8>,
    /// The module that loads it and gives its functions to JavaScript.
    glue: String,
    /// Paths and texts of JavaScript that crates bring along.
    snippets: Vec<(PathBuf, String)>,
}

/// Runs wasm-bindgen. The names of functions stay: they make the browser's stack traces readable if
/// there is no wasm-opt to drop them.
fn bind(wasm: &Path) -> Result<Bound> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name("basin")
        .web(true)?
        .typescript(false)
        .remove_producers_section(true)
        .generate_output()
        .context("wasm-bindgen failed")?;
    let mut snippets = Vec::new();
    for (name, texts) in output.snippets() {
        for (index, text) in texts.iter().enumerate() {
            snippets.push((Path::new("snippets").join(name).join(format!("inline{index}.js")), text.clone()));
        }
    }
    for (path, text) in output.local_modules() {
        snippets.push((Path::new("snippets").join(path), text.clone()));
    }
    let glue = output.js().to_owned();
    Ok(Bound { wasm: output.wasm_mut().emit_wasm(), glue, snippets })
}

/// Fills the blanks of `index.html`.
fn fill(page: &str, version: &str, wasm_bytes: usize) -> Result<String> {
    let mut filled = page.to_owned();
    for (blank, text) in [("{{version}}", version), ("{{wasm-bytes}}", &wasm_bytes.to_string())] {
        ensure!(filled.contains(blank), "web/index.html has no {blank}");
        filled = filled.replace(blank, text);
    }
    Ok(filled)
}

/// A word that changes when any file changes; addresses carry it, so that a browser never mixes two builds.
fn version(folder: &Path) -> Result<String> {
    // FNV-1a, 64 bits: tells builds apart, guards against nothing.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for path in files(folder)? {
        for byte in read(&path)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(format!("{hash:016x}"))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_messages_name_the_wasm_file() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"basin_browser"},"filenames":["/t/libbasin_browser.rlib","/t/basin_browser.wasm"]}"#;
        assert_eq!(browser_artifact(line), Some(PathBuf::from("/t/basin_browser.wasm")));
        assert_eq!(browser_artifact(&line.replace("basin_browser\"}", "burn\"}")), None);
        assert_eq!(browser_artifact("   Compiling burn"), None);
    }

    #[test]
    fn every_blank_of_the_page_is_filled() {
        let page = include_str!("../../../web/index.html");
        let filled = fill(page, "abc", 123).expect("has its blanks");
        assert!(filled.contains("v=abc") && filled.contains("\"123\"") && !filled.contains("{{"), "{filled}");
        assert!(fill("<html>", "abc", 123).is_err());
    }
}
