//! From files to examples: split, thinning, label noise, tokens. All of it seeded.
//!
//! In this order, so that a knob changes nothing that stands before it:
//!
//! 1. examples of a file, a test file, the program or the generator;
//! 2. a stratified split, unless there is a test file; for a validation run a second one of what is left;
//! 3. thinning of the training set: first to `balance`, then to `train_size`;
//! 4. label noise, on the training set only;
//! 5. a vocabulary from the training texts, and the tokens of all texts.
//!
//! Split, thinning and noise each draw from a stream of their own and each takes the first of one fixed
//! order: with more noise the labels that were wrong before stay wrong in the same way, and a smaller
//! training set is part of the larger one as long as each class gets no larger.
//! Elsewhere: files to rows (`table.rs`), rows to labelled texts (`columns.rs`), batches (`batch.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};

use super::builtin;
use super::columns::{self, Labelled};
use super::error::DataError;
use super::files::Files;
use super::reviews;
use super::table::{self, counted};
use super::tokens::Vocabulary;
use crate::config::{Columns, DataConfig, DataSource};
use crate::random::{Purpose, below, shuffle, stream};

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
    /// Built from the training texts.
    pub vocabulary: Vocabulary,
    /// Whether examples are pairs of texts.
    pub pairs: bool,
    /// Which columns of the file were used, guessed or given; `None` for generated data.
    pub columns: Option<Columns>,
    /// Things the user should know: repairs, guesses, classes with one example.
    pub notes: Vec<String>,
}

/// One text (or pair of texts) with its class.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub text_b: Option<String>,
    /// Token numbers of `text`: at least one, at most `max_length`, none of them padding.
    pub tokens: Vec<u32>,
    /// Token numbers of `text_b`; empty for single texts.
    pub tokens_b: Vec<u32>,
    /// The class it is trained on: an index of [`Dataset::classes`].
    pub label: u32,
    /// The class that the file gives.
    pub given_label: u32,
    /// Line in its file, from 1; the number of the example for generated data.
    pub row: usize,
}

impl Example {
    /// An example without tokens yet. Its label has a number in `numbers`.
    fn new(Labelled { line, text, text_b, label }: Labelled, numbers: &HashMap<&str, u32>) -> Self {
        let label = numbers[label.as_str()];
        Self { text, text_b, tokens: Vec::new(), tokens_b: Vec::new(), label, given_label: label, row: line }
    }

    /// Whether the noise knob changed its label.
    pub fn flipped(&self) -> bool {
        self.label != self.given_label
    }
}

impl Dataset {
    /// Reads the data of an experiment. `files` are the bytes of `config.source` when that is a file or a set
    /// of the library.
    ///
    /// # Errors
    /// What is wrong with which file, on which line, and the remedy.
    pub fn load(config: &DataConfig, files: Option<&Files>) -> Result<Self, DataError> {
        let Source { title, file, train, test, columns, mut notes } = Source::read(config, files)?;
        let classes = classes_of(&train);
        let numbers: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        if let Some((test_file, rows)) = &test
            && let Some(row) = rows.iter().find(|row| !numbers.contains_key(row.label.as_str()))
        {
            return Err(DataError::ClassOnlyInTest { file: test_file.clone(), line: row.line, class: row.label.clone(), train: file });
        }
        let numbered = |rows: Vec<Labelled>| rows.into_iter().map(|row| Example::new(row, &numbers)).collect();
        let mut train: Vec<Example> = numbered(train);
        let mut test: Vec<Example> = match test {
            Some((_, rows)) => numbered(rows),
            None => split(&mut train, &classes, config, Purpose::Split, &file, &mut notes)?,
        };
        if config.validation {
            test = split(&mut train, &classes, config, Purpose::Validation, &file, &mut notes)?;
            notes.push("Measured on a validation part of the training set: the test set was not looked at".to_owned());
        }
        thin(&mut train, &classes, config, &mut notes)?;
        note_oddities(&train, &test, &classes, &mut notes);
        add_noise(&mut train, classes.len(), config);

        let texts = train.iter().flat_map(|example| std::iter::once(example.text.as_str()).chain(example.text_b.as_deref()));
        let vocabulary = Vocabulary::build(texts, config.tokens, config.vocabulary, config.max_length);
        for example in train.iter_mut().chain(&mut test) {
            example.tokens = vocabulary.encode(&example.text);
            example.tokens_b = example.text_b.as_deref().map(|text| vocabulary.encode(text)).unwrap_or_default();
        }
        let pairs = train.iter().any(|example| example.text_b.is_some());
        Ok(Self { title, classes, train, test, vocabulary, pairs, columns, notes })
    }

