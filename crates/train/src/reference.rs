//! The problem that benchmarks measure: one network and its texts, the reference of the project's numbers.

use std::fmt::Write;

use crate::data::files::{Files, NamedBytes};
use crate::experiment::{
    Base, Columns, DataConfig, DataSource, Experiment, LaneConfig, ModelConfig, ModelKind, Pair, Schedule, TrainingConfig,
};
use crate::random::{Purpose, below, shuffle, stream};

/// `<pad>`, `<unk>` and the words.
pub const VOCABULARY: usize = 4096;
/// Tokens of a text.
pub const LENGTH: usize = 32;
/// Classes; which one a text has is drawn, too.
pub const CLASSES: usize = 4;
/// Width of an embedding's row.
pub const DIM: usize = 64;
/// Hidden units.
pub const HIDDEN: usize = 128;
/// Texts of a batch.
pub const BATCH: usize = 32;
/// Batches of an epoch; 16 of them use every word four times.
pub const BATCHES: usize = 16;

/// The name of the texts' file.
const TRAIN: &str = "random.csv";

/// One lane of a network on [`texts`].
pub fn experiment(kind: ModelKind, lane: LaneConfig, base: Base, members: usize) -> Experiment {
    Experiment {
        data: DataConfig {
            source: DataSource::File { name: TRAIN.to_owned() },
            columns: Some(Columns { header: false, text: 0, text_b: None, label: 1 }),
            label_noise: Some(0.0),
            vocabulary: VOCABULARY,
            ..DataConfig::default()
        },
        model: ModelConfig { kind, dim: DIM, hidden: HIDDEN, pair: Pair::Concat, dropout: 0.0, tune: None },
        training: TrainingConfig { batch: BATCH, base, learning_rate: 0.01, schedule: Schedule::Constant, ..TrainingConfig::default() },
        lanes: vec![lane],
        seeds: members,
        first_seed: 1,
    }
}

/// Texts of random words with random labels: each word equally often, the same in every run.
pub fn texts() -> Files {
    let mut rng = stream(1, Purpose::Reviews);
    let words = VOCABULARY - 2;
    let mut drawn: Vec<usize> = (0..BATCHES * BATCH * LENGTH).map(|i| i % words).collect();
    shuffle(&mut rng, &mut drawn);
    let mut lines = String::new();
    for text in drawn.chunks(LENGTH) {
        let text: Vec<String> = text.iter().map(|word| format!("w{word}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{},class{}", text.join(" "), below(&mut rng, CLASSES));
    }
    let test: Vec<String> = (0..CLASSES).map(|class| format!("w{class},class{class}")).collect();
    let file = |name: &str, text: String| NamedBytes { name: name.to_owned(), bytes: text.into_bytes() };
    Files { train: file(TRAIN, lines), test: Some(file("test.csv", test.join("\n"))) }
}
