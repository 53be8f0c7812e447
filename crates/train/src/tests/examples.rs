//! One message of each kind. Every float is the same number `x`, and no field is left to a default: a new field has to be
//! given one, and a float that forgets `any_float` does not come back.

use crate::cores::Cores;
use crate::data::Format;
use crate::experiment::{
    Base, ClimbLoss, Columns, DataConfig, DataSource, Experiment, LaneConfig, MethodConfig, ModelConfig, ModelKind, Pair, Rule, Schedule,
    Tokens, TrainingConfig,
};
use crate::lab::grid::{Axis, Grid, Knob};
use crate::lab::outcome::{OnTheWay, Outcome};
use crate::memory::DataSizes;
use crate::protocol::{Command, DeviceChoice, EncoderOffer, Event, Files, LeftOut, NamedBytes, Phase, RunId, Table, Taken};
use crate::report::{
    Answer, BestEpoch, Bin, Budget, Cell, ClassFigures, ExportFormat, Figures, Judged, JudgedCell, Judgement, KeptRun, Landscape,
    LaneJudgement, LaneMeasurement, LaneTrace, Line, Measurement, PathOnPlane, PlaneChoice, PrecisionAt, Predicted, Predictions, Progress,
    Quantity, Reading, SentenceHistory, SentenceTable, Sentences, Sharpness, Side, StepTrace, Summary, TracedExample, Visit,
};

pub(super) const RUN: RunId = RunId(3);

pub(super) fn text() -> String {
    "a \"word\", ü\n".to_owned()
}

pub(super) fn columns() -> Columns {
    Columns { header: true, text: 0, text_b: Some(2), label: 1 }
}

pub(super) fn experiment(x: f64) -> Experiment {
    let methods = [
        MethodConfig::Sam,
        MethodConfig::DeltaSam { rule: Rule::Head, draws: 1, radius: x },
        MethodConfig::PerInstanceSam,
        MethodConfig::MSam { groups: 2, sorted: true },
        MethodConfig::Asam { eta: x },
        MethodConfig::FSam { sigma: x, lambda: x },
        MethodConfig::RwSam { lambda: x, radius: x },
        MethodConfig::Gsam { alpha: x },
        MethodConfig::LookSam { every: 2, alpha: x },
        MethodConfig::Saner { alpha: x, ramp: x },
    ];
    let sgd = LaneConfig { learning_rate: Some(x), ..LaneConfig::new(MethodConfig::Sgd) };
    let others = methods.map(|method| LaneConfig {
        rho: x,
        learning_rate: Some(x),
        climb_loss: ClimbLoss::BiSam,
        from: 0.25,
        ..LaneConfig::new(method)
    });
    Experiment {
        data: DataConfig {
            source: DataSource::File { name: "a.csv".to_owned() },
            columns: Some(columns()),
            delimiter: Some(';'),
            label_noise: Some(x),
            balance: x,
            train_size: 1,
            test_fraction: x,
            validation: true,
            selection: x,
            tokens: Tokens::WordPairs,
            vocabulary: 20,
            max_length: 5,
            seed: u64::MAX,
        },
        model: ModelConfig { kind: ModelKind::Cnn, dim: 4, hidden: 4, pair: Pair::Concat, dropout: 0.0, tune: None },
        training: TrainingConfig {
            batch: 3,
            epochs: 2,
            base: Base::Momentum,
            learning_rate: x,
            schedule: Schedule::Constant,
            warm_up: 0.0,
            weight_decay: x,
            evaluate_every: 1,
            probe: 2,
            probe_rho: x,
            sharpness_budget: x,
        },
        lanes: std::iter::once(sgd).chain(others).collect(),
        seeds: 2,
        first_seed: 1,
    }
}

pub(super) fn grid(x: f64) -> Grid {
    let over = vec![Axis { knob: Knob::LabelNoise, values: vec![x] }];
    Grid { experiment: experiment(x), radii: vec![x], own_radii: vec![vec![x]], over, validation: x, epochs: vec![1] }
}

