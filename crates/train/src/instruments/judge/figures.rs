//! The figures that answers are judged by.
//!
//! Precision TP/(TP + FP), recall TP/(TP + FN), F1 = 2·TP/(2·TP + FP + FN) (van Rijsbergen 1979); macro F1 is their mean over
//! the classes that are a label or an answer. The log loss is the mean of −ln p of the label. Expected calibration error and
//! reliability diagram are those of Guo et al. 2017 (arXiv:1706.04599): ten bins (0, 0.1], (0.1, 0.2], … of the confidence,
//! which is the probability of the answer; Σ of |accuracy − confidence| over the bins, weighted by their share of the answers.
//! Temperature scaling divides the logits by one number T, the one that makes the log loss smallest; it changes no answer.
//!
//! Pure functions on logits. Elsewhere: whose logits these are (`mod.rs`); the same numbers by scikit-learn (`tests/judge`).

use super::super::answers::likeliest;
use crate::report::{Bin, Figures};

/// Bins of the reliability diagram.
pub(crate) const BINS: usize = 10;

/// The temperatures that are looked at: where all answers are right, or none is, the best one would be 0 or have no end. Such a bound
/// is used for what is tempered, and told as no number.
const COLDEST: f64 = 0.01;
const HOTTEST: f64 = 100.0;

/// One network's answers: logits and label of each example.
pub(crate) struct Answers<'a> {
    pub(crate) logits: Vec<&'a [f32]>,
    pub(crate) labels: &'a [usize],
    pub(crate) classes: usize,
}

/// What is counted of one network's answers.
pub(crate) struct Counted {
    /// Rows are labels, columns are answers, `[classes · classes]`.
    pub(crate) matrix: Vec<usize>,
    pub(crate) classes: usize,
}

/// A bin while it is filled.
#[derive(Clone, Copy, Default)]
pub(crate) struct Filled {
    count: usize,
    confidence: f64,
    right: usize,
}

/// ln p of each class from logits times β = 1/T.
fn log_softmax(logits: &[f32], beta: f64) -> impl Iterator<Item = f64> + '_ {
    let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|z| (beta * (f64::from(*z) - most)).exp()).sum();
    let normal = sum.ln();
    logits.iter().map(move |z| beta * (f64::from(*z) - most) - normal)
}

/// −ln p of the label, nats.
pub(crate) fn loss(logits: &[f32], label: usize, beta: f64) -> f64 {
    -log_softmax(logits, beta).nth(label).expect("a label is a class")
}

