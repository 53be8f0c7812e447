//! What the picture knows of the trainer: [`State::apply`] is the one place that changes it.
//!
//! No egui here. Series only grow; nothing is drawn that an event did not bring.
//! Elsewhere: what the user set up (`settings.rs`), the colours and the points of the charts (`charts.rs`).

use std::collections::BTreeMap;

use basin_train::experiment::{Experiment, LaneConfig, titles};
use basin_train::protocol::{Event, Phase, RunId, Table, Taken, Ticketed};
use basin_train::report::{
    Answer, Budget, Landscape, LaneMeasurement, Line, Measurement, Progress, SentenceHistory, SentenceTable, Sentences, Sharpness, Side,
    StepTrace, Summary,
};
use basin_train::results;
use basin_train::stats::{Comparison, Spread};

use crate::messages::{Offer, Said, Topic};

/// A quantity that is measured for every lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Fraction of the test set that is classified correctly.
    TestAccuracy,
    /// Mean loss on the test set.
    TestLoss,
    /// Mean loss on a fixed sample of the training set.
    TrainLoss,
    /// L(w+ε) − L(w) on the probe.
    Gap,
    /// Fraction of the training sample that is classified as labelled.
    TrainAccuracy,
}

impl Metric {
    /// All, in the order of charts and columns.
    pub const ALL: [Self; 5] = [Self::TestAccuracy, Self::TestLoss, Self::TrainLoss, Self::Gap, Self::TrainAccuracy];

    /// The name in charts and tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::TestAccuracy => "Test accuracy",
            Self::TestLoss => "Test loss",
            Self::TrainLoss => "Train loss",
            Self::Gap => "Gap",
            Self::TrainAccuracy => "Train accuracy",
        }
    }

    /// The name in JSON and CSV.
    pub fn word(self) -> &'static str {
        match self {
            Self::TestAccuracy => "test_accuracy",
            Self::TestLoss => "test_loss",
            Self::TrainLoss => "train_loss",
            Self::Gap => "gap",
            Self::TrainAccuracy => "train_accuracy",
        }
    }

    /// Its unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::TestAccuracy | Self::TrainAccuracy => "%",
            Self::TestLoss | Self::TrainLoss | Self::Gap => "nats",
        }
    }

    /// What it is, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::TestAccuracy => "Share of the test examples that the model classifies correctly, in per cent. Higher is better.",
            Self::TestLoss => {
                "Mean cross-entropy on the test examples, in nats. Lower is better; it rises when the model is confidently wrong."
            }
            Self::TrainLoss => {
                "Mean cross-entropy on a fixed sample of the training examples with the labels it trains on, noise included, in nats."
            }
            Self::Gap => {
                "Sharpness: how much the loss rises after a climb of the probe's ρ, L(w+ε) − L(w), in nats; same probe and ρ for all lanes."
            }
            Self::TrainAccuracy => "Share of a fixed training sample that the model classifies as labelled, noise included, in per cent.",
        }
    }

    /// Whether it is a fraction that is shown in per cent.
    pub fn is_fraction(self) -> bool {
        matches!(self, Self::TestAccuracy | Self::TrainAccuracy)
    }

    /// Its values in a measurement, one per member.
    pub fn values(self, lane: &LaneMeasurement) -> &[f64] {
        match self {
            Self::TestAccuracy => &lane.test_accuracy,
            Self::TestLoss => &lane.test_loss,
            Self::TrainLoss => &lane.train_loss,
            Self::Gap => &lane.gap,
            Self::TrainAccuracy => &lane.train_accuracy,
        }
    }
}

/// One lane's measurements so far.
#[derive(Clone, Debug)]
pub struct LaneSeries {
    /// The lane as it runs.
    pub config: LaneConfig,
    /// Its name; numbered when another lane has the same.
    pub title: String,
    /// Gradient evaluations of one member at each measurement.
    pub gradient_evaluations: Vec<f64>,
    /// Seconds spent in this lane at each measurement; NaN where the device does not tell.
    pub seconds: Vec<f64>,
    /// Spread over the members at each measurement, per metric in the order of [`Metric::ALL`]; `None` when all diverged.
    spreads: [Vec<Option<Spread>>; Metric::ALL.len()],
}

impl LaneSeries {
    fn new(config: LaneConfig, title: String) -> Self {
        Self { config, title, gradient_evaluations: Vec::new(), seconds: Vec::new(), spreads: Default::default() }
    }

    /// The spread of a metric at each measurement.
    pub fn spreads(&self, metric: Metric) -> &[Option<Spread>] {
        &self.spreads[metric as usize]
    }

