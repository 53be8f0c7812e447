//! What the app knows of the trainer: [`State::apply`] is the one place that changes it.
//!
//! No egui here; nothing is drawn that an event did not bring. Here: the trainer, the user's files, which run is shown.
//! Elsewhere: what is known of a run (`run.rs`), what the user set up (`settings.rs`), the colours and the points of the charts
//! (`charts.rs`).

mod beside;
mod metric;
mod run;
mod sweep;

use basin_train::brief::brief;
use basin_train::cores::Cores;
use basin_train::experiment::Experiment;
use basin_train::protocol::{EncoderOffer, Event, Files, NamedBytes, Phase, RunId, Table, Taken, Ticketed};
use basin_train::report::{KeptRun, Measurement, Progress, Summary};

pub use self::beside::{Beside, partners};
pub use self::metric::Metric;
pub use self::run::{Before, Classified, Landscapes, LaneSeries, PLANES, Preparing, Run};
pub use self::sweep::Sweep;
use crate::messages::{Messages, Offer, Topic};

/// Seconds of training that nobody would miss.
const FEW_SECONDS: f64 = 10.0;

/// What `State::apply` did not keep but somebody has to act upon.
#[derive(Debug, PartialEq)]
pub enum Consequence {
    /// The trainer is up.
    Hello,
    /// The run is prepared; the experiment with its guesses filled in.
    Prepared(Box<Experiment>),
    /// There are new measurements.
    Measured,
    /// The saved run.
    Saved(Vec<u8>),
    /// A classifier, as a file.
    Exported(NamedBytes),
    /// A run that was kept comes next, with the user's files that it learns from.
    Opened(Box<KeptRun>, Option<Files>),
    /// The run as it was a moment ago.
    Snapshot(Vec<u8>),
    /// A file that was looked at.
    Table(Box<Table>),
}

/// A run that is being prepared, while the one before is still there.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Its number.
    pub run: RunId,
    /// What goes on.
    pub what: Option<Preparing>,
}

/// Everything the trainer has said about itself, the user's files and the current run.
#[derive(Debug, Default)]
pub struct State {
    /// Protocol version of the trainer; `None` until it has said hello.
    pub trainer_version: Option<u32>,
    /// Data sets of the library.
    pub library: Vec<String>,
    /// Bytes that a run may take on the CPU, where the trainer knows.
    pub memory: Option<u64>,
    /// Cores that a sweep may take.
    pub cores: Cores,
    /// The encoder that the model `sentence` learns from, where the trainer knows of one or why there is none.
    pub encoder: Option<EncoderOffer>,
    /// The file that was looked at last.
    pub inspected: Option<Table>,
    /// The file of the setup, once it has been read.
    pub table: Option<Table>,
    /// The runs that the trainer keeps, the one that was kept last first.
    pub kept: Vec<KeptRun>,
    /// The number of that which is open here.
    pub open_kept: Option<u64>,
    /// Whether the trainer keeps all that sweeps have trained; none where it keeps nothing of them.
    pub kept_cells: Option<bool>,
    /// Messages and notices.
    pub messages: Messages,
    /// The last sweep.
    pub sweep: Option<Sweep>,
    /// The run whose events are kept.
    pub run: Run,
    /// The curves of the one before.
    pub before: Option<Before>,
    /// The run that was asked for and is not ready yet; until then the one before is shown.
    pending: Option<Pending>,
}

impl State {
    /// A run of which a trainer says nothing more.
    pub fn of(run: Run) -> Self {
        Self { run, ..Self::default() }
    }

    /// Waits for `run`; the run that is there stays until the trainer has prepared this one.
    pub fn await_run(&mut self, run: RunId) {
        self.pending = Some(Pending { run, what: None });
    }

    /// Forgets the last run and takes in the events of `run`.
    pub fn begin(&mut self, run: RunId, experiment: &Experiment) {
        let next = Run::new(run, experiment, &self.run);
        let last = Before::of(std::mem::replace(&mut self.run, next));
        // The same experiment once more, as after a trainer that ended, is compared with what stood before it; and what somebody has
        // chosen stays, where the next run can be compared with it.
        let chosen = self.before.take_if(|before| before.kept.is_some() && before.summary.experiment != *experiment);
        self.before = chosen.or(last.filter(|last| last.summary.experiment != *experiment)).or(self.before.take());
        self.pending.take_if(|pending| pending.run <= run);
    }

