//! How good the lanes' answers are on labelled examples, and which training labels they doubt.
//!
//! Each member is judged alone, as it was trained; what `predict` answers is the mean of their probabilities, which is judged
//! as *together*. Training labels are ranked by the loss that the members give them (its mean): high is what a network has not
//! been able to learn, though it was shown it in every epoch. Where the noise knob made labels wrong, precision at k says how much
//! the whole ranking is worth. A label is suspected only where all members together answer another class. Then its mean probability
//! is ½ at most, so that its mean loss is ln 2 or more; but a high loss alone is no doubt, for among many classes even a label that
//! is answered has one. A network that has learned its training set by heart doubts nothing of it.
//!
//! Elsewhere: the figures (`figures.rs`), the answers (`answers.rs`).

mod figures;

use figures::{Answers, Filled, diagram, loss};

use super::answers::{Logits, at_once, likeliest, logits, softmax};
use super::error::{LookError, check_lane};
use crate::baseline::Linear;
use crate::data::dataset::Example;
use crate::report::{Cell, ClassFigures, Figures, Judged, JudgedCell, Judgement, LaneJudgement, PrecisionAt};
use crate::run::Run;

/// Mistakes and suspects that a view is told of a lane.
const TOLD: usize = 50;

/// Examples that are told of a cell of the confusion matrix.
const TOLD_OF_A_CELL: usize = 200;

/// Logits that are held at once, of all lanes together: 128 MiB.
const MOST_LOGITS: usize = 1 << 25;

/// Every lane's answers to some examples.
struct Asked<'a> {
    examples: Vec<&'a Example>,
    /// Logits of each chunk of examples, by lane.
    chunks: Vec<Vec<Logits>>,
    at_once: usize,
}

impl<'a> Asked<'a> {
    /// Asks, evenly from all of them, as many as there is room for.
    async fn new(run: &Run, lanes: &[usize], examples: &'a [Example]) -> Result<Self, LookError> {
        let each = (lanes.len() * run.experiment.seeds * run.data.classes.len()).max(1);
        let (all, most) = (examples.len(), examples.len().min((MOST_LOGITS / each).max(1)));
        let examples: Vec<&Example> = (0..most).map(|place| &examples[place * all / most]).collect();
        let at_once = at_once(run);
        let mut chunks = Vec::with_capacity(most.div_ceil(at_once));
        for chunk in examples.chunks(at_once) {
            chunks.push(logits(run, lanes, chunk.iter().copied()).await?);
        }
        Ok(Self { examples, chunks, at_once })
    }

    /// Which chunk an example is in, and where there.
    fn of(&self, lane: usize, example: usize) -> (&Logits, usize) {
        (&self.chunks[example / self.at_once][lane], example % self.at_once)
    }

    /// A member's logits for every example; none where it has diverged.
    fn member(&self, lane: usize, member: usize) -> Option<Vec<&[f32]>> {
        let row = |example| {
            let (logits, place) = self.of(lane, example);
            logits.of(member, place)
        };
        (0..self.examples.len()).map(row).collect()
    }
}

/// Members of a lane that answered every example, with their logits.
struct Members<'a> {
    /// One entry a member.
    logits: Vec<Option<Vec<&'a [f32]>>>,
}

impl<'a> Members<'a> {
    fn of(asked: &'a Asked<'_>, lane: usize, members: usize) -> Self {
        Self { logits: (0..members).map(|member| asked.member(lane, member)).collect() }
    }

