//! The questions of a study and what its numbers answer: a sentence first, then what it rests on, and a figure.
//!
//! What a correlation over settings is worth is judged over the data sets: noise levels of one set are no independent witnesses,
//! so each set counts once, with the mean over its levels.

use basin_app::format::plus;
use basin_train::experiment::{LaneConfig, MethodConfig, Rule};
use basin_train::lab::grid::climbs;
use basin_train::lab::relation::RankCorrelation;
use basin_train::report::{Dot, Forest, Row};
use basin_train::stats::{Comparison, Difference, Spread, Verdict, judge};

use super::answers::{ACCURACY, ALIGNMENT, Answers, Compared, Number, Part, Reference, SHARPNESS};
use crate::sweep::Budget;

/// A question with its answer.
pub struct Answer {
    /// For the name of the figure.
    pub word: &'static str,
    pub question: &'static str,
    /// Whether it is one that somebody may not have hoped for.
    pub negative: bool,
    /// The answer.
    pub sentence: String,
    /// What it rests on, a sentence each.
    pub grounds: Vec<String>,
    pub figure: Forest,
}

/// Below an interval that is Student's.
const INTERVALS: &str = "Lines: Student's t at 95 % over the seeds, each alone. Filled: beyond chance, judged with all others (Holm).";

/// Where no verdict can be had; more seeds would give one.
const TOO_FEW_SEEDS: &str = "There are too few seeds to tell";

/// Where none can be had of a mean over data sets.
const TOO_FEW_SETS: &str = "there are too few data sets to tell";

/// What can be answered, the negative answers first.
pub fn answers(study: &Answers) -> Vec<Answer> {
    let asked = [helps(study), weightings(study), alignment(study), sharpness(study), cost(study)];
    let mut answers: Vec<Answer> = asked.into_iter().flatten().collect();
    answers.sort_by_key(|answer| !answer.negative);
    answers
}

/// `+8.1 ± 0.4`, in points.
pub fn points(comparison: &Comparison) -> String {
    let Difference { mean, .. } = comparison.difference;
    match comparison.difference.half_width() {
        Some(half) => format!("{} ± {:.1}", plus(100.0 * mean, 1), 100.0 * half),
        None => plus(100.0 * mean, 1),
    }
}

fn dot(comparison: &Comparison, group: usize) -> Dot {
    let half = comparison.difference.half_width().map(|half| 100.0 * half);
    Dot { x: 100.0 * comparison.difference.mean, half, group, clear: comparison.verdict.is_clear() }
}

/// The noise levels as groups of a figure.
fn groups(study: &Answers) -> Vec<String> {
    let words = |noise: f64| if noise > 0.0 { format!("{:.0} % noise", 100.0 * noise) } else { "clean".to_owned() };
    study.noises().into_iter().map(words).collect()
}

fn group(study: &Answers, part: &Part, setting: usize) -> usize {
    let noise = part.noise(setting);
    study.noises().iter().position(|other| other.total_cmp(&noise).is_eq()).unwrap_or(0)
}

/// Where something holds, in words; a dash where it does nowhere.
fn listed(places: &[String]) -> String {
    if places.is_empty() { "nowhere".to_owned() } else { places.join("; ") }
}

/// The comparisons of a lane with a reference where all spend as the budget says, with their part and setting.
fn with<'a>(
    study: &'a Answers,
    reference: Reference,
    budget: Budget,
    is: impl Fn(&LaneConfig) -> bool + 'a,
) -> impl Iterator<Item = (&'a Part, usize, &'a Compared)> + 'a {
    study.against(reference).iter().filter_map(move |compared| {
        let part = &study.parts[compared.part];
        let point = part.choices[compared.choice].point;
        (part.budget == budget && is(&part.grid.experiment.lanes[point.lane])).then_some((part, point.setting, compared))
    })
}

fn is_sam(lane: &LaneConfig) -> bool {
    lane.method == MethodConfig::Sam && lane.is_plain()
}