    /// Training examples per class, after noise.
    pub fn train_counts(&self) -> Vec<usize> {
        counts(&self.train, self.classes.len())
    }

    /// Test examples per class.
    pub fn test_counts(&self) -> Vec<usize> {
        counts(&self.test, self.classes.len())
    }

    /// Training examples whose label the noise knob changed.
    pub fn flipped(&self) -> usize {
        self.train.iter().filter(|example| example.flipped()).count()
    }

    /// Token numbers of a text, how many of its tokens the vocabulary knows, and of how many.
    pub fn encode(&self, text: &str) -> (Vec<u32>, usize, usize) {
        self.vocabulary.encode_counted(text)
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
            .field("columns", &self.columns)
            .field("notes", &self.notes)
            .finish()
    }
}

/// Labelled texts, wherever they come from.
struct Source {
    title: String,
    /// Name of the training file, for messages.
    file: String,
    train: Vec<Labelled>,
    /// Name and rows of a separate test file.
    test: Option<(String, Vec<Labelled>)>,
    columns: Option<Columns>,
    notes: Vec<String>,
}

impl Source {
    fn read(config: &DataConfig, files: Option<&Files>) -> Result<Self, DataError> {
        // Our own sets are `label<TAB>text` without header: nothing to guess.
        let ours = Columns { header: false, label: 0, text: 1, text_b: None };
        match &config.source {
            DataSource::Reviews { examples } => Ok(Self {
                title: "Product reviews (generated)".to_owned(),
                file: "the generated reviews".to_owned(),
                train: reviews::generate(*examples, config.seed),
                test: None,
                columns: None,
                notes: Vec::new(),
            }),
            DataSource::HelpDesk => {
                let files = Files { train: builtin::help_desk(), test: None };
                Self::read_files("Help desk".to_owned(), &files, Some(ours))
            }
            DataSource::Library { name } | DataSource::File { name } => {
                let files = files.ok_or_else(|| DataError::NoFile { name: name.clone() })?;
                Self::read_files(name.clone(), files, config.columns.clone())
            }
        }
    }

    fn read_files(title: String, files: &Files, columns: Option<Columns>) -> Result<Self, DataError> {
        let rows = table::read(&files.train)?;
        let (train, columns, mut notes) = columns::train_examples(&rows, columns)?;
        let test = match &files.test {
            Some(file) => {
                let (test, test_notes) = columns::test_examples(file, &rows, &columns)?;
                notes.extend(test_notes);
                Some((file.name.clone(), test))
            }
            None => None,
        };
        Ok(Self { title, file: rows.file, train, test, columns: Some(columns), notes })
    }
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

/// Examples per class.
fn counts(examples: &[Example], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for example in examples {
        counts[example.label as usize] += 1;
    }
    counts
}

/// Places in `examples`, one list per class.
fn by_class(examples: &[Example], classes: usize) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); classes];
    for (place, example) in examples.iter().enumerate() {
        places[example.label as usize].push(place);
    }
    places
}