    fn alive(&self) -> impl Iterator<Item = &Vec<&'a [f32]>> {
        self.logits.iter().flatten()
    }

    /// The logarithm of the mean of the members' probabilities for an example.
    fn together(&self, example: usize, classes: usize) -> Vec<f32> {
        let mut sums = vec![0.0; classes];
        let mut count = 0.0;
        for member in self.alive() {
            count += 1.0;
            for (sum, p) in sums.iter_mut().zip(softmax(member[example])) {
                *sum += p;
            }
        }
        // What is no number in f32 is as unlikely as it gets there.
        sums.into_iter().map(|sum: f64| ((sum / count).ln() as f32).max(-1e30)).collect()
    }

    /// An example with what the members say of it; none without members.
    fn judged(&self, example: &Example, place: usize, classes: usize) -> Option<Judged> {
        let members: Vec<&[f32]> = self.alive().map(|member| member[place]).collect();
        let together = self.together(place, classes);
        let (answer, label) = (likeliest(&together), example.label as usize);
        let p = |class: usize| f64::from(together[class]).exp();
        (!members.is_empty()).then(|| Judged {
            row: example.row,
            text: example.whole(),
            label,
            given_label: example.given_label as usize,
            answer,
            probability: p(answer),
            label_probability: p(label),
            loss: members.iter().map(|logits| loss(logits, label, 1.0)).sum::<f64>() / members.len() as f64,
            agreeing: members.iter().filter(|logits| likeliest(logits) == answer).count(),
            members: members.len(),
        })
    }
}

/// Judges every lane on examples that are called `on`, and looks through the training set for wrong labels, for a view: mistakes and
/// suspects are the first fifty. Cost: a forward pass of every lane over both, read back.
pub async fn judge(run: &Run, on: &str, examples: &[Example], linear: Option<&Linear>) -> Judgement {
    let lanes: Vec<usize> = (0..run.lanes.len()).collect();
    judge_lanes(run, &lanes, on, examples, linear, TOLD).await.expect("these are the lanes that there are")
}

/// The same of some lanes, with `told` mistakes and suspects of each at most.
///
/// # Errors
/// If there is no such lane.
pub async fn judge_lanes(
    run: &Run,
    lanes: &[usize],
    on: &str,
    examples: &[Example],
    linear: Option<&Linear>,
    told: usize,
) -> Result<Judgement, LookError> {
    let started = (run.clock)();
    let (classes, members) = (run.data.classes.len(), run.experiment.seeds);
    let asked = Asked::new(run, lanes, examples).await?;
    let labels: Vec<usize> = asked.examples.iter().map(|example| example.label as usize).collect();
    let mut class_counts = vec![0; classes];
    for label in &labels {
        class_counts[*label] += 1;
    }
    let of_lane = |lane| lane_judgement(&asked, &labels, Size { lane, members, classes, told });
    let mut judged: Vec<LaneJudgement> = (0..lanes.len()).map(of_lane).collect();

    let linear = linear.map(|linear| figures_of(linear, asked.examples.iter().copied(), classes));

    let train = Asked::new(run, lanes, &run.data.train).await?;
    let flipped = train.examples.iter().filter(|example| example.flipped()).count();
    for (place, judged) in judged.iter_mut().enumerate() {
        doubt(judged, &train, Size { lane: place, members, classes, told }, flipped);
        judged.epochs = run.lanes[lanes[place]].chosen.clone().unwrap_or_default();
    }
    Ok(Judgement {
        step: run.steps.done,
        on: on.to_owned(),
        examples: asked.examples.len(),
        total: examples.len(),
        class_counts,
        training_examples: train.examples.len(),
        flipped,
        linear,
        seconds: (run.clock)() - started,
        lanes: judged,
    })
}

/// How good the answers of each member of the first lane to some examples are; NaN of one that diverged.
pub(crate) async fn of_first_lane(run: &Run, examples: &[Example]) -> Vec<Figures> {
    let asked = Asked::new(run, &[0], examples).await.expect("every run has a lane");
    let labels: Vec<usize> = asked.examples.iter().map(|example| example.label as usize).collect();
    let classes = run.data.classes.len();
    let figures =
        |logits: Option<Vec<&[f32]>>| logits.map_or_else(Figures::default, |logits| Answers { logits, labels: &labels, classes }.figures());
    Members::of(&asked, 0, run.experiment.seeds).logits.into_iter().map(figures).collect()
}

