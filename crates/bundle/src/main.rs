//! `basin-bundle build` makes `web/dist`; `basin-bundle serve` makes it and serves it on loopback.
//!
//! Here: the command line. Elsewhere: the build, step by step (`build.rs`), its longest step
//! (`wasm_opt.rs`), data sets (`library.rs`), compressed copies (`compress.rs`), what slow steps made before
//! (`kept.rs`) and the server (`serve.rs`).

mod build;
mod compress;
mod kept;
mod library;
mod serve;
mod wasm_opt;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
Builds the web page of Basin into web/dist, and serves it.

Usage: basin-bundle build [OPTIONS]
       basin-bundle serve [OPTIONS] [--port PORT] [--no-build]

  --port PORT     listen on this port; 0 takes any that is free (default: 8080 or the next free one)
  --no-build      serve web/dist as it is
  --quick         leave out the slow steps that make the download smaller
  --help          this text
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
struct Request {
    /// Serve after building.
    serve: bool,
    /// Serve what is there.
    no_build: bool,
    /// The one port to use, or the first free one from 8080.
    port: Option<u16>,
    /// Build without the slow steps.
    quick: bool,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(None) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Some(request)) => match run(&request) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("error: {error:#}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// `None` asks for the help text.
fn parse(words: impl Iterator<Item = String>) -> Result<Option<Request>> {
    let mut words = words.peekable();
    let mut request = Request::default();
    match words.next().as_deref() {
        Some("build") => {}
        Some("serve") => request.serve = true,
        Some("--help" | "-h") => return Ok(None),
        Some(other) => bail!("there is no command `{other}`"),
        None => bail!("the command is missing"),
    }
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => request.quick = true,
            "--no-build" if request.serve => request.no_build = true,
            "--port" if request.serve => {
                let port = words.next().context("--port needs a number")?;
                request.port = Some(port.parse().with_context(|| format!("--port {port}: not a number from 0 to 65535"))?);
            }
            "--help" | "-h" => return Ok(None),
            other => bail!("there is no option `{other}` here"),
        }
    }
    Ok(Some(request))
}

fn run(request: &Request) -> Result<()> {
    let root = workspace_root()?;
    if !request.no_build {
        build::build(&root, request.quick)?;
    }
    if request.serve {
        serve::serve(&root.join("web/dist"), request.port)?;
    }
    Ok(())
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
    use super::*;

    fn request(line: &str) -> Result<Option<Request>> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_become_a_request() {
        let got = request("serve --port 0 --no-build").expect("documented").expect("not help");
        assert_eq!(got, Request { serve: true, no_build: true, port: Some(0), quick: false });
        let got = request("build --quick").expect("documented").expect("not help");
        assert_eq!(got, Request { quick: true, ..Request::default() });
    }

    #[test]
    fn a_wrong_word_is_named() {
        for (line, named) in [
            ("", "the command is missing"),
            ("publish", "`publish`"),
            ("serve --port", "--port needs a number"),
            ("serve --port 70000", "70000"),
            ("build --port 80", "`--port`"),
        ] {
            let error = format!("{:#}", request(line).expect_err(line));
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