    /// What the trainer does: preparing, as long as a run is to come.
    pub fn phase(&self) -> Phase {
        if self.pending.is_some() { Phase::Preparing } else { self.run.phase }
    }

    /// What goes on before a run trains.
    pub fn preparing(&self) -> Option<&Preparing> {
        self.pending.as_ref().and_then(|pending| pending.what.as_ref()).or(self.run.preparing.as_ref())
    }

    /// Takes in what the trainer said of itself. Events of another run are dropped, apart from what became of a command.
    pub fn apply(&mut self, event: impl Into<Ticketed<Event>>) -> Option<Consequence> {
        self.apply_about(event.into(), Some(Topic::Run))
    }

    /// Takes in what the trainer said; `topic` is what it was asked about, none if nobody waits for it any more.
    pub fn apply_about(&mut self, event: Ticketed<Event>, topic: Option<Topic>) -> Option<Consequence> {
        let Ticketed { ticket, message: event } = event;
        if !self.concerns(&event) {
            return None;
        }
        match event {
            Event::Hello { version, library, memory, cores, encoder } => {
                if self.trainer_version.is_some() {
                    self.end();
                    self.messages.note("The trainer was started again.".to_owned());
                }
                self.trainer_version = Some(version);
                self.library = library;
                self.memory = memory;
                self.cores = cores;
                self.encoder = encoder;
                return Some(Consequence::Hello);
            }
            // What becomes of its run is not for here to say.
            Event::Stopped { .. } => self.end(),
            Event::Kept { runs, open, swept } => (self.kept, self.open_kept, self.kept_cells) = (runs, open, swept),
            Event::Compared { kept, summary, measurements } => self.compare(kept, *summary, measurements),
            Event::Opened { kept, files, .. } => return Some(Consequence::Opened(kept, files)),
            Event::Snapshot { bytes, .. } => return Some(Consequence::Snapshot(bytes)),
            Event::Lost { .. } | Event::Done => {}
            Event::Sweeping { grid, cores, memory } => self.sweep = Some(Sweep::new(*grid, cores, memory)),
            Event::Swept { cells, share } => {
                if let Some(sweep) = &mut self.sweep {
                    sweep.take_in(cells, share);
                }
            }
            Event::Table(table) => {
                for note in std::iter::once(&table.taken).chain(&table.test).flat_map(Taken::all_notes) {
                    self.messages.note(note);
                }
                match (&table.test, &table.test_problem) {
                    (_, Some(problem)) => self.messages.notice(Topic::TestFile, problem.clone(), &[Offer::DropTest]),
                    (Some(_), None) => self.messages.clear(Topic::TestFile),
                    (None, None) => {}
                }
                self.inspected = Some((*table).clone());
                return Some(Consequence::Table(table));
            }
            Event::Preparing { run, what, share } => match &mut self.pending {
                Some(pending) if pending.run == run => pending.what = Some(Preparing { what, share }),
                _ => self.run.preparing = Some(Preparing { what, share }),
            },
            Event::Prepared { run, summary } => {
                self.begin(run, &summary.experiment);
                self.run.progress.steps = summary.steps;
                for note in &summary.notes {
                    self.messages.note(note.clone());
                }
                let experiment = Box::new(summary.experiment.clone());
                self.run.summary = Some(*summary);
                return Some(Consequence::Prepared(experiment));
            }
            Event::Curves { measurements, sharpness, .. } => {
                for measurement in measurements {
                    self.run.measured(measurement);
                }
                self.run.sharpness = sharpness;
                return Some(Consequence::Measured);
            }
            Event::Measured { measurement, .. } => {
                self.run.measured(measurement);
                return Some(Consequence::Measured);
            }
            Event::Saved { bytes, .. } => return Some(Consequence::Saved(bytes)),
            Event::Exported { file, .. } => return Some(Consequence::Exported(file)),
            Event::Note { text, .. } => self.messages.note(text),
            Event::Failed { run, text } => self.failed(run, text, topic),
            Event::LeftOff { run, text } => self.left_off(run, text, topic),
            event => self.run.take_in(event, ticket),
        }
        None
    }