    /// The latest spread of a metric.
    pub fn last(&self, metric: Metric) -> Option<Spread> {
        self.spreads(metric).last().copied().flatten()
    }
}

/// The lanes' answers to a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// Steps done when the answer came.
    pub step: usize,
    /// One answer per lane.
    pub answers: Vec<Answer>,
    /// Known tokens, of how many.
    pub known_tokens: (usize, usize),
}

/// Planes that are kept: the one that was asked for, and two others to compare with.
pub const PLANES: usize = 3;

/// What was measured of the loss around the lanes' weights.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The planes, each with the ticket of the request that it answers.
    pub planes: [(u64, Option<Landscape>); PLANES],
    /// The line, with the ticket of the request that it answers.
    pub line: (u64, Option<Line>),
}

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
    /// A file that was looked at.
    Table(Box<Table>),
}

/// A run that is being prepared, while the one before is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// Its number.
    pub run: RunId,
    /// What goes on.
    pub what: Option<String>,
}

/// Everything the trainer has said about the current run.
#[derive(Debug, Default)]
pub struct State {
    /// Protocol version of the trainer; `None` until it has said hello.
    pub trainer_version: Option<u32>,
    /// Data sets of the library.
    pub library: Vec<String>,
    /// Bytes that a run may take on the CPU, where the trainer knows.
    pub memory: Option<u64>,
    /// The run whose events are kept.
    pub run: RunId,
    /// What the trainer does with it.
    phase: Phase,
    /// The run that was asked for and is not ready yet; until then the one before is shown.
    coming: Option<Coming>,
    /// What goes on before the run trains.
    preparing: Option<String>,
    /// What is trained.
    pub summary: Option<Summary>,
    /// How far it is.
    pub progress: Progress,
    /// Steps at each measurement.
    pub steps: Vec<f64>,
    /// All measurements as they came, for the table and for export.
    pub measurements: Vec<Measurement>,
    /// The lanes, in the order of the experiment.
    pub lanes: Vec<LaneSeries>,
    /// Messages and notices.
    pub said: Said,
    /// The latest answers.
    pub classified: Option<Classified>,
    /// The file that was looked at last.
    pub inspected: Option<Table>,
    /// The file of the setup, once it has been read.
    pub table: Option<Table>,
    /// All measurements of sharpness as they came.
    pub sharpness: Vec<Sharpness>,
    /// What sharpness may take of the time, and has taken.
    pub budget: Option<Budget>,
    /// The latest step under the microscope.
    pub trace: Option<Box<StepTrace>>,
    /// The training examples.
    pub sentences: Option<Box<Sentences>>,
    /// How each lane sees them, by its number, as last asked.
    pub sentence_tables: BTreeMap<usize, SentenceTable>,
    /// The visits of the sentence that was last asked about.
    pub history: Option<SentenceHistory>,
    /// Planes and line.
    pub surroundings: Surroundings,
    /// Counts up with everything that changes the table of sentences.
    pub sentences_revision: u64,
    /// Counts up with everything that changes a chart.
    pub chart_revision: u64,
}

impl State {
    /// Waits for `run`; the run that is there stays until the trainer has prepared this one.
    pub fn await_run(&mut self, run: RunId) {
        self.coming = Some(Coming { run, what: None });
    }

    /// Forgets the last run and takes in the events of `run`.
    pub fn begin(&mut self, run: RunId, experiment: &Experiment) {
        self.run = run;
        self.phase = Phase::Preparing;
        self.preparing = None;
        self.coming.take_if(|coming| coming.run <= run);
        self.summary = None;
        self.progress = Progress::default();
        self.classified = None;
        self.sharpness.clear();
        self.budget = None;
        self.trace = None;
        self.sentences = None;
        self.sentence_tables.clear();
        self.history = None;
        self.surroundings = Surroundings::default();
        self.sentences_revision += 1;
        let lanes = &experiment.lanes;
        self.lanes = lanes.iter().zip(titles(lanes)).map(|(config, title)| LaneSeries::new(config.clone(), title)).collect();
        self.steps.clear();
        self.measurements.clear();
        self.chart_revision += 1;
    }

    /// What the trainer does: preparing, as long as a run is to come.
    pub fn phase(&self) -> Phase {
        if self.coming.is_some() { Phase::Preparing } else { self.phase }
    }

    /// What goes on before a run trains.
    pub fn preparing(&self) -> Option<&str> {
        self.coming.as_ref().and_then(|coming| coming.what.as_deref()).or(self.preparing.as_deref())
    }

