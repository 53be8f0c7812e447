//! How close each climb comes to per-instance SAM: cos(D, D*) on a small text classifier with noisy labels, at
//! four stages of its training, all rules at the same weights and on the same batches.
//!
//! Settings as those of the published table of this project: 20 % label noise, a bag of embeddings with a tanh
//! layer, SGD with momentum, batches of 16, ρ 0.1. The data differs (the generated reviews), so what is asserted is
//! the order of the rules, each step of it by more than its paired standard error.
//! `cargo test --release --workspace --test alignment -- --nocapture` prints the table.

use basin_optim::base::{Base, Part, State};
use basin_optim::measures::alignment::alignment;
use basin_optim::methods::{Context, DeltaSam, MSam, Method, Sam, Sgd};
use basin_optim::population::{ClimbLoss, Noise, Purpose, Weights, evaluate, per_example};
use basin_optim::weighting::{Draws, Radius, Rule};
use basin_train::data::dataset::Dataset;
use basin_train::experiment::{DataConfig, DataSource, ModelConfig, ModelKind, Pair};
use basin_train::models::batch::{Batch, epoch_order};
use basin_train::models::{Model, OnBatch, Sizes, build};
use burn::tensor::{Device, Tensor};

const SEEDS: [u64; 4] = [1, 2, 3, 4];
const BATCH: usize = 16;
const RHO: f32 = 0.1;
/// Steps after which alignment is measured: from the first fall of the loss to memorised labels.
const STAGES: [usize; 4] = [60, 150, 300, 600];
const BATCHES: usize = 16;

fn rules() -> Vec<(&'static str, Box<dyn Method>)> {
    let delta = |rule| Box::new(DeltaSam { rule }) as Box<dyn Method>;
    let noise = |count| Rule::Noise(Draws { count, radius: Radius::Relative(0.05) });
    vec![
        ("SAM", Box::new(Sam)),
        ("random weights", delta(Rule::Random)),
        ("noise, 1 draw", delta(noise(1))),
        ("noise, 4 draws", delta(noise(4))),
        ("head", delta(Rule::Head)),
        ("head-simple", delta(Rule::HeadSimple)),
        ("m-SAM, 4 groups", Box::new(MSam { groups: 4, sorted: false })),
        ("m-SAM, 4 groups by label", Box::new(MSam { groups: 4, sorted: true })),
    ]
}

fn descent(method: &dyn Method, objective: &OnBatch<'_>, w: &Weights, state: &mut State, step: u64) -> Weights {
    let rho = Tensor::full([SEEDS.len(), 1, 1], RHO, &Device::flex());
    let noise = Noise::Seeded { seeds: SEEDS.to_vec(), purpose: Purpose::Step, step };
    method.step(w, objective, &mut Context::new(rho, state, &noise)).descent
}

/// Mean of `values` and of their differences to `reference`, with the standard error of the latter.
fn paired(values: &[f64], reference: &[f64]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let differences: Vec<f64> = values.iter().zip(reference).map(|(a, b)| a - b).collect();
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
    (values.iter().sum::<f64>() / n, mean, (squares / (n * (n - 1.0))).sqrt())
}

#[test]
fn closed_forms_come_closer_to_per_instance_sam_than_sam_and_noise_estimates_do_not() {
    let device = Device::flex();
    let config = DataConfig { source: DataSource::Reviews { examples: 800 }, ..DataConfig::default() };
    let data = Dataset::load(&config, None).expect("the generator makes good data");
    let sizes = Sizes { vocabulary: data.vocabulary.len(), classes: data.classes.len(), pairs: false };
    let model = build(&ModelConfig { kind: ModelKind::Bag, dim: 16, hidden: 32, pair: Pair::Concat, dropout: 0.0, tune: None }, sizes);
    let rules = rules();
    let base = Base::Momentum { mu: 0.9, decay: 0.0 };
    let mut w = model.init(&SEEDS, &device);
    let mut state = State::new(base.slots().iter().copied(), &w);
    let mut cosines: Vec<Vec<f64>> = vec![Vec::new(); rules.len()];

    let batch_of = |examples: &[usize]| Batch::new(examples.iter().map(|&i| &data.train[i]), sizes.classes, false, &device);
    let mut order = Vec::new();
    for done in 0..=STAGES[3] {
        if STAGES.contains(&done) {
            for examples in epoch_order(data.train.len(), BATCH, 99, done).iter().take(BATCHES) {
                measure(&*model, &batch_of(examples), &w, &rules, &mut cosines);
            }
        }
        if order.is_empty() {
            order = epoch_order(data.train.len(), BATCH, 1, done);
        }
        let batch = batch_of(&order.pop().expect("an epoch has batches"));
        let objective = OnBatch::new(&*model, &batch);
        let gradient = descent(&Sgd, &objective, &w.select_rows(&batch.rows), &mut state, done as u64);
        w = base.step(w, &gradient, Part::Rows(&batch.rows), 0.1, &mut state);
    }

    println!("{} weights, {} values of cos(D, D*) each", w.count(), cosines[0].len());
    let table: Vec<(f64, f64, f64)> = cosines.iter().map(|values| paired(values, &cosines[0])).collect();
    for ((name, _), (mean, difference, error)) in rules.iter().zip(&table) {
        println!("{name:<26} {mean:.3}  {difference:+.3} ± {error:.3} to SAM");
    }
    let [_, random, noise, _, head, simple, groups, sorted] = table[..] else { panic!("eight rules") };
    for (name, (_, difference, error)) in [("random", random), ("noise", noise)] {
        assert!(difference < -2.0 * error, "{name} is worse than SAM: {difference} ± {error}");
    }
    for (name, (_, difference, error)) in [("head", head), ("head-simple", simple), ("m-SAM", groups), ("sorted", sorted)] {
        assert!(difference > 2.0 * error, "{name} is better than SAM: {difference} ± {error}");
    }
    assert!(groups.0 > head.0 && sorted.0 > groups.0, "smaller groups, and purer ones, come closer still");
}

fn measure(model: &dyn Model, batch: &Batch, w: &Weights, rules: &[(&'static str, Box<dyn Method>)], cosines: &mut [Vec<f64>]) {
    let objective = OnBatch::new(model, batch);
    let w = w.select_rows(&batch.rows);
    let gradient = evaluate(&objective, &w).gradient;
    let rho = Tensor::full([SEEDS.len(), 1, 1], RHO, &Device::flex());
    let exact = per_example(&objective, &w, &rho, ClimbLoss::CrossEntropy).descent;
    for ((_, method), cosines) in rules.iter().zip(cosines) {
        let mut state = State::new(method.slots().iter().copied(), &w);
        let descent = descent(&**method, &objective, &w, &mut state, 7);
        // One value a batch: the mean over the members.
        let cosine: Vec<f32> = alignment(&descent, &exact, &gradient).cosine.into_data().iter::<f32>().collect();
        cosines.push(cosine.iter().map(|c| f64::from(*c)).sum::<f64>() / cosine.len() as f64);
    }
}