/// Rows of a figure by a name, in the order in which they come.
fn row(rows: &mut Vec<Row>, label: String) -> &mut Row {
    let place = rows.iter().position(|row| row.label == label).unwrap_or_else(|| {
        rows.push(Row { label, dots: Vec::new() });
        rows.len() - 1
    });
    &mut rows[place]
}

fn helps(study: &Answers) -> Option<Answer> {
    let (mut rows, mut places) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new(), Vec::new()]);
    for (part, setting, Compared { comparison, .. }) in with(study, Reference::Sgd, Budget::EqualEpochs, is_sam) {
        let kind = match comparison.verdict {
            Verdict::Higher => 0,
            Verdict::Lower => 1,
            Verdict::Noise | Verdict::Identical => 2,
            Verdict::TooFew => 3,
        };
        places[kind].push(format!("{} ({})", part.setting(setting), points(comparison)));
        row(&mut rows, part.place()).dots.push(dot(comparison, group(study, part, setting)));
    }
    let [higher, lower, same, untold] = &places;
    let all = higher.len() + lower.len() + same.len();
    let mut grounds = vec![
        format!("Higher test accuracy than SGD, in points: {}.", listed(higher)),
        format!("No difference beyond chance: {}.", listed(same)),
        format!("Lower: {}.", listed(lower)),
    ];
    if !untold.is_empty() {
        grounds.push(format!("{TOO_FEW_SEEDS}: {}.", listed(untold)));
    }
    (all + untold.len() > 0).then(|| Answer {
        word: "sam",
        question: "Does SAM help, and where?",
        negative: all > 0 && higher.len() < all,
        sentence: match (higher.len(), lower.len()) {
            _ if all == 0 => format!("{TOO_FEW_SEEDS} whether SAM helps."),
            (some, _) if some == all => format!("SAM is better than SGD beyond chance in all {all} settings (data set × model × noise)."),
            (some, worse) => format!(
                "SAM is better than SGD beyond chance in {some} of {all} settings (data set × model × noise); in {} it is not, \
                 and worse beyond chance in {worse} of these.",
                all - some
            ),
        },
        grounds,
        figure: Forest {
            title: "Test accuracy of SAM over that of SGD, each at its own best ρ".to_owned(),
            along: "points".to_owned(),
            groups: groups(study),
            rows,
            note: INTERVALS.to_owned(),
        },
    })
}

/// Whether a method weights the examples of a batch in its climb, or goes further: a climb for each example, or for each label.
fn weights(lane: &LaneConfig) -> bool {
    match lane.method {
        MethodConfig::DeltaSam { rule, .. } => !matches!(rule, Rule::Random | Rule::Uniform),
        MethodConfig::PerInstanceSam | MethodConfig::MSam { .. } | MethodConfig::RwSam { .. } => true,
        _ => false,
    }
}