    /// Takes in what the trainer said of itself. Events of another run are dropped, apart from failures.
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
            Event::Hello { version, library, memory } => {
                if self.trainer_version.is_some() {
                    self.end();
                    self.said.note("The trainer was started again; the run before is lost.".to_owned());
                }
                self.trainer_version = Some(version);
                self.library = library;
                self.memory = memory;
                return Some(Consequence::Hello);
            }
            Event::Stopped { text } => {
                self.end();
                self.said.fail(Topic::Trainer, text);
            }
            Event::Done => {}
            Event::Table(table) => {
                for note in std::iter::once(&table.taken).chain(&table.test).flat_map(Taken::all_notes) {
                    self.said.note(note);
                }
                match (&table.test, &table.test_problem) {
                    (_, Some(problem)) => self.said.notice(Topic::TestFile, problem.clone(), &[Offer::DropTest]),
                    (Some(_), None) => self.said.clear(Topic::TestFile),
                    (None, None) => {}
                }
                self.inspected = Some((*table).clone());
                return Some(Consequence::Table(table));
            }
            Event::Preparing { run, what } => match &mut self.coming {
                Some(coming) if coming.run == run => coming.what = Some(what),
                _ => self.preparing = Some(what),
            },
            Event::Prepared { run, summary } => {
                self.begin(run, &summary.experiment);
                self.progress.steps = summary.steps;
                for note in &summary.notes {
                    self.said.note(note.clone());
                }
                let experiment = Box::new(summary.experiment.clone());
                self.summary = Some(*summary);
                return Some(Consequence::Prepared(experiment));
            }
            Event::Measured { measurement, .. } => {
                self.measured(measurement);
                return Some(Consequence::Measured);
            }
            Event::Progress { progress, .. } => self.progress = progress,
            Event::Phase { phase, .. } => {
                self.phase = phase;
                if phase != Phase::Preparing {
                    self.preparing = None;
                }
            }
            Event::Classified { answers, known_tokens, .. } => {
                self.classified = Some(Classified { step: self.progress.step, answers, known_tokens });
            }
            Event::Saved { bytes, .. } => return Some(Consequence::Saved(bytes)),
            Event::Sharpness { sharpness, budget, .. } => {
                self.budget = Some(budget);
                self.measured_sharpness(sharpness);
            }
            Event::Traced { trace, .. } => self.trace = Some(trace),
            Event::Sentences { sentences, .. } => {
                self.sentences = Some(sentences);
                self.sentences_revision += 1;
            }
            Event::SentenceTable { table, .. } => {
                self.sentence_tables.insert(table.lane, *table);
                self.sentences_revision += 1;
            }
            Event::SentenceHistory { history, .. } => self.history = Some(history),
            Event::Landscape { landscape, .. } => {
                let (_, kept) = self.surroundings.planes.iter_mut().find(|(asked, _)| Some(*asked) == ticket)?;
                *kept = Some(*landscape);
            }
            Event::Line { line, .. } => {
                if Some(self.surroundings.line.0) == ticket {
                    self.surroundings.line.1 = Some(line);
                }
            }
            Event::Moved { device, .. } => {
                if let Some(summary) = &mut self.summary {
                    summary.device = device;
                }
            }
            Event::Note { text, .. } => self.said.note(text),
            Event::Failed { run, text } => self.failed(run, text, topic),
        }
        None
    }

    /// Whether an event is about what is shown here. A run that is prepared is the next one, and failures are always told.
    fn concerns(&self, event: &Event) -> bool {
        match event {
            Event::Prepared { run, .. } => *run > self.run,
            Event::Preparing { run, .. } => *run == self.run || self.coming.as_ref().is_some_and(|coming| coming.run == *run),
            Event::Failed { .. } => true,
            event => run_of(event).is_none_or(|run| run == self.run),
        }
    }

    /// A failure of what was asked for is a notice; one that nobody waits for is listed.
    fn failed(&mut self, run: RunId, mut text: String, topic: Option<Topic>) {
        if self.coming.take_if(|coming| coming.run == run).is_some() {
            // The run before goes on, and says so.
            match self.phase {
                Phase::Running => text.push_str(" The run before goes on."),
                Phase::Paused | Phase::Finished => text.push_str(" The run before is still there."),
                Phase::Idle | Phase::Preparing => {}
            }
        }
        match topic {
            Some(topic) => self.said.fail(topic, text),
            None => self.said.list_failure(text),
        }
    }

    /// The trainer has ended, and the run with it.
    fn end(&mut self) {
        self.coming = None;
        self.preparing = None;
        self.phase = Phase::Idle;
    }

    fn measured(&mut self, measurement: Measurement) {
        // A resumed run may measure its first step again.
        if self.measurements.last().is_some_and(|last| last.step >= measurement.step) {
            return;
        }
        for (series, lane) in self.lanes.iter_mut().zip(&measurement.lanes) {
            series.gradient_evaluations.push(lane.gradient_evaluations);
            series.seconds.push(lane.seconds.unwrap_or(f64::NAN));
            for metric in Metric::ALL {
                series.spreads[metric as usize].push(Spread::of(metric.values(lane)));
            }
        }
        self.progress.step = self.progress.step.max(measurement.step);
        self.steps.push(measurement.step as f64);
        self.measurements.push(measurement);
        self.chart_revision += 1;
    }

    fn measured_sharpness(&mut self, sharpness: Sharpness) {
        let again = |last: &Sharpness| last.step == sharpness.step && last.side == sharpness.side;
        // Measured again at the same step, so at the same weights: the later one stands for both.
        match self.sharpness.iter_mut().rev().take_while(|last| last.step >= sharpness.step).find(|last| again(last)) {
            Some(last) => *last = sharpness,
            None => self.sharpness.push(sharpness),
        }
    }

    /// The latest sharpness on a side.
    pub fn latest_sharpness(&self, side: Side) -> Option<&Sharpness> {
        self.sharpness.iter().rev().find(|sharpness| sharpness.side == side)
    }

    /// Whether there is a run with weights to step, save and ask.
    pub fn has_run(&self) -> bool {
        matches!(self.phase(), Phase::Running | Phase::Paused | Phase::Finished)
    }

    /// Whether ending the run now would lose what it has learned in more than `steps` steps on its way.
    pub fn loses_more_than(&self, steps: usize) -> bool {
        let on_its_way = matches!(self.phase(), Phase::Running | Phase::Paused) && self.progress.step < self.progress.steps;
        on_its_way && self.progress.step > steps
    }

    /// Gradient evaluations of one step of a lane, as measured; `None` before the first step.
    pub fn cost_per_step(&self, lane: usize) -> Option<f64> {
        let step = *self.steps.last()?;
        let spent = *self.lanes.get(lane)?.gradient_evaluations.last()?;
        (step > 0.0).then(|| spent / step)
    }

    /// Which members of a lane answer one class only, in words, if any do.
    pub fn one_answer(&self, lane: usize) -> Option<String> {
        let classes = self.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
        results::one_answer(self.measurements.last()?.lanes.get(lane)?, classes)
    }

    /// The lanes' test accuracies against that of lane `reference`, one entry a lane.
    pub fn comparisons(&self, reference: usize) -> Vec<Option<Comparison>> {
        self.measurements.last().map_or_else(Vec::new, |measurement| results::compare(measurement, reference))
    }

    /// Seconds until the planned end; `None` when it cannot be told.
    pub fn seconds_left(&self) -> Option<f64> {
        let Progress { step, steps, taken, seconds, .. } = self.progress;
        // What was done before a restore took its time elsewhere.
        (self.phase() == Phase::Running && taken > 0 && seconds > 0.0).then(|| seconds / taken as f64 * steps.saturating_sub(step) as f64)
    }
}

