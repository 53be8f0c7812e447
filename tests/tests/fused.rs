//! What makes a step fast gives the same numbers: the fused operations against burn's own, the optimizers against
//! burn's, sparse shares against the whole matrix, and a step in a frame against the same step on the rows.

use basin_optim::base::{Base, Part, State};
use basin_optim::fused::{self, RankOne};
use basin_optim::method::{Context, Method};
use basin_optim::noise::Noise;
use basin_optim::objective::{Outputs, losses, losses_on_both_sides};
use basin_optim::per_instance::{Form, PerInstanceSamStep};
use basin_optim::shares::{Share, Shares};
use basin_optim::weights::{Leaf, Role, Weights};
use basin_optim::{delta_sam::DeltaSamStep, gsam::GsamStep, m_sam::MSamStep, sam::SamStep, sgd::SgdStep, weighting::Rule};
use basin_tests::{devices, numbers};
use basin_train::batch::{Batch, Framed, Mix};
use basin_train::config::{ModelConfig, ModelKind, Pair};
use basin_train::data::dataset::Example;
use basin_train::models::{OnBatch, Sizes, build};
use basin_train::random::{Purpose, below, stream};
use burn::optim::momentum::{Momentum, MomentumConfig, MomentumState};
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer, SgdConfig, decay::WeightDecayConfig};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};

fn random(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), device)
}

/// Every number within `band` of the largest.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "most callers pass what they have just computed")]
fn same<const D: usize>(found: Tensor<D>, expected: Tensor<D>, band: f32, what: &str) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let (found, expected) = (numbers(&found), numbers(&expected));
    let scale = expected.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
    for (a, b) in found.iter().zip(&expected) {
        assert!((a - b).abs() <= band * scale, "{what}: {a} instead of {b}");
    }
}

/// Members, batch, and widths that are no multiples of a vector's or a team's length.
const P: usize = 3;
const B: usize = 7;
const M: usize = 35;
const N: usize = 19;

/// Products of three members, and of so many that a GPU takes larger tiles, in rows that come in fours, in twos and in
/// neither; none fills its last row of tiles.
#[test]
fn fused_products_give_what_burn_gives() {
    for (name, device) in devices() {
        for [members, batch, width, out] in
            [[P, B, M, N], [P, 6, 20, N], [P, B, M, 12], [64, 33, 21, 18], [64, 33, 22, 20], [64, 34, 20, 21]]
        {
            let random = |shape| random(shape, &device);
            let (x, weight, bias) = (random([members, batch, width]), random([members, width, out]), random([members, 1, out]));
            let scores = x.clone().matmul(weight.clone());
            let h = (scores.clone() + bias.clone()).tanh();
            same(fused::dense_tanh(x.clone(), weight.clone(), bias), h.clone(), 2e-6, name);
            let of_each = random([members, batch, out]);
            same(fused::dense_tanh(x.clone(), weight, of_each.clone()), (scores + of_each).tanh(), 2e-6, name);

            let (shares, rows) = (random([1, batch, width]), random([members, width, out]));
            same(fused::product(shares.clone(), rows.clone()), shares.clone().matmul(rows), 1e-6, name);
            let (back, v) = (shares.swap_dims(1, 2), random([members, batch, out]));
            same(fused::product(back.clone(), v.clone()), back.matmul(v), 1e-6, name);

            let (d, head) = (random([members, batch, 4]), random([members, out, 4]));
            let expected = d.clone().matmul(head.clone().swap_dims(1, 2)) * (h.clone().square().neg() + 1.0);
            same(fused::tanh_backward(d.clone(), head, h.clone()), expected, 1e-6, name);

            for d in [d, h] {
                let (weight, bias) = fused::outer(x.clone(), d.clone());
                same(weight, x.clone().swap_dims(1, 2).matmul(d.clone()), 1e-6, name);
                same(bias, d.sum_dim(1), 1e-6, name);
            }
        }
    }
}