fn outcome(x: f64) -> Outcome {
    Outcome {
        validation_accuracy: x,
        validation_loss: x,
        test_accuracy: x,
        test_loss: x,
        train_loss: x,
        train_accuracy: x,
        gap: x,
        gap_held_out: x,
        largest_eigenvalue: x,
        eigenvalue_error: x,
        gradient_evaluations: x,
        collapsed: true,
        diverged: false,
        curve: vec![OnTheWay { step: 3, train_loss: x, validation_accuracy: x, gap: x, gap_held_out: x }],
    }
}

pub(super) fn files() -> Files {
    let file = |name: &str| NamedBytes { name: name.to_owned(), bytes: b"text,label\nhi,a\nyou,b\n".to_vec() };
    Files { train: file("a.csv"), test: Some(file("b.csv")) }
}

/// One command of each kind.
pub(super) fn commands(x: f64) -> Vec<Command> {
    let start =
        Command::Start { run: RUN, experiment: Box::new(experiment(x)), files: Some(files()), device: DeviceChoice::Gpu, paused: true };
    let all = vec![
        start,
        Command::Inspect { files: files(), columns: Some(columns()), delimiter: Some('\t') },
        Command::Pause,
        Command::Resume,
        Command::Step,
        Command::StepToMeasurement,
        Command::Seek { step: 7 },
        Command::Pace { steps_per_second: Some(x) },
        Command::StopAt { step: Some(9), fall: Some(x) },
        Command::Stop,
        Command::Classify { text: text(), text_b: Some(text()) },
        Command::Save,
        Command::Export { lane: 1, member: 1, format: ExportFormat::Onnx },
        Command::Restore { run: RUN, bytes: vec![0, 255], device: DeviceChoice::Cpu },
        Command::OpenKept { run: RUN, kept: 3, device: DeviceChoice::Cpu, paused: true },
        Command::CompareKept { kept: 3 },
        Command::NameKept { kept: 3, name: text() },
        Command::NoteKept { kept: 3, note: text() },
        Command::DeleteKept { kept: 3 },
        Command::ListKept,
        Command::DeleteSwept,
        Command::Sweep { grid: Box::new(grid(x)), files: Some(files()), level: true, cores: Some(2) },
        Command::StopSweep,
        Command::MeasureSharpness,
        Command::SharpnessBudget { share: x },
        Command::Trace { member: 1 },
        Command::Sentences,
        Command::SentenceTable { lane: 1 },
        Command::SentenceHistory { example: 1 },
        Command::Judge,
        Command::JudgedCell { lane: 1, label: 0, answer: 1 },
        Command::Predict { file: NamedBytes { name: text(), bytes: b"one\ntwo\n".to_vec() } },
        Command::Landscape { plane: PlaneChoice::Ends { lanes: [0, 1, 2] }, points: 9, member: 1 },
        Command::Landscape { plane: PlaneChoice::Random { seed: 7 }, points: 9, member: 1 },
        Command::Line { from: 0, to: 1, member: 1 },
        Command::Ping,
    ];
    for command in &all {
        // A kind that is missing above is missed here: add it in both places.
        match command {
            Command::Start { .. }
            | Command::Inspect { .. }
            | Command::Pause
            | Command::Resume
            | Command::Step
            | Command::StepToMeasurement
            | Command::Seek { .. }
            | Command::Pace { .. }
            | Command::StopAt { .. }
            | Command::Stop
            | Command::Classify { .. }
            | Command::Save
            | Command::Export { .. }
            | Command::Restore { .. }
            | Command::OpenKept { .. }
            | Command::CompareKept { .. }
            | Command::NameKept { .. }
            | Command::NoteKept { .. }
            | Command::DeleteKept { .. }
            | Command::ListKept
            | Command::DeleteSwept
            | Command::Sweep { .. }
            | Command::StopSweep
            | Command::MeasureSharpness
            | Command::SharpnessBudget { .. }
            | Command::Trace { .. }
            | Command::Sentences
            | Command::SentenceTable { .. }
            | Command::SentenceHistory { .. }
            | Command::Judge
            | Command::JudgedCell { .. }
            | Command::Predict { .. }
            | Command::Landscape { .. }
            | Command::Line { .. }
            | Command::Ping => {}
        }
    }
    all
}