fn weightings(study: &Answers) -> Option<Answer> {
    let (mut rows, mut can_tell) = (Vec::new(), false);
    // By method: settings, those where it beats both, and those where it is below SAM.
    let mut counts: Vec<(String, [usize; 3], Vec<String>)> = Vec::new();
    for (part, setting, compared) in with(study, Reference::Sam, Budget::EqualEpochs, |lane| lane.method != MethodConfig::Sgd) {
        let lane = part.choices[compared.choice].point.lane;
        let config = &part.grid.experiment.lanes[lane];
        let title = part.grid.titles().swap_remove(lane);
        row(&mut rows, title.clone()).dots.push(dot(&compared.comparison, group(study, part, setting)));
        let Some(placebo) = study.of(Reference::Placebo, compared.part, compared.choice).filter(|_| weights(config)) else { continue };
        can_tell |= compared.comparison.verdict != Verdict::TooFew;
        let place = counts.iter().position(|(other, ..)| *other == title).unwrap_or_else(|| {
            counts.push((title, [0; 3], Vec::new()));
            counts.len() - 1
        });
        let (_, [all, both, below], places) = &mut counts[place];
        *all += 1;
        *below += usize::from(compared.comparison.verdict == Verdict::Lower);
        if [compared.comparison.verdict, placebo.verdict] == [Verdict::Higher; 2] {
            *both += 1;
            places.push(format!("{} ({})", part.setting(setting), points(&compared.comparison)));
        }
    }
    let winners: Vec<String> = counts
        .iter()
        .filter(|(_, [_, both, _], _)| *both > 0)
        .map(|(title, [all, both, _], _)| format!("{title} in {both} of {all}"))
        .collect();
    let told = |(title, [all, both, below], places): &(String, [usize; 3], Vec<String>)| {
        let places = if places.is_empty() { String::new() } else { format!(": {}", places.join("; ")) };
        format!("{title}: above SAM and above the placebo in {both} of {all} settings, below SAM in {below}{places}.")
    };
    (!counts.is_empty()).then(|| Answer {
        word: "weightings",
        question: "Does any weighting of the examples beat SAM beyond the placebo?",
        negative: can_tell && winners.len() < counts.len(),
        sentence: match &winners[..] {
            [] if !can_tell => format!("{TOO_FEW_SEEDS} whether any weighting beats SAM."),
            [] => "No weighting of the examples beats both SAM and the placebo (random weights) beyond chance in any setting.".to_owned(),
            some => format!(
                "{} of {} weightings and finer climbs beat SAM and the placebo together beyond chance in no setting; these do somewhere: {}.",
                counts.len() - some.len(),
                counts.len(),
                some.join(", ")
            ),
        },
        grounds: counts.iter().map(told).collect(),
        figure: Forest {
            title: "Test accuracy over that of SAM, each method at its own best ρ; a dot a setting".to_owned(),
            along: "points".to_owned(),
            groups: groups(study),
            rows: rows
                .into_iter()
                .map(|row| Row { dots: row.dots.into_iter().map(|dot| Dot { half: None, ..dot }).collect(), ..row })
                .collect(),
            note: "Filled: beyond chance, Student's t judged with all others (Holm).".to_owned(),
        },
    })
}

/// Rank correlations of one thing in several settings.
#[derive(Default)]
struct Correlations {
    /// By place (data set and model): noise level, and r.
    places: Vec<(String, Vec<(usize, f64)>)>,
}

impl Correlations {
    fn add(&mut self, place: String, group: usize, r: f64) {
        match self.places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, found)) => found.push((group, r)),
            None => self.places.push((place, vec![(group, r)])),
        }
    }

    /// The mean over the places, each with the mean over its noise levels.
    fn mean(&self) -> Option<Difference> {
        let of_place = |(_, found): &(String, Vec<(usize, f64)>)| found.iter().map(|(_, r)| r).sum::<f64>() / found.len() as f64;
        let means: Vec<f64> = self.places.iter().map(of_place).collect();
        Difference::paired(&means, &vec![0.0; means.len()])
    }

    fn dots(&self) -> Vec<Dot> {
        let each = self.places.iter().flat_map(|(_, found)| found);
        each.map(|(group, r)| Dot { x: *r, half: None, group: *group, clear: true }).collect()
    }
}

/// `+0.31 (+0.10 to +0.52)`.
fn correlation(difference: &Difference) -> String {
    let mean = difference.mean;
    match difference.half_width() {
        Some(half) => format!("{} ({} to {})", plus(mean, 2), plus((mean - half).max(-1.0), 2), plus((mean + half).min(1.0), 2)),
        None => plus(mean, 2),
    }
}

fn settings(study: &Answers) -> impl Iterator<Item = (&Part, usize)> {
    let parts = study.parts.iter().filter(|part| part.budget == Budget::EqualEpochs);
    parts.flat_map(|part| (0..part.grid.settings()).map(move |setting| (part, setting)))
}