#[test]
fn fused_operations_give_what_burn_gives() {
    for (name, device) in devices() {
        let x = random([P, B, M], &device);
        let y = random([P, B, M], &device);
        let expected = (x.clone() * y.clone()).reshape([P, 1, B * M]).sum_dim(2);
        same(fused::dot(&[[&x, &y]]), expected.clone(), 2e-6, name);
        let (z, of_z) = (random([P, 2, 3], &device), expected);
        let expected = of_z + z.clone().square().reshape([P, 1, 6]).sum_dim(2);
        same(fused::dot(&[[&x, &y], [&z, &z]]), expected, 2e-6, name);
        // More leaves than one launch takes, of different sizes.
        let leaves: Vec<Tensor<3>> = (1..10).map(|n| random([P, n, 2 * n + 1], &device)).collect();
        let others: Vec<Tensor<3>> = leaves.iter().map(|leaf| random(leaf.dims(), &device)).collect();
        let of_leaf = |a: &Tensor<3>, b: &Tensor<3>| (a.clone() * b.clone()).sum_dim(1).sum_dim(2);
        let sum_of = |others: &[Tensor<3>]| leaves.iter().zip(others).map(|(a, b)| of_leaf(a, b)).reduce(|a, b| a + b).expect("leaves");
        let pairs: Vec<[&Tensor<3>; 2]> = leaves.iter().zip(&others).map(|(a, b)| [a, b]).collect();
        same(fused::dot(&pairs), sum_of(&others), 2e-6, name);
        let (all, expected) = (leaves.iter().collect::<Vec<_>>(), sum_of(&leaves).sqrt() * 0.5);
        same(fused::norm(&[], &all, 0.5, 0.0), expected.clone(), 1e-6, name);
        let largest = numbers(&expected).into_iter().fold(0.0, f32::max);
        same(fused::norm(&[], &all, 0.5, f64::from(largest) + 1.0), expected.full_like(largest + 1.0), 0.0, name);
        // With 3 b² for a·b in up to all of them.
        for count in [1, 4, 9] {
            let tripled: Vec<Tensor<3>> = leaves[..count].iter().map(|leaf| leaf.clone() * 3.0).collect();
            let pairs: Vec<[&Tensor<3>; 2]> = leaves.iter().zip(&tripled).map(|(a, b)| [a, b]).collect();
            let expected = (sum_of(&leaves) + sum_of(&tripled[..count]) * (2.0 / 3.0)).sqrt();
            same(fused::norm(&pairs, &all[count..], 1.0, 0.0), expected, 1e-6, name);
        }
        let negative = leaves[0].clone().neg();
        same(fused::norm(&[[&leaves[0], &negative]], &[], 1.0, 0.0), expected.zeros_like(), 0.0, name);
        let factor = random([P, 1, 1], &device);
        for factor in [factor.clone(), factor.narrow(0, 0, 1)] {
            for (found, [a, b]) in fused::add_scaled(&pairs, &factor).into_iter().zip(&pairs) {
                same(found, (*a).clone() + (*b).clone() * factor.clone(), 1e-6, name);
            }
        }

        let norms = Tensor::<3>::from_data(TensorData::new(vec![2.0_f32, 0.0, 1e-13], [P, 1, 1]), &device);
        let expected = Tensor::from_data(TensorData::new(vec![0.25_f32, 0.0, 0.0], [P, 1, 1]), &device);
        same(fused::over_norm(norms.full_like(0.5), norms.clone(), 1e-12), expected.clone(), 0.0, name);
        let of_examples = norms.reshape([1, P, 1]);
        same(fused::over_norm(of_examples.full_like(0.5).narrow(1, 0, 1), of_examples, 1e-12), expected.reshape([1, P, 1]), 0.0, name);
    }
}

