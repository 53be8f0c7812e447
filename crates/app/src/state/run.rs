//! One run as it was told: its summary, its curves, and what was looked at in it.

use std::collections::BTreeMap;

use basin_train::experiment::{DataConfig, Experiment, LaneConfig, titles};
use basin_train::memory;
use basin_train::protocol::{Event, Phase, RunId};
use basin_train::report::{
    Answer, BestEpoch, Budget, Figures, JudgedCell, Judgement, Landscape, Line, Measurement, Predictions, Progress, SentenceHistory,
    SentenceTable, Sentences, Sharpness, Side, StepTrace, Summary, thin,
};
use basin_train::results;
use basin_train::stats::{Comparison, Spread};

use super::metric::Metric;
use crate::format;

/// One lane's measurements so far.
#[derive(Clone, Debug)]
pub struct LaneSeries {
    /// The lane as it runs.
    pub config: LaneConfig,
    /// Its name; numbered when another lane has the same.
    pub title: String,
    /// Its name where there is room to say that SGD runs on another optimizer ([`Experiment::titles`]).
    pub long_title: String,
    /// Gradient evaluations of one member at each measurement.
    pub gradient_evaluations: Vec<f64>,
    /// Seconds spent in this lane at each measurement; NaN where the device does not tell.
    pub seconds: Vec<f64>,
    /// Spread over the members at each measurement, per metric in the order of [`Metric::ALL`]; `None` when all diverged.
    spreads: [Vec<Option<Spread>>; Metric::ALL.len()],
}

impl LaneSeries {
    fn new(config: LaneConfig, title: String, long_title: String) -> Self {
        Self { config, title, long_title, gradient_evaluations: Vec::new(), seconds: Vec::new(), spreads: Default::default() }
    }

    /// The spread of a metric at each measurement.
    pub fn spreads(&self, metric: Metric) -> &[Option<Spread>] {
        &self.spreads[metric as usize]
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
pub struct Landscapes {
    /// The planes, each with the ticket of the request that it answers.
    pub planes: [(u64, Option<Landscape>); PLANES],
    /// The line, with the ticket of the request that it answers.
    pub line: (u64, Option<Line>),
}

/// What goes on before a run trains.
#[derive(Clone, Debug, PartialEq)]
pub struct Preparing {
    /// In words.
    pub what: String,
    /// The share of it that is done, 0 to 1, where that can be said.
    pub share: Option<f64>,
}

/// Everything the trainer has said about one run. Series only grow, also while it is gone back in: what is then shown of it
/// are the measurements up to where it is ([`Run::here`]).
#[derive(Debug, Default)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What the trainer does with it.
    pub(super) phase: Phase,
    /// What goes on before it trains.
    pub(super) preparing: Option<Preparing>,
    /// What is trained.
    pub summary: Option<Summary>,
    /// How far it is.
    pub progress: Progress,
    /// Steps at each measurement.
    pub steps: Vec<f64>,
    /// The measurements as they came, for the table and for export; of a long run those that the trainer remembers, too.
    pub measurements: Vec<Measurement>,
    /// How many of them there may be, and of sharpness; of a run that nobody has begun there are few.
    most: Option<[usize; 2]>,
    /// The lanes, in the order of the experiment.
    pub lanes: Vec<LaneSeries>,
    /// The latest answers.
    pub classified: Option<Classified>,
    /// The measurements of sharpness as they came.
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
    /// The best epoch of each lane, at the end of a run that keeps it.
    pub best: Option<Vec<BestEpoch>>,
    /// How good a linear model on the same tokens is, once it is fitted.
    pub linear: Option<Figures>,
    /// How good the answers are.
    pub judgement: Option<Box<Judgement>>,
    /// The examples of the cell of a confusion matrix that was last asked about.
    pub judged_cell: Option<Box<JudgedCell>>,
    /// What the lanes say to many texts.
    pub predictions: Option<Box<Predictions>>,
    /// Planes and line.
    pub landscapes: Landscapes,
    /// Counts up with everything that changes the table of sentences, through all runs.
    pub sentences_revision: u64,
    /// Counts up with everything that changes a chart, through all runs.
    pub chart_revision: u64,
}

/// The curves of the run before the one that is shown, to compare with.
#[derive(Debug)]
pub struct Before {
    /// What was trained.
    pub summary: Summary,
    /// Steps at each measurement.
    pub steps: Vec<f64>,
    /// Its lanes.
    pub lanes: Vec<LaneSeries>,
    /// What was measured at its planned end, or else last.
    pub last: Measurement,
    /// The best epoch of each lane, where it is known and chosen at that end.
    pub best: Option<Vec<BestEpoch>>,
    /// Its number among the kept runs, where somebody has chosen it.
    pub kept: Option<u64>,
}

impl Before {
    /// What is left of a run when another takes its place; nothing where it has hardly begun.
    pub(super) fn of(run: Run) -> Option<Self> {
        let Run { summary: Some(summary), steps, lanes, mut measurements, best, progress, .. } = run else { return None };
        // It may have gone on past that.
        let past = measurements.iter().skip_while(|measurement| measurement.step != summary.steps).skip(1).count();
        measurements.truncate(measurements.len() - past);
        let last = measurements.pop()?;
        let best = best.filter(|_| last.step == progress.steps);
        (steps.len() > 2).then_some(Self { summary, steps, lanes, last, best, kept: None })
    }

