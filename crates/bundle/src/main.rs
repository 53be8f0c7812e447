//! `basin-bundle build` makes `web/dist`; `basin-bundle serve` makes it and serves it on loopback.
//!
//! Here: the command line. Elsewhere: the build, step by step (`build.rs`), its longest step
//! (`wasm_opt.rs`), data sets (`library.rs`), compressed copies (`compress.rs`), what slow steps made before
//! (`kept.rs`) and the server (`serve.rs`).

mod build;
mod compress;
mod disk;
mod kept;
mod library;
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
    },
}

#[derive(Args, Debug, PartialEq)]
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
        Request::Serve { build: BuildArgs { quick }, port, no_build } => {
            if !no_build {
                build::build(&root, *quick)?;
            }
            serve::serve(&root.join("web/dist"), *port)
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
        assert_eq!(of("serve --port 0 --no-build").ok(), Some(Request::Serve { build, port: Some(0), no_build: true }));
        assert_eq!(of("build --quick").ok(), Some(Request::Build(BuildArgs { quick: true })));
        for wrong in ["", "publish", "serve --port 70000", "build --port 80"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