/// A linear model on the tokens that a run learns from, fitted anew: some tens of passes over the training set.
pub fn linear_of(run: &Run) -> Linear {
    Linear::fit(&run.data)
}

/// How good a linear model is on some examples.
pub(crate) fn figures_of<'a>(linear: &Linear, examples: impl IntoIterator<Item = &'a Example>, classes: usize) -> Figures {
    let (logits, labels): (Vec<Vec<f32>>, Vec<usize>) =
        examples.into_iter().map(|example| (linear.logits(example), example.label as usize)).unzip();
    Answers { logits: logits.iter().map(Vec::as_slice).collect(), labels: &labels, classes }.figures()
}

/// Which lane of those that were asked is judged, how large it is, and how many examples are told of it.
#[derive(Clone, Copy)]
struct Size {
    lane: usize,
    members: usize,
    classes: usize,
    told: usize,
}

fn lane_judgement(asked: &Asked<'_>, labels: &[usize], size: Size) -> LaneJudgement {
    let Size { lane, members, classes, told } = size;
    let of_members = Members::of(asked, lane, members);
    let mut judgement =
        LaneJudgement { classes: vec![ClassFigures::default(); classes], train_accuracy: f64::NAN, ..LaneJudgement::default() };
    let mut matrix = vec![0; classes * classes];
    let mut bins: Vec<[Filled; figures::BINS]> = Vec::new();
    for logits in &of_members.logits {
        let Some(logits) = logits.clone() else {
            judgement.members.push(Figures::default());
            for class in &mut judgement.classes {
                class.push([f64::NAN; 3]);
            }
            continue;
        };
        let answers = Answers { logits, labels, classes };
        judgement.members.push(answers.figures());
        let counted = answers.counted();
        for (number, class) in judgement.classes.iter_mut().enumerate() {
            class.push(counted.scores(number));
        }
        for (sum, count) in matrix.iter_mut().zip(&counted.matrix) {
            *sum += count;
        }
        bins.push(answers.bins(|_| 1.0));
    }
    let cells = matrix.into_iter().enumerate().filter(|(_, count)| *count > 0);
    judgement.cells = cells.map(|(place, count)| Cell { label: place / classes, answer: place % classes, count }).collect();
    judgement.bins = diagram(&bins);
    if bins.is_empty() {
        return judgement;
    }

    let together: Vec<Vec<f32>> = (0..labels.len()).map(|example| of_members.together(example, classes)).collect();
    judgement.together = Answers { logits: together.iter().map(Vec::as_slice).collect(), labels, classes }.figures();
    let mut wrong: Vec<(usize, f32)> = together
        .iter()
        .zip(labels)
        .enumerate()
        .filter_map(|(place, (log_p, label))| Some((place, log_p[likeliest(log_p)])).filter(|_| likeliest(log_p) != *label))
        .collect();
    wrong.sort_by(|a, b| b.1.total_cmp(&a.1));
    let told = wrong.into_iter().take(told).filter_map(|(place, _)| of_members.judged(asked.examples[place], place, classes));
    judgement.mistakes = told.collect();
    judgement
}

impl ClassFigures {
    fn push(&mut self, [precision, recall, f1]: [f64; 3]) {
        self.precision.push(precision);
        self.recall.push(recall);
        self.f1.push(f1);
    }
}

