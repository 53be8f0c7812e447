//! wasm-opt of Binaryen: halves the wasm file, in minutes.
//!
//! It is a program of its own. Looked for: the npm package that `web/package.json` names, then the PATH.
//! Without it the page works the same and is larger, so its absence is told, not an error.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::kept::kept;

/// Optimises for size (what is hot has been optimised for speed by rustc), then drops what only debuggers read. The
/// features are those that rustc and wasm-bindgen use.
const ARGUMENTS: [&str; 11] = [
    "-Oz",
    "--strip-debug",
    "--strip-producers",
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-extended-const",
];

/// Returns a smaller wasm file with the same behaviour, or nothing when there is no wasm-opt.
/// `cache` keeps the last result.
///
/// # Errors
/// wasm-opt is there and fails, or the cache cannot be written.
pub fn shrink(root: &Path, cache: &Path, wasm: &[u8]) -> Result<Option<Vec<u8>>> {
    let Some(mut command) = find(root) else {
        println!("wasm-opt is not installed, so the page stays large: `npm ci` in web/ installs it");
        return Ok(None);
    };
    kept(cache, "basin_bg.wasm", wasm, |input, output| {
        println!("wasm-opt makes the page smaller: this takes minutes, once for each change (`--quick` leaves it out)");
        let clock = Instant::now();
        let status = command.args(ARGUMENTS).arg(input).arg("-o").arg(output).status().context("cannot run wasm-opt")?;
        ensure!(status.success(), "wasm-opt failed: see above; `--quick` builds without it");
        println!("wasm-opt took {} s", clock.elapsed().as_secs());
        Ok(())
    })
    .map(Some)
}

/// How to call wasm-opt, if it is there.
fn find(root: &Path) -> Option<Command> {
    let script = root.join("web/node_modules/binaryen/bin/wasm-opt");
    let npm = script.is_file().then(|| {
        let mut command = Command::new("node");
        command.arg(script);
        command
    });
    npm.or_else(|| on_path("wasm-opt").filter(|program| is_new(program)).map(Command::new))
}

/// Older versions are not taken: 108 gives the table of external references another type, and the page does not start.
const OLDEST: u32 = 132;

/// Whether a program on the PATH is new enough; says so if it is not.
fn is_new(program: &Path) -> bool {
    let told = Command::new(program).arg("--version").output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = told.ok().as_deref().and_then(version);
    let new = version.is_some_and(|version| version >= OLDEST);
    if !new {
        println!("{} is older than {OLDEST}, so it is not used", program.display());
    }
    new
}

/// The number in `wasm-opt version 108` or `wasm-opt version 132 (version_132)`.
fn version(told: &str) -> Option<u32> {
    told.strip_prefix("wasm-opt version ")?.split_whitespace().next()?.parse().ok()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_program_prints_them() {
        assert_eq!(version("wasm-opt version 108\n"), Some(108));
        assert_eq!(version("wasm-opt version 132 (version_132)\n"), Some(132));
        assert_eq!(version("something else"), None);
    }
}
