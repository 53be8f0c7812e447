//! Compressed copies beside each file that gains by it: `basin_bg.wasm.br`, `basin_bg.wasm.gz`.
//!
//! Hosts with `gzip_static` or `brotli_static`, and `serve.rs`, send them to browsers that accept them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::build::{files, read, write};

/// Files below this size travel in one packet anyway.
const WORTH_IT_BYTES: usize = 1400;

/// Compresses every file below `folder`; `best` costs minutes and saves about a tenth.
///
/// # Errors
/// A file that cannot be read or written.
pub fn folder(folder: &Path, best: bool) -> Result<()> {
    let (brotli_quality, gzip_level) = if best { (11, Compression::best()) } else { (5, Compression::new(6)) };
    for path in files(folder)? {
        let bytes = read(&path)?;
        if bytes.len() < WORTH_IT_BYTES {
            continue;
        }
        let mut gzip = GzEncoder::new(Vec::new(), gzip_level);
        gzip.write_all(&bytes).expect("a vector takes every byte");
        write(&copy_of(&path, "gz"), &gzip.finish().expect("a vector takes every byte"))?;
        // A window of 2^22 bytes is what every browser can hold.
        let mut brotli = CompressorWriter::new(Vec::new(), 1 << 16, brotli_quality, 22);
        brotli.write_all(&bytes).expect("a vector takes every byte");
        write(&copy_of(&path, "br"), &brotli.into_inner())?;
    }
    Ok(())
}

/// The compressed copy's name: the ending is added, not replaced.
pub fn copy_of(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
