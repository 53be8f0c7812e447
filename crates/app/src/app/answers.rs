//! What becomes of what the trainer says, besides what the state keeps of it.

use basin_train::experiment::Experiment;
use basin_train::protocol::{Event, VERSION};

use super::workspace::{First, Workspace};
use crate::choices::TimeChoice;
use crate::client::{Asked, Received};
use crate::files::FileRequest;
use crate::messages::{Offer, Topic};
use crate::state::Consequence;

/// Seconds without a sign of life after which the user is told.
const SILENT_SECONDS: f64 = 20.0;

impl Workspace {
    /// Takes in all that has been said, on a narrow screen or another; `save` gets what is to be saved.
    pub fn listen(&mut self, narrow: bool, mut save: impl FnMut(FileRequest)) {
        while let Some(received) = self.client.receive() {
            self.take_in(received, narrow, &mut save);
        }
        if self.client.silent_seconds() > SILENT_SECONDS {
            if !self.state.messages.notices().iter().any(|notice| notice.topic == Topic::Silence) {
                let text = "The trainer has not answered for a while: it may be at work on something long, or it is gone. \
                            Another one begins without the run; the setup is kept.";
                self.state.messages.notice(Topic::Silence, text.to_owned(), &[Offer::ReplaceTrainer]);
            }
        } else {
            self.state.messages.clear(Topic::Silence);
        }
    }

    fn take_in(&mut self, received: Received, narrow: bool, save: &mut impl FnMut(FileRequest)) {
        let Received { event, asked, late, failed } = received;
        let answer = matches!(event.message, Event::Classified { .. } | Event::Table(_) | Event::Saved { .. });
        if late && answer {
            return;
        }
        let topic = if late { None } else { Some(asked.as_ref().map_or(Topic::Run, Asked::topic)) };
        match (&event.message, &asked) {
            (Event::Failed { .. }, Some(Asked::Plane(_))) => self.planes.clear(),
            (Event::Done, Some(asked)) => {
                if !failed && !matches!(asked, Asked::Start(_) | Asked::Restore(_)) {
                    self.state.messages.clear(asked.topic());
                }
                match asked {
                    Asked::Plane(_) => self.measure_next_plane(),
                    Asked::Seek => self.sought(),
                    _ => {}
                }
            }
            _ => {}
        }
        if matches!(event.message, Event::Stopped { .. }) {
            self.choices.time.sought = None;
            self.client.forget();
            self.planes.clear();
        }
        match self.state.apply_about(event, topic) {
            Some(Consequence::Hello) => self.greet(),
            Some(Consequence::Prepared(experiment)) => self.show(&experiment, asked),
            Some(Consequence::Measured) => {
                self.ask_again();
                self.look_at_sentences_again(narrow);
            }
            // A script may have other files looked at than those of the setup.
            Some(Consequence::Table(table)) if asked == Some(Asked::Inspect(self.files.id())) => self.state.table = Some(*table),
            None | Some(Consequence::Table(_)) => {}
            Some(Consequence::Saved(bytes)) => {
                let name = format!("basin-run-step-{}.safetensors", self.state.run.progress.step);
                save(FileRequest::Save { name, bytes });
            }
        }
    }

    /// A run is prepared: it takes the place of the one before, and all that belonged to that one goes.
    fn show(&mut self, prepared: &Experiment, asked: Option<Asked>) {
        self.client.shows(self.state.run.id);
        match asked {
            Some(Asked::Start(started)) => self.client.started = Some(*started),
            // A run that was not started from the setup becomes the setup, with its files.
            Some(Asked::Restore(files)) => {
                self.settings.experiment = prepared.clone();
                if let Some(files) = files {
                    self.open_files(*files);
                }
                self.client.started = Some(self.setup());
            }
            _ => {}
        }
        let classes = self.state.run.summary.as_ref().map_or(0, |summary| summary.classes.len());
        self.choices.fit(prepared.lanes.len(), prepared.seeds, classes);
        self.planes.clear();
        for topic in [Topic::Start, Topic::Run, Topic::Question, Topic::Look, Topic::Save, Topic::Trainer] {
            self.state.messages.clear(topic);
        }
    }

    /// Answers the first hello by starting the experiment.
    fn greet(&mut self) {
        let version = self.state.trainer_version.unwrap_or_default();
        if version != VERSION {
            self.state.messages.fail(
                Topic::Trainer,
                format!(
                    "This trainer speaks version {version}, but the window needs {VERSION}: reload the page without its cache, or install both parts anew."
                ),
            );
            return;
        }
        let first = std::mem::replace(&mut self.first, First::Past);
        if first == First::Past {
            // The trainer before is gone, and what it owed with it.
            self.client.forget();
            self.planes.clear();
        }
        if self.choices.time != TimeChoice::default() {
            self.send_time();
        }
        match first {
            First::Start { paused } => {
                // Files of the command line have not been looked at.
                self.inspect();
                self.start(paused);
            }
            First::Wait | First::Past => {}
        }
    }
}