    /// Lays a kept run beside the one that is shown, if the two can be compared.
    fn compare(&mut self, kept: u64, summary: Summary, measurements: Vec<Measurement>) {
        let name = self.name_of_kept(kept).unwrap_or_else(|| "That run".to_owned());
        let same = self.run.summary.as_ref().is_some_and(|here| here.experiment == summary.experiment);
        // What both have trained on, whatever is set up by now.
        let (theirs, ours) = (summary.data.clone(), self.run.summary.as_ref().map(|here| here.data.clone()).unwrap_or_default());
        let text = match Before::chosen(kept, summary, measurements) {
            Some(before) if self.run.compares_with(&before) => {
                self.before = Some(before);
                return;
            }
            None => format!("{name} has measured too little to be laid beside this one."),
            Some(_) if same => format!("{name} is the same experiment as this one: there is nothing to compare."),
            Some(_) if theirs == ours => {
                format!("{name} answers other test examples of {ours} than this one: their curves say nothing about each other.")
            }
            Some(_) => format!(
                "{name} learned from {theirs}, and this one from {ours}: they answer other test examples, so that their curves say nothing \
                 about each other."
            ),
        };
        self.messages.fail(Topic::Kept, text);
    }

    /// What the run before is called where its curves are drawn, and its numbers told.
    pub fn name_of_before(&self, before: &Before) -> String {
        let Some(kept) = before.kept else { return "the run before".to_owned() };
        self.name_of_kept(kept).unwrap_or_else(|| "a kept run".to_owned())
    }

    /// What somebody has called a kept run, if he has.
    fn name_of_kept(&self, kept: u64) -> Option<String> {
        let run = self.kept.iter().find(|run| run.number == kept && !run.name.is_empty())?;
        Some(format!("“{}”", brief(&run.name, 24)))
    }

    /// Whether an event is about what is shown here. A run that is prepared is the next one, and what does not come about is always told.
    fn concerns(&self, event: &Event) -> bool {
        match event {
            Event::Prepared { run, .. } => *run > self.run.id,
            Event::Preparing { run, .. } => *run == self.run.id || self.pending.as_ref().is_some_and(|pending| pending.run == *run),
            Event::Failed { .. } | Event::LeftOff { .. } => true,
            event => run_of(event).is_none_or(|run| run == self.run.id),
        }
    }

    /// A failure of what was asked for is a notice; one that nobody waits for is listed.
    fn failed(&mut self, run: RunId, text: String, topic: Option<Topic>) {
        let remains = self.what_remains(run);
        let text = if remains.is_empty() || text.ends_with('.') { text + remains } else { format!("{text}.{remains}") };
        match topic {
            Some(topic) => self.messages.fail(topic, text),
            None => self.messages.list_failure(text),
        }
    }

    /// What somebody has stopped himself is told, but as nothing that went wrong.
    fn left_off(&mut self, run: RunId, text: String, topic: Option<Topic>) {
        let text = text + self.what_remains(run);
        match topic {
            Some(topic) => self.messages.tell(topic, text, &[]),
            None => self.messages.note(text),
        }
    }

