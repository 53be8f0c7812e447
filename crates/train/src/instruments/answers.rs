//! What the lanes answer to texts, one or a hundred thousand of them: every member's logits, and what follows from them.
//!
//! Elsewhere: texts from a file or a pipe (`data/texts.rs`), how good the answers are (`judge`).

use burn::tensor::Transaction;

use super::error::{LookError, check_lane};
use crate::data::Wish;
use crate::data::dataset::Example;
use crate::data::error::DataError;
use crate::data::files::NamedBytes;
use crate::data::texts::{Expected, Texts};
use crate::experiment::ModelKind;
use crate::lost;
use crate::memory::{self, DataSizes};
use crate::models::batch::Batch;
use crate::report::{Answer, Predicted, Predictions};
use crate::run::Run;

/// Texts of a file that are answered in one piece.
pub const MOST_TEXTS: usize = 20_000;

/// One lane's logits for some texts.
#[derive(Clone, Debug)]
pub struct Logits {
    classes: usize,
    texts: usize,
    /// `[members, texts, classes]`.
    values: Vec<f32>,
    /// Members whose loss is no number any more.
    diverged: Vec<bool>,
}

/// Texts, or pairs of them, as the run reads them; nothing is known of their labels. Also how many tokens of each are known, of how
/// many.
pub fn read<'a>(run: &Run, texts: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> (Vec<Example>, Vec<(usize, usize)>) {
    let (mut examples, known): (Vec<Example>, Vec<(usize, usize)>) =
        texts.into_iter().map(|(text, text_b)| read_one(run, text, text_b)).unzip();
    run.data.give_vectors(&mut examples);
    (examples, known)
}

fn read_one(run: &Run, text: &str, text_b: Option<&str>) -> (Example, (usize, usize)) {
    let (tokens, mut known, mut total) = run.data.encode(text);
    let mut tokens_b = Vec::new();
    if run.data.pairs {
        let (encoded, known_b, total_b) = run.data.encode(text_b.unwrap_or_default());
        (tokens_b, known, total) = (encoded, known + known_b, total + total_b);
    }
    // A pair that lacks its second text has an empty one.
    let text_b = run.data.pairs.then(|| text_b.unwrap_or_default().to_owned());
    let (text, vectors) = (text.to_owned(), Vec::new());
    (Example { text, text_b, tokens, tokens_b, vectors, pieces: Vec::new(), label: 0, given_label: 0, row: 0 }, (known, total))
}

/// How many texts to ask for at once, so that the memory stays bounded however many there are and however long they are.
pub fn at_once(run: &Run) -> usize {
    let longest = match run.experiment.model.kind {
        // Longer texts than those of the data may come.
        ModelKind::Sentence if run.experiment.model.tune.is_some() => run.data_sizes.encoder.longest as u64,
        ModelKind::Bag | ModelKind::Sentence => run.data_sizes.longest,
        ModelKind::Cnn | ModelKind::Attention => run.experiment.data.max_length as u64,
    };
    memory::chunk(&run.experiment.model, &DataSizes { longest, ..run.data_sizes }, run.experiment.seeds as u64)
}

/// The logits of some lanes for `examples`, at least one and at most [`at_once`]. Cost: a forward pass a lane, and reading it back.
///
/// # Errors
/// If there is no such lane.
pub async fn logits<'a>(run: &Run, lanes: &[usize], examples: impl IntoIterator<Item = &'a Example>) -> Result<Vec<Logits>, LookError> {
    for lane in lanes {
        check_lane(run, *lane)?;
    }
    let batch = run.batch(examples);
    Ok(logits_of(run, lanes, &batch).await)
}

async fn logits_of(run: &Run, lanes: &[usize], batch: &Batch) -> Vec<Logits> {
    let mut transaction = Transaction::default();
    for lane in lanes {
        let w = run.lanes[*lane].weights().select_rows(&batch.rows);
        transaction = transaction.register(run.model.forward(&w, batch).logits);
    }
    let read = lost::read(transaction).await;
    let (classes, texts) = (run.data.classes.len(), batch.labels.len());
    let of_lane = |(lane, values): (&usize, burn::tensor::TensorData)| Logits {
        classes,
        texts,
        values: values.try_to_vec_as().expect("logits are f32"),
        diverged: run.lanes[*lane].diverged.clone(),
    };
    lanes.iter().zip(read).map(of_lane).collect()
}

