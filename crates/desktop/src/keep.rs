//! The folder where the window keeps its runs: `runs` beside the data sets, or that of `BASIN_RUNS`.
//!
//! Elsewhere: what is kept, where and when (`basin_train::keep`), how a file appears whole or not at all (`disk.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use basin_train::keep::{Keep, NotWritten};

use crate::data;
use crate::disk::{self, Lock, LockFailure};

/// Bytes that all runs may take.
const SPACE: u64 = 1 << 30;

/// Seconds that no writing of a file takes.
const OLD_SECONDS: f64 = 3600.0;

/// Seconds since a file was written; 0 where nobody knows.
fn age(entry: &fs::DirEntry) -> f64 {
    let written = entry.metadata().and_then(|data| data.modified()).ok();
    written.and_then(|then| then.elapsed().ok()).map_or(0.0, |age| age.as_secs_f64())
}

/// See the file's head.
pub struct Folder {
    path: PathBuf,
    /// The runs of this trainer.
    locks: BTreeMap<u64, Lock>,
}

impl Folder {
    /// The user's; none where the system tells none.
    pub fn of_user() -> Option<Self> {
        let path = match std::env::var_os("BASIN_RUNS") {
            Some(folder) if !folder.is_empty() => folder.into(),
            _ => data::user_folder().ok()?.join("runs"),
        };
        Some(Self::at(path))
    }

    /// This one; it is made when it is needed.
    pub fn at(path: PathBuf) -> Self {
        Self { path, locks: BTreeMap::new() }
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{} cannot be used: {error}", self.path.display())
    }
}

impl Keep for Folder {
    async fn names(&mut self) -> Result<Vec<String>, String> {
        fs::create_dir_all(&self.path).map_err(|error| self.failed(&error))?;
        let entries = fs::read_dir(&self.path).map_err(|error| self.failed(&error))?;
        let mut names = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let ends = name.rsplit('.').next();
            if name.starts_with('.') && ends == Some("part") && age(&entry) > OLD_SECONDS {
                // What a kill has left of a file. If it cannot be removed it stays.
                let _ = fs::remove_file(entry.path());
            } else if !name.starts_with('.') && ends != Some("lock") {
                names.push(name);
            }
        }
        Ok(names)
    }

    async fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        fs::read(self.path.join(name)).map_err(|error| self.failed(&error))
    }

    async fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), NotWritten> {
        disk::write(&self.path.join(name), bytes).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => NotWritten::Full(self.failed(&error)),
            _ => NotWritten::Failed(self.failed(&error)),
        })
    }

    async fn remove(&mut self, name: &str) -> Result<(), String> {
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    async fn claim(&mut self, run: u64, _patience: f64) -> Result<bool, String> {
        // The system frees the lock of a program that has ended, at once.
        match Lock::at(self.path.join(format!("{run}.lock"))) {
            Ok(lock) => Ok(self.locks.insert(run, lock).is_none()),
            Err(LockFailure::Taken(_)) => Ok(false),
            Err(LockFailure::Io(_, error)) => Err(self.failed(&error)),
        }
    }

    fn release(&mut self, run: u64) {
        if self.locks.remove(&run).is_some() {
            let lock = self.path.join(format!("{run}.lock"));
            // Where a run is gone, so is its lock.
            if !self.path.join(format!("{run}.a")).exists() {
                let _ = fs::remove_file(lock);
            }
        }
    }

    fn space(&self) -> u64 {
        SPACE
    }

    fn now(&self) -> f64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;

    #[test]
    fn a_folder_holds_files_and_a_run_has_one_trainer() {
        let path = std::env::temp_dir().join(format!("basin-keep-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let (mut one, mut other) = (Folder::at(path.clone()), Folder::at(path.clone()));
        assert_eq!(block_on(one.names()), Ok(Vec::new()));
        assert_eq!((block_on(one.claim(3, 0.0)), block_on(other.claim(3, 1.0))), (Ok(true), Ok(false)));
        block_on(one.write("3.a", b"run")).expect("there is room");
        assert_eq!((block_on(other.names()), block_on(other.read("3.a"))), (Ok(vec!["3.a".to_owned()]), Ok(b"run".to_vec())));
        one.release(3);
        assert_eq!(block_on(other.claim(3, 0.0)), Ok(true), "it is free again");
        block_on(other.remove("3.a")).expect("ours");
        block_on(other.remove("3.a")).expect("it is gone");
        drop(one);
        assert!(block_on(other.read("3.a")).is_err_and(|text| text.contains("basin-keep")));
        fs::remove_dir_all(path).expect("ours");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let file = std::env::temp_dir().join(format!("basin-keep-file-{}", std::process::id()));
        fs::write(&file, b"in the way").expect("there is room");
        let told = block_on(Folder::at(file.join("runs")).names()).expect_err("a file is no folder");
        assert!(told.contains("cannot be used"), "{told}");
        fs::remove_file(file).expect("ours");
    }
}