    /// `run` does not come, if it was to: what is to be said of the one before.
    fn what_remains(&mut self, run: RunId) -> &'static str {
        match (self.pending.take_if(|pending| pending.run == run), self.run.phase) {
            (Some(_), Phase::Running) => " The run before goes on.",
            (Some(_), Phase::Paused | Phase::Finished) => " The run before is still there.",
            (Some(_), Phase::Idle | Phase::Preparing) | (None, _) => "",
        }
    }

    /// The trainer has ended, and the run with it.
    fn end(&mut self) {
        self.pending = None;
        self.run.preparing = None;
        self.run.phase = Phase::Idle;
    }

    /// Whether the run that is shown trains, whatever is to come.
    pub fn trains(&self) -> bool {
        self.run.phase == Phase::Running
    }

    /// Whether there is a run with weights to step, save and ask.
    pub fn has_run(&self) -> bool {
        matches!(self.phase(), Phase::Running | Phase::Paused | Phase::Finished)
    }

    /// Whether ending the run now would lose what it has learned in more than `steps` steps on its way.
    pub fn loses_more_than(&self, steps: usize) -> bool {
        let Progress { step, steps: planned, .. } = self.run.progress;
        matches!(self.phase(), Phase::Running | Phase::Paused) && step < planned && step > steps
    }

    /// Whether ending the run now would lose what somebody would miss.
    pub fn loses_work(&self) -> bool {
        self.loses_more_than(0) && self.run.progress.seconds > FEW_SECONDS
    }

    /// Seconds until the planned end; `None` when it cannot be told.
    pub fn seconds_left(&self) -> Option<f64> {
        let Progress { step, steps, taken, seconds, .. } = self.run.progress;
        // What was done before a restore took its time elsewhere.
        (self.phase() == Phase::Running && taken > 0 && seconds > 0.0).then(|| seconds / taken as f64 * steps.saturating_sub(step) as f64)
    }
}