impl Logits {
    /// Classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Texts.
    pub fn texts(&self) -> usize {
        self.texts
    }

    /// Members, those that diverged among them.
    pub fn members(&self) -> usize {
        self.diverged.len()
    }

    /// A member's logits for a text; none where it has diverged, or says no number.
    pub fn of(&self, member: usize, text: usize) -> Option<&[f32]> {
        let first = (member * self.texts + text) * self.classes;
        let row = &self.values[first..first + self.classes];
        // A member that has just diverged is known as such with the next measurement.
        (!self.diverged[member] && row.iter().all(|logit| logit.is_finite())).then_some(row)
    }

    /// The class that a member answers to a text: the likeliest, of equal ones the first. None where it says no number.
    pub fn choice(&self, member: usize, text: usize) -> Option<usize> {
        self.of(member, text).map(likeliest)
    }

    /// The likeliest classes of a text by all members together, the likeliest first, of equal ones the first.
    pub fn top(&self, text: usize, most: usize) -> Vec<Predicted> {
        let Answer { probabilities, deviations } = self.answer(text);
        if probabilities.iter().any(|p| p.is_nan()) {
            return vec![Predicted { class: None, probability: f64::NAN, deviation: f64::NAN, agreeing: 0 }];
        }
        let mut order: Vec<usize> = (0..self.classes).collect();
        order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
        let own: Vec<usize> = (0..self.members()).filter_map(|member| self.choice(member, text)).collect();
        let predicted = |class: usize| Predicted {
            class: Some(class),
            probability: probabilities[class],
            deviation: deviations[class],
            agreeing: own.iter().filter(|choice| **choice == class).count(),
        };
        order.into_iter().take(most).map(predicted).collect()
    }

    /// Each living member's class probabilities for a text.
    pub fn probabilities(&self, text: usize) -> Vec<Vec<f64>> {
        (0..self.members()).filter_map(|member| self.of(member, text)).map(softmax).collect()
    }

    /// What the members answer together to a text: mean and standard deviation of each class; NaN without any member, and
    /// the deviation of one.
    pub fn answer(&self, text: usize) -> Answer {
        let members = self.probabilities(text);
        let n = members.len() as f64;
        let of_class = |class: usize| members.iter().map(move |row| row[class]);
        let probabilities: Vec<f64> = (0..self.classes).map(|class| of_class(class).sum::<f64>() / n).collect();
        let deviation = |class: usize| {
            let squares: f64 = of_class(class).map(|p| (p - probabilities[class]).powi(2)).sum();
            if members.len() > 1 { (squares / (n - 1.0)).sqrt() } else { f64::NAN }
        };
        Answer { deviations: (0..self.classes).map(deviation).collect(), probabilities }
    }
}

/// The place of the largest, of equal ones the first.
pub fn likeliest<T: PartialOrd>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, place| if values[place] > values[best] { place } else { best })
}

/// e^z over its sum, in f64: what it says of unlikely classes is not rounded to zero.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let powers: Vec<f64> = logits.iter().map(|z| (f64::from(*z) - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// What every lane answers to the texts of a file, to the first [`MOST_TEXTS`] of them: who wants more asks for them piece by
/// piece.
///
/// # Errors
/// What is wrong with which line of the file.
pub(crate) async fn predict(run: &Run, file: &NamedBytes) -> Result<Predictions, DataError> {
    let lanes: Vec<usize> = (0..run.lanes.len()).collect();
    let wish = Wish::default();
    let mut texts = open(run, file, &wish)?;
    let mut predictions =
        Predictions { step: run.steps.done, file: file.name.clone(), lanes: vec![Vec::new(); lanes.len()], ..Predictions::default() };
    let at_once = at_once(run);
    while let Some(block) = texts.next_block()? {
        let left = MOST_TEXTS - predictions.texts.len();
        predictions.more |= block.len() > left;
        for some in block[..block.len().min(left)].chunks(at_once) {
            let (examples, known) = read(run, some.iter().map(|text| (&*text.text, text.text_b.as_deref())));
            predictions.unknown += known.iter().filter(|(known, _)| *known == 0).count();
            let logits = logits_of(run, &lanes, &run.batch(&examples)).await;
            for (lane, logits) in predictions.lanes.iter_mut().zip(&logits) {
                lane.extend((0..some.len()).flat_map(|text| logits.top(text, 1)));
            }
            predictions.lines.extend(some.iter().map(|text| text.line));
            predictions.texts.extend(examples.iter().map(Example::whole));
        }
        if predictions.more {
            break;
        }
    }
    predictions.notes = std::iter::once(texts.words()).chain(texts.notes().iter().cloned()).collect();
    Ok(predictions)
}

