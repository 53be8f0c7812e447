//! The user's files: what is open, known by its content, and what the shell is asked to open or to save.
//!
//! Files cross the app as bytes; dialogs, paths and downloads are the shell's business.

use std::hash::{DefaultHasher, Hash, Hasher};

use basin_train::protocol::{Files, NamedBytes};

/// What the shell is asked to open or to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRequest {
    /// Open a table to train on: CSV, TSV, JSON or fastText.
    Train,
    /// Open a table to test on.
    Test,
    /// Open texts to be answered.
    Texts,
    /// Open a saved run.
    Run,
    /// Open a lesson.
    Lesson,
    /// Save bytes.
    Save {
        /// The name to propose.
        name: String,
        /// The contents.
        bytes: Vec<u8>,
    },
}

impl FileRequest {
    /// What a file that was dropped is for, by its name: a saved run, a lesson, or a table to train on.
    pub fn of_dropped(name: &str) -> Self {
        let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        match ending.as_str() {
            "safetensors" => Self::Run,
            "md" => Self::Lesson,
            _ => Self::Train,
        }
    }

    /// Endings of the names that a dialog for opening should offer; empty for saving.
    pub fn endings(&self) -> &'static [&'static str] {
        match self {
            Self::Train | Self::Test | Self::Texts => {
                &["csv", "tsv", "tab", "txt", "jsonl", "ndjson", "json", "train", "valid", "test", "ft"]
            }
            Self::Run => &["safetensors"],
            Self::Lesson => &["md"],
            Self::Save { .. } => &[],
        }
    }
}

/// Which files: two with the same names and bytes are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentId(u64);

impl ContentId {
    /// Cost: a pass over the bytes.
    pub fn of(files: &Files) -> Self {
        let mut hasher = DefaultHasher::new();
        for file in std::iter::once(&files.train).chain(&files.test) {
            file.name.hash(&mut hasher);
            file.bytes.hash(&mut hasher);
        }
        Self(hasher.finish())
    }
}

/// The training file that is open, and the test file that belongs to it.
#[derive(Debug, Default)]
pub struct OpenFiles {
    files: Option<Files>,
    id: ContentId,
    /// A test file whose training file has been changed: nobody has said yet whether it belongs to the new one.
    aside: Option<NamedBytes>,
}

impl OpenFiles {
    /// What is open.
    pub fn get(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// Which files they are.
    pub fn id(&self) -> ContentId {
        self.id
    }

    /// The name of the test file that waits for a decision.
    pub fn aside(&self) -> Option<&str> {
        self.aside.as_ref().map(|file| file.name.as_str())
    }

    /// Takes training file and test file as they belong together.
    pub fn set(&mut self, files: Files) {
        self.id = ContentId::of(&files);
        self.files = Some(files);
        self.aside = None;
    }

    /// Opens a training file. The test file of another one is set aside; that of the same one stays.
    pub fn open_train(&mut self, train: NamedBytes) {
        let (before, test) = self.files.take().map_or((None, None), |files| (Some(files.train), files.test));
        let same = before.as_ref() == Some(&train);
        let aside = if same { self.aside.take() } else { test.clone().or(self.aside.take()) };
        self.set(Files { train, test: test.filter(|_| same) });
        self.aside = aside;
    }

    /// Opens a test file; `false` without a training file that it could belong to.
    pub fn open_test(&mut self, test: NamedBytes) -> bool {
        let Some(files) = self.files.take() else { return false };
        self.set(Files { test: Some(test), ..files });
        true
    }

    /// Tests on the file that was set aside.
    pub fn keep_test(&mut self) {
        if let Some(test) = self.aside.take() {
            self.open_test(test);
        }
    }

    /// Forgets the test file, in use or set aside.
    pub fn drop_test(&mut self) {
        self.aside = None;
        if let Some(files) = self.files.take() {
            self.set(Files { test: None, ..files });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> NamedBytes {
        NamedBytes { name: name.to_owned(), bytes: name.as_bytes().to_vec() }
    }

    fn names(open: &OpenFiles) -> (&str, Option<&str>, Option<&str>) {
        let files = open.get().expect("a file is open");
        (&files.train.name, files.test.as_ref().map(|test| test.name.as_str()), open.aside())
    }

    #[test]
    fn a_test_file_belongs_to_its_training_file() {
        let mut open = OpenFiles::default();
        assert!(!open.open_test(file("t")), "there is nothing that it could test");
        open.open_train(file("a"));
        assert!(open.open_test(file("t")));
        open.open_train(file("a"));
        assert_eq!(names(&open), ("a", Some("t"), None), "the same file again");
        open.open_train(file("b"));
        assert_eq!(names(&open), ("b", None, Some("t")), "another one: somebody has to say");
        open.open_train(file("c"));
        assert_eq!(names(&open), ("c", None, Some("t")), "it still waits");
        open.keep_test();
        assert_eq!(names(&open), ("c", Some("t"), None));
        open.drop_test();
        assert_eq!(names(&open), ("c", None, None));
    }

    #[test]
    fn files_are_known_by_their_content() {
        let mut open = OpenFiles::default();
        let mut id = |train: NamedBytes| {
            open.open_train(train);
            open.id()
        };
        let first = id(file("a"));
        assert_ne!(id(NamedBytes { bytes: b"other".to_vec(), ..file("a") }), first, "the name alone says nothing");
        assert_eq!(id(file("a")), first);
    }
}