fn alignment(study: &Answers) -> Option<Answer> {
    let (mut found, mut rows) = (Correlations::default(), Vec::new());
    for (part, setting) in settings(study) {
        let of_setting =
            part.choices.iter().filter(|choice| choice.point.setting == setting && climbs(&part.grid.experiment.lanes[choice.point.lane]));
        let mean = |values: Vec<f64>| Spread::of(&values).map_or(f64::NAN, |spread| spread.mean);
        let pairs = of_setting.map(|choice| [&ALIGNMENT, &ACCURACY].map(|number| mean(part.values(&choice.point, number))));
        let Some(RankCorrelation { r, .. }) = RankCorrelation::of(pairs.map(|[x, y]| (x, y))) else { continue };
        let group = group(study, part, setting);
        found.add(part.place(), group, r);
        row(&mut rows, part.place()).dots.push(Dot { x: r, half: None, group, clear: true });
    }
    let mean = found.mean()?;
    let verdict = judge(&[Some(mean)])[0]?.verdict;
    let told = correlation(&mean);
    Some(Answer {
        word: "alignment",
        question: "Does cos(D, D*), how close a climb comes to those of per-instance SAM, predict which method wins?",
        negative: !matches!(verdict, Verdict::Higher | Verdict::TooFew),
        sentence: match verdict {
            Verdict::TooFew => format!("Whether cos(D, D*) predicts which method wins: {TOO_FEW_SETS} (mean rank correlation {told})."),
            Verdict::Higher => format!("A higher cos(D, D*) goes with a higher test accuracy of the method: mean rank correlation {told}."),
            Verdict::Lower => format!("A higher cos(D, D*) goes with a lower test accuracy of the method: mean rank correlation {told}."),
            _ => format!("cos(D, D*) does not predict which method wins: mean rank correlation with test accuracy {told}."),
        },
        grounds: vec![format!(
            "Over the methods of a setting, each at its own best ρ; then the mean over {} data sets (and models), each with the mean over its noise levels; interval: Student's t at 95 %.",
            found.places.len()
        )],
        figure: Forest {
            title: "cos(D, D*) and test accuracy: rank correlation over the methods of a setting".to_owned(),
            along: "rank correlation".to_owned(),
            groups: groups(study),
            rows,
            note: "Each dot: the methods of one setting, each at its own best ρ.".to_owned(),
        },
    })
}

fn sharpness(study: &Answers) -> Option<Answer> {
    let of_measure = |measure: &Number| {
        let mut found = Correlations::default();
        for (part, setting) in settings(study) {
            let points = part.grid.points().into_iter().filter(|point| point.setting == setting);
            let runs =
                points.flat_map(|point| part.runs(&point).map(|run| (run.0, (measure.of(run), ACCURACY.of(run)))).collect::<Vec<_>>());
            let pairs = runs.filter(|(outcome, _)| !outcome.collapsed && !outcome.diverged).map(|(_, pair)| pair);
            if let Some(RankCorrelation { r, .. }) = RankCorrelation::of(pairs) {
                found.add(part.place(), group(study, part, setting), r);
            }
        }
        found
    };
    let found: Vec<Correlations> = SHARPNESS.iter().map(of_measure).collect();
    let means: Vec<Option<Difference>> = found.iter().map(Correlations::mean).collect();
    let judged = judge(&means);
    // The last is no sharpness.
    let flat: Vec<&str> = SHARPNESS[..SHARPNESS.len() - 1]
        .iter()
        .zip(&judged)
        .filter(|(_, judged)| judged.is_some_and(|judged| judged.verdict == Verdict::Lower))
        .map(|(measure, _)| measure.title)
        .collect();
    let told = SHARPNESS.iter().zip(&judged).filter_map(|(measure, judged)| {
        let judged = (*judged)?;
        let verdict = if judged.verdict == Verdict::TooFew { TOO_FEW_SETS } else { judged.verdict.words() };
        Some(format!("{}: {}, {verdict}.", measure.title, correlation(&judged.difference)))
    });
    let can_tell = judged.iter().flatten().any(|judged| judged.verdict != Verdict::TooFew);
    let grounds: Vec<String> = told.collect();
    let rows = SHARPNESS.iter().zip(&found).map(|(measure, found)| Row { label: measure.title.to_owned(), dots: found.dots() }).collect();
    (!grounds.is_empty()).then(|| Answer {
        word: "sharpness",
        question: "Does any measure of sharpness predict test accuracy?",
        negative: can_tell && flat.len() + 1 < SHARPNESS.len(),
        sentence: match &flat[..] {
            [] if !can_tell => format!("Whether any measure of sharpness predicts test accuracy: {TOO_FEW_SETS}."),
            [] => "No measure of sharpness predicts test accuracy: none has a rank correlation below 0 beyond chance.".to_owned(),
            some => format!(
                "Flatter goes with better by {} of {} measures of sharpness ({}), by the others not beyond chance or the other way.",
                some.len(),
                SHARPNESS.len() - 1,
                some.join(", ")
            ),
        },
        grounds: [
            vec!["Rank correlation with test accuracy over all runs of a setting (methods, all ρ, seeds; without those that collapsed to one class or diverged), mean over data sets with Student's interval at 95 %; verdicts corrected for their number (Holm):".to_owned()],
            grounds,
        ]
        .concat(),
        figure: Forest {
            title: "Sharpness and test accuracy: rank correlation over all runs of a setting".to_owned(),
            along: "rank correlation (left: flatter is better)".to_owned(),
            groups: groups(study),
            rows,
            note: "Each dot: one setting. Measured at the end of training, on training examples but for the second.".to_owned(),
        },
    })
}