/// The run an event belongs to, if it belongs to one.
fn run_of(event: &Event) -> Option<RunId> {
    match event {
        Event::Hello { .. } | Event::Table(_) | Event::Done | Event::Stopped { .. } => None,
        Event::Preparing { run, .. }
        | Event::Prepared { run, .. }
        | Event::Measured { run, .. }
        | Event::Progress { run, .. }
        | Event::Phase { run, .. }
        | Event::Classified { run, .. }
        | Event::Saved { run, .. }
        | Event::Sharpness { run, .. }
        | Event::Traced { run, .. }
        | Event::Sentences { run, .. }
        | Event::SentenceTable { run, .. }
        | Event::SentenceHistory { run, .. }
        | Event::Landscape { run, .. }
        | Event::Line { run, .. }
        | Event::Moved { run, .. }
        | Event::Note { run, .. }
        | Event::Failed { run, .. } => Some(*run),
    }
}

#[cfg(test)]
mod tests {
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

    fn prepared(run: RunId) -> Event {
        let experiment = Experiment { seeds: 2, ..Experiment::default() };
        let summary = Summary {
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
            device: String::new(),
            notes: Vec::new(),
        };
        Event::Prepared { run, summary: Box::new(summary) }
    }

    fn notices(state: &State) -> Vec<&str> {
        state.said.notices().iter().map(|notice| notice.text.as_str()).collect()
    }

