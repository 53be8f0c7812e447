//! What makes a step fast gives the same numbers: the base optimizers against burn's, and a step in text coordinates against
//! the same step on the rows. The operations one by one: `crates/kernels/tests`.

use basin_optim::base::{Base, Part, State};
use basin_optim::methods::{Context, Method, StepReport};
use basin_optim::population::{Leaf, Noise, Objective, PerExample, Purpose, Role, Weights, antithetic_losses, brute_force, losses};
use basin_tests::{devices, random, same};
use basin_train::data::dataset::Example;
use basin_train::experiment::build::method;
use basin_train::experiment::{LaneConfig, ModelConfig, ModelKind, Pair};
use basin_train::models::batch::{Batch, TextBatch, Texts};
use basin_train::models::{OnBatch, Sizes, build};
use basin_train::random::{Purpose as Stream, below, stream};
use burn::optim::momentum::{Momentum, MomentumConfig, MomentumState};
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer, SgdConfig, decay::WeightDecayConfig};
use burn::tensor::{Int, Tensor, TensorData};

/// Members, batch, and widths that are no multiples of a vector's length.
const P: usize = 3;
const B: usize = 7;
const M: usize = 35;
const N: usize = 19;

#[test]
fn optimizers_are_those_of_burn() {
    let (rate, decay) = (0.1, 0.01);
    for (name, device) in devices() {
        let leaf = |value: Tensor<3>| Weights::new(vec![Leaf::new("w", Role::Matrix, value)]);
        let gradients = [random([P, B, M], &device), random([P, B, M], &device), random([P, B, M], &device)];
        let start = random([P, B, M], &device);
        let own = |base: Base| {
            let mut w = leaf(start.clone());
            let mut state = State::new(base.slots().iter().copied(), &w);
            for g in &gradients {
                w = base.step(w, &leaf(g.clone()), Part::Whole, rate, &mut state);
            }
            w.leaf("w")
        };

        let sgd = SgdConfig::new().with_weight_decay(Some(WeightDecayConfig::new(decay as f32))).build();
        let expected = gradients.iter().fold(start.clone(), |w, g| sgd.step(rate, w, g.clone(), None).0);
        same(own(Base::Sgd { decay }), expected, 1e-6, name);

        let rule = Momentum::new(&MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false });
        let (mut w, mut velocity) = (start.clone(), start.zeros_like());
        for g in &gradients {
            let decayed = g.clone() + w.clone() * decay;
            velocity = rule.transform(decayed, Some(MomentumState::new(velocity))).0;
            w = w - velocity.clone() * rate;
        }
        same(own(Base::Momentum { mu: 0.9, decay }), w, 1e-6, name);

        let adam = AdamWConfig::new().with_weight_decay(decay as f32).build();
        let zeros = start.zeros_like();
        let first = AdaptiveMomentumState { time: 0, moment_1: zeros.clone(), moment_2: zeros, max_moment_2: None };
        let (mut w, mut state) = (start.clone(), Some(AdamWState::new(first)));
        for g in &gradients {
            (w, state) = adam.step(rate, w, g.clone(), state);
        }
        same(own(Base::AdamW { decay }), w, 2e-6, name);
    }
}

#[test]
fn optimizers_move_the_rows_of_a_batch_and_no_others() {
    for ((name, device), width) in devices().into_iter().flat_map(|device| [N, 12].map(|width| (device.clone(), width))) {
        let rows = Tensor::<1, Int>::from_ints([1, 4, 7, 9], &device);
        let others = Tensor::<1, Int>::from_ints([0, 2, 3, 5, 6, 8, 10, 11], &device);
        let leaf = |value: Tensor<3>| Weights::new(vec![Leaf::new("w", Role::Embedding, value)]);
        let table = random([P, 12, width], &device);
        let gradients = [random([P, 4, width], &device), random([P, 4, width], &device)];
        for base in [Base::Sgd { decay: 0.01 }, Base::Momentum { mu: 0.9, decay: 0.01 }, Base::AdamW { decay: 0.01 }] {
            let (mut whole, mut alone) = (leaf(table.clone()), leaf(table.clone().select(1, rows.clone())));
            let [mut state, mut state_alone] = [&whole, &alone].map(|w| State::new(base.slots().iter().copied(), w));
            for g in &gradients {
                whole = base.step(whole, &leaf(g.clone()), Part::Rows(&rows), 0.1, &mut state);
                alone = base.step(alone, &leaf(g.clone()), Part::Whole, 0.1, &mut state_alone);
            }
            same(whole.leaf("w").select(1, rows.clone()), alone.leaf("w"), 1e-6, &format!("{base:?}, {name}"));
            same(whole.leaf("w").select(1, others.clone()), table.clone().select(1, others.clone()), 0.0, name);
        }
    }
}