/// The run an event belongs to, if it belongs to one.
fn run_of(event: &Event) -> Option<RunId> {
    match event {
        Event::Hello { .. }
        | Event::Kept { .. }
        | Event::Opened { .. }
        | Event::Compared { .. }
        | Event::Table(_)
        | Event::Done
        | Event::Stopped { .. }
        | Event::Sweeping { .. }
        | Event::Swept { .. } => None,
        Event::Preparing { run, .. }
        | Event::Prepared { run, .. }
        | Event::Curves { run, .. }
        | Event::Measured { run, .. }
        | Event::Progress { run, .. }
        | Event::Phase { run, .. }
        | Event::Classified { run, .. }
        | Event::Saved { run, .. }
        | Event::Exported { run, .. }
        | Event::Sharpness { run, .. }
        | Event::Traced { run, .. }
        | Event::Sentences { run, .. }
        | Event::SentenceTable { run, .. }
        | Event::SentenceHistory { run, .. }
        | Event::Best { run, .. }
        | Event::Linear { run, .. }
        | Event::Judged { run, .. }
        | Event::JudgedCell { run, .. }
        | Event::Predicted { run, .. }
        | Event::Landscape { run, .. }
        | Event::Line { run, .. }
        | Event::Moved { run, .. }
        | Event::Note { run, .. }
        | Event::Snapshot { run, .. }
        | Event::Lost { run, .. }
        | Event::Failed { run, .. }
        | Event::LeftOff { run, .. } => Some(*run),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use basin_train::memory;
    use basin_train::report::{Budget, LaneMeasurement, Measurement, Sharpness, Side, Summary};

    use super::*;

    const RUN: RunId = RunId(7);

    fn measurement(step: usize, accuracy: &[f64]) -> Event {
        let lane = LaneMeasurement {
            gradient_evaluations: 2.0 * step as f64,
            seconds: Some(0.1 * step as f64),
            test_accuracy: accuracy.to_vec(),
            ..LaneMeasurement::default()
        };
        Event::Measured { run: RUN, measurement: Measurement { step, epoch: 0.0, lanes: vec![lane.clone(), lane.clone(), lane] } }
    }

    fn started() -> State {
        let mut state = State::default();
        state.begin(RUN, &Experiment::default());
        state
    }

    /// The summary of a run that is about nothing.
    pub(crate) fn summary(experiment: Experiment) -> Summary {
        Summary {
            experiment,
            data: String::new(),
            taken: None,
            taken_of_test: None,
            classes: Vec::new(),
            train_counts: Vec::new(),
            test_counts: Vec::new(),
            flipped: 0,
            vocabulary: 0,
            weights: 0,
            steps: 390,
            pairs: false,
            sizes: basin_train::memory::DataSizes::default(),
            samples: Vec::new(),
            sample_labels: Vec::new(),
            test_print: None,
            encoder: None,
            device: String::new(),
            notes: Vec::new(),
        }
    }

    fn prepared(run: RunId) -> Event {
        let experiment = Experiment { seeds: 2, ..Experiment::default() };
        Event::Prepared { run, summary: Box::new(summary(experiment)) }
    }

    fn notices(state: &State) -> Vec<&str> {
        state.messages.notices().iter().map(|notice| notice.text.as_str()).collect()
    }

    #[test]
    fn measurements_become_series() {
        let mut state = started();
        assert_eq!(state.apply(measurement(0, &[0.25, 0.35])), Some(Consequence::Measured));
        state.apply(measurement(10, &[f64::NAN, 0.5]));
        state.apply(measurement(20, &[f64::NAN, f64::NAN]));
        assert_eq!(state.run.steps, [0.0, 10.0, 20.0]);
        let spreads = state.run.lanes[1].spreads(Metric::TestAccuracy);
        // (0.25 + 0.35)/2 = 0.3; then the finite member alone; then none.
        assert!((spreads[0].expect("two members").mean - 0.3).abs() < 1e-12);
        assert_eq!(spreads[1].expect("one member").count, 1);
        assert_eq!(spreads[2], None);
        assert_eq!(state.run.cost_per_step(1), Some(2.0));
    }

    #[test]
    fn a_step_is_measured_once() {
        let mut state = started();
        for _ in 0..2 {
            state.apply(measurement(10, &[0.5]));
        }
        assert_eq!(state.run.steps, [10.0]);
        assert_eq!(state.run.lanes[0].spreads(Metric::TestAccuracy).len(), 1);
    }

    #[test]
    fn a_run_of_hours_stays_within_its_bounds() {
        let mut state = started();
        let Experiment { lanes, seeds, .. } = Experiment::default();
        let [most, most_sharpness] = [memory::most_measurements, memory::most_sharpness].map(|most| most(lanes.len(), seeds));
        let last = most + most / 2;
        for step in 0..=last {
            state.apply(measurement(step, &[0.5]));
        }
        let Run { steps, measurements, lanes, .. } = &state.run;
        let at = |place: usize| (steps[place] as usize, measurements[place].step);
        assert!((most / 2..=most).contains(&steps.len()), "{}", steps.len());
        assert_eq!((at(0), at(steps.len() - 1)), ((0, 0), (last, last)));
        assert!((0..steps.len()).map(at).all(|(step, measured)| step == measured));
        assert_eq!([measurements.len(), lanes[2].spreads(Metric::Gap).len(), lanes[0].seconds.len()], [steps.len(); 3]);
        let middle = steps.len() / 2;
        assert!((lanes[1].seconds[middle] - 0.1 * steps[middle]).abs() < 1e-9, "all series have forgotten the same ones");
        for step in 0..3 * most_sharpness {
            for side in [Side::Train, Side::HeldOut] {
                let sharpness = Sharpness { step, side, examples: 1, seconds: 0.0, lanes: Vec::new() };
                state.apply(Event::Sharpness { run: RUN, sharpness, budget: Budget::default() });
            }
        }
        let found = &state.run.sharpness;
        assert!(
            found.len() <= most_sharpness + 2 && found[0].step == 0 && found[found.len() - 1].step + 1 == 3 * most_sharpness,
            "{}",
            found.len()
        );
    }

    #[test]
    fn events_of_another_run_are_dropped_but_not_its_failures() {
        let mut state = started();
        state.begin(RunId(8), &Experiment::default());
        assert_eq!(state.apply(measurement(10, &[0.5])), None);
        state.apply(Event::Phase { run: RUN, phase: Phase::Finished });
        assert!(state.run.steps.is_empty() && state.messages.list().is_empty());
        assert_eq!(state.phase(), Phase::Preparing);
        state.apply_about(Event::Failed { run: RUN, text: "too late".to_owned() }.into(), None);
        assert_eq!((notices(&state).len(), state.messages.list().len()), (0, 1), "listed, not put in the way");
    }

    #[test]
    fn a_refused_start_leaves_the_run_before() {
        let mut state = started();
        state.apply(Event::Phase { run: RUN, phase: Phase::Running });
        state.apply(measurement(10, &[0.5]));
        state.await_run(RunId(8));
        assert_eq!(state.phase(), Phase::Preparing);
        state.apply(measurement(20, &[0.5]));
        let failed = Event::Failed { run: RunId(8), text: "line 3 has no label: add one.".to_owned() };
        state.apply_about(failed.into(), Some(Topic::Start));
        assert_eq!((state.phase(), state.run.id, state.run.steps.len()), (Phase::Running, RUN, 2));
        assert_eq!(notices(&state), ["line 3 has no label: add one. The run before goes on."]);
        state.await_run(RunId(9));
        let failed = Event::Failed { run: RunId(9), text: "a.csv is empty".to_owned() };
        state.apply_about(failed.into(), Some(Topic::Start));
        assert_eq!(notices(&state), ["a.csv is empty. The run before goes on."]);
    }

    #[test]
    fn what_somebody_stops_himself_is_told_as_no_failure() {
        let mut state = started();
        state.apply(Event::Phase { run: RUN, phase: Phase::Running });
        state.await_run(RunId(8));
        let left_off = Event::LeftOff { run: RunId(8), text: "Stopped before the run began.".to_owned() };
        state.apply_about(left_off.clone().into(), Some(Topic::Start));
        assert_eq!((state.phase(), state.run.id), (Phase::Running, RUN));
        assert_eq!(notices(&state), ["Stopped before the run began. The run before goes on."]);
        assert!(state.messages.notices()[0].calm && state.messages.list().iter().all(|message| !message.failure));
        state.apply_about(left_off.into(), None);
        assert_eq!((notices(&state).len(), state.messages.list().len()), (1, 2), "of what nobody waits for it is listed");
    }

    #[test]
    fn the_run_before_is_shown_until_the_next_one_is_prepared() {
        let mut state = started();
        state.apply(measurement(10, &[0.5]));
        state.await_run(RunId(8));
        state.await_run(RunId(9));
        // The trainer prepares both, one after the other.
        state.apply(prepared(RunId(8)));
        assert_eq!((state.run.id, state.run.steps.len(), state.phase()), (RunId(8), 0, Phase::Preparing));
        state.apply(Event::Phase { run: RunId(8), phase: Phase::Running });
        assert_eq!(state.phase(), Phase::Preparing, "the ninth is still to come");
        state.apply(prepared(RunId(9)));
        state.apply(Event::Phase { run: RunId(9), phase: Phase::Paused });
        assert_eq!((state.run.id, state.phase()), (RunId(9), Phase::Paused));
        assert_eq!(state.apply(prepared(RunId(8))), None, "an older one never comes back");
    }

    #[test]
    fn a_second_hello_means_a_new_trainer() {
        let mut state = started();
        let hello = || Event::Hello { version: 1, library: vec!["mr".to_owned()], memory: None, cores: Cores::default(), encoder: None };
        assert_eq!(state.apply(hello()), Some(Consequence::Hello));
        assert_eq!(state.phase(), Phase::Preparing);
        state.await_run(RunId(8));
        state.apply(hello());
        assert_eq!(state.phase(), Phase::Idle);
        assert_eq!(state.messages.list().len(), 1);
    }

    #[test]
    fn a_trainer_that_ends_does_nothing_more() {
        let mut state = started();
        state.apply(Event::Phase { run: RUN, phase: Phase::Running });
        state.apply(Event::Stopped { text: "out of memory".to_owned() });
        assert_eq!(state.phase(), Phase::Idle);
    }

    #[test]
    fn remaining_time_goes_by_the_steps_so_far() {
        let mut state = started();
        state.run.phase = Phase::Running;
        assert_eq!(state.seconds_left(), None);
        state.run.progress = Progress { step: 100, steps: 400, first: 0, furthest: 100, taken: 100, steps_per_second: 90.0, seconds: 2.0 };
        // 300 steps are left at 2 s a hundred: 6 s.
        assert_eq!(state.seconds_left(), Some(6.0));
        // Restored at step 50, the same 2 s are what 50 steps took: 300 are left at 4 s a hundred.
        state.run.progress.taken = 50;
        assert_eq!(state.seconds_left(), Some(12.0));
        state.run.progress.taken = 0;
        assert_eq!(state.seconds_left(), None, "nothing was done here");
    }
}
