//! What becomes of what the trainer says, besides what the state keeps of it.

use basin_train::experiment::Experiment;
use basin_train::protocol::{Event, VERSION};

use super::workspace::{First, Workspace};
use crate::choices::TimeChoice;
use crate::client::{Asked, Received, Started, Why};
use crate::files::FileRequest;
use crate::messages::{Offer, Topic};
use crate::state::Consequence;

/// Seconds without a sign of life after which the user is told.
const SILENT_SECONDS: f64 = 20.0;

/// …and after which the trainer is taken for dead, when it has nothing to do that takes long, and when it has.
const DEAD_SECONDS: [f64; 2] = [60.0, 600.0];

impl Workspace {
    /// Takes in all that has been said, on a narrow screen or another; `save` gets what is to be saved.
    pub fn listen(&mut self, narrow: bool, mut save: impl FnMut(FileRequest)) {
        while let Some(received) = self.client.receive() {
            self.take_in(received, narrow, &mut save);
        }
        let silent = self.client.silent_seconds();
        let can_replace = self.client.can_replace_trainer();
        if can_replace && silent > self.survival.silence.dead_after(silent, DEAD_SECONDS[usize::from(self.works_long())]) {
            self.client.replace_trainer();
        } else if silent > SILENT_SECONDS {
            if !self.state.messages.notices().iter().any(|notice| notice.topic == Topic::Silence) {
                let (next, offers): (_, &[Offer]) = if can_replace {
                    ("Another one goes on with the run, from where it was kept last.", &[Offer::ReplaceTrainer])
                } else {
                    ("If it does not come back, close the window and open it again: the run goes on from where it was kept last.", &[])
                };
                let text = format!("The trainer has not answered for a while: it may be at work on something long, or it is gone. {next}");
                self.state.messages.notice(Topic::Silence, text, offers);
            }
        } else {
            self.state.messages.clear(Topic::Silence);
        }
    }

    /// Whether the trainer is known to be at something that may take minutes.
    fn works_long(&self) -> bool {
        let long = |asked: &Asked| {
            matches!(
                asked,
                Asked::Start(_)
                    | Asked::Restore(_)
                    | Asked::Kept(_)
                    | Asked::Inspect(_)
                    | Asked::Look
                    | Asked::Judgement
                    | Asked::Predictions
                    | Asked::Sweep
                    | Asked::Comparison
                    | Asked::Save
            )
        };
        self.state.preparing().is_some() || self.client.is_pending(long)
    }

    fn take_in(&mut self, received: Received, narrow: bool, save: &mut impl FnMut(FileRequest)) {
        let Received { event, asked, late, failed } = received;
        let answer = matches!(
            event.message,
            Event::Classified { .. }
                | Event::Predicted { .. }
                | Event::JudgedCell { .. }
                | Event::Table(_)
                | Event::Compared { .. }
                | Event::Saved { .. }
                | Event::Exported { .. }
        );
        if late && answer {
            return;
        }
        let topic = if late { None } else { Some(asked.as_ref().map_or(Topic::Run, Asked::topic)) };
        match (&event.message, &asked) {
            (Event::Failed { .. }, Some(Asked::Plane(_))) => self.planes.clear(),
            (Event::Done, Some(asked)) => {
                if !failed && !matches!(asked, Asked::Start(_) | Asked::Restore(_) | Asked::Kept(_)) {
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
        match &event.message {
            Event::Stopped { text } => self.fall(text, true),
            Event::Lost { text, run } if *run == self.state.run.id => self.fall(text, false),
            // Whoever stops a run before it is there does not want it to come back by itself.
            Event::LeftOff { .. } if matches!(asked, Some(Asked::Start(_) | Asked::Restore(_) | Asked::Kept(_))) => self.let_it_rest(),
            _ => {}
        }
        let (refused, told) = match &event.message {
            Event::Failed { text, .. } => (asked.clone(), Some(text.clone())),
            _ => (None, None),
        };
        match self.state.apply_about(event, topic) {
            Some(Consequence::Hello) => self.greet(),
            Some(Consequence::Prepared(experiment)) => self.show(&experiment, asked),
            Some(Consequence::Measured) => {
                self.ask_again();
                self.look_at_sentences_again(narrow);
                self.judge_again(narrow);
            }
            // A script may have other files looked at than those of the setup.
            Some(Consequence::Table(table)) if asked == Some(Asked::Inspect(self.files.id())) => self.state.table = Some(*table),
            None | Some(Consequence::Table(_)) => {}
            Some(Consequence::Saved(bytes)) => {
                let name = format!("basin-run-step-{}.safetensors", self.state.run.progress.step);
                save(FileRequest::Save { name, bytes });
            }
            Some(Consequence::Exported(file)) => save(FileRequest::Save { name: file.name, bytes: file.bytes }),
            Some(Consequence::Opened(kept, files)) => self.kept_is_read(kept, files),
            Some(Consequence::Snapshot(bytes)) => self.hold(bytes),
        }
        match refused {
            Some(Asked::Kept(Why::Last { paused })) => {
                self.survival.refused = told;
                self.start_first(paused);
            }
            Some(Asked::Kept(Why::Ended) | Asked::Restore(_)) => self.revive(),
            _ => {}
        }
    }

    /// A run is prepared: it takes the place of the one before, and all that belonged to that one goes.
    fn show(&mut self, prepared: &Experiment, asked: Option<Asked>) {
        self.client.shows(self.state.run.id);
        let why = if let Some(Asked::Kept(why)) = asked { Some(why) } else { None };
        match asked {
            Some(Asked::Kept(why)) => self.show_kept(prepared, why),
            // Nobody has changed the device of a run that goes on elsewhere.
            Some(Asked::Start(started)) if self.revives() => {
                self.client.started = Some(Started { device: self.settings.device, ..*started });
            }
            Some(Asked::Start(started)) => self.client.started = Some(*started),
            // A run that was not started from the setup becomes the setup, with its files.
            Some(Asked::Restore(_)) if self.revives() => {
                self.client.started = Some(Started { experiment: prepared.clone(), files: self.files_before(), ..self.setup() });
            }
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
        self.choices.fit(&prepared.lanes, prepared.seeds, classes);
        self.planes.clear();
        for topic in [Topic::Start, Topic::Run, Topic::Question, Topic::Look, Topic::Save, Topic::Trainer, Topic::Replace] {
            self.state.messages.clear(topic);
        }
        self.say_how_it_goes_on(why);
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
            // The trainer before is gone. What has been asked for since then is the next one's.
            self.revive();
        }
        if self.choices.time != TimeChoice::default() {
            self.send_time();
        }
        match first {
            First::Start { paused, last } => match self.last_run(&last) {
                Some(kept) => self.open_kept(kept, paused, Why::Last { paused }),
                None => self.start_first(paused),
            },
            First::Wait | First::Past => {}
        }
    }
}