fn cost(study: &Answers) -> Option<Answer> {
    let (mut rows, mut grounds) = (Vec::new(), Vec::new());
    let (mut count, mut level, mut before, mut without, mut untold) = (0, 0, 0, 0, 0);
    for (part, setting, Compared { comparison, .. }) in with(study, Reference::Sgd, Budget::EqualGradients, is_sam) {
        let same = |(other, at, _): &(&Part, usize, &Compared)| {
            (other.setting(*at), other.grid.experiment.training.epochs) == (part.setting(setting), part.grid.experiment.training.epochs)
        };
        let equal_epochs = with(study, Reference::Sgd, Budget::EqualEpochs, is_sam).find(same).map(|(.., compared)| compared.comparison);
        count += 1;
        level += usize::from(comparison.verdict == Verdict::Higher);
        untold += usize::from(comparison.verdict == Verdict::TooFew);
        let label = part.setting(setting);
        row(&mut rows, label.clone()).dots.push(dot(comparison, 1));
        let Some(equal_epochs) = equal_epochs else {
            without += 1;
            grounds.push(format!("{label}: {} points at equal gradients.", points(comparison)));
            continue;
        };
        before += usize::from(equal_epochs.verdict == Verdict::Higher);
        row(&mut rows, label.clone()).dots.push(dot(&equal_epochs, 0));
        grounds.push(format!("{label}: {} points at equal epochs, {} at equal gradients.", points(&equal_epochs), points(comparison)));
    }
    let epochs = if without == 0 { format!(", and in {before} with as many epochs") } else { String::new() };
    (count > 0).then(|| Answer {
        word: "cost",
        question: "What does equal cost do to the answer?",
        negative: untold < count && level < count,
        sentence: if untold == count {
            format!("{TOO_FEW_SEEDS} what SAM is worth where SGD may spend as many gradients.")
        } else {
            format!("Where SGD may spend as many gradients as SAM, SAM is higher beyond chance in {level} of {count} settings{epochs}.")
        },
        grounds,
        figure: Forest {
            title: "Test accuracy of SAM over that of SGD, with as many epochs and with as many gradients".to_owned(),
            along: "points".to_owned(),
            groups: vec!["as many epochs".to_owned(), "as many gradients".to_owned()],
            rows,
            note: INTERVALS.to_owned(),
        },
    })
}