pub(super) fn taken() -> Taken {
    Taken {
        file: text(),
        format: Format::FastText,
        delimiter: Some('§'),
        columns: columns(),
        names: vec![text()],
        rows: 1,
        classes: vec![(text(), 1)],
        left_out: vec![LeftOut { why: text(), rows: 1, lines: vec![2] }],
        notes: vec![text()],
    }
}

pub(super) fn summary(x: f64) -> Summary {
    Summary {
        experiment: experiment(x),
        data: text(),
        taken: Some(taken()),
        taken_of_test: Some(taken()),
        classes: vec![text()],
        train_counts: vec![1],
        test_counts: vec![1],
        flipped: 1,
        vocabulary: 2,
        weights: 3,
        steps: 4,
        pairs: true,
        sizes: DataSizes { train: 1, ..DataSizes::default() },
        samples: vec![text()],
        sample_labels: vec![0],
        test_print: Some(1),
        encoder: Some(text()),
        device: text(),
        notes: vec![text()],
    }
}

pub(super) fn measurement(x: f64) -> Measurement {
    let lane = LaneMeasurement {
        gradient_evaluations: x,
        seconds: Some(x),
        train_loss: vec![x, 0.5],
        train_accuracy: vec![x, 0.5],
        test_loss: vec![x, 0.5],
        test_accuracy: vec![x, 0.5],
        gap: vec![x, 0.5],
        gap_held_out: vec![x, 0.5],
        train_accuracy_flipped: vec![x, 0.5],
        train_accuracy_kept: vec![x, 0.5],
        diverged: vec![true, false],
        only_answer: vec![Some(0), None],
    };
    Measurement { step: 1, epoch: x, lanes: vec![lane] }
}

pub(super) fn sharpness(x: f64) -> Sharpness {
    let quantities = [
        Quantity::Gap { rho: x },
        Quantity::ExampleGap { rho: x },
        Quantity::LargestEigenvalue,
        Quantity::Trace,
        Quantity::AverageRise { sigma: x },
        Quantity::AdaptiveGap { rho: x },
        Quantity::AdaptiveAverageRise { sigma: x },
        Quantity::GradientVariance,
        Quantity::SamEdge,
        Quantity::AlignmentCosine,
        Quantity::AlignmentDistance,
    ];
    let reading = |quantity| Reading { quantity, values: vec![x], errors: vec![x], not_converged: vec![true], gradient_evaluations: x };
    Sharpness { step: 1, side: Side::HeldOut, examples: 2, seconds: x, lanes: vec![quantities.map(reading).to_vec()] }
}

pub(super) fn trace(x: f64) -> StepTrace {
    let example = TracedExample { example: 1, text: text(), text_b: Some(text()), label: 0, given_label: 1 };
    let lane = LaneTrace {
        diverged: true,
        losses: vec![x],
        losses_up: vec![x],
        losses_after: vec![x],
        p: vec![x],
        norms: vec![x],
        fell_back: true,
        rho: x,
        rate: x,
        gradient_norm: x,
        climb_norm: x,
        descent_norm: x,
        move_norm: x,
        cos_descent: x,
        cos_climb: x,
        cos_move: x,
        climb: [x, x],
        descent: [x, x],
        moved: [x, x],
        ray: vec![[x, x]],
        path: vec![[x, x]],
        pull: vec![x],
        up_norm: x,
        split: vec![x],
        shrunk: Some(x),
        gradient_evaluations: x,
    };
    StepTrace { step: 1, member: 0, batch: vec![example], lanes: vec![lane] }
}

pub(super) fn sentence_table(x: f64) -> SentenceTable {
    SentenceTable {
        lane: 1,
        step: 2,
        loss: vec![x],
        curvature: vec![x],
        weight: vec![x],
        gap: vec![x],
        seen: vec![1],
        weighted_up: vec![1],
        mean_weight: vec![x],
    }
}

pub(super) fn landscape(x: f64) -> Landscape {
    Landscape {
        plane: text(),
        step: 1,
        xs: vec![x],
        ys: vec![x],
        loss: vec![x],
        accuracy: vec![x],
        paths: vec![PathOnPlane { points: vec![[x, x]], steps: vec![1], outside: vec![x] }],
        start_loss: Some(x),
        examples: 2,
        points_per_second: x,
        more: true,
    }
}