    #[test]
    fn measurements_become_series() {
        let mut state = started();
        assert_eq!(state.apply(measurement(0, &[0.25, 0.35])), Some(Consequence::Measured));
        state.apply(measurement(10, &[f64::NAN, 0.5]));
        state.apply(measurement(20, &[f64::NAN, f64::NAN]));
        assert_eq!(state.steps, [0.0, 10.0, 20.0]);
        let spreads = state.lanes[1].spreads(Metric::TestAccuracy);
        // (0.25 + 0.35)/2 = 0.3; then the finite member alone; then none.
        assert!((spreads[0].expect("two members").mean - 0.3).abs() < 1e-12);
        assert_eq!(spreads[1].expect("one member").count, 1);
        assert_eq!(spreads[2], None);
        assert_eq!(state.cost_per_step(1), Some(2.0));
    }

    #[test]
    fn a_step_is_measured_once() {
        let mut state = started();
        for _ in 0..2 {
            state.apply(measurement(10, &[0.5]));
        }
        assert_eq!(state.steps, [10.0]);
        assert_eq!(state.lanes[0].spreads(Metric::TestAccuracy).len(), 1);
    }

    #[test]
    fn events_of_another_run_are_dropped_but_not_its_failures() {
        let mut state = started();
        state.begin(RunId(8), &Experiment::default());
        assert_eq!(state.apply(measurement(10, &[0.5])), None);
        state.apply(Event::Phase { run: RUN, phase: Phase::Finished });
        assert!(state.steps.is_empty() && state.said.messages().is_empty());
        assert_eq!(state.phase(), Phase::Preparing);
        state.apply_about(Event::Failed { run: RUN, text: "too late".to_owned() }.into(), None);
        assert_eq!((notices(&state).len(), state.said.messages().len()), (0, 1), "listed, not put in the way");
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
        assert_eq!((state.phase(), state.run, state.steps.len()), (Phase::Running, RUN, 2));
        assert_eq!(notices(&state), ["line 3 has no label: add one. The run before goes on."]);
    }

    #[test]
    fn the_run_before_is_shown_until_the_next_one_is_prepared() {
        let mut state = started();
        state.apply(measurement(10, &[0.5]));
        state.await_run(RunId(8));
        state.await_run(RunId(9));
        // The trainer prepares both, one after the other.
        state.apply(prepared(RunId(8)));
        assert_eq!((state.run, state.steps.len(), state.phase()), (RunId(8), 0, Phase::Preparing));
        state.apply(Event::Phase { run: RunId(8), phase: Phase::Running });
        assert_eq!(state.phase(), Phase::Preparing, "the ninth is still to come");
        state.apply(prepared(RunId(9)));
        state.apply(Event::Phase { run: RunId(9), phase: Phase::Paused });
        assert_eq!((state.run, state.phase()), (RunId(9), Phase::Paused));
        assert_eq!(state.apply(prepared(RunId(8))), None, "an older one never comes back");
    }

    #[test]
    fn a_second_hello_means_a_new_trainer() {
        let mut state = started();
        let hello = || Event::Hello { version: 1, library: vec!["mr".to_owned()], memory: None };
        assert_eq!(state.apply(hello()), Some(Consequence::Hello));
        assert_eq!(state.phase(), Phase::Preparing);
        state.await_run(RunId(8));
        state.apply(hello());
        assert_eq!(state.phase(), Phase::Idle);
        assert_eq!(state.said.messages().len(), 1);
    }

    #[test]
    fn a_trainer_that_ends_says_why_until_somebody_has_read_it() {
        let mut state = started();
        state.apply(Event::Phase { run: RUN, phase: Phase::Running });
        state.apply(Event::Stopped { text: "out of memory".to_owned() });
        assert_eq!((state.phase(), notices(&state)), (Phase::Idle, vec!["out of memory"]));
    }

    #[test]
    fn remaining_time_goes_by_the_steps_so_far() {
        let mut state = started();
        state.phase = Phase::Running;
        assert_eq!(state.seconds_left(), None);
        state.progress = Progress { step: 100, steps: 400, first: 0, furthest: 100, taken: 100, steps_per_second: 90.0, seconds: 2.0 };
        // 300 steps are left at 2 s a hundred: 6 s.
        assert_eq!(state.seconds_left(), Some(6.0));
        // Restored at step 50, the same 2 s are what 50 steps took: 300 are left at 4 s a hundred.
        state.progress.taken = 50;
        assert_eq!(state.seconds_left(), Some(12.0));
        state.progress.taken = 0;
        assert_eq!(state.seconds_left(), None, "nothing was done here");
    }
}