/// Notes the training examples whose labels a lane doubts, how many it has learned, and how much its ranking of them is worth.
fn doubt(judgement: &mut LaneJudgement, asked: &Asked<'_>, size: Size, flipped: usize) {
    let Size { lane, members, classes, told } = size;
    let of_members = Members::of(asked, lane, members);
    let alive = of_members.alive().count();
    if alive == 0 {
        return;
    }
    let loss_of = |(place, example): (usize, &&Example)| {
        let losses = of_members.alive().map(|member| loss(member[place], example.label as usize, 1.0));
        (place, losses.sum::<f64>() / alive as f64)
    };
    let mut ranked: Vec<(usize, f64)> = asked.examples.iter().enumerate().map(loss_of).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let is_flipped: Vec<bool> = ranked.iter().map(|(place, _)| asked.examples[*place].flipped()).collect();
    judgement.precision = precision(&is_flipped, flipped);
    let doubted = |place: &usize| likeliest(&of_members.together(*place, classes)) != asked.examples[*place].label as usize;
    let doubted: Vec<usize> = ranked.into_iter().map(|(place, _)| place).filter(doubted).collect();
    judgement.train_accuracy = 1.0 - doubted.len() as f64 / asked.examples.len() as f64;
    let told = doubted.into_iter().take(told);
    judgement.suspects = told.filter_map(|place| of_members.judged(asked.examples[place], place, classes)).collect();
}

/// Precision of the first 10, 20, 50, 100, … of a ranking, and of as many as there are to find; empty if there are none.
fn precision(ranked: &[bool], to_find: usize) -> Vec<PrecisionAt> {
    if to_find == 0 {
        return Vec::new();
    }
    let round = (1..7).flat_map(|tens| [1, 2, 5].map(|digit| digit * 10_usize.pow(tens)));
    let mut ks: Vec<usize> = round.take_while(|k| *k < to_find).chain([to_find]).collect();
    ks.dedup();
    let at = |k: usize| ranked[..k].iter().filter(|found| **found).count() as f64 / k as f64;
    ks.into_iter().map(|k| PrecisionAt { k, precision: at(k) }).collect()
}

