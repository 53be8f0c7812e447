//! From files to examples: the steps of a data set, in order. All of it seeded.
//!
//! So that a knob changes nothing that stands before it:
//!
//! 1. examples of a file, a test file, the program or the generator;
//! 2. a stratified split, unless there is a test file; for a validation run a second one of what is left;
//!    With `selection` then a third one, of what is held back to choose the best epoch by;
//! 3. thinning of the training set: first to `balance`, then to `train_size`;
//! 4. label noise, on the training set only;
//! 5. a vocabulary from the training texts, and the tokens of all texts.
//!
//! Elsewhere: step 1 (`source.rs`), steps 2 to 4 (`shape.rs`), what is told of the result (`warnings.rs`), batches (`batch.rs`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::columns::Wish;
use super::encoder::{self, Encoder, EncoderError, Vector};
use super::error::{DataError, counted, cut};
pub use super::examples::Example;
use super::examples::{Labelled, counts};
use super::files::{Files, NamedBytes};
use super::labels::Labels;
use super::reading::{Chosen, choose, read_labelled, read_test};
use super::shape::{add_noise, split, thin};
use super::source::Source;
use super::taken::Taken;
use super::tokens::Vocabulary;
use super::warnings::{copies, too_long, unknown, untested};
use crate::experiment::{DataConfig, Tune};
use crate::random::Purpose;

/// Examples to train on and to test on.
pub struct Dataset {
    /// For people.
    pub title: String,
    /// Names of the classes, in the order of class numbers: sorted, numbers by value.
    pub classes: Vec<String>,
    /// Examples to train on, in file order.
    pub train: Vec<Example>,
    /// Examples to test on, in file order; their labels are never noisy.
    pub test: Vec<Example>,
    /// The test set of a run that measures on a validation part ([`Self::load_with_validation`]); none of another.
    pub reserved: Vec<Example>,
    /// Examples that are held back to choose the best epoch by, in file order; their labels are never noisy.
    pub held_back: Vec<Example>,
    /// Built from the training texts.
    pub vocabulary: Vocabulary,
    /// Whether examples are pairs of texts.
    pub pairs: bool,
    /// What was taken of the training file; `None` for what the program brings along.
    pub taken: Option<Taken>,
    /// What was taken of the test file, if there is one.
    pub taken_of_test: Option<Taken>,
    /// What gives texts their vectors, for a model that learns from such.
    pub encoder: Option<Arc<dyn Encoder>>,
    /// Which of the encoder's layers are trained.
    pub(crate) tune: Option<Tune>,
    /// How labels are read.
    labels: Labels,
    /// Those of the notes that are on tokens: an encoder has pieces of its own.
    of_tokens: Vec<String>,
    /// Things the user should know: repairs, guesses, rare classes, texts that are cut.
    pub notes: Vec<String>,
}

impl Dataset {
    /// Reads the data of an experiment. `files` are the bytes of `config.source` when that is a file or a set
    /// of the library.
    ///
    /// # Errors
    /// What is wrong with which file, on which line, and the remedy.
    pub fn load(config: &DataConfig, files: Option<&Files>) -> Result<Self, DataError> {
        let mut data = Self::load_with_validation(config, files, config.test_fraction)?;
        if config.validation {
            data.reserved = Vec::new();
            data.notes.push("Measured on a validation part of the training set: the test set was not looked at".to_owned());
        }
        Ok(data)
    }