/// 12 texts of 2 to 9 of 60 tokens; the last is a copy of the first, which adds no direction.
fn texts() -> Vec<Example> {
    let mut rng = stream(4, Stream::Reviews);
    let mut texts: Vec<Example> = (0..12_u32)
        .map(|i| {
            let tokens: Vec<u32> = (0..2 + below(&mut rng, 8)).map(|_| 1 + below(&mut rng, 59) as u32).collect();
            Example {
                text: String::new(),
                text_b: None,
                tokens,
                tokens_b: Vec::new(),
                vectors: Vec::new(),
                pieces: Vec::new(),
                label: i % 3,
                given_label: i % 3,
                row: 1,
            }
        })
        .collect();
    let first = texts[0].tokens.clone();
    texts[11].tokens = first;
    texts
}

/// Per-instance SAM of a model without a form of its own for it.
struct BruteForce;

impl Method for BruteForce {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let PerExample { losses, losses_up, descent, .. } = brute_force(objective, w, &cx.rho, cx.climb);
        StepReport::descend_apart(losses, losses_up, descent)
    }
}

/// Two steps, the second from where the first has led.
#[test]
fn a_step_in_text_coordinates_is_the_step_on_the_rows() {
    let lanes = [
        "sgd",
        "sam",
        "delta-sam:rule=head",
        "delta-sam:rule=inverse-norm",
        "per-instance",
        "m-sam:groups=3",
        "gsam:alpha=0.4",
        "l-sam",
        "j-sam",
    ];
    let lanes = lanes.map(|lane| lane.parse::<LaneConfig>().expect("a lane"));
    assert!(lanes.iter().all(|lane| lane.method.in_text_coordinates()));
    let mut methods: Vec<(String, Box<dyn Method>)> = lanes.iter().map(|lane| (lane.to_string(), method(lane))).collect();
    methods.push(("per-instance SAM, brute force".to_owned(), Box::new(BruteForce)));
    let texts = texts();
    let texts: Vec<&Example> = texts.iter().collect();
    for (name, device) in devices() {
        let config = ModelConfig { kind: ModelKind::Bag, dim: 8, hidden: 16, pair: Pair::Concat, dropout: 0.0, tune: None };
        let model = build(&config, Sizes { vocabulary: 60, classes: 3, pairs: false });
        let batch = Batch::new(texts.iter().copied(), 3, false, &device);
        let of_texts = TextBatch::new(&texts, 3, &device).expect("12 texts have more than 24 tokens");
        let noise = Noise::Seeded { seeds: vec![1, 2], purpose: Purpose::Step, step: 0 };
        let rho = Tensor::from_data(TensorData::new(vec![0.05_f32, 0.3], [2, 1, 1]), &device);
        for (title, method) in &methods {
            for base in [Base::Sgd { decay: 0.0 }, Base::Momentum { mu: 0.9, decay: 0.01 }, Base::AdamW { decay: 0.01 }] {
                let mut on_rows = model.init(&[1, 2], &device);
                let mut in_texts = on_rows.clone();
                let [mut state, mut state_in_texts] = [&on_rows, &in_texts].map(|w| State::new(base.slots().iter().copied(), w));
                for _ in 0..2 {
                    let step = |w: &Weights, on: &Batch, state: &mut State| {
                        let mut context = Context::new(rho.clone(), state, &noise);
                        method.step(w, &OnBatch::new(&*model, on), &mut context)
                    };
                    let report = step(&on_rows.select_rows(&batch.rows), &batch, &mut state);
                    on_rows = base.step(on_rows, &report.descent, Part::Rows(&batch.rows), 0.02, &mut state);
                    let of_step = step(&of_texts.enter(&in_texts), &of_texts.batch, &mut state_in_texts);
                    in_texts = base.step(in_texts, &of_step.descent, of_texts.part(), 0.02, &mut state_in_texts);

                    let what = format!("{title}, {base:?}, {name}");
                    same(of_step.losses, report.losses, 1e-5, &what);
                    same(of_step.descent.norm(), report.descent.norm(), 1e-4, &what);
                    let (found, expected) = (of_texts.leave(&of_step.descent), report.descent);
                    for (found, expected) in found.leaves().iter().zip(expected.leaves()) {
                        same(found.value.clone(), expected.value.clone(), 1e-4, &format!("{what}, gradient of {}", found.name));
                    }
                }
                for (found, expected) in in_texts.leaves().iter().zip(on_rows.leaves()) {
                    // Adam divides a gradient by its own size, so where that is nearly zero rounding decides its direction.
                    let band = if matches!(base, Base::AdamW { .. }) { 2e-2 } else { 1e-4 };
                    same(found.value.clone(), expected.value.clone(), band, &format!("{title}, {base:?}, {name}, {}", found.name));
                }
            }
        }
    }
}