/// Against the formulas as they are written, with burn's operations.
#[test]
fn what_per_instance_sam_takes_is_what_its_formulas_say() {
    // A GPU reads rows that come in fours by vectors.
    let sizes = [[M, N], [20, 12]];
    for ((name, device), [m, n]) in devices().into_iter().flat_map(|device| sizes.map(|size| (device.clone(), size))) {
        let random = |shape| random(shape, &device);
        let square = |t: &Tensor<3>| t.clone().square().sum_dim(2);
        let (shares, x, h) = (random([1, B, 3 * m]), random([P, B, m]), random([P, B, n]));
        let (dx, d1, d2) = (random([P, B, m]), random([P, B, n]), random([P, B, 4]));
        let layer = |a, d, bias| RankOne { a, d, bias };
        let found = fused::rank_one_norms([layer(&shares, &dx, false), layer(&x, &d1, true), layer(&h, &d2, true)]);
        let squares = square(&shares) * square(&dx) + (square(&x) + 1.0) * square(&d1) + (square(&h) + 1.0) * square(&d2);
        same(found, squares.sqrt(), 1e-6, name);

        let s = random([P, B, 1]);
        for base in [random([P, B, n]), random([P, 1, n])] {
            let expected = base.clone() + s.clone() * ((x.clone() * dx.clone()).sum_dim(2) + 1.0) * d1.clone();
            same(fused::add_rank_one(base, &s, [&x, &dx], true, &d1, None), expected, 2e-6, name);
        }
        let base = random([P, B, n]);
        let expected = (base.clone() + s.clone() * square(&shares) * d1.clone()) * (h.clone().square().neg() + 1.0);
        same(fused::add_rank_one(base, &s, [&shares, &shares], false, &d1, Some(&h)), expected, 2e-6, name);
    }
}

#[test]
fn weights_of_examples_sum_to_one_or_fall_back() {
    for (name, device) in devices() {
        let raw = [1.0, 3.0, 0.0, 0.0, f32::NAN, 1.0, f32::INFINITY, 1.0];
        let raw = Tensor::<2>::from_data(TensorData::new(raw.to_vec(), [4, 2]), &device);
        let (p, fell_back) = fused::normalise(&raw);
        assert_eq!(numbers(&p), [0.25, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], "{name}");
        assert_eq!(numbers(&fell_back), [0.0, 1.0, 1.0, 1.0], "{name}");
    }
}

#[test]
fn fused_softmax_is_cross_entropy_and_its_slope() {
    for (name, device) in devices() {
        // Logits up to ±200: nothing may overflow.
        let scores = random([P, B, 4], &device) * 100.0;
        let bias = random([P, 1, 4], &device) * 100.0;
        let label = Tensor::<1, Int>::from_ints([0, 1, 2, 3, 0, 1, 2], &device);
        let one_hot = label.one_hot::<2>(4).float().unsqueeze::<3>();
        let logits = scores.clone() + bias.clone();
        let found = fused::softmax(scores, bias, one_hot.clone());
        same(found.logits, logits.clone(), 1e-6, name);
        same(found.losses, basin_optim::objective::cross_entropy(logits.clone(), one_hot.clone()), 1e-6, name);
        same(found.error.clone(), basin_optim::objective::probabilities(logits) - one_hot, 1e-6, name);
        let p = random([P, B, 1], &device).squeeze_dim::<2>(2);
        for p in [p.clone(), p.narrow(0, 0, 1)] {
            same(fused::weigh_rows(found.error.clone(), &p), found.error.clone() * p.unsqueeze_dim::<3>(2), 1e-6, name);
        }
    }
}

#[test]
fn losses_alone_are_those_of_the_layers_one_by_one() {
    for (name, device) in devices() {
        let random = |shape| random(shape, &device);
        let (x, hidden, hidden_bias) = (random([P, B, M]), random([P, M, N]), random([P, 1, N]));
        // Logits of a few hundreds: nothing may overflow.
        let (head, head_bias) = (random([P, N, 4]) * 100.0, random([P, 1, 4]) * 100.0);
        let label = Tensor::<1, Int>::from_ints([0, 1, 2, 3, 0, 1, 2], &device);
        let one_hot = label.one_hot::<2>(4).float().unsqueeze::<3>();
        let h = (x.clone().matmul(hidden.clone()) + hidden_bias.clone()).tanh();
        let expected = basin_optim::objective::cross_entropy(h.matmul(head.clone()) + head_bias.clone(), one_hot.clone());
        for labels in [one_hot.clone(), one_hot.repeat_dim(0, P)] {
            same(
                fused::dense_losses(x.clone(), [hidden.clone(), hidden_bias.clone()], [head.clone(), head_bias.clone()], labels),
                expected.clone(),
                2e-6,
                name,
            );
        }
    }
}