    /// The same, where a validation run holds out this fraction of what it would train on, and its test set stays at hand for
    /// a last look.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn load_with_validation(config: &DataConfig, files: Option<&Files>, fraction: f64) -> Result<Self, DataError> {
        let Source { title, file, label, train, test, taken, taken_of_test, labels, mut notes } = Source::read(config, files)?;
        let classes = classes_of(&train);
        let numbers: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        if let Some((test_file, rows)) = &test
            && let Some(row) = rows.iter().find(|row| !numbers.contains_key(row.label.as_str()))
        {
            return Err(DataError::ClassOnlyInTest { file: test_file.clone(), line: row.line, class: cut(&row.label, 30), train: file });
        }
        let numbered = |rows: Vec<Labelled>| -> Vec<Example> { rows.into_iter().map(|row| Example::new(row, &numbers)).collect() };
        let nothing_to_test = || DataError::NothingToTest { file: file.clone(), column: label.clone() };
        let mut train = numbered(train);
        let (mut test, mut test_file) = match test {
            Some((test_file, rows)) => (numbered(rows), test_file),
            None => (split(&mut train, classes.len(), config, Purpose::Split).ok_or_else(nothing_to_test)?, file.clone()),
        };
        let (mut reserved, mut whose) = (Vec::new(), "test");
        if config.validation {
            (whose, test_file) = ("validation", file.clone());
            let config = DataConfig { test_fraction: fraction, ..config.clone() };
            let validation = split(&mut train, classes.len(), &config, Purpose::Validation).ok_or_else(nothing_to_test)?;
            reserved = std::mem::replace(&mut test, validation);
        }
        let mut held_back = Vec::new();
        if config.selection > 0.0 {
            let share = DataConfig { test_fraction: config.selection, ..config.clone() };
            held_back = split(&mut train, classes.len(), &share, Purpose::Selection).ok_or_else(nothing_to_test)?;
            let noise = if config.noise() > 0.0 { " (their labels stay as they are)" } else { "" };
            notes.push(format!(
                "{} held back from training, to choose the best epoch of each seed by{noise}",
                counted(held_back.len(), "example")
            ));
        }
        thin(&mut train, classes.len(), config, &mut notes)?;
        notes.extend(untested(&train, &test, &classes, &test_file, whose));
        notes.extend(copies(&train, &test, &test_file, whose));
        add_noise(&mut train, classes.len(), config);
        if taken.is_some() && config.noise() > 0.0 {
            let flipped = train.iter().filter(|example| example.flipped()).count();
            notes.push(format!(
                "{file}: {flipped} of {} have another label than the file gives, because a label noise of {} is set; 0 keeps them",
                counted(train.len(), "training example"),
                config.noise()
            ));
        }