/// Takes the test examples out of `train`: `test_fraction` of each class, rounded, but at least one of a class
/// and never all of it. A class with one example stays in the training set, with a note.
fn split(
    train: &mut Vec<Example>,
    classes: &[String],
    config: &DataConfig,
    purpose: Purpose,
    file: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<Example>, DataError> {
    let mut rng = stream(config.seed, purpose);
    let mut held_out: HashSet<usize> = HashSet::new();
    let mut single = Vec::new();
    for (places, class) in by_class(train, classes.len()).iter_mut().zip(classes) {
        shuffle(&mut rng, places);
        if let [place] = places.as_slice() {
            single.push(format!("`{class}` on line {}", train[*place].row));
        }
        let wanted = (places.len() as f64 * config.test_fraction).round() as usize;
        held_out.extend(&places[..wanted.max(1).min(places.len() - 1)]);
    }
    if held_out.is_empty() {
        return Err(DataError::NothingToTest { file: file.to_owned() });
    }
    if !single.is_empty() {
        notes.push(format!("{file}: labels with one example are trained on and not tested: {}. Add rows with them", first_few(&single)));
    }
    let all = std::mem::take(train).into_iter().enumerate();
    let (test, rest): (Vec<_>, Vec<_>) = all.partition(|(place, _)| held_out.contains(place));
    *train = rest.into_iter().map(|(_, example)| example).collect();
    Ok(test.into_iter().map(|(_, example)| example).collect())
}

/// The first five of a list, and how many more.
fn first_few(list: &[String]) -> String {
    let more = if list.len() > 5 { format!(" and {} more", list.len() - 5) } else { String::new() };
    list[..list.len().min(5)].join(", ") + &more
}

/// Makes the training set less balanced, then smaller.
fn thin(train: &mut Vec<Example>, classes: &[String], config: &DataConfig, notes: &mut Vec<String>) -> Result<(), DataError> {
    let mut places = by_class(train, classes.len());
    let counts: Vec<usize> = places.iter().map(Vec::len).collect();
    let balanced = balanced_counts(&counts, config.balance);
    if config.balance < 1.0 {
        let (least, most) = (balanced.iter().min().unwrap_or(&0), balanced.iter().max().unwrap_or(&0));
        // Rounding to whole examples moves the ratio by up to half an example.
        if (*least as f64) + 1.0 < config.balance * *most as f64 {
            notes.push(format!("the rarest class has {least} training examples and the most frequent {most}: less balanced than the balance of {} asks for", config.balance));
        }
    }
    let available = balanced.iter().sum::<usize>();
    if config.train_size > available {
        notes.push(format!(
            "data.train_size is {}, but there are {}: all are used",
            config.train_size,
            counted(available, "training example")
        ));
    }
    let kept_counts = sized_counts(&balanced, config.train_size)?;
    let mut rng = stream(config.seed, Purpose::Thinning);
    let mut kept: HashSet<usize> = HashSet::new();
    for (places, count) in places.iter_mut().zip(kept_counts) {
        shuffle(&mut rng, places);
        kept.extend(&places[..count]);
    }
    let mut place = 0..;
    train.retain(|_| kept.contains(&place.next().expect("places do not end")));
    Ok(())
}

/// Examples per class after thinning to `balance` (rarest : most frequent).
///
/// The classes, ranked by size, are thinned to a geometric row from the largest count n₀ down to `balance`·n₀: the
/// class of rank i of C keeps at most n₀ · balance^(i/(C−1)), rounded, and at least one. (Cui et al. 2019,
/// "long-tailed" sets.) A class that is already smaller stays as it is, so `balance` = 1 changes nothing.
fn balanced_counts(counts: &[usize], balance: f64) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..counts.len()).collect();
    ranked.sort_by_key(|&class| (std::cmp::Reverse(counts[class]), class));
    let most = ranked.first().map_or(0, |&class| counts[class]);
    let mut balanced = counts.to_vec();
    if balance < 1.0 {
        for (rank, &class) in ranked.iter().enumerate().skip(1) {
            let share = balance.powf(rank as f64 / (counts.len() - 1) as f64);
            let target = (most as f64 * share).round().max(1.0) as usize;
            balanced[class] = counts[class].min(target);
        }
    }
    balanced
}