/// The test examples with label `label` that some member of a lane answers by `answer`: those of which most members do first,
/// then the surest ones.
///
/// # Errors
/// If there is no such lane.
pub(crate) async fn in_cell(run: &Run, lane: usize, label: usize, answer: usize) -> Result<JudgedCell, LookError> {
    check_lane(run, lane)?;
    let mut cell = JudgedCell { step: run.steps.done, lane, label, answer, ..JudgedCell::default() };
    let (classes, members) = (run.data.classes.len(), run.experiment.seeds);
    let examples: Vec<Example> = run.data.test.iter().filter(|example| example.label as usize == label).cloned().collect();
    if examples.is_empty() || answer >= classes {
        return Ok(cell);
    }
    let asked = Asked::new(run, &[lane], &examples).await?;
    let of_members = Members::of(&asked, 0, members);
    let count = |place: &usize| of_members.alive().filter(|member| likeliest(member[*place]) == answer).count();
    let mut found: Vec<(usize, usize)> = (0..asked.examples.len()).map(|place| (place, count(&place))).filter(|(_, n)| *n > 0).collect();
    found.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    cell.total = found.len();
    let told = found.into_iter().take(TOLD_OF_A_CELL).filter_map(|(place, n)| {
        let judged = of_members.judged(asked.examples[place], place, classes)?;
        let probability = f64::from(of_members.together(place, classes)[answer]).exp();
        // Of the answer that was asked for, whatever the members say together.
        Some(Judged { answer, probability, agreeing: n, ..judged })
    });
    cell.examples = told.collect();
    cell.examples.sort_by(|a, b| b.agreeing.cmp(&a.agreeing).then(b.probability.total_cmp(&a.probability)));
    Ok(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Driver;
    use crate::experiment::{DataSource, Experiment};
    use crate::run::Compute;

    #[test]
    fn precision_is_told_of_round_numbers_and_of_all_there_are() {
        // 1, 2 of the first ten; 3 of the first 12.
        let ranked: Vec<bool> = (0..20).map(|place| [0, 5, 11].contains(&place)).collect();
        let found = precision(&ranked, 12);
        assert_eq!(found, [PrecisionAt { k: 10, precision: 0.2 }, PrecisionAt { k: 12, precision: 0.25 }]);
        assert_eq!(precision(&ranked, 0), []);
        assert_eq!(precision(&ranked, 10), [PrecisionAt { k: 10, precision: 0.2 }]);
    }

    /// A small run on the film reviews, 30 % of whose training labels are wrong, before it knows any of them by heart.
    #[test]
    fn a_run_is_judged_as_it_is_measured() {
        let lanes = ["sgd", "sam:rho=0.7"].map(|lane| lane.parse().expect("lane words")).to_vec();
        let mut experiment = Experiment { lanes, seeds: 3, ..Experiment::default() };
        experiment.data.source = DataSource::Films { examples: 800 };
        experiment.training.epochs = 2;
        let mut driver = Driver::prepare(experiment, None, Compute::cpu()).expect("built in");
        while !driver.finished() {
            driver.step();
        }
        let measured = pollster::block_on(driver.measure());
        // A member that has diverged is left out of everything.
        driver.run.lanes[1].diverged[2] = true;
        let run = &driver.run;
        let judgement = pollster::block_on(judge(run, "the test set", &run.data.test, Some(&linear_of(run))));
        let linear = judgement.linear.expect("it was asked for");
        // As scikit-learn's logistic regression does on films whose labels are wrong as often: better than guessing.
        assert!(linear.accuracy > 0.6, "{linear:?}");
        assert_eq!(judgement.examples, run.data.test.len());
        for (lane, (judged, measured)) in judgement.lanes.iter().zip(&measured.lanes).enumerate() {
            let alive = if lane == 0 { 3 } else { 2 };
            for member in 0..alive {
                let Figures { accuracy, log_loss, .. } = judged.members[member];
                assert!((accuracy - measured.test_accuracy[member]).abs() < 1e-5, "{accuracy} {measured:?}");
                assert!((log_loss - measured.test_loss[member]).abs() < 1e-4, "{log_loss} {measured:?}");
            }
            assert_eq!(judged.members.iter().filter(|figures| figures.accuracy.is_nan()).count(), 3 - alive);
            let all: usize = judged.cells.iter().map(|cell| cell.count).sum();
            assert_eq!((all, judged.bins.iter().map(|bin| bin.count).sum::<usize>()), (alive * judgement.examples, all));
            let wrong = ((1.0 - judged.together.accuracy) * judgement.examples as f64).round() as usize;
            assert_eq!(judged.mistakes.len(), wrong.min(TOLD));
            assert!(judged.mistakes.iter().all(|mistake| mistake.answer != mistake.label && mistake.members == alive));
            assert!(judged.mistakes.is_sorted_by(|a, b| a.probability >= b.probability));
            // Who is suspected is answered another class, which costs ln 2 = 0.693 or more; what is left has been learned.
            let whole =
                pollster::block_on(judge_lanes(run, &[lane], "", &run.data.test, None, usize::MAX)).expect("a lane").lanes.remove(0);
            assert!(whole.suspects.iter().all(|one| one.answer != one.label && one.loss > 0.693), "{:?}", whole.suspects);
            assert!(whole.suspects.is_sorted_by(|a, b| a.loss >= b.loss));
            let learned = judgement.training_examples as f64 * whole.train_accuracy;
            assert_eq!(learned.round() as usize + whole.suspects.len(), judgement.training_examples);
            assert_eq!((whole.mistakes.len(), whole.epochs.len()), (wrong, 0), "all of them, by the last weights");
            // A view is told the first of them.
            assert_eq!(judged.suspects, whole.suspects[..whole.suspects.len().min(TOLD)]);
            assert_eq!(judged.precision, whole.precision);
            assert!(judged.by_heart("").is_none() && judged.train_accuracy < 0.99, "{}", judged.train_accuracy);

            for cell in &judged.cells {
                let JudgedCell { examples: told, total, .. } =
                    pollster::block_on(in_cell(run, lane, cell.label, cell.answer)).expect("a lane");
                assert!(told.iter().all(|judged| judged.label == cell.label && judged.answer == cell.answer));
                if total == told.len() {
                    assert_eq!(told.iter().map(|judged| judged.agreeing).sum::<usize>(), cell.count);
                }
            }
        }
    }
}