#[test]
fn what_the_rules_of_delta_sam_take_is_what_their_formulas_say() {
    for (name, device) in devices() {
        let (hidden, logits) = (random([P, B, M], &device), random([P, B, 4], &device) * 2.0);
        let label = Tensor::<1, Int>::from_ints([0, 1, 2, 3, 0, 1, 2], &device);
        let one_hot = label.one_hot::<2>(4).float().unsqueeze::<3>();
        let pi = basin_optim::objective::probabilities(logits.clone());
        // √(‖h‖² + 1)·(1 − Σπ²)/‖π − y‖, as it is written: at these logits nothing cancels much.
        let gini = pi.clone().square().sum_dim(2).neg() + 1.0;
        let width = (hidden.clone().square().sum_dim(2) + 1.0).sqrt();
        let expected = (width * gini / (pi - one_hot.clone()).square().sum_dim(2).sqrt()).squeeze_dim::<2>(2);
        same(fused::head_weights(&Outputs { hidden, logits }, one_hot), expected, 1e-5, name);

        let r = Tensor::<3>::from_data(TensorData::new(vec![0.5_f32, 0.25, 2.0], [P, 1, 1]), &device);
        // More leaves than one launch takes, of any size and such that all come in vectors of four.
        let leaf = |value| Leaf { name: "w", role: Role::Matrix, value };
        for shapes in [[[M, 4 * N], [1, 3], [2, N], [1, 1], [N, 5]], [[M, 4 * N], [1, 4], [4, N], [2, 2], [N, 8]]] {
            let w = Weights::new(shapes.map(|[rows, cols]| leaf(random([P, rows, cols], &device))).to_vec());
            let noise = Noise::Seeded { seeds: vec![1, 2, 3], step: 4 };
            let (sides, away) = (noise.both_sides(&w, &r, 5), noise.gaussian(&w, 5).scale(&r));
            for ((sides, w), away) in sides.values().into_iter().zip(w.values()).zip(away.values()) {
                same(sides.clone().narrow(0, 0, P), w.clone() + away.clone(), 1e-6, name);
                same(sides.clone().narrow(0, P, P), w.clone() - away.clone(), 1e-6, name);
            }
            let other = noise.gaussian(&w, 6);
            for ((sum, w), other) in w.add_scaled(&other, &r).values().into_iter().zip(w.values()).zip(other.values()) {
                same(sum.clone(), w.clone() + other.clone() * r.clone(), 1e-6, name);
            }
        }

        let (sides, middle) = (random([2 * P, 1, B], &device).squeeze_dim::<2>(1), random([P, 1, B], &device).squeeze_dim::<2>(1));
        let sum = sides.clone().narrow(0, 0, P) + sides.clone().narrow(0, P, P) - middle.clone() * 2.0;
        let expected = sum / r.clone().square().squeeze_dim::<2>(2);
        same(fused::second_difference(sides.clone(), &middle, &r, false), expected.clone(), 1e-6, name);
        same(fused::second_difference(sides, &middle, &r, true), expected.abs(), 1e-6, name);
    }
}