/// All texts that [`predict`] reads of a file, second ones of pairs after the first.
pub(crate) fn texts_of(run: &Run, file: &NamedBytes) -> Result<Vec<String>, DataError> {
    let wish = Wish::default();
    let (mut texts, mut all, mut count) = (open(run, file, &wish)?, Vec::new(), 0);
    while let Some(block) = texts.next_block()?.filter(|_| count < MOST_TEXTS) {
        let some = &block[..block.len().min(MOST_TEXTS - count)];
        count += some.len();
        all.extend(some.iter().flat_map(|text| std::iter::once(text.text.clone()).chain(text.text_b.clone())));
    }
    Ok(all)
}

fn open<'a>(run: &'a Run, file: &'a NamedBytes, wish: &'a Wish) -> Result<Texts<&'a [u8]>, DataError> {
    let summary = run.summary();
    let expected = Expected { wish, delimiter: None, trained_on: summary.taken.as_ref(), pairs: summary.pairs };
    Texts::open(&file.name, &file.bytes[..], expected)
}

/// Each lane's class probabilities for a text, and how many of its tokens are known, of how many.
pub(crate) async fn classify(run: &Run, text: &str, text_b: Option<&str>) -> (Vec<Answer>, (usize, usize)) {
    let (examples, known) = read(run, [(text, text_b)]);
    let lanes: Vec<usize> = (0..run.lanes.len()).collect();
    let logits = logits_of(run, &lanes, &run.batch(&examples)).await;
    (logits.iter().map(|lane| lane.answer(0)).collect(), known[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_have_no_number_say_nothing() {
        // Two classes. Member 0 says ln 3 and 0: 3/4 and 1/4. Member 1 has diverged, member 2 has just done so; member 3 says 1/2.
        let values = vec![3.0_f32.ln(), 0.0, 5.0, 0.0, f32::NAN, 0.0, 7.0, 7.0];
        let logits = Logits { classes: 2, texts: 1, values, diverged: vec![false, true, false, false] };
        let Answer { probabilities, deviations } = logits.answer(0);
        // Mean (3/4 + 1/2)/2 = 5/8; deviation |3/4 − 1/2|/√2.
        assert!((probabilities[0] - 0.625).abs() < 1e-7 && (probabilities[1] - 0.375).abs() < 1e-7, "{probabilities:?}");
        assert!(deviations.iter().all(|d| (d - 0.25 / 2.0_f64.sqrt()).abs() < 1e-7), "{deviations:?}");
        // Of one member there is no spread.
        let one = Logits { diverged: vec![true, true, true, false], ..logits.clone() }.answer(0);
        assert!((one.probabilities[0] - 0.5).abs() < 1e-7 && one.deviations[0].is_nan(), "{one:?}");
        let none = Logits { diverged: vec![true; 4], ..logits };
        assert!(none.answer(0).probabilities[0].is_nan() && none.of(0, 0).is_none());
    }

    #[test]
    fn unlikely_classes_keep_their_probability() {
        let p = softmax(&[0.0, -200.0]);
        assert!((p[1].ln() + 200.0).abs() < 1e-9 && (p[0] - 1.0).abs() < 1e-12, "{p:?}");
    }
}