        let vocabulary = Vocabulary::build(train.iter().flat_map(Example::texts), config.tokens, config.vocabulary, config.max_length);
        let (cut_in_train, cut_in_test) = (encode(&mut train, &vocabulary), encode(&mut test, &vocabulary));
        encode(&mut held_back, &vocabulary);
        let long = too_long(cut_in_train + cut_in_test, train.len() + test.len(), config.max_length, &file);
        let of_tokens: Vec<String> = long.into_iter().chain(unknown(&test, &test_file, whose)).collect();
        notes.extend(of_tokens.iter().cloned());
        encode(&mut reserved, &vocabulary);
        let pairs = train.iter().any(|example| example.text_b.is_some());
        let (encoder, tune) = (None, None);
        Ok(Self {
            title,
            classes,
            train,
            test,
            reserved,
            held_back,
            vocabulary,
            pairs,
            taken,
            taken_of_test,
            encoder,
            tune,
            labels,
            of_tokens,
            notes,
        })
    }

    /// The labelled examples of another file, in the columns of the training file, or in those that `wish` names; and what
    /// was taken of it.
    ///
    /// # Errors
    /// What is wrong with it, and with which line.
    pub fn read(&self, file: &NamedBytes, chosen: Chosen<'_>, wish: &Wish) -> Result<(Vec<Example>, Taken), DataError> {
        let columns = if *wish == Wish::default() { None } else { Some(choose(file, chosen, wish)?) };
        let reading = match (&self.taken, columns) {
            (Some(taken), None) => read_test(file, chosen, taken, &self.labels).map_err(|error| name_columns(error, &taken.file))?,
            (_, columns) => read_labelled(file, Chosen { columns: columns.as_ref(), ..chosen }, &self.labels)?,
        };
        let numbers: HashMap<&str, u32> = self.classes.iter().map(String::as_str).zip(0..).collect();
        if let Some(row) = reading.examples.iter().find(|row| !numbers.contains_key(row.label.as_str())) {
            let (file, class, mut train) = (reading.taken.file, cut(&row.label, 30), self.title.clone());
            if file.rsplit(['/', '\\']).next() == Some(&*train) {
                // The two are called alike.
                train = format!("the {train} that the run learned from");
            }
            return Err(DataError::ClassOnlyInTest { file, line: row.line, class, train });
        }
        if let Some(row) = reading.examples.iter().find(|row| row.text_b.is_some() != self.pairs) {
            let (reason, remedy) = if self.pairs {
                ("it has one text", "This run reads pairs: name the column of the second with `--text-b`")
            } else {
                ("it has two texts", "This run reads single texts: say `--text-b none`")
            };
            return Err(DataError::BadText { file: reading.taken.file, line: row.line, reason: reason.to_owned(), remedy });
        }
        let mut examples: Vec<Example> = reading.examples.into_iter().map(|row| Example::new(row, &numbers)).collect();
        encode(&mut examples, &self.vocabulary);
        self.give_vectors(&mut examples);
        Ok((examples, reading.taken))
    }

    /// Gives all texts the vectors of an encoder, which keeps them; new texts then have such, too. Where layers of it are trained further
    /// nothing is kept, so that for `new_texts` alone the others get none.
    ///
    /// # Errors
    /// If whoever waits has had enough.
    pub(crate) fn learn_from(&mut self, encoder: Arc<dyn Encoder>, tune: Option<Tune>, new_texts: bool) -> Result<(), EncoderError> {
        let no_vectors = tune == Some(Tune::All) || tune.is_some() && new_texts;
        let vectors = match tune {
            None => encoder.encode_and_keep(&self.texts()).ok_or(EncoderError::Stopped)?,
            Some(Tune::Top(layers)) if !new_texts => {
                let all = encoder::layers_of(&*encoder);
                all.states_of_set(&self.texts(), all.sizes().layers - layers).ok_or(EncoderError::Stopped)?
            }
            Some(_) => Vec::new(),
        };
        let mut vectors = vectors.into_iter();
        for part in [&mut self.train, &mut self.test, &mut self.reserved, &mut self.held_back] {
            if tune.is_some() {
                take_pieces(part, &*encoder);
            }
            if !no_vectors {
                take_vectors(part, &mut vectors);
            }
        }
        self.notes.retain(|note| !self.of_tokens.contains(note));
        let (name, hash) = (encoder.name(), encoder.hash().chars().take(13).collect::<String>());
        self.notes.push(match tune {
            None => format!("Trained on the vectors of {name} ({hash}), a pre-trained encoder that stays as it is"),
            Some(Tune::Top(layers)) => format!(
                "Trains the last {} of {name} ({hash}), a pre-trained encoder of {}; those below and the words stay as they are",
                counted(layers, "layer"),
                encoder::layers_of(&*encoder).sizes().layers
            ),
            Some(Tune::All) => format!("Trains all of {name} ({hash}), a pre-trained encoder"),
        });
        (self.encoder, self.tune) = (Some(encoder), tune);
        Ok(())
    }

    /// Word pieces of the longest text, and of all texts, as an encoder reads them.
    pub(crate) fn pieces(&self, encoder: &dyn Encoder) -> [usize; 2] {
        self.texts()
            .iter()
            .map(|text| encoder::layers_of(encoder).pieces(text).len())
            .fold([0, 0], |[longest, all], length| [longest.max(length), all + length])
    }

    /// The texts of all examples, second ones of pairs after the first.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let parts = [&self.train, &self.test, &self.reserved, &self.held_back];
        parts.into_iter().flatten().flat_map(Example::texts).collect()
    }

    /// Gives new texts their vectors, where the others have such.
    pub(crate) fn give_vectors(&self, examples: &mut [Example]) {
        let Some(encoder) = &self.encoder else { return };
        if self.tune.is_some() {
            take_pieces(examples, &**encoder);
        }
        let texts: Vec<&str> = examples.iter().flat_map(Example::texts).collect();
        let vectors = match self.tune {
            Some(Tune::All) => return,
            Some(Tune::Top(layers)) => {
                let all = encoder::layers_of(&**encoder);
                all.states(&texts, all.sizes().layers - layers)
            }
            _ => encoder.encode(&texts),
        };
        take_vectors(examples, &mut vectors.into_iter());
    }

    /// Training examples per class, after noise.
    pub fn train_counts(&self) -> Vec<usize> {
        counts(&self.train, self.classes.len())
    }

    /// Test examples per class.
    pub fn test_counts(&self) -> Vec<usize> {
        counts(&self.test, self.classes.len())
    }

    /// A checksum of the test texts with their labels, in their order.
    pub fn test_print(&self) -> u32 {
        let mut print = crc32fast::Hasher::new();
        for example in &self.test {
            for text in example.texts() {
                // Where one text ends is told by its length.
                print.update(&(text.len() as u64).to_le_bytes());
                print.update(text.as_bytes());
            }
            print.update(&example.label.to_le_bytes());
        }
        print.finalize()
    }

    /// Training examples whose label the noise knob changed.
    pub fn flipped(&self) -> usize {
        self.train.iter().filter(|example| example.flipped()).count()
    }

    /// Token numbers of a text, how many of its tokens the model knows, and of how many.
    pub fn encode(&self, text: &str) -> (Vec<u32>, usize, usize) {
        let (tokens, known, all) = self.vocabulary.encode_counted(text);
        // What is not in the vocabulary says something all the same to an encoder that has pieces of its own.
        let (known, all) = self.encoder.as_ref().map_or((known, all), |encoder| encoder.known(text));
        (tokens, known, all)
    }
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset")
            .field("title", &self.title)
            .field("classes", &self.classes)
            .field("train", &self.train_counts())
            .field("test", &self.test_counts())
            .field("flipped", &self.flipped())
            .field("vocabulary", &self.vocabulary)
            .field("pairs", &self.pairs)
            .field("taken", &self.taken)
            .field("taken_of_test", &self.taken_of_test)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// A file that is read for other examples lacks a column of the training file: the remedy is to name its own.