    /// What is left of it, as a run of its own.
    pub fn alone(&self) -> Run {
        let Self { summary, steps, lanes, last, .. } = self;
        Run {
            phase: Phase::Finished,
            summary: Some(summary.clone()),
            progress: Progress { step: last.step, steps: summary.steps, ..Progress::default() },
            steps: steps.clone(),
            measurements: vec![last.clone()],
            lanes: lanes.clone(),
            ..Run::default()
        }
    }

    /// Whether it has come to its planned end, of which verdicts are told.
    pub fn is_whole(&self) -> bool {
        self.last.step == self.summary.steps
    }

    /// A kept run that somebody has chosen, by what it has shown.
    pub(super) fn chosen(kept: u64, summary: Summary, measurements: Vec<Measurement>) -> Option<Self> {
        let mut run = Run::new(RunId::default(), &summary.experiment, &Run::default());
        run.summary = Some(summary);
        for measurement in measurements {
            run.measured(measurement);
        }
        Self::of(run).map(|before| Self { kept: Some(kept), ..before })
    }
}

/// What chooses the test examples of a data set.
fn split(summary: &Summary) -> (u64, u64, bool) {
    let DataConfig { seed, test_fraction, validation, .. } = &summary.experiment.data;
    (*seed, test_fraction.to_bits(), *validation)
}

impl Run {
    /// A run of which nothing has been told yet, in place of another.
    pub(super) fn new(id: RunId, experiment: &Experiment, before: &Self) -> Self {
        let lanes = &experiment.lanes;
        Self {
            id,
            phase: Phase::Preparing,
            lanes: (lanes.iter().zip(titles(lanes)).zip(experiment.titles()))
                .map(|((config, title), long_title)| LaneSeries::new(config.clone(), title, long_title))
                .collect(),
            most: Some([memory::most_measurements, memory::most_sharpness].map(|most| most(lanes.len(), experiment.seeds))),
            sentences_revision: before.sentences_revision + 1,
            chart_revision: before.chart_revision + 1,
            ..Self::default()
        }
    }

    /// The test accuracy of a linear model on the same tokens, once it is fitted.
    pub fn linear_accuracy(&self) -> Option<f64> {
        self.linear.as_ref().map(|figures| figures.accuracy)
    }

    /// Whether it answers the test examples that another run has answered, trained in another way.
    pub fn compares_with(&self, before: &Before) -> bool {
        // Asked in every frame.
        let same_test = |a: &Summary, b: &Summary| {
            (&a.data, &a.classes, &a.test_counts, &a.taken_of_test) == (&b.data, &b.classes, &b.test_counts, &b.taken_of_test)
                && split(a) == split(b)
                && a.test_print.zip(b.test_print).is_none_or(|(a, b)| a == b)
        };
        let other_run = |a: &Summary, b: &Summary| a.experiment != b.experiment;
        self.summary.as_ref().is_some_and(|summary| same_test(summary, &before.summary) && other_run(summary, &before.summary))
    }

