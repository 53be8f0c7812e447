//! Files that appear whole or not at all, and folders that one run writes to at a time.
//!
//! A power cut, a full disk or a second program leaves the file that was there, never half of a new one.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Writes a file beside its place, waits until it is on the disk, and puts it there.
///
/// # Errors
/// What the system says; the file is then as it was before.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let put = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)
    };
    put().inspect_err(|_| drop(fs::remove_file(&part)))?;
    // The new name is on the disk when its folder is. Some systems cannot open a folder, and see to this themselves.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A folder that nobody else writes to while this lives; the system frees it when the program ends, however it does.
pub struct Lock {
    _file: File,
}

/// Why a folder cannot be locked.
#[derive(Debug)]
pub enum LockFailure {
    /// Another program has it: its process, where that can be read.
    Taken(Option<u32>),
    /// There can be no file in it.
    Io(PathBuf, io::Error),
}

impl Lock {
    /// Locks a folder that is there. The lock is a file `.lock` with the number of the process, which stays.
    ///
    /// # Errors
    /// If it is taken, or cannot be written.
    pub fn of(folder: &Path) -> Result<Self, LockFailure> {
        Self::at(folder.join(".lock"))
    }

    /// The same with another file.
    ///
    /// # Errors
    /// If it is taken, or cannot be written.
    pub fn at(path: PathBuf) -> Result<Self, LockFailure> {
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(|error| LockFailure::Io(path.clone(), error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Some systems lock it against reading, too.
                let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(LockFailure::Taken(process));
            }
            // A file system without locks: better none than no run.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(LockFailure::Io(path, error)),
        }
        // Whose it is, is a courtesy.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for one test.
    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("basin-disk-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        path
    }

    #[test]
    fn a_file_that_cannot_be_put_leaves_no_part() {
        let folder = folder("part");
        write(&folder.join("a.txt"), b"one").expect("there is room");
        write(&folder.join("a.txt"), b"two").expect("there is room");
        assert_eq!(fs::read(folder.join("a.txt")).expect("written"), b"two");
        // A folder stands in its place.
        fs::create_dir_all(folder.join("b.txt/in the way")).expect("our folder");
        write(&folder.join("b.txt"), b"three").expect_err("a file cannot replace a folder");
        let mut names: Vec<_> = fs::read_dir(&folder).expect("ours").flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.txt", "b.txt"]);
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn a_folder_is_locked_once() {
        let folder = folder("lock");
        let first = Lock::of(&folder).expect("nobody has it");
        let process = if cfg!(windows) { None } else { Some(std::process::id()) };
        assert!(matches!(Lock::of(&folder), Err(LockFailure::Taken(found)) if found == process));
        drop(first);
        drop(Lock::of(&folder).expect("it is free again"));
        fs::remove_dir_all(folder).expect("ours");
    }
}