fn name_columns(error: DataError, train: &str) -> DataError {
    let DataError::NoColumn { file, column, have, names, .. } = error else { return error };
    let remedy = format!("name its columns with `--text` and `--label`, or give it those of {train}");
    DataError::NoColumn { file, column, have, names, remedy }
}

/// The classes, sorted: by value if all are numbers, else by the order of their characters.
fn classes_of(examples: &[Labelled]) -> Vec<String> {
    let names: BTreeMap<&str, Option<f64>> = examples.iter().map(|row| (row.label.as_str(), row.label.parse().ok())).collect();
    let mut names: Vec<(&str, Option<f64>)> = names.into_iter().collect();
    if names.iter().all(|(_, value)| value.is_some_and(f64::is_finite)) {
        names.sort_by(|(_, a), (_, b)| a.partial_cmp(b).expect("finite numbers have an order"));
    }
    names.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// Gives the examples their tokens; how many texts were longer than the longest length.
fn encode(examples: &mut [Example], vocabulary: &Vocabulary) -> usize {
    let mut cut = 0;
    for example in examples {
        let (tokens, longer) = vocabulary.encode_cut(&example.text);
        let (tokens_b, longer_b) = example.text_b.as_deref().map(|text| vocabulary.encode_cut(text)).unwrap_or_default();
        (example.tokens, example.tokens_b) = (tokens, tokens_b);
        cut += usize::from(longer || longer_b);
    }
    cut
}

/// Gives each example the vectors of its texts, in order.
fn take_vectors(examples: &mut [Example], vectors: &mut impl Iterator<Item = Vector>) {
    for example in examples {
        let texts = 1 + usize::from(example.text_b.is_some());
        example.vectors = vectors.take(texts).collect();
    }
}

/// Gives each example the word pieces of its texts, in order.
fn take_pieces(examples: &mut [Example], encoder: &dyn Encoder) {
    for example in examples {
        example.pieces = example.texts().map(|text| encoder::layers_of(encoder).pieces(text)).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::data::files::NamedBytes;
    use crate::data::{films, reviews};
    use crate::experiment::DataSource;

    fn named(name: &str, text: &str) -> NamedBytes {
        NamedBytes { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    /// A set with 100 examples of `a`, 50 of `b` and 10 of `c`; each text is its own.
    fn three_classes() -> Files {
        let rows = |class: &str, count: usize| (0..count).map(|i| format!("{class}\tthe text {class} {i}\n")).collect::<Vec<_>>().concat();
        Files { train: named("three.tsv", &(rows("a", 100) + &rows("b", 50) + &rows("c", 10))), test: None }
    }

    fn config() -> DataConfig {
        DataConfig {
            source: DataSource::File { name: "three.tsv".to_owned() },
            label_noise: Some(0.0),
            test_fraction: 0.2,
            ..DataConfig::default()
        }
    }

    fn load(config: &DataConfig) -> Dataset {
        Dataset::load(config, Some(&three_classes())).expect("a good file")
    }

    fn rows(examples: &[Example]) -> Vec<usize> {
        examples.iter().map(|example| example.row).collect()
    }

    #[test]
    fn half_of_a_generated_set_are_positive_and_a_seed_repeats() {
        for generate in [films::generate, reviews::generate] {
            let made = generate(101, 1);
            assert_eq!(made.iter().filter(|example| example.label == "positive").count(), 50);
            assert_eq!(made, generate(101, 1));
            assert_ne!(made, generate(101, 2));
            assert_eq!(made.iter().map(|example| example.line).collect::<Vec<_>>(), (1..=101).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_split_holds_the_same_fraction_of_each_class_out() {
        let data = load(&config());
        assert_eq!(data.classes, ["a", "b", "c"]);
        assert_eq!((data.train_counts(), data.test_counts()), (vec![80, 40, 8], vec![20, 10, 2]));
        let mut all = [rows(&data.train), rows(&data.test)].concat();
        all.sort_unstable();
        assert_eq!(all, (1..=160).collect::<Vec<_>>());
        assert_ne!(rows(&data.test), rows(&load(&DataConfig { seed: 2, ..config() }).test));
    }

    #[test]
    fn noise_flips_exactly_its_share_and_moves_nothing_else() {
        let clean = load(&config());
        let noisy = load(&DataConfig { label_noise: Some(0.3), ..config() });
        // 128 training examples · 0.3 = 38.4.
        assert_eq!((clean.flipped(), noisy.flipped()), (0, 38));
        assert_eq!(noisy.train.iter().filter(|example| example.flipped()).count(), 38);
        assert_eq!(rows(&noisy.train), rows(&clean.train));
        assert_eq!(noisy.test, clean.test);
        let more = load(&DataConfig { label_noise: Some(0.6), ..config() });
        let kept = noisy.train.iter().zip(&more.train).filter(|(few, many)| few.flipped() && few.label == many.label).count();
        assert_eq!(kept, 38, "labels that were wrong stay wrong in the same way");
    }

    #[test]
    fn flipped_labels_are_spread_over_the_other_classes() {
        let config = DataConfig { source: DataSource::HelpDesk, label_noise: Some(0.9), test_fraction: 0.05, ..DataConfig::default() };
        let data = Dataset::load(&config, None).expect("built in");
        let classes = data.classes.len();
        let mut became = vec![0_usize; classes];
        data.train.iter().filter(|example| example.flipped()).for_each(|example| became[example.label as usize] += 1);
        // Each class gets a share 1/C of the flips, give or take four deviations √(n/C) and the classes' own sizes.
        let mean = data.flipped() as f64 / classes as f64;
        let slack = 4.0 * mean.sqrt() + 0.05 * mean;
        assert!(became.iter().all(|&count| (count as f64 - mean).abs() < slack), "{became:?}");
    }

    #[test]
    fn a_test_file_is_used_as_it_is() {
        let files = Files { test: Some(named("test.tsv", "b\tone\na\ttwo\n")), ..three_classes() };
        let data = Dataset::load(&config(), Some(&files)).expect("two good files");
        assert_eq!((data.train_counts(), data.test_counts()), (vec![100, 50, 10], vec![1, 1, 0]));
        assert_eq!(rows(&data.test), [1, 2]);
        assert_eq!(data.notes[0], "test.tsv: no test example has these labels: `c`");
    }

    #[test]
    fn a_label_of_the_test_file_alone_is_an_error() {
        let files = Files { test: Some(named("test.tsv", "b\tone\nd\ttwo\n")), ..three_classes() };
        let error = Dataset::load(&config(), Some(&files)).expect_err("no example of d").to_string();
        assert_eq!(error, "test.tsv, line 2: the label `d` is in no row of three.tsv: correct it, or add training rows with it");
    }

    #[test]
    fn a_label_with_one_example_is_trained_on() {
        let files = Files { train: named("few.tsv", "a\tone two\na\tthree four\nb\tfive six\n"), test: None };
        let data = Dataset::load(&config(), Some(&files)).expect("two classes");
        assert_eq!((data.train_counts(), data.test_counts()), (vec![1, 1], vec![1, 0]));
        assert_eq!(
            data.notes,
            [
                "few.tsv: 2 labels with fewer than three examples, too few to learn and to test: `b` (1, line 3), `a` (2, line 1). Correct them or add rows",
                "few.tsv: 1 of 1 test texts have no token that the vocabulary knows, so the answer to them is the same whatever they say; `--tokens characters` knows parts of words"
            ]
        );
        let single = Files { train: named("few.tsv", "a\tone two\nb\tfive six\n"), test: None };
        let error = Dataset::load(&config(), Some(&single)).expect_err("nothing to test on").to_string();
        assert!(error.starts_with("few.tsv: no class has two examples"), "{error}");
    }

    #[test]
    fn numbers_are_sorted_by_value() {
        let text = "10\tsome text\n9\tmore text\n-1\tother text\n10\tsome\n9\tmore\n-1\tother\n";
        let data = Dataset::load(&config(), Some(&Files { train: named("n.tsv", text), test: None })).expect("numbers");
        assert_eq!(data.classes, ["-1", "9", "10"]);
    }

    #[test]
    fn the_vocabulary_knows_the_training_texts_alone() {
        let data = load(&config());
        // The last word of every text is the number that tells texts of a class apart.
        assert!(data.train.iter().all(|example| !example.tokens.contains(&crate::data::tokens::UNKNOWN)));
        assert_eq!(data.encode("the text zebra"), (vec![data.vocabulary.id("the"), data.vocabulary.id("text"), 1], 2, 3));
    }

    #[test]
    fn copies_across_the_split_are_counted() {
        let text = "a\tsame words\n".repeat(4) + &"b\tother words\n".repeat(4);
        let data = Dataset::load(&config(), Some(&Files { train: named("c.tsv", &text), test: None })).expect("copies are no error");
        assert_eq!(data.notes, ["c.tsv: 2 of 2 test texts are also in the training set, word for word"]);
    }

    #[test]
    fn pairs_have_two_lists_of_tokens() {
        let text = "text_a\ttext_b\tlabel\n".to_owned() + &"one two\tthree\tx\nfour\tfive six\ty\n".repeat(4);
        let data = Dataset::load(&config(), Some(&Files { train: named("p.tsv", &text), test: None })).expect("pairs");
        assert!(data.pairs);
        let x = data.train.iter().find(|example| example.label == 0).expect("six of eight examples");
        assert_eq!((x.tokens.len(), x.tokens_b.len(), x.text_b.as_deref()), (2, 1, Some("three")));
    }

    #[test]
    fn a_missing_file_is_told_by_name() {
        let error = Dataset::load(&config(), None).expect_err("no bytes").to_string();
        assert!(error.contains("`three.tsv`, which is not here"), "{error}");
    }

    #[test]
    fn generated_reviews_load() {
        let config = DataConfig { source: DataSource::Reviews { examples: 200 }, label_noise: Some(0.0), ..DataConfig::default() };
        let data = Dataset::load(&config, None).expect("generated");
        assert_eq!((data.train_counts(), data.test_counts()), (vec![70, 70], vec![30, 30]));
        assert_eq!(data.classes, ["negative", "positive"]);
    }

    #[test]
    fn generated_film_reviews_load_with_the_noise_that_they_come_with() {
        let config = DataConfig { source: DataSource::Films { examples: 200 }, ..DataConfig::default() };
        let data = Dataset::load(&config, None).expect("generated");
        assert_eq!((data.train.len(), data.test_counts(), data.flipped()), (140, vec![30, 30], 42));
        assert!(data.notes.is_empty(), "{data:?}");
    }

    #[test]
    fn the_help_desk_loads_without_notes() {
        let data = Dataset::load(&DataConfig::default(), None).expect("built in");
        assert!(data.classes.len() >= 2 && data.notes.is_empty(), "{data:?}");
        assert_eq!(data.flipped(), (data.train.len() as f64 * 0.2).round() as usize);
    }

    #[test]
    fn a_validation_run_measures_on_training_examples_and_leaves_the_test_set_alone() {
        let config = DataConfig { label_noise: Some(0.0), ..DataConfig::default() };
        let whole = Dataset::load(&config, None).expect("the built-in data is good");
        let tuning = Dataset::load(&DataConfig { validation: true, ..config }, None).expect("the built-in data is good");
        let rows = |examples: &[Example]| examples.iter().map(|e| e.row).collect::<HashSet<_>>();
        let (train, held_out) = (rows(&tuning.train), rows(&tuning.test));
        assert!(train.is_disjoint(&held_out));
        assert_eq!(&train | &held_out, rows(&whole.train), "together they are the training set");
    }

    #[test]
    fn thinning_leaves_the_test_set_alone() {
        let data = load(&DataConfig { balance: 0.05, ..config() });
        // Training counts 80, 40, 8; 80 · 0.05^(1/2) = 17.9 and 80 · 0.05 = 4.
        assert_eq!((data.train_counts(), data.test_counts()), (vec![80, 18, 4], vec![20, 10, 2]));
        let (half, quarter) = (load(&DataConfig { train_size: 64, ..config() }), load(&DataConfig { train_size: 32, ..config() }));
        assert_eq!(half.train_counts(), [40, 20, 4]);
        let larger: HashSet<usize> = rows(&half.train).into_iter().collect();
        assert!(rows(&quarter.train).iter().all(|row| larger.contains(row)), "a smaller set is part of the larger");
        assert_eq!(rows(&half.test), rows(&load(&config()).test));
    }
}