fn kept_run(x: f64) -> KeptRun {
    let (number, turn, slot, lanes, seeds, step, steps, bytes) = (1, 2, 1, 3, 4, 5, 6, 7);
    let (name, note, data, setup) = (text(), text(), text(), text());
    KeptRun {
        number,
        turn,
        slot,
        name,
        note,
        data,
        setup,
        lanes,
        seeds,
        step,
        steps,
        running: true,
        at: x,
        age: x,
        bytes,
        seconds: x,
        elsewhere: true,
    }
}

fn judged(x: f64) -> Judged {
    let (label, given_label, answer, agreeing, members) = (0, 1, 1, 2, 3);
    Judged { row: 4, text: text(), label, given_label, answer, probability: x, label_probability: x, loss: x, agreeing, members }
}

fn best_epoch(x: f64) -> BestEpoch {
    let x = vec![x, 1.0];
    BestEpoch { epoch: x.clone(), held_back_loss: x.clone(), held_back_accuracy: x.clone(), test_loss: x.clone(), test_accuracy: x }
}

fn judgement(x: f64) -> Judgement {
    let figures = Figures {
        accuracy: x,
        macro_f1: x,
        log_loss: x,
        calibration_error: x,
        temperature: x,
        tempered_log_loss: x,
        tempered_calibration_error: x,
    };
    let lane = LaneJudgement {
        members: vec![figures],
        together: figures,
        classes: vec![ClassFigures { precision: vec![x], recall: vec![x], f1: vec![x] }],
        cells: vec![Cell { label: 0, answer: 1, count: 2 }],
        bins: vec![Bin { count: 1, confidence: x, accuracy: x }],
        mistakes: vec![judged(x)],
        suspects: vec![judged(x)],
        train_accuracy: x,
        epochs: vec![x],
        precision: vec![PrecisionAt { k: 10, precision: x }],
    };
    let (step, examples, total, training_examples, flipped) = (1, 2, 3, 4, 5);
    let class_counts = vec![1, 1];
    Judgement {
        step,
        on: text(),
        examples,
        total,
        class_counts,
        training_examples,
        flipped,
        linear: Some(figures),
        seconds: x,
        lanes: vec![lane],
    }
}

fn predictions(x: f64) -> Predictions {
    let predicted = |class| Predicted { class, probability: x, deviation: x, agreeing: 1 };
    Predictions {
        step: 1,
        file: text(),
        notes: vec![text()],
        lines: vec![1, 2],
        texts: vec![text(), text()],
        unknown: 1,
        more: true,
        lanes: vec![vec![predicted(Some(1)), predicted(None)]],
    }
}

