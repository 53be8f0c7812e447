//! What `--data` and `--test` mean: a set of the program, a set of the data folder, or a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use basin_train::data::files::{MOST_BYTES, check_size};
use basin_train::experiment::DataSource;
use basin_train::protocol::{Files, NamedBytes};

use crate::data;

/// A source with the files it needs.
#[derive(Debug)]
pub struct Found {
    /// For the experiment.
    pub source: DataSource,
    /// For the run; the built-in sets need none.
    pub files: Option<Files>,
}

/// Finds `data`: first among the names, then among files. `./helpdesk` is always a file.
///
/// # Errors
/// What was not found, and what to do.
pub fn find(data: &str, test: Option<&Path>) -> Result<Found, String> {
    let in_library = || data::library().iter().any(|(name, _)| name == data);
    let mut found = if let Some(source) = DataSource::built_in(data) {
        Found { source, files: None }
    } else if in_library() {
        of(&DataSource::Library { name: data.to_owned() })?
    } else {
        if !Path::new(data).exists() {
            if data::is_known(data) {
                return Err(format!("the data set {data} is not in the data folder yet: fetch it with `basin data get {data}`"));
            }
            let own = data::folder().ok().filter(|_| data::is_plain(data)).map_or(String::new(), |folder| {
                format!(", or put a table {data}.tsv (label, tab, text) into the data folder {}", folder.display())
            });
            return Err(format!(
                "there is no file {data}, and no data set of that name: check the path, see `basin data list` (helpdesk, reviews and films are built in){own}"
            ));
        }
        let train = read(Path::new(data))?;
        Found { source: DataSource::File { name: train.name.clone() }, files: Some(Files { train, test: None }) }
    };
    if let Some(test) = test {
        match &mut found.files {
            Some(files) => files.test = Some(read(test)?),
            None => return Err(format!("--test needs a training file, but `{data}` is built in: name one with --data")),
        }
    }
    Ok(found)
}

/// The files of the source of an experiment that was read.
///
/// # Errors
/// If it names a file of the user, or a set that is not in the data folder.
pub fn of(source: &DataSource) -> Result<Found, String> {
    let files = match source {
        DataSource::HelpDesk | DataSource::Reviews { .. } | DataSource::Films { .. } => None,
        DataSource::Library { name } => Some(data::read(name).map_err(|error| error.to_string())?),
        DataSource::File { name } => return Err(format!("the experiment learns from the file {name}: name that file with --data")),
    };
    Ok(Found { source: source.clone(), files })
}

/// Reads a table of the user, if it is not too large for the memory.
///
/// # Errors
/// Why not, with its path.
pub fn read(path: &Path) -> Result<NamedBytes, String> {
    read_up_to(path, MOST_BYTES)
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// Why not, with its path.
pub fn read_up_to(path: &Path, most: u64) -> Result<NamedBytes, String> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let too_large = |size: u64| check_size(&name, size, most).map_err(|error| error.to_string());
    let file = File::open(path).map_err(cannot)?;
    too_large(file.metadata().map_err(cannot)?.len())?;
    let mut bytes = Vec::new();
    // A device or a pipe does not know how long it is.
    file.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
    too_large(bytes.len() as u64)?;
    Ok(NamedBytes { name, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_sets_go_by_name_and_take_no_test_file() {
        assert_eq!(find("helpdesk", None).expect("built in").source, DataSource::HelpDesk);
        assert_eq!(find("reviews", None).expect("built in").source, DataSource::Reviews { examples: 2_000 });
        assert_eq!(find("films", None).expect("built in").source, DataSource::Films { examples: 2_400 });
        let text = find("helpdesk", Some(Path::new("test.csv"))).expect_err("no test file here");
        assert!(text.contains("`helpdesk` is built in"), "{text}");
    }

    #[test]
    fn a_wrong_path_is_told_with_its_remedy() {
        let text = find("nowhere/at-all.csv", None).expect_err("no such file");
        assert!(text.starts_with("there is no file nowhere/at-all.csv") && text.contains("basin data list"), "{text}");
        assert!(!text.contains(".tsv"), "a path is no name: {text}");
        let text = find("nowhere", None).expect_err("no such set");
        assert!(text.contains("put a table nowhere.tsv (label, tab, text) into the data folder "), "{text}");
    }

    #[test]
    fn the_file_of_an_experiment_must_be_named() {
        let text = of(&DataSource::File { name: "mine.csv".to_owned() }).expect_err("only the user has it");
        assert_eq!(text, "the experiment learns from the file mine.csv: name that file with --data");
    }
}
