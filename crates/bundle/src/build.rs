//! The steps from source to `web/dist`: cargo, wasm-bindgen, wasm-opt, the page's own files, data sets, the list for the time without a
//! network, compressed copies.
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

use crate::disk::{read, write};
use crate::{compress, encoder, headers, library, offline, wasm_opt};

const TARGET: &str = "wasm32-unknown-unknown";

/// Files of `web/` that are served as they are; `index.html` and `service.js` are served with their blanks filled in.
const COPIED: [&str; 9] =
    ["main.js", "mirror.js", "thread.js", "worker.js", "encoder.js", "keep.js", "offline.js", "style.css", "manifest.webmanifest"];

/// Files of `assets/` that are served as they are.
const ASSETS: [&str; 5] = ["icon.svg", "icons/180.png", "icons/192.png", "icons/512.png", "icons/maskable.png"];

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
    for name in ASSETS {
        write(&fresh.join(name), &read(&root.join("assets").join(name))?)?;
    }
    write(&fresh.join("_headers"), headers::file().as_bytes())?;
    let folder = library::folder();
    let sets = library::copy(folder.as_deref(), &fresh.join("data"))?;
    let encoder = encoder::copy(folder.as_deref(), &fresh.join("encoder"))?;
    finish(&web, &fresh, wasm.len())?;
    compress::folder(&fresh, &built.folder, quick)?;
    remove(&dist)?;
    fs::rename(&fresh, &dist).context("cannot put web/dist in its place")?;

    let size = |name: &str| fs::metadata(dist.join(name)).map_or(0.0, |m| m.len() as f64 / 1e6);
    if !sets.is_empty() {
        println!("web/dist: with the data sets {}", sets.join(", "));
    }
    match encoder {
        Some(title) => println!("web/dist: with the encoder {title}, for the model `sentence`"),
        None => println!("web/dist: without an encoder for the model `sentence`; `basin data get minilm` fetches one for the next build"),
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

/// Writes the two files that know of the others: the page has their version, its service worker their hashes, too.
fn finish(web: &Path, fresh: &Path, wasm_bytes: usize) -> Result<()> {
    let text = |name: &str| String::from_utf8(read(&web.join(name))?).with_context(|| format!("web/{name} is not UTF-8"));
    let page = fill(&text("index.html")?, &[("{{wasm-bytes}}", &wasm_bytes.to_string()), ("{{policy}}", headers::POLICY)])?;
    let worker = text("service.js")?;
    write(&fresh.join("index.html"), page.as_bytes())?;
    let version = offline::version(&offline::hashes(fresh)?, &worker);
    write(&fresh.join("index.html"), fill(&page, &[("{{version}}", &version)])?.as_bytes())?;
    let entries = offline::entries(&offline::hashes(fresh)?);
    write(&fresh.join("service.js"), fill(&worker, &[("{{version}}", &version), ("/*{{files}}*/", &entries)])?.as_bytes())
}

/// Fills these blanks of a text with these words.
fn fill(text: &str, blanks: &[(&str, &str)]) -> Result<String> {
    let mut filled = text.to_owned();
    for (blank, word) in blanks {
        ensure!(filled.contains(blank), "a file of web/ has no {blank}");
        filled = filled.replace(blank, word);
    }
    Ok(filled)
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
    fn page_and_service_worker_know_one_version_and_the_page_its_policy() {
        let fresh = std::env::temp_dir().join(format!("basin-finish-{}", std::process::id()));
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
        write(&fresh.join("main.js"), b"main").expect("a temporary file can be written");
        finish(&web, &fresh, 123).expect("both have their blanks");
        let [page, worker] =
            ["index.html", "service.js"].map(|name| String::from_utf8(read(&fresh.join(name)).expect("written")).expect("text"));
        let version = page.split_once("main.js?v=").and_then(|(_, rest)| rest.get(..16)).expect("the script has its version");
        assert!(worker.contains(&format!("\"{version}\"")), "{worker}");
        let hash = &offline::hashes(&fresh).expect("readable")["index.html"];
        assert!(worker.contains(&format!("[\"index.html\",\"{hash}\"]")), "{worker}");
        assert!(page.contains("\"123\"") && !page.contains("{{") && !worker.contains("{{"), "{page}{worker}");
        let meta = format!(r#"<meta http-equiv="Content-Security-Policy" content="{}">"#, headers::POLICY);
        let (at, first) = (page.find(&meta).expect("the policy"), page.find("<link").expect("a link"));
        assert!(at < first, "the policy comes before all that it is about");
        fs::remove_dir_all(fresh).expect("ours to remove");

        assert!(fill("<html>", &[("{{version}}", "abc")]).is_err());
    }
}