/// One event of each kind.
#[expect(clippy::too_many_lines, reason = "a line or two for each")]
pub(super) fn events(x: f64) -> Vec<Event> {
    let sentences = Sentences { texts: vec![text()], labels: vec![1], given_labels: vec![0], lengths: vec![2], total: 1 };
    let visits = [Some(x), None].map(|perhaps| Visit { step: 1, loss: x, weight: perhaps, gap: perhaps });
    let line = Line { step: 1, from: 0, to: 1, t: vec![x], train_loss: vec![x], test_loss: vec![x], test_accuracy: vec![x] };
    let table = Table { taken: taken(), head: vec![vec![text()]], test: Some(taken()), test_problem: Some(text()) };
    let all = vec![
        Event::Hello {
            version: 1,
            library: vec![text()],
            memory: Some(1),
            cores: Cores { there: 2, advised: 1 },
            encoder: Some(EncoderOffer::Ready { title: text(), bytes: 1 }),
        },
        Event::Hello {
            version: 1,
            library: Vec::new(),
            memory: None,
            cores: Cores::default(),
            encoder: Some(EncoderOffer::Missing(text())),
        },
        Event::Kept { runs: vec![kept_run(x)], open: Some(1), swept: Some(true) },
        Event::Compared { kept: 3, summary: Box::new(summary(x)), measurements: vec![measurement(x)] },
        Event::Opened { run: RUN, kept: Box::new(kept_run(x)), files: Some(files()) },
        Event::Snapshot { run: RUN, bytes: vec![0, 255] },
        Event::Lost { run: RUN, text: text() },
        Event::Table(Box::new(table)),
        Event::Preparing { run: RUN, what: text(), share: Some(0.5) },
        Event::Prepared { run: RUN, summary: Box::new(summary(x)) },
        Event::Curves { run: RUN, measurements: vec![measurement(x)], sharpness: vec![sharpness(x)] },
        Event::Measured { run: RUN, measurement: measurement(x) },
        Event::Progress {
            run: RUN,
            progress: Progress { step: 1, steps: 2, first: 0, furthest: 1, taken: 1, steps_per_second: x, seconds: x },
        },
        Event::Phase { run: RUN, phase: Phase::Finished },
        Event::Classified { run: RUN, answers: vec![Answer { probabilities: vec![x], deviations: vec![x] }], known_tokens: (1, 2) },
        Event::Saved { run: RUN, bytes: vec![0, 255] },
        Event::Exported { run: RUN, file: NamedBytes { name: text(), bytes: vec![0, 255] } },
        Event::Sharpness { run: RUN, sharpness: sharpness(x), budget: Budget { share: x, training_seconds: x, sharpness_seconds: x } },
        Event::Traced { run: RUN, trace: Box::new(trace(x)) },
        Event::Sentences { run: RUN, sentences: Box::new(sentences) },
        Event::SentenceTable { run: RUN, table: Box::new(sentence_table(x)) },
        Event::SentenceHistory { run: RUN, history: SentenceHistory { example: 1, lanes: vec![visits.to_vec()] } },
        Event::Best { run: RUN, best: vec![best_epoch(x)] },
        Event::Linear { run: RUN, linear: Figures { accuracy: x, log_loss: x, ..Figures::default() } },
        Event::Judged { run: RUN, judgement: Box::new(judgement(x)) },
        Event::JudgedCell {
            run: RUN,
            cell: Box::new(JudgedCell { step: 1, lane: 1, label: 0, answer: 1, total: 3, examples: vec![judged(x)] }),
        },
        Event::Predicted { run: RUN, predictions: Box::new(predictions(x)) },
        Event::Landscape { run: RUN, landscape: Box::new(landscape(x)) },
        Event::Line { run: RUN, line },
        Event::Sweeping { grid: Box::new(grid(x)), cores: 2, memory: 1 },
        Event::Swept { cells: vec![(3, outcome(x))], share: x },
        Event::Moved { run: RUN, device: text() },
        Event::Note { run: RUN, text: text() },
        Event::Failed { run: RUN, text: text() },
        Event::LeftOff { run: RUN, text: text() },
        Event::Done,
        Event::Stopped { text: text() },
    ];
    for event in &all {
        // A kind that is missing above is missed here: add it in both places.
        match event {
            Event::Hello { .. }
            | Event::Kept { .. }
            | Event::Compared { .. }
            | Event::Opened { .. }
            | Event::Snapshot { .. }
            | Event::Lost { .. }
            | Event::Table(_)
            | Event::Preparing { .. }
            | Event::Prepared { .. }
            | Event::Curves { .. }
            | Event::Measured { .. }
            | Event::Progress { .. }
            | Event::Phase { .. }
            | Event::Classified { .. }
            | Event::Saved { .. }
            | Event::Exported { .. }
            | Event::Sharpness { .. }
            | Event::Traced { .. }
            | Event::Sentences { .. }
            | Event::SentenceTable { .. }
            | Event::SentenceHistory { .. }
            | Event::Best { .. }
            | Event::Linear { .. }
            | Event::Judged { .. }
            | Event::JudgedCell { .. }
            | Event::Predicted { .. }
            | Event::Landscape { .. }
            | Event::Line { .. }
            | Event::Sweeping { .. }
            | Event::Swept { .. }
            | Event::Moved { .. }
            | Event::Note { .. }
            | Event::Failed { .. }
            | Event::LeftOff { .. }
            | Event::Done
            | Event::Stopped { .. } => {}
        }
    }
    all
}