#[test]
fn optimizers_are_those_of_burn() {
    let (rate, decay) = (0.1, 0.01);
    for (name, device) in devices() {
        let leaf = |value: Tensor<3>| Weights::new(vec![Leaf { name: "w", role: Role::Matrix, value }]);
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
        let leaf = |value: Tensor<3>| Weights::new(vec![Leaf { name: "w", role: Role::Embedding, value }]);
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

/// Text 0: tokens 4, 4, 9; text 1: 9; text 2: 1, 4, 7, 7; text 3: none.
fn shares() -> Shares {
    let entries = [(0, 2, 0.25), (1, 0, 2.0 / 3.0), (1, 2, 0.25), (2, 2, 0.5), (3, 0, 1.0 / 3.0), (3, 1, 1.0)];
    Shares::new(4, vec![1, 4, 7, 9], entries.map(|(row, text, share)| Share { row, text, share }).to_vec())
}

#[test]
fn sparse_shares_multiply_like_their_matrix() {
    // A GPU reads rows of 12 numbers, which come in fours, by vectors, and for 16 members looks an entry up twice.
    let sizes = [[P, N], [P, 12], [16, N], [16, 12]];
    for ((name, device), [members, width]) in devices().into_iter().flat_map(|device| sizes.map(|size| (device.clone(), size))) {
        let shares = shares();
        let (matrix, rows) = (shares.matrix(&device), shares.rows(&device));
        let (table, v) = (random([members, 12, width], &device), random([members, 4, width], &device));
        let touched = table.clone().select(1, rows.clone());
        same(shares.means(&table), matrix.clone().matmul(touched.clone()), 1e-6, name);
        let (some, of_some) = (shares.of_rows(1..3), matrix.clone().narrow(1, 1, 2));
        same(some.means(&touched), of_some.clone().matmul(touched.clone()), 1e-6, name);
        same(some.spread(&v.clone().narrow(1, 1, 2)), of_some.swap_dims(1, 2).matmul(v.clone().narrow(1, 1, 2)), 1e-6, name);
        let on_tape = shares.means(&table.clone().autodiff()).without_autodiff();
        same(on_tape, matrix.clone().matmul(touched), 1e-6, name);
        same(shares.lengths(&device), matrix.clone().square().sum_dim(2).sqrt(), 1e-6, name);
        let spread = matrix.clone().swap_dims(1, 2).matmul(v.clone());
        same(shares.spread(&v), spread.clone(), 1e-6, name);
        let moved = shares.add_spread(table.clone(), &v, -0.5);
        let moved_rows = table.clone().select(1, rows.clone()) - spread.clone() * 0.5;
        same(moved.clone().select(1, rows.clone()), moved_rows.clone(), 1e-6, name);
        // On a GPU it lies otherwise now.
        same(shares.means(&moved), matrix.matmul(moved_rows.clone()), 1e-6, name);
        let twice_moved = shares.add_spread(moved.clone(), &v, 0.25);
        same(twice_moved.select(1, rows), moved_rows + spread * 0.25, 1e-6, name);
        let others = Tensor::<1, Int>::from_ints([0, 2, 3, 5, 6, 8, 10, 11], &device);
        same(moved.select(1, others.clone()), table.select(1, others), 0.0, name);
    }
}

/// 12 texts of 2 to 9 of 60 tokens; the last is a copy of the first, which adds no direction.
fn texts() -> Vec<Example> {
    let mut rng = stream(4, Purpose::Reviews);
    let mut texts: Vec<Example> = (0..12_u32)
        .map(|i| {
            let tokens: Vec<u32> = (0..2 + below(&mut rng, 8)).map(|_| 1 + below(&mut rng, 59) as u32).collect();
            Example { text: String::new(), text_b: None, tokens, tokens_b: Vec::new(), label: i % 3, given_label: i % 3, row: 1 }
        })
        .collect();
    let first = texts[0].tokens.clone();
    texts[11].tokens = first;
    texts
}

/// Two steps, the second from where the first has led.
#[test]
fn a_step_in_a_frame_is_the_step_on_the_rows() {
    let methods: Vec<(&str, Box<dyn Method>)> = vec![
        ("SGD", Box::new(SgdStep)),
        ("SAM", Box::new(SamStep)),
        ("δ-SAM head", Box::new(DeltaSamStep { rule: Rule::Head })),
        ("δ-SAM by norms", Box::new(DeltaSamStep { rule: Rule::InverseNorm })),
        ("per-instance SAM", Box::new(PerInstanceSamStep { form: Form::Best })),
        ("per-instance SAM, brute force", Box::new(PerInstanceSamStep { form: Form::BruteForce })),
        ("m-SAM", Box::new(MSamStep { groups: 3, sorted: false })),
        ("GSAM", Box::new(GsamStep { alpha: 0.4 })),
    ];
    let texts = texts();
    let texts: Vec<&Example> = texts.iter().collect();
    for (name, device) in devices() {
        let config = ModelConfig { kind: ModelKind::Bag, dim: 8, hidden: 16, pair: Pair::Concat };
        let model = build(&config, Sizes { vocabulary: 60, classes: 3, pairs: false });
        let batch = Batch::new(texts.iter().copied(), 3, false, &device);
        let Framed { frame, batch: framed } = Framed::new(&texts, 3, &device).expect("12 texts have more than 24 tokens");
        let noise = Noise::Seeded { seeds: vec![1, 2], step: 0 };
        let rho = Tensor::from_data(TensorData::new(vec![0.05_f32, 0.3], [2, 1, 1]), &device);
        for (title, method) in &methods {
            assert!(method.rotates(), "{title}");
            for base in [Base::Sgd { decay: 0.0 }, Base::Momentum { mu: 0.9, decay: 0.01 }, Base::AdamW { decay: 0.01 }] {
                let mut on_rows = model.init(&[1, 2], &device);
                let mut in_frame = on_rows.clone();
                let [mut state, mut state_in_frame] = [&on_rows, &in_frame].map(|w| State::new(base.slots().iter().copied(), w));
                for _ in 0..2 {
                    let step = |w: &Weights, on: &Batch, state: &mut State| {
                        let mut context = Context { rho: rho.clone(), rate_fraction: 1.0, state, noise: &noise };
                        method.step(w, &OnBatch::new(&*model, on), &mut context)
                    };
                    let report = step(&on_rows.select_rows(&batch.rows), &batch, &mut state);
                    on_rows = base.step(on_rows, &report.descent, Part::Rows(&batch.rows), 0.02, &mut state);
                    let report_in_frame = step(&frame.enter(&in_frame), &framed, &mut state_in_frame);
                    let part = Part::Framed(&frame, &framed.rows);
                    in_frame = base.step(in_frame, &report_in_frame.descent, part, 0.02, &mut state_in_frame);

                    let what = format!("{title}, {base:?}, {name}");
                    same(report_in_frame.losses, report.losses, 1e-5, &what);
                    same(report_in_frame.descent.norm(), report.descent.norm(), 1e-4, &what);
                    let (lifted, descent) = (frame.lift(&report_in_frame.descent), report.descent);
                    for (found, expected) in lifted.leaves().iter().zip(descent.leaves()) {
                        same(found.value.clone(), expected.value.clone(), 1e-4, &format!("{what}, slope of {}", found.name));
                    }
                }
                for (found, expected) in in_frame.leaves().iter().zip(on_rows.leaves()) {
                    // Adam divides a slope by its own size, so where that is nearly zero rounding decides its direction.
                    let band = if matches!(base, Base::AdamW { .. }) { 2e-2 } else { 1e-4 };
                    same(found.value.clone(), expected.value.clone(), band, &format!("{title}, {base:?}, {name}, {}", found.name));
                }
            }
        }
    }
}

/// Noise in a frame is L ζ on X, L L′ = G: of so many draws that their covariance tells, on both sides of X, and as the
/// losses there feel it.
#[test]
fn noise_in_a_frame_is_that_of_the_rows() {
    const DIM: usize = 2000;
    let texts = texts();
    let texts: Vec<&Example> = texts.iter().collect();
    for (name, device) in devices() {
        let config = ModelConfig { kind: ModelKind::Bag, dim: DIM, hidden: 2, pair: Pair::Concat };
        let model = build(&config, Sizes { vocabulary: 60, classes: 3, pairs: false });
        let Mix::Rows(shares) = Batch::new(texts.iter().copied(), 3, false, &device).texts.remove(0).mix else {
            panic!("a batch has rows")
        };
        let shares = shares.matrix(&device);
        let Framed { frame, batch } = Framed::new(&texts, 3, &device).expect("12 texts have more than 24 tokens");
        let w = frame.enter(&model.init(&[1, 2], &device));
        let noise = Noise::Seeded { seeds: vec![1, 2], step: 0 };

        let xi = noise.gaussian(&w, 3);
        let of_x = xi.leaf("embedding");
        let covariance = of_x.clone().matmul(of_x.swap_dims(1, 2)) / DIM as f64;
        let expected = shares.clone().matmul(shares.swap_dims(1, 2)).repeat_dim(0, 2);
        // Entries of a sample's covariance are off by √(2/2000) of the largest variance at most, as one standard error.
        same(covariance, expected, 4.0 * (2.0 / DIM as f32).sqrt(), name);

        let r = Tensor::from_data(TensorData::new(vec![0.5_f32, 0.25], [2, 1, 1]), &device);
        let (sides, away) = (noise.both_sides(&w, &r, 3), xi.scale(&r));
        for ((sides, w), away) in sides.values().into_iter().zip(w.values()).zip(away.values()) {
            same(sides.clone().narrow(0, 0, 2), w.clone() + away.clone(), 1e-5, name);
            same(sides.clone().narrow(0, 2, 2), w.clone() - away.clone(), 1e-5, name);
        }
        let objective = OnBatch::new(&*model, &batch);
        same(losses_on_both_sides(&objective, &w, &r, &noise, 3), losses(&objective, &sides), 1e-5, name);
    }
}