/// Examples per class when `size` of all are kept: in proportion, by largest remainder, but one of each class at
/// least, which the largest class pays for. 0 keeps all.
fn sized_counts(counts: &[usize], size: usize) -> Result<Vec<usize>, DataError> {
    let total: usize = counts.iter().sum();
    if size == 0 || size >= total {
        return Ok(counts.to_vec());
    }
    if size < counts.len() {
        return Err(DataError::TrainSizeTooSmall { asked: size, classes: counts.len() });
    }
    // 200,000² does not fit the 32 bits of a browser.
    let share = |class: usize| counts[class] as u64 * size as u64;
    let mut sized: Vec<usize> = (0..counts.len()).map(|class| (share(class) / total as u64) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..counts.len()).collect();
    by_remainder.sort_by_key(|&class| (std::cmp::Reverse(share(class) % total as u64), class));
    let missing = size - sized.iter().sum::<usize>();
    for &class in &by_remainder[..missing] {
        sized[class] += 1;
    }
    while let Some(empty) = sized.iter().position(|&count| count == 0) {
        let largest = (0..sized.len()).max_by_key(|&class| (sized[class], std::cmp::Reverse(class))).expect("there are classes");
        sized[largest] -= 1;
        sized[empty] += 1;
    }
    Ok(sized)
}

/// Gives exactly round(`label_noise` · n) training examples another class, each other class equally likely.
fn add_noise(train: &mut [Example], classes: usize, config: &DataConfig) {
    let mut rng = stream(config.seed, Purpose::Noise);
    let mut places: Vec<usize> = (0..train.len()).collect();
    shuffle(&mut rng, &mut places);
    let flips = (config.label_noise * train.len() as f64).round() as usize;
    for &place in places.iter().take(flips) {
        let example = &mut train[place];
        let other = below(&mut rng, classes - 1) as u32;
        example.label = if other < example.given_label { other } else { other + 1 };
    }
}