/// Noise in text coordinates is L ζ on X, L L′ = G: of so many draws that their covariance tells, on both sides of X, and as
/// the losses there feel it.
#[test]
fn noise_in_text_coordinates_is_that_of_the_rows() {
    const DIM: usize = 2000;
    let texts = texts();
    let texts: Vec<&Example> = texts.iter().collect();
    for (name, device) in devices() {
        let config = ModelConfig { kind: ModelKind::Bag, dim: DIM, hidden: 2, pair: Pair::Concat, dropout: 0.0, tune: None };
        let model = build(&config, Sizes { vocabulary: 60, classes: 3, pairs: false });
        let Texts::Bag(bag) = Batch::new(texts.iter().copied(), 3, false, &device).texts.remove(0) else { panic!("a batch has rows") };
        let bag = bag.dense(&device);
        let of_texts = TextBatch::new(&texts, 3, &device).expect("12 texts have more than 24 tokens");
        let w = of_texts.enter(&model.init(&[1, 2], &device));
        let noise = Noise::Seeded { seeds: vec![1, 2], purpose: Purpose::Step, step: 0 };

        let xi = noise.gaussian(&w, 3);
        let of_x = xi.leaf("embedding");
        let covariance = of_x.clone().matmul(of_x.swap_dims(1, 2)) / DIM as f64;
        let expected = bag.clone().matmul(bag.swap_dims(1, 2)).repeat_dim(0, 2);
        // Entries of a sample's covariance are off by √(2/2000) of the largest variance at most, as one standard error.
        same(covariance, expected, 4.0 * (2.0 / DIM as f32).sqrt(), name);

        let r = Tensor::from_data(TensorData::new(vec![0.5_f32, 0.25], [2, 1, 1]), &device);
        let (pair, away) = (noise.antithetic_pair(&w, &r, 3), xi.scale(&r));
        for ((pair, w), away) in pair.values().into_iter().zip(w.values()).zip(away.values()) {
            same(pair.clone().narrow(0, 0, 2), w.clone() + away.clone(), 1e-5, name);
            same(pair.clone().narrow(0, 2, 2), w.clone() - away.clone(), 1e-5, name);
        }
        let objective = OnBatch::new(&*model, &of_texts.batch);
        same(antithetic_losses(&objective, &w, &r, &noise, 3), losses(&objective, &pair), 1e-5, name);
    }
}
