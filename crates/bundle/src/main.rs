//! `basin-bundle build` makes `web/dist`; `basin-bundle serve` makes it and serves it on loopback.
//!
//! Here: the command line. Elsewhere:
//!
//! - `build.rs`: the build, step by step; `wasm_opt.rs`: its longest step;
//! - `library.rs`: data sets; `encoder.rs`: the encoder;
//! - `offline.rs`: what works without a network;
//! - `compress.rs`: compressed copies;
//! - `kept.rs`: what slow steps made before;
//! - `serve.rs`: the server; `export.rs`: the folder for other hosts; `headers.rs`: what both say.

mod build;
mod compress;
mod disk;
mod encoder;
mod export;
mod headers;
mod kept;
mod library;
mod offline;
mod serve;
mod wasm_opt;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Parser};

/// Builds the web page of Basin into web/dist, and serves it.
#[derive(Debug, Parser, PartialEq)]
enum Request {
    /// Builds web/dist.
    Build(BuildArgs),
    /// Builds web/dist and serves it on 127.0.0.1.
    Serve {
        #[command(flatten)]
        build: BuildArgs,
        /// Listen on this port; 0 takes any that is free. By default 8080 or the next free one.
        #[arg(long)]
        port: Option<u16>,
        /// Serve web/dist as it is.
        #[arg(long, conflicts_with = "quick")]
        no_build: bool,
        /// Write the page into this folder, for any static host, instead of serving it.
        #[arg(long, value_name = "DIR", conflicts_with = "port")]
        export: Option<PathBuf>,
    },
}

#[derive(Args, Clone, Copy, Debug, PartialEq)]
struct BuildArgs {
    /// Leave out the slow steps that make the download smaller.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    match run(&Request::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(request: &Request) -> Result<()> {
    let root = workspace_root()?;
    match request {
        Request::Build(BuildArgs { quick }) => build::build(&root, *quick),
        Request::Serve { build: BuildArgs { quick }, port, no_build, export } => {
            if !no_build {
                build::build(&root, *quick)?;
            }
            let dist = root.join("web/dist");
            match export {
                Some(folder) => export::export(&dist, folder),
                None => serve::serve(&dist, *port),
            }
        }
    }
}

/// The folder of the workspace: `cargo run` says where this crate lies; a program that is started by itself takes the
/// folder that it is started in.
fn workspace_root() -> Result<PathBuf> {
    let root = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(of_crate) => Path::new(&of_crate).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default(),
        None => std::env::current_dir()?,
    };
    if !root.join("web/index.html").is_file() {
        bail!("{} is not the source of Basin: run this with `cargo web` inside it", root.display());
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn words_become_a_request() {
        Request::command().debug_assert();
        let of = |line: &str| Request::try_parse_from(["basin-bundle"].into_iter().chain(line.split_whitespace()));
        let build = BuildArgs { quick: false };
        let serve = |port, export: Option<&str>| Request::Serve { build, port, no_build: true, export: export.map(PathBuf::from) };
        assert_eq!(of("serve --port 0 --no-build").ok(), Some(serve(Some(0), None)));
        assert_eq!(of("serve --no-build --export site").ok(), Some(serve(None, Some("site"))));
        assert_eq!(of("build --quick").ok(), Some(Request::Build(BuildArgs { quick: true })));
        for wrong in ["", "publish", "serve --port 70000", "build --port 80", "serve --port 80 --export site", "serve --export"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