/// Notes on what makes a test accuracy mean less than it seems.
fn note_oddities(train: &[Example], test: &[Example], classes: &[String], notes: &mut Vec<String>) {
    let (train_counts, test_counts) = (counts(train, classes.len()), counts(test, classes.len()));
    let untested = (0..classes.len()).filter(|&class| test_counts[class] == 0 && train_counts[class] > 1);
    let untested: Vec<String> = untested.map(|class| format!("`{}`", classes[class])).collect();
    if !untested.is_empty() {
        notes.push(format!("the test file has no row with these labels: {}", first_few(&untested)));
    }
    let seen: HashSet<(&str, Option<&str>)> = train.iter().map(|example| (example.text.as_str(), example.text_b.as_deref())).collect();
    let copies = test.iter().filter(|example| seen.contains(&(example.text.as_str(), example.text_b.as_deref()))).count();
    if copies > 0 {
        notes.push(format!("{copies} of {} are also in the training set, word for word", counted(test.len(), "test text")));
    }
    let mut lower: BTreeMap<String, &str> = BTreeMap::new();
    for class in classes {
        if let Some(twin) = lower.insert(class.to_lowercase(), class) {
            notes.push(format!("the labels `{twin}` and `{class}` differ in capitals only; they are two classes"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::files::NamedBytes;

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
            label_noise: 0.0,
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
        let noisy = load(&DataConfig { label_noise: 0.3, ..config() });
        // 128 training examples · 0.3 = 38.4.
        assert_eq!((clean.flipped(), noisy.flipped()), (0, 38));
        assert_eq!(noisy.train.iter().filter(|example| example.flipped()).count(), 38);
        assert_eq!(rows(&noisy.train), rows(&clean.train));
        assert_eq!(noisy.test, clean.test);
        let more = load(&DataConfig { label_noise: 0.6, ..config() });
        let kept = noisy.train.iter().zip(&more.train).filter(|(few, many)| few.flipped() && few.label == many.label).count();
        assert_eq!(kept, 38, "labels that were wrong stay wrong in the same way");
    }

    #[test]
    fn flipped_labels_are_spread_over_the_other_classes() {
        let config = DataConfig { source: DataSource::HelpDesk, label_noise: 0.9, test_fraction: 0.05, ..DataConfig::default() };
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
    fn balance_thins_to_a_geometric_row() {
        // 100 · 0.01^(i/2) = 100, 10, 1.
        assert_eq!(balanced_counts(&[100, 100, 100], 0.01), [100, 10, 1]);
        // Ranked by size, not by name; a class that is small enough stays.
        assert_eq!(balanced_counts(&[50, 100, 3], 0.25), [50, 100, 3]);
        assert_eq!(balanced_counts(&[7, 9], 1.0), [7, 9]);
        assert_eq!(balanced_counts(&[20, 10], 0.01), [20, 1]);
        let data = load(&DataConfig { balance: 0.05, ..config() });
        // Training counts 80, 40, 8; 80 · 0.05^(1/2) = 17.9 and 80 · 0.05 = 4.
        assert_eq!((data.train_counts(), data.test_counts()), (vec![80, 18, 4], vec![20, 10, 2]));
    }

    #[test]
    fn train_size_keeps_proportions_and_every_class() {
        assert_eq!(sized_counts(&[80, 40, 8], 64), Ok(vec![40, 20, 4]));
        // 10 · 80/128 = 6.25, 10 · 40/128 = 3.125, 10 · 8/128 = 0.625: the missing one goes to the last.
        assert_eq!(sized_counts(&[80, 40, 8], 10), Ok(vec![6, 3, 1]));
        assert_eq!(sized_counts(&[1000, 1, 1], 4), Ok(vec![2, 1, 1]));
        assert_eq!(sized_counts(&[5, 5], 0), Ok(vec![5, 5]));
        assert_eq!(sized_counts(&[5, 5], 11), Ok(vec![5, 5]));
        let error = sized_counts(&[5, 5, 5], 2).expect_err("three classes").to_string();
        assert!(error.contains("data.train_size is 2, but there are 3 classes"), "{error}");
        let (half, quarter) = (load(&DataConfig { train_size: 64, ..config() }), load(&DataConfig { train_size: 32, ..config() }));
        assert_eq!(half.train_counts(), [40, 20, 4]);
        let larger: HashSet<usize> = rows(&half.train).into_iter().collect();
        assert!(rows(&quarter.train).iter().all(|row| larger.contains(row)), "a smaller set is part of the larger");
        assert_eq!(rows(&half.test), rows(&load(&config()).test));
    }

    #[test]
    fn a_test_file_is_used_as_it_is() {
        let files = Files { test: Some(named("test.tsv", "b\tone\na\ttwo\n")), ..three_classes() };
        let data = Dataset::load(&config(), Some(&files)).expect("two good files");
        assert_eq!((data.train_counts(), data.test_counts()), (vec![100, 50, 10], vec![1, 1, 0]));
        assert_eq!(rows(&data.test), [1, 2]);
        assert_eq!(data.notes, ["the test file has no row with these labels: `c`"]);
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
        assert_eq!(data.notes, ["few.tsv: labels with one example are trained on and not tested: `b` on line 3. Add rows with them"]);
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
        assert_eq!(data.notes, ["2 of 2 test texts are also in the training set, word for word"]);
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
        let config = DataConfig { source: DataSource::Reviews { examples: 200 }, label_noise: 0.0, ..DataConfig::default() };
        let data = Dataset::load(&config, None).expect("generated");
        assert_eq!((data.train_counts(), data.test_counts()), (vec![70, 70], vec![30, 30]));
        assert_eq!(data.classes, ["negative", "positive"]);
    }

    #[test]
    fn the_help_desk_loads_without_notes() {
        let data = Dataset::load(&DataConfig::default(), None).expect("built in");
        assert!(data.classes.len() >= 2 && data.notes.is_empty(), "{data:?}");
        assert_eq!(data.flipped(), (data.train.len() as f64 * 0.2).round() as usize);
    }

    #[test]
    fn a_validation_run_measures_on_training_examples_and_leaves_the_test_set_alone() {
        let config = DataConfig { label_noise: 0.0, ..DataConfig::default() };
        let whole = Dataset::load(&config, None).expect("the built-in data is good");
        let tuning = Dataset::load(&DataConfig { validation: true, ..config }, None).expect("the built-in data is good");
        let rows = |examples: &[Example]| examples.iter().map(|e| e.row).collect::<HashSet<_>>();
        let (train, held_out) = (rows(&tuning.train), rows(&tuning.test));
        assert!(train.is_disjoint(&held_out));
        assert_eq!(&train | &held_out, rows(&whole.train), "together they are the training set");
    }
}
