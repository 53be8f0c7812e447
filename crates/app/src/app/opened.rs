//! Files that the user opened or dropped, and edits of how they are read.

use basin_train::experiment::{DataSource, Experiment, presets};
use basin_train::protocol::{Command, NamedBytes};

use super::workspace::Workspace;
use crate::files::FileRequest;
use crate::messages::{Offer, Topic};

/// Bytes of an experiment at most; data can have very many more.
const MOST_BYTES_OF_AN_EXPERIMENT: usize = 256 << 10;

/// The experiment that a file is; `None` for data, which has other fields, and for an object of none.
fn experiment_of(name: &str, bytes: &[u8]) -> Option<Experiment> {
    if !name.to_lowercase().ends_with(".json") || bytes.len() > MOST_BYTES_OF_AN_EXPERIMENT {
        return None;
    }
    Experiment::parse(bytes).ok().filter(|experiment| *experiment != Experiment::default())
}

impl Workspace {
    /// The shell has opened a file, or saved it (then `bytes` is not looked at).
    pub fn file_opened(&mut self, request: &FileRequest, name: String, bytes: Vec<u8>) {
        match request {
            FileRequest::Train => match experiment_of(&name, &bytes) {
                Some(experiment) => self.open_experiment(&name, experiment),
                None => self.open_train(NamedBytes { name, bytes }),
            },
            FileRequest::Test => {
                if self.files.open_test(NamedBytes { name: name.clone(), bytes }) {
                    self.state.messages.clear(Topic::TestFile);
                    self.inspect();
                } else {
                    let text = format!("{name} is a test file, but there is no training file: open that one first.");
                    self.state.messages.fail(Topic::File, text);
                }
            }
            FileRequest::Texts => self.send(Command::Predict { file: NamedBytes { name, bytes } }),
            FileRequest::Run => self.open_run(&name, bytes),
            FileRequest::Lesson => self.open_lesson(name, &bytes),
            FileRequest::Save { .. } => {
                self.state.messages.clear(Topic::Save);
                self.state.messages.note(format!("Saved {name}."));
            }
        }
    }

    fn open_train(&mut self, train: NamedBytes) {
        let source = DataSource::File { name: train.name.clone() };
        if self.settings.experiment == presets::start() {
            self.settings.experiment = Experiment::default();
            let text =
                "Lanes, model and training are back at Basin's defaults: those of the first experiment were tuned for the film reviews.";
            self.state.messages.note(text.to_owned());
        }
        // The columns of a link or of the last session are those of the file that was meant.
        let data = &mut self.settings.experiment.data;
        if self.files.get().is_some() || data.source != source {
            (data.columns, data.delimiter) = (None, None);
        }
        // Nobody's own labels are changed unasked.
        data.label_noise = None;
        data.source = source;
        let before = self.files.get().map(|files| files.train.name.clone());
        let name = train.name.clone();
        self.files.open_train(train);
        self.state.table = None;
        self.state.messages.clear(Topic::File);
        match (self.files.aside(), before) {
            (Some(test), Some(before)) => {
                let text = format!("{test} was opened to test what learns from {before}. Test what learns from {name} on it, too?");
                self.state.messages.notice(Topic::TestFile, text, &[Offer::KeepTest, Offer::DropTest]);
            }
            _ => self.state.messages.clear(Topic::TestFile),
        }
        self.inspect();
    }

    /// Sets up an experiment as `basin train --out` writes it.
    fn open_experiment(&mut self, name: &str, experiment: Experiment) {
        self.state.messages.clear(Topic::File);
        self.edit(experiment);
        self.state.messages.note(format!("Set up as in {name}: press Restart to train it."));
    }

    /// Tests on the file that was set aside, or on no file.
    pub fn decide_on_test(&mut self, keep: bool) {
        if keep {
            self.files.keep_test();
        } else {
            self.files.drop_test();
        }
        self.state.messages.clear(Topic::TestFile);
        self.inspect();
    }

    /// Takes over an edit of the setup; other columns of the user's file are looked at again.
    pub fn edit(&mut self, experiment: Experiment) {
        let is_file = matches!(experiment.data.source, DataSource::File { .. });
        let (new, old) = (&experiment.data, &self.settings.experiment.data);
        let look = is_file && (&new.columns, new.delimiter) != (&old.columns, old.delimiter);
        self.settings.experiment = experiment;
        if look {
            self.inspect();
        }
    }
}
