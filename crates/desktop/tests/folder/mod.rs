//! A folder for one test of the program, and what it says there.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder of its own for one test; it goes with the test unless the test fails.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("basin-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        Self(path)
    }

    /// Runs `basin` in this folder.
    pub fn basin(&self, arguments: &str) -> Output {
        self.command(arguments).output().expect("the program can be started")
    }

    /// `basin` in this folder, with no data folder but one below it.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_basin"));
        command.args(arguments.split_whitespace()).current_dir(&self.0).env("BASIN_DATA", self.0.join("library"));
        command
    }

    /// The same through a shell, as `"$BASIN" train …`.
    #[cfg(unix)]
    pub fn shell(&self, script: &str) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&self.0).env("BASIN_DATA", self.0.join("library"));
        command.env("BASIN", env!("CARGO_BIN_EXE_basin")).output().expect("every Unix has a shell")
    }

    /// The same, and it must go well.
    pub fn basin_ok(&self, arguments: &str) -> Output {
        let output = self.basin(arguments);
        assert!(output.status.success(), "basin {arguments}: {:?}\n{}", output.status, err(&output));
        output
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("a folder of our own");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Bad input: exit code 2, nothing on standard output, and these words in the message.
pub fn refused(output: &Output, words: &[&str]) {
    let text = err(output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(out(output), "", "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

/// Three steps, two seeds.
pub const SMALL: &str = "train --seeds 2 --epochs 1 --train-size 96";
