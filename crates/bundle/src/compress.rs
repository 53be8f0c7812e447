//! Compressed copies beside each file that gains by it: `basin_bg.wasm.br`, `basin_bg.wasm.gz`.
//!
//! Hosts with `gzip_static` or `brotli_static`, and `serve.rs`, send them to browsers that accept them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::disk::{files, read, write};
use crate::kept::kept;

/// Files below this size travel in one packet anyway.
const WORTH_IT_BYTES: usize = 1400;

/// Bytes that look like noise, an encoder's weights: a tenth less is not worth twenty megabytes of copies.
const NOISE: &str = "bin";

/// Compresses every file below `folder`: `quick`, or as well as the formats can, with results kept in `cache`.
///
/// # Errors
/// A file that cannot be read or written.
pub fn folder(folder: &Path, cache: &Path, quick: bool) -> Result<()> {
    for path in files(folder)? {
        let bytes = read(&path)?;
        if bytes.len() < WORTH_IT_BYTES || path.extension().is_some_and(|ending| ending == NOISE) {
            continue;
        }
        write(&copy_of(&path, "gz"), &gzip(&bytes, if quick { Compression::new(6) } else { Compression::best() }))?;
        let copy = copy_of(&path, "br");
        let compressed = if quick {
            brotli(&bytes, 5)
        } else {
            let name = copy.file_name().unwrap_or_default().to_string_lossy();
            kept(cache, &name, &bytes, |_, output| write(output, &brotli(&bytes, 11)))?
        };
        write(&copy, &compressed)?;
    }
    Ok(())
}

fn gzip(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).expect("a vector takes every byte");
    encoder.finish().expect("a vector takes every byte")
}

fn brotli(bytes: &[u8], quality: u32) -> Vec<u8> {
    // A window of 2^24 bytes is the most that the format has, and every browser reads it.
    let mut encoder = CompressorWriter::new(Vec::new(), 1 << 16, quality, 24);
    encoder.write_all(bytes).expect("a vector takes every byte");
    encoder.into_inner()
}

/// The compressed copy's name: the ending is added, not replaced.
fn copy_of(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