impl Answers<'_> {
    /// All figures.
    pub(crate) fn figures(&self) -> Figures {
        if self.labels.is_empty() {
            return Figures::default();
        }
        let counted = self.counted();
        let beta = self.beta(|_| true);
        // Each half by the temperature of the other. Files may be sorted, so every second example.
        let halves = [1, 0].map(|half| self.beta(|place| place % 2 == half));
        Figures {
            accuracy: counted.accuracy(),
            macro_f1: counted.macro_f1(),
            log_loss: self.log_loss(|_| 1.0),
            calibration_error: calibration_error(&self.bins(|_| 1.0)),
            temperature: if beta > HOTTEST.recip() && beta < COLDEST.recip() { beta.recip() } else { f64::NAN },
            tempered_log_loss: self.log_loss(|place| halves[place % 2]),
            tempered_calibration_error: calibration_error(&self.bins(|place| halves[place % 2])),
        }
    }

    fn examples(&self) -> impl Iterator<Item = (&[f32], usize)> {
        self.logits.iter().copied().zip(self.labels.iter().copied())
    }

    pub(crate) fn counted(&self) -> Counted {
        let mut matrix = vec![0; self.classes * self.classes];
        for (logits, label) in self.examples() {
            matrix[label * self.classes + likeliest(logits)] += 1;
        }
        Counted { matrix, classes: self.classes }
    }

    /// The mean of −ln p of the label, with 1/T by the place of the example.
    fn log_loss(&self, beta: impl Fn(usize) -> f64) -> f64 {
        let losses = self.examples().enumerate().map(|(place, (logits, label))| loss(logits, label, beta(place)));
        losses.sum::<f64>() / self.labels.len() as f64
    }

    /// The reliability diagram, with 1/T by the place of the example.
    pub(crate) fn bins(&self, beta: impl Fn(usize) -> f64) -> [Filled; BINS] {
        let mut bins = [Filled::default(); BINS];
        for (place, (logits, label)) in self.examples().enumerate() {
            let answer = likeliest(logits);
            let confidence = (-loss(logits, answer, beta(place))).exp();
            let bin = &mut bins[((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
            bin.count += 1;
            bin.confidence += confidence;
            bin.right += usize::from(answer == label);
        }
        bins
    }

    /// β = 1/T that makes the log loss of some examples smallest: it is convex in β, with the slope E_p z − z_y and the
    /// curvature Var_p z, so Newton's steps end there, halved where one would leave the bracket. 1 without examples.
    fn beta(&self, of: impl Fn(usize) -> bool) -> f64 {
        let slopes = |beta: f64| {
            let (mut slope, mut curvature) = (0.0, 0.0);
            for (place, (logits, label)) in self.examples().enumerate() {
                if of(place) {
                    let (mut mean, mut square) = (0.0, 0.0);
                    // Around the label's logit, so that large ones do not cancel.
                    let z = |class: usize| f64::from(logits[class]) - f64::from(logits[label]);
                    for (class, log_p) in log_softmax(logits, beta).enumerate() {
                        let (p, z) = (log_p.exp(), z(class));
                        mean += p * z;
                        square += p * z * z;
                    }
                    slope += mean;
                    curvature += square - mean * mean;
                }
            }
            (slope, curvature)
        };
        if !(0..self.labels.len()).any(&of) {
            return 1.0;
        }
        let (mut low, mut high, mut beta) = (HOTTEST.recip(), COLDEST.recip(), 1.0);
        // Where all answers are right, or none is, the slope has one sign everywhere.
        if slopes(high).0 <= 0.0 {
            return high;
        }
        if slopes(low).0 >= 0.0 {
            return low;
        }
        for _ in 0..60 {
            let (slope, curvature) = slopes(beta);
            if slope < 0.0 {
                low = beta;
            } else {
                high = beta;
            }
            let newton = beta - slope / curvature;
            let next = if newton > low && newton < high { newton } else { (low * high).sqrt() };
            if (next / beta - 1.0).abs() < 1e-10 {
                return next;
            }
            beta = next;
        }
        beta
    }
}

impl Counted {
    fn row(&self, label: usize) -> usize {
        self.matrix[label * self.classes..(label + 1) * self.classes].iter().sum()
    }

    fn column(&self, answer: usize) -> usize {
        self.matrix.iter().skip(answer).step_by(self.classes).sum()
    }

    /// Right answers, answers and labels of a class.
    fn of(&self, class: usize) -> [f64; 3] {
        [self.matrix[class * self.classes + class], self.column(class), self.row(class)].map(|count| count as f64)
    }

    /// Precision, recall and F1 of a class; NaN where there is nothing to divide by.
    pub(crate) fn scores(&self, class: usize) -> [f64; 3] {
        let [right, answered, labelled] = self.of(class);
        [right / answered, right / labelled, 2.0 * right / (answered + labelled)]
    }

    fn accuracy(&self) -> f64 {
        let right: usize = (0..self.classes).map(|class| self.matrix[class * self.classes + class]).sum();
        right as f64 / self.matrix.iter().sum::<usize>() as f64
    }

    fn macro_f1(&self) -> f64 {
        let scores: Vec<f64> = (0..self.classes).map(|class| self.scores(class)[2]).filter(|f1| f1.is_finite()).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}

/// Bins of several networks as one diagram.
pub(crate) fn diagram(of: &[[Filled; BINS]]) -> Vec<Bin> {
    let bin = |place: usize| {
        let sum = of.iter().fold(Filled::default(), |sum, bins| Filled {
            count: sum.count + bins[place].count,
            confidence: sum.confidence + bins[place].confidence,
            right: sum.right + bins[place].right,
        });
        let n = sum.count as f64;
        Bin { count: sum.count, confidence: sum.confidence / n, accuracy: sum.right as f64 / n }
    };
    (0..BINS).map(bin).collect()
}

fn calibration_error(bins: &[Filled; BINS]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.count).sum();
    // Of a bin's share times its difference the count cancels.
    bins.iter().map(|bin| (bin.right as f64 - bin.confidence).abs()).sum::<f64>() / all as f64
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64, what: &str) {
        assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
    }

    fn answers<'a>(logits: &'a [Vec<f32>], labels: &'a [usize]) -> Answers<'a> {
        Answers { logits: logits.iter().map(Vec::as_slice).collect(), labels, classes: logits[0].len() }
    }

    #[test]
    fn figures_are_counted_as_by_hand() {
        // Three classes, of which the third is no label and no answer. p = 3/4 for logits ln 3 and 0, and 1/2 for a tie, whose
        // answer is the first class. A third logit of −100 says nothing.
        let sure = |class: usize| {
            (0..3)
                .map(|c| {
                    if c == 2 {
                        -100.0
                    } else if c == class {
                        3.0_f32.ln()
                    } else {
                        0.0
                    }
                })
                .collect::<Vec<f32>>()
        };
        let logits = [sure(0), sure(0), sure(1), vec![0.0, 0.0, -100.0]];
        let answers = answers(&logits, &[0, 1, 1, 1]);
        let counted = answers.counted();
        assert_eq!(counted.matrix, [1, 0, 0, 2, 1, 0, 0, 0, 0]);
        // Class 0: answered 3 times, once rightly; class 1: answered once, of three.
        let [precision, recall, f1] = counted.scores(0);
        close(precision, 1.0 / 3.0, "1 of 3 answers");
        close(recall, 1.0, "1 of 1 label");
        close(f1, 0.5, "2 / (3 + 1)");
        assert_eq!(counted.scores(1).map(f64::to_bits), [1.0, 1.0 / 3.0, 0.5].map(f64::to_bits));
        assert!(counted.scores(2).iter().all(|score| score.is_nan()));
        let figures = answers.figures();
        close(figures.accuracy, 0.5, "2 of 4");
        close(figures.macro_f1, 0.5, "(1/2 + 1/2)/2: the third class does not count");
        // p of the labels: 3/4, 1/4, 3/4, 1/2.
        close(figures.log_loss, -((0.75_f64 * 0.25 * 0.75 * 0.5).ln()) / 4.0, "−Σ ln p / 4");
        // Bins (0.4, 0.5]: one, confidence 1/2, wrong. (0.7, 0.8]: three, confidence 3/4, two right: 1/4·1/2 + 3/4·|2/3 − 3/4|.
        close(figures.calibration_error, 0.125 + 0.0625, "1/8 + 1/16");
        let bins = diagram(&[answers.bins(|_| 1.0), answers.bins(|_| 1.0)]);
        assert_eq!((bins[4].count, bins[7].count, bins[0].count), (2, 6, 0));
        close(bins[7].accuracy, 2.0 / 3.0, "2 of 3");
        assert!(bins[0].confidence.is_nan());
        // Of four answers with logit d = ln 3 or 0 the slope is ½·Σ…: σ(βd) = share of the sure ones that is right = 2/3, so
        // β ln 3 = ln 2 and T = ln 3 / ln 2; the tie has no slope.
        close(figures.temperature, 3.0_f64.ln() / 2.0_f64.ln(), "ln 3 / ln 2");
    }

    #[test]
    fn answers_that_are_all_right_or_none_have_no_temperature() {
        let logits = [vec![2.0, 0.0], vec![2.0, 0.0]];
        let [right, wrong] = [[0, 0], [1, 1]].map(|labels| answers(&logits, &labels).figures());
        assert!(right.temperature.is_nan() && wrong.temperature.is_nan(), "{right:?} {wrong:?}");
        // Tempered by the bounds: logits of 2 by 0.01 leave a loss of e⁻²⁰⁰, and by 100 one of ln(1 + e^0.02).
        close(right.tempered_log_loss, 0.0, "nothing is too sure");
        close(wrong.tempered_log_loss, (1.0 + 0.02_f64.exp()).ln(), "everything is too sure");
        close(answers(&[vec![0.0, 0.0]], &[1]).figures().log_loss, 2.0_f64.ln(), "a tie");
        assert!(Answers { logits: Vec::new(), labels: &[], classes: 2 }.figures().accuracy.is_nan());
    }

    /// The figures of `tests/judge/judge.json`, which scikit-learn made.
    #[test]
    fn figures_are_those_of_scikit_learn() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/judge/judge.json"));
        let problems: Value = serde_json::from_str(text).expect("JSON");
        let floats = |value: &Value| value.as_array().expect("a list").iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect::<Vec<_>>();
        for (name, problem) in problems.as_object().expect("problems") {
            let logits: Vec<Vec<f32>> =
                problem["logits"].as_array().expect("rows").iter().map(|row| floats(row).iter().map(|v| *v as f32).collect()).collect();
            let labels: Vec<usize> = floats(&problem["labels"]).iter().map(|v| *v as usize).collect();
            let answers = answers(&logits, &labels);
            let figures = answers.figures();
            let Figures { accuracy, macro_f1, log_loss, calibration_error, temperature, tempered_log_loss, tempered_calibration_error } =
                figures;
            let all = [accuracy, macro_f1, log_loss, calibration_error, temperature, tempered_log_loss, tempered_calibration_error];
            let words =
                ["accuracy", "macro_f1", "log_loss", "calibration_error", "temperature", "tempered_log_loss", "tempered_calibration_error"];
            for (found, word) in all.into_iter().zip(words) {
                // scikit-learn searches for the temperature up to its own tolerance.
                let tolerance = if word.starts_with("temper") { 1e-5 } else { 1e-9 };
                let expected = problem[word].as_f64().expect("a number");
                assert!((found - expected).abs() < tolerance * expected.max(1.0), "{name}, {word}: {found}, not {expected}");
            }
            let counted = answers.counted();
            for (class, row) in problem["confusion"].as_array().expect("rows").iter().enumerate() {
                let found = &counted.matrix[class * counted.classes..(class + 1) * counted.classes];
                assert_eq!(found.iter().map(|count| *count as f64).collect::<Vec<_>>(), floats(row), "{name}, {class}");
            }
            let (precision, recall) = (floats(&problem["precision"]), floats(&problem["recall"]));
            for class in 0..counted.classes {
                for (found, expected) in counted.scores(class).into_iter().zip([precision[class], recall[class]]) {
                    assert!(
                        (found - expected).abs() < 1e-12 || (found.is_nan() && expected.is_nan()),
                        "{name}, {class}: {found}, {expected}"
                    );
                }
            }
            let bins = diagram(&[answers.bins(|_| 1.0)]);
            assert_eq!(bins.iter().map(|bin| bin.count as f64).collect::<Vec<_>>(), floats(&problem["bin_counts"]), "{name}");
            let filled = bins.iter().filter(|bin| bin.count > 0);
            let expected = floats(&problem["bin_accuracies"]).into_iter().zip(floats(&problem["bin_confidences"]));
            for (bin, (accuracy, confidence)) in filled.zip(expected) {
                assert!((bin.accuracy - accuracy).abs() < 1e-12 && (bin.confidence - confidence).abs() < 1e-9, "{name}: {bin:?}");
            }
        }
    }
}