    /// Takes in what answers the request of `ticket`, or comes by itself. The state takes in the rest.
    pub(super) fn take_in(&mut self, event: Event, ticket: Option<u64>) {
        match event {
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
            Event::Sharpness { sharpness, budget, .. } => {
                self.budget = Some(budget);
                sharpness.put_within(&mut self.sharpness, self.most.map_or(usize::MAX, |[_, most]| most));
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
            Event::Best { best, .. } => self.best = Some(best),
            Event::Linear { linear, .. } => self.linear = Some(linear),
            Event::Judged { judgement, .. } => {
                // Whoever judges first has it fitted, and is told of it nowhere else.
                self.linear = self.linear.or(judgement.linear);
                self.judgement = Some(judgement);
            }
            Event::JudgedCell { cell, .. } => self.judged_cell = Some(cell),
            Event::Predicted { predictions, .. } => self.predictions = Some(predictions),
            Event::Landscape { landscape, .. } => {
                if let Some((_, kept)) = self.landscapes.planes.iter_mut().find(|(asked, _)| Some(*asked) == ticket) {
                    *kept = Some(*landscape);
                }
            }
            Event::Line { line, .. } => {
                if Some(self.landscapes.line.0) == ticket {
                    self.landscapes.line.1 = Some(line);
                }
            }
            Event::Moved { device, .. } => {
                if let Some(summary) = &mut self.summary {
                    summary.device = device;
                }
            }
            Event::Hello { .. }
            | Event::Stopped { .. }
            | Event::Kept { .. }
            | Event::Compared { .. }
            | Event::Opened { .. }
            | Event::Snapshot { .. }
            | Event::Lost { .. }
            | Event::Sweeping { .. }
            | Event::Swept { .. }
            | Event::Done
            | Event::Table(_)
            | Event::Preparing { .. }
            | Event::Prepared { .. }
            | Event::Curves { .. }
            | Event::Measured { .. }
            | Event::Saved { .. }
            | Event::Exported { .. }
            | Event::Note { .. }
            | Event::Failed { .. }
            | Event::LeftOff { .. } => {}
        }
    }

    pub(super) fn measured(&mut self, measurement: Measurement) {
        self.progress.step = measurement.step;
        self.progress.furthest = self.progress.furthest.max(measurement.step);
        let place = self.measurements.partition_point(|before| before.step < measurement.step);
        // A step that is gone back to measures what it did the first time.
        if self.measurements.get(place).is_some_and(|there| there.step == measurement.step) {
            return;
        }
        for (series, lane) in self.lanes.iter_mut().zip(&measurement.lanes) {
            series.gradient_evaluations.insert(place, lane.gradient_evaluations);
            series.seconds.insert(place, lane.seconds.unwrap_or(f64::NAN));
            for metric in Metric::ALL {
                series.spreads[metric as usize].insert(place, Spread::of(metric.values(lane)));
            }
        }
        self.steps.insert(place, measurement.step as f64);
        self.measurements.insert(place, measurement);
        self.chart_revision += 1;
        if let Some([most, _]) = self.most {
            self.forget_beyond(most);
        }
    }

    /// Forgets every second measurement where there are more than `most`: all series the same ones.
    fn forget_beyond(&mut self, most: usize) {
        thin(&mut self.steps, most);
        thin(&mut self.measurements, most);
        for series in &mut self.lanes {
            thin(&mut series.gradient_evaluations, most);
            thin(&mut series.seconds, most);
            series.spreads.iter_mut().for_each(|spreads| thin(spreads, most));
        }
    }

    /// The best epoch of a lane, where the run is at its end and keeps it.
    pub fn best(&self, lane: usize) -> Option<&BestEpoch> {
        self.best.as_ref().filter(|_| self.progress.step == self.progress.steps)?.get(lane)
    }

    /// With which weights the lanes have answered at a step: at the end of a run that keeps them, those of the best epochs.
    pub fn answered_at(&self, step: usize) -> String {
        match &self.best {
            Some(_) if step == self.progress.steps => "at each seed's best epoch".to_owned(),
            _ => format!("at step {}", format::count(step)),
        }
    }

    /// The place of the measurement that stands for where the run is: the last one up to there.
    pub fn place(&self) -> Option<usize> {
        self.measurements.partition_point(|measurement| measurement.step <= self.progress.step).checked_sub(1)
    }

    /// That measurement.
    pub fn here(&self) -> Option<&Measurement> {
        self.measurements.get(self.place()?)
    }

    /// The spread of a metric of a lane there.
    pub fn spread(&self, lane: usize, metric: Metric) -> Option<Spread> {
        self.lanes.get(lane)?.spreads(metric).get(self.place()?).copied().flatten()
    }

    /// Whether the run is behind a step that it has been at.
    pub fn is_back(&self) -> bool {
        self.progress.step < self.progress.furthest
    }

    /// The latest sharpness on a side, up to where the run is.
    pub fn latest_sharpness(&self, side: Side) -> Option<&Sharpness> {
        self.sharpness.iter().rev().find(|sharpness| sharpness.side == side && sharpness.step <= self.progress.step)
    }

    /// Gradient evaluations of one step of a lane, as measured; `None` before the first step.
    pub fn cost_per_step(&self, lane: usize) -> Option<f64> {
        let last = self.measurements.last()?;
        (last.step > 0).then(|| last.lanes.get(lane).map(|lane| lane.gradient_evaluations / last.step as f64))?
    }

    /// Which members of a lane answer one class only, in words, if any do.
    pub fn one_answer(&self, lane: usize) -> Option<String> {
        let classes = self.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
        results::one_answer(self.here()?.lanes.get(lane)?, classes)
    }

    /// The lanes' test accuracies against that of lane `reference`, one entry a lane.
    pub fn comparisons(&self, reference: usize) -> Vec<Option<Comparison>> {
        self.here().map_or_else(Vec::new, |measurement| results::compare(measurement, reference))
    }
}
