//! What must hold exactly, whatever the numbers: methods that fall together, members that do not mix,
//! gradients of zero, weights that cannot be used. The problem is `embbag` of the golden files with random
//! weights, several members at once.

use basin_optim::base::{Base, Part, State};
use basin_optim::methods::{
    Asam, Context, DeltaSam, EigenSam, FSam, FisherSam, FreeLb, Gsam, JSam, LSam, Llqr, LookSam, MSam, Method, Moment, Order,
    PerInstanceSam, R3f, RDrop, RwSam, Sam, Saner, Sgd, Smart, StepReport, Time, Within,
};
use basin_optim::population::{
    ClimbLoss, Noise, Objective, Outputs, Purpose, Role, Subset, Weights, forward, gradient_norms, mean_of_batch,
};
use basin_optim::weighting::{Draws, Radius, Rule};
use basin_tests::{GPU, devices, numbers};
use basin_verify::file::Fields;
use basin_verify::problem::Problem;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

const SEEDS: [u64; 3] = [11, 22, 33];
const RHO: f64 = 0.1;

fn problem(json: &serde_json::Value, device: &Device) -> Problem {
    Problem::read(&Fields::root(json).expect("an object"), device, DType::F32).expect("the file is whole")
}

fn embbag_json() -> serde_json::Value {
    serde_json::from_str(include_str!("../golden/embbag.json")).expect("the file is JSON")
}

fn embbag(device: &Device) -> Problem {
    problem(&embbag_json(), device)
}

/// Normal weights, one member per seed.
fn random_weights(problem: &Problem, seeds: &[u64]) -> Weights {
    Noise::Seeded { seeds: seeds.to_vec(), purpose: Purpose::Step, step: 0 }.gaussian(&problem.weights().repeat_each(seeds.len()), 0)
}

const DRAWS: Draws = Draws { count: 2, radius: Radius::Absolute(0.05) };

/// Every method that climbs once for the batch and takes ρ as it is.
fn one_climb() -> Vec<(&'static str, Box<dyn Method>)> {
    let delta = |rule| Box::new(DeltaSam { rule }) as Box<dyn Method>;
    vec![
        ("SAM", Box::new(Sam)),
        ("δ-SAM noise", delta(Rule::Noise(DRAWS))),
        ("δ-SAM noise over norm", delta(Rule::NoiseOverNorm(DRAWS))),
        ("δ-SAM head", delta(Rule::Head)),
        ("δ-SAM simple head", delta(Rule::HeadSimple)),
        ("δ-SAM label probability", delta(Rule::LabelProbability)),
        ("δ-SAM inverse norm", delta(Rule::InverseNorm)),
        ("δ-SAM uniform", delta(Rule::Uniform)),
        ("δ-SAM random", delta(Rule::Random)),
        ("ASAM", Box::new(Asam { eta: 0.01, plain_biases: true })),
        ("ASAM without η", Box::new(Asam { eta: 0.0, plain_biases: false })),
        ("F-SAM", Box::new(FSam { sigma: 1.0, lambda: 0.9, order: Order::MeanLater })),
        ("RW-SAM", Box::new(RwSam { lambda: 0.5, radius: Radius::Relative(0.05) })),
        ("Fisher-SAM", Box::new(FisherSam)),
        ("GSAM without α", Box::new(Gsam { alpha: 0.0 })),
        ("δ-SAM noise change", delta(Rule::Change(DRAWS))),
        ("LookSAM", Box::new(LookSam { period: 5, alpha: 0.7 })),
        ("Eigen-SAM", Box::new(EigenSam { alpha: 0.2, period: 100, iterations: 5 })),
        ("SANER at its start", Box::new(Saner { alpha: 0.5, ramp: 0.5 })),
        ("LLQR unlearned", Box::new(Llqr { period: 1, inner: 0 })),
    ]
}

fn all_methods() -> Vec<(&'static str, Box<dyn Method>)> {
    let mut all = one_climb();
    all.push(("SGD", Box::new(Sgd)));
    all.push(("GSAM", Box::new(Gsam { alpha: 0.2 })));
    all.push(("m-SAM", Box::new(MSam { groups: 2, sorted: true })));
    all.push(("F-SAM mean first", Box::new(FSam { sigma: 1.0, lambda: 0.9, order: Order::MeanFirst })));
    all.push(("per-instance SAM", Box::new(PerInstanceSam)));
    all.push(("L-SAM", Box::new(LSam)));
    all.push(("J-SAM", Box::new(JSam)));
    all.push(("SANER", Box::new(Saner { alpha: 0.5, ramp: 0.0 })));
    all.push(("LLQR", Box::new(Llqr { period: 1, inner: 5 })));
    all.push(("R3F", Box::new(R3f { lambda: 1.0 })));
    all.push(("R-Drop", Box::new(RDrop { alpha: 1.0 })));
    all.push(("FreeLB", Box::new(FreeLb { passes: 3, stride: 0.5 })));
    all.push(("SMART", Box::new(Smart { lambda: 1.0 })));
    all
}

/// One step with learning rate 0.5, member m drawing from `seeds[m]`.
fn step_with(base: Base, method: &dyn Method, problem: &Problem, w: &Weights, rho: f64, seeds: &[u64]) -> (Weights, StepReport) {
    let mut state = State::new(method.slots().iter().chain(base.slots()).copied(), w);
    let noise = Noise::Seeded { seeds: seeds.to_vec(), purpose: Purpose::Step, step: 5 };
    let rho = problem.per_member(rho, w.members());
    let report = method.step(w, problem.objective(), &mut Context::new(rho, &mut state, &noise));
    let next = base.step(w.clone(), &report.descent, Part::Whole, 0.5, &mut state);
    (next, report)
}

fn step(method: &dyn Method, problem: &Problem, w: &Weights, rho: f64) -> (Weights, StepReport) {
    step_with(Base::Sgd { decay: 0.0 }, method, problem, w, rho, &SEEDS[..w.members()])
}

/// The same with another climb loss, at another time of the run.
fn step_at(method: &dyn Method, problem: &Problem, w: &Weights, rho: f64, climb: ClimbLoss, time: Time, state: &mut State) -> StepReport {
    let noise = Noise::Seeded { seeds: SEEDS[..w.members()].to_vec(), purpose: Purpose::Step, step: 5 };
    let context = Context::new(problem.per_member(rho, w.members()), state, &noise);
    method.step(w, problem.objective(), &mut Context { climb, time, ..context })
}

fn flat(w: &Weights) -> Vec<f32> {
    w.leaves().iter().flat_map(|leaf| numbers(&leaf.value)).collect()
}

fn bits(w: &Weights) -> Vec<u32> {
    flat(w).into_iter().map(f32::to_bits).collect()
}

fn largest_difference(a: &Weights, b: &Weights) -> f32 {
    let (a, b) = (flat(a), flat(b));
    assert!(a.iter().chain(&b).all(|number| number.is_finite()));
    a.iter().zip(&b).fold(0.0, |largest: f32, (a, b)| largest.max((a - b).abs()))
}

#[test]
fn with_no_radius_every_climb_is_sgd_bit_for_bit() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let sgd = step(&Sgd, &problem, &w, 0.0).0;
    assert_ne!(bits(&sgd), bits(&w), "SGD moves");
    for (name, method) in one_climb() {
        assert_eq!(bits(&step(&*method, &problem, &w, 0.0).0), bits(&sgd), "{name}");
        assert_ne!(bits(&step(&*method, &problem, &w, RHO).0), bits(&sgd), "{name} with a radius is another method");
    }
    // Sums over examples in another order: a few roundings of numbers around 1.
    let difference = largest_difference(&step(&PerInstanceSam, &problem, &w, 0.0).0, &sgd);
    assert!(difference <= 1e-6, "{difference}");
}

#[test]
fn uniform_weights_are_sam_bit_for_bit() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let sam = step(&Sam, &problem, &w, RHO);
    let delta = step(&DeltaSam { rule: Rule::Uniform }, &problem, &w, RHO);
    assert_eq!(bits(&delta.0), bits(&sam.0));
    assert_eq!(bits(&delta.1.perturbation.expect("it climbs").vector()), bits(&sam.1.perturbation.expect("it climbs").vector()));
    // The same by raw weights that happen to be equal.
    let equal = Rule::Given(problem.per_example(&[3.0; 5]));
    assert!(largest_difference(&step(&DeltaSam { rule: equal }, &problem, &w, RHO).0, &sam.0) <= 1e-6);
}

#[test]
fn one_part_is_sam_and_five_parts_are_per_instance_sam() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let parts = |groups| step(&MSam { groups, sorted: false }, &problem, &w, RHO).0;
    assert!(largest_difference(&parts(1), &step(&Sam, &problem, &w, RHO).0) <= 1e-6);
    let per_instance = step(&PerInstanceSam, &problem, &w, RHO).0;
    assert!(largest_difference(&parts(5), &per_instance) <= 1e-6);
    assert!(largest_difference(&parts(1), &per_instance) > 1e-4, "the two are different methods");
}

#[test]
fn losses_are_reported_in_the_order_of_the_batch() {
    // Labels 0, 2, 1, 0, 1: sorting by label visits the examples 0, 3, 2, 4, 1.
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let losses = numbers(&step(&Sgd, &problem, &w, RHO).1.losses);
    let m_sam = |groups, sorted| step(&MSam { groups, sorted }, &problem, &w, RHO).1;
    for groups in 1..=5 {
        assert_eq!(numbers(&m_sam(groups, true).losses), losses, "{groups} parts");
    }
    // Alone in its part, an example climbs the same wherever it is sorted to.
    let up = |sorted| numbers(&m_sam(5, sorted).losses_up.expect("it climbs"));
    assert_eq!(up(true), up(false));
}

#[test]
fn members_together_are_the_members_alone() {
    for (device_name, device) in devices() {
        let problem = embbag(&device);
        let w = random_weights(&problem, &SEEDS);
        for (name, method) in all_methods() {
            let together = step(&*method, &problem, &w, RHO).0;
            for member in 0..SEEDS.len() {
                let seed = &SEEDS[member..=member];
                let own = w.slice_members(member..member + 1);
                let alone = step_with(Base::Sgd { decay: 0.0 }, &*method, &problem, &own, RHO, seed).0;
                let together = together.slice_members(member..member + 1);
                if device_name == "CPU" {
                    assert_eq!(bits(&together), bits(&alone), "{name}, member {member}");
                } else {
                    // Differences of losses or gradients in f32 may differ in their last digits (see the golden numbers).
                    let differences = ["δ-SAM noise", "Eigen-SAM", "LLQR"].iter().any(|own| name.starts_with(own));
                    let band = if differences { 1e-4 } else { 1e-5 };
                    let difference = largest_difference(&together, &alone);
                    assert!(difference <= band, "{name}, member {member}: {difference}");
                }
            }
        }
    }
}

#[test]
fn given_noise_reaches_every_member() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let given = Noise::Given(problem.noise().clone());
    let p = |w: &Weights| numbers(&Rule::Noise(DRAWS).weigh(&forward(problem.objective(), w), &given).p);
    let alone: Vec<f32> = (0..SEEDS.len()).flat_map(|member| p(&w.slice_members(member..member + 1))).collect();
    assert_eq!(p(&w), alone);
}

#[test]
fn noise_is_a_matter_of_seed_step_and_draw() {
    let problem = embbag(&Device::flex());
    let draw = |seeds: &[u64], step, draw| {
        Noise::Seeded { seeds: seeds.to_vec(), purpose: Purpose::Step, step }.gaussian(&problem.weights().repeat_each(seeds.len()), draw)
    };
    let first = draw(&[7], 2, 1);
    assert_eq!(bits(&first), bits(&draw(&[7], 2, 1)));
    assert_eq!(bits(&first), bits(&draw(&[3, 7], 2, 1).slice_members(1..2)), "company does not matter");
    for other in [draw(&[8], 2, 1), draw(&[7], 3, 1), draw(&[7], 2, 0)] {
        assert_ne!(bits(&first), bits(&other));
    }
    let on_gpu = embbag(&GPU);
    let on_gpu = Noise::Seeded { seeds: vec![7], purpose: Purpose::Step, step: 2 }.gaussian(on_gpu.weights(), 1);
    assert_eq!(bits(&first), bits(&on_gpu), "the device does not matter");
    let signs = Noise::Seeded { seeds: vec![7], purpose: Purpose::Step, step: 2 }.rademacher(problem.weights(), 1);
    assert!(flat(&signs).iter().all(|sign| [1.0, -1.0].contains(sign)));
}

#[test]
fn noise_is_normal() {
    let problem = embbag(&Device::flex());
    let seeds: Vec<u64> = (0..1_000).collect();
    let draws = flat(&random_weights(&problem, &seeds));
    // n = 25,000: the mean deviates by 1/√n = 0.0063, the mean square by √(2/n) = 0.0089, and the share
    // within ±1 (0.6827) by √(0.6827·0.3173/n) = 0.0029; five of each.
    let mean_of = |f: fn(f32) -> f64| draws.iter().map(|&x| f(x)).sum::<f64>() / draws.len() as f64;
    assert_eq!(draws.len(), 25_000);
    assert!(mean_of(f64::from).abs() < 0.032);
    assert!((mean_of(|x| f64::from(x).powi(2)) - 1.0).abs() < 0.045);
    assert!((mean_of(|x| f64::from(x.abs() < 1.0)) - 0.6827).abs() < 0.015);
}

#[test]
fn a_batch_that_pulls_evenly_climbs_nowhere() {
    // mlp2 has two examples of each class. With all weights zero both classes have probability 1/2, the
    // pulls on the head's biases are ±1/2 and cancel exactly, and nothing else has a gradient.
    let json = serde_json::from_str(include_str!("../golden/mlp2.json")).expect("the file is JSON");
    for (device_name, device) in devices() {
        let problem = problem(&json, &device);
        let w = problem.weights().zeros_like();
        for (name, method) in all_methods() {
            let (next, report) = step(&*method, &problem, &w, RHO);
            assert!(flat(&next).iter().all(|number| number.is_finite()), "{name} on the {device_name}");
            let even =
                matches!(name, "SAM" | "δ-SAM head" | "δ-SAM uniform" | "δ-SAM inverse norm" | "F-SAM" | "GSAM" | "Fisher-SAM" | "ASAM");
            if even {
                assert!(flat(&report.perturbation.expect("it climbs").vector()).iter().all(|&e| e == 0.0), "{name} on the {device_name}");
                assert_eq!(flat(&next), flat(&w), "{name} on the {device_name}");
            }
        }
    }
}

#[test]
fn a_batch_that_is_fitted_moves_nothing() {
    // Biases of ±200 leave exp(−400) = 0 to the wrong classes: losses and gradients are exactly zero, for
    // the batch and for each example, and every raw weight that divides by a norm is infinite or NaN.
    let mut json = embbag_json();
    for example in json["batch"].as_array_mut().expect("a list") {
        example["y"] = 0.into();
    }
    for (at, bias) in [(22, 200.0), (23, -200.0), (24, -200.0)] {
        json["w"][at] = bias.into();
    }
    for (device_name, device) in devices() {
        let problem = problem(&json, &device);
        let w = problem.weights().repeat_each(2);
        for base in [Base::Sgd { decay: 0.0 }, Base::Momentum { mu: 0.9, decay: 0.0 }, Base::AdamW { decay: 0.0 }] {
            for (name, method) in all_methods() {
                let (next, report) = step_with(base, &*method, &problem, &w, RHO, &SEEDS[..2]);
                assert_eq!(flat(&next), flat(&w), "{name} on the {device_name}");
                assert!(numbers(&report.losses).iter().all(|&loss| loss == 0.0), "{name} on the {device_name}");
                if name == "δ-SAM inverse norm" || name == "δ-SAM noise over norm" {
                    assert_eq!(numbers(&report.fell_back.expect("a rule says so")), [1.0; 2], "{name} on the {device_name}");
                }
                if let Some(p) = report.p {
                    let sums = numbers(&p.sum_dim(1));
                    assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-6), "{name} on the {device_name}: {sums:?}");
                }
            }
        }
    }
}

#[test]
fn raw_weights_that_cannot_be_used_fall_back_to_uniform() {
    for (device_name, device) in devices() {
        let problem = embbag(&device);
        let w = random_weights(&problem, &SEEDS);
        let inf = f32::INFINITY;
        let raw = vec![
            [0.0, 0.0, 0.0, 0.0, 0.0], // all zero
            [1.0, 1.0, 2.0, 4.0, 0.0], // fine: eighths
            [1.0, inf, 0.0, 0.0, 2.0], // infinite
        ];
        let weigh = |raw: Vec<[f32; 5]>| {
            let data = TensorData::new(raw.concat(), [3, 5]);
            let rule = Rule::Given(Tensor::from_data(data, &device));
            rule.weigh(&forward(problem.objective(), &w), &Noise::Given(w.clone()))
        };
        let weighting = weigh(raw);
        assert_eq!(numbers(&weighting.fell_back), [1.0, 0.0, 1.0], "{device_name}");
        let even = [0.2_f32; 5];
        let p = numbers(&weighting.p);
        assert_eq!(p[..5], even, "{device_name}");
        assert_eq!(p[5..10], [0.125, 0.125, 0.25, 0.5, 0.0], "{device_name}");
        assert_eq!(p[10..], even, "{device_name}");

        // Zero over zero, as a fitted example gives.
        let zero = Tensor::<2>::zeros([3, 5], &device);
        let rule = Rule::Given(zero.clone() / zero);
        let method = DeltaSam { rule };
        let (next, report) = step(&method, &problem, &w, RHO);
        assert_eq!(numbers(&report.fell_back.expect("a rule says so")), [1.0; 3], "{device_name}");
        let sam = step(&Sam, &problem, &w, RHO).0;
        assert!(largest_difference(&next, &sam) <= 1e-6, "{device_name}: uniform weights are SAM");
    }
}

#[test]
fn a_repeated_token_counts_once_with_its_sum() {
    // In the text (1, 1, 3) the mean is (2·row 1 + row 3)/3: the gradient of row 1 is twice that of row 3.
    // Over all rows the norm then takes (2² + 1²)/9 of ‖dx‖², not (1 + 1 + 1)/9 as if each place had a row.
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let second = problem.objective().subset(Subset::Together(&[1]));
    let gradient = forward(&*second, &w).sum_gradient().gradient;
    let rows = numbers(&gradient.leaf("embedding"));
    for member in rows.chunks(10) {
        let row = |token: usize| &member[2 * token..2 * token + 2];
        for k in 0..2 {
            assert!((row(1)[k] - 2.0 * row(3)[k]).abs() <= 1e-6 * row(1)[k].abs(), "{member:?}");
            assert!(row(3)[k] != 0.0);
        }
        assert!([0, 2, 4].iter().all(|&token| row(token) == [0.0, 0.0]), "{member:?}");
    }
    let norms = numbers(&gradient_norms(problem.objective(), &w));
    for (member, own) in numbers(&gradient.norm()).into_iter().enumerate() {
        assert!((norms[member * 5 + 1] - own).abs() <= 1e-6 * own);
    }

    // The order of the words is nothing to a mean.
    let mut json = embbag_json();
    json["batch"][1]["tokens"] = serde_json::json!([3, 1, 1]);
    let turned = self::problem(&json, &Device::flex());
    assert_eq!(bits(&step(&Sam, &turned, &w, RHO).0), bits(&step(&Sam, &problem, &w, RHO).0));
}

#[test]
fn rows_that_no_text_uses_stay_bit_for_bit() {
    // Token 4 is in no text.
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let row = |w: &Weights, token: usize| -> Vec<u32> {
        numbers(&w.leaf("embedding").narrow(1, token, 1)).into_iter().map(f32::to_bits).collect()
    };
    for (name, method) in all_methods() {
        let next = step(&*method, &problem, &w, RHO).0;
        assert_eq!(row(&next, 4), row(&w, 4), "{name}");
        assert!((0..4).all(|token| row(&next, token) != row(&w, token)), "{name}");
    }
}

#[test]
fn a_step_on_the_rows_in_use_is_the_step_on_all() {
    let device = Device::flex();
    let problem = embbag(&device);
    let w = random_weights(&problem, &SEEDS);
    let rows = Tensor::<1, Int>::from_data(TensorData::new(vec![3_i32, 1], [2]), &device);
    let part = w.select_rows(&rows);
    assert_eq!(part.leaf("embedding").dims(), [3, 2, 2]);
    assert_eq!(bits(&w.clone().assign_rows(&rows, part.clone())), bits(&w), "there and back");

    // Written rows are the part's, others stay.
    let moved = part.map(|l| l.value.clone().add_scalar(1.0));
    let whole = w.clone().assign_rows(&rows, moved);
    let expected = w.map(|l| match l.role {
        Role::Embedding => {
            let one = Tensor::<3>::ones([3, 1, 2], &device);
            let none = one.zeros_like();
            l.value.clone() + Tensor::cat(vec![none.clone(), one.clone(), none.clone(), one, none], 1)
        }
        Role::Matrix | Role::Bias => l.value.clone().add_scalar(1.0),
    });
    assert_eq!(bits(&whole), bits(&expected));
}

/// Batches that touch different rows, one after the other: on the rows that each touches, F-SAM steps as it does on all of them.
#[test]
fn the_running_mean_of_f_sam_covers_all_rows() {
    let device = Device::flex();
    let problem = embbag(&device);
    // Examples with their tokens.
    let batches = [(1, [1, 3]), (2, [2, 3]), (3, [0, 1]), (1, [1, 3])];
    for order in [Order::MeanLater, Order::MeanFirst] {
        let (method, base) = (FSam { sigma: 1.0, lambda: 0.9, order }, Base::Sgd { decay: 0.0 });
        let mut whole = random_weights(&problem, &SEEDS);
        let mut by_rows = whole.clone();
        let [mut state, mut state_by_rows] = [&whole, &by_rows].map(|w| State::new(method.slots().iter().copied(), w));
        let noise = Noise::Seeded { seeds: SEEDS.to_vec(), purpose: Purpose::Step, step: 0 };
        let rho = problem.per_member(RHO, SEEDS.len());
        for (step, (example, rows)) in batches.into_iter().enumerate() {
            let objective = problem.objective().subset(Subset::Together(&[example]));
            let time = Time { done: step, planned: 4 };
            let context = Context::new(rho.clone(), &mut state, &noise);
            let report = method.step(&whole, &*objective, &mut Context { time, ..context });
            whole = base.step(whole, &report.descent, Part::Whole, 0.5, &mut state);

            let rows = Tensor::<1, Int>::from_ints(rows, &device);
            let mut part = state_by_rows.select(method.slots(), &rows);
            let on_rows = OnRows { objective: &*objective, places: rows.clone().one_hot::<2>(5).float().transpose().unsqueeze() };
            let mut context = Context { time, ..Context::new(rho.clone(), &mut part, &noise) };
            let report = method.step(&by_rows.select_rows(&rows), &on_rows, &mut context);
            state_by_rows.assign(&rows, part);
            by_rows = base.step(by_rows, &report.descent, Part::Rows(&rows), 0.5, &mut state_by_rows);

            let difference = largest_difference(&by_rows, &whole);
            assert!(difference <= 2e-6, "{order:?}, step {step}: {difference}");
            let [mean, mean_by_rows] = [&state, &state_by_rows].map(|state| state.slot(method.slots()[0]));
            let difference = largest_difference(mean_by_rows, mean);
            assert!(difference <= 2e-6, "{order:?}, mean of step {step}: {difference}");
        }
    }
}

/// On `logreg`, whose logits are linear in the weights, J does not change: a climb changes the errors alone.
#[test]
fn on_a_linear_model_j_sam_is_sgd_and_l_sam_is_sam() {
    let json: serde_json::Value = serde_json::from_str(include_str!("../golden/logreg.json")).expect("the file is JSON");
    for (device_name, device) in devices() {
        for (json, linear) in [(&json, true), (&embbag_json(), false)] {
            let problem = problem(json, &device);
            let w = random_weights(&problem, &SEEDS);
            let [sgd, sam, l_sam, j_sam] = [&Sgd as &dyn Method, &Sam, &LSam, &JSam].map(|method| step(method, &problem, &w, 0.5).0);
            assert!(largest_difference(&sam, &sgd) > 1e-3, "{device_name}: SAM is not SGD");
            let (l, j) = (largest_difference(&l_sam, &sam), largest_difference(&j_sam, &sgd));
            assert_eq!(l.max(j) <= 2e-6, linear, "{device_name}: {l} {j}");
            // Without a radius nothing changes, and both are SGD on any model.
            for method in [&LSam as &dyn Method, &JSam] {
                let difference = largest_difference(&step(method, &problem, &w, 0.0).0, &step(&Sgd, &problem, &w, 0.0).0);
                assert!(difference <= 2e-6, "{device_name}: {difference}");
            }
        }
    }
}

/// ∇(1 − π_y) = −π_y ∇ln π_y: δ-SAM's rule by the probability of the label is SAM that climbs on the error. On two classes, as
/// the closed form of the head has it, and on three.
#[test]
fn climbing_on_the_error_is_weighting_by_the_probability_of_the_label() {
    let two: serde_json::Value = serde_json::from_str(include_str!("../golden/mlp2.json")).expect("the file is JSON");
    for json in [two, embbag_json()] {
        let problem = problem(&json, &Device::flex());
        let w = random_weights(&problem, &SEEDS);
        let on = |climb, method: &dyn Method| {
            let mut state = State::new(method.slots().iter().copied(), &w);
            step_at(method, &problem, &w, RHO, climb, Time { done: 0, planned: 10 }, &mut state).descent
        };
        let weighted = on(ClimbLoss::CrossEntropy, &DeltaSam { rule: Rule::LabelProbability });
        assert!(largest_difference(&on(ClimbLoss::Error, &Sam), &weighted) <= 2e-6);
        assert!(largest_difference(&on(ClimbLoss::CrossEntropy, &Sam), &weighted) > 1e-4, "which is not SAM");
        assert!(largest_difference(&on(ClimbLoss::BiSam, &Sam), &weighted) > 1e-4, "nor is BiSAM");
        // One example alone goes the same way on both.
        assert_eq!(bits(&on(ClimbLoss::Error, &PerInstanceSam)), bits(&on(ClimbLoss::CrossEntropy, &PerInstanceSam)));
    }
}

#[test]
fn whatever_the_climb_goes_up_on_the_descent_stays_on_the_loss() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let sgd = step(&Sgd, &problem, &w, 0.0).1.descent;
    for (name, method) in one_climb() {
        let on = |climb, rho| {
            let mut state = State::new(method.slots().iter().copied(), &w);
            step_at(&*method, &problem, &w, rho, climb, Time { done: 0, planned: 10 }, &mut state)
        };
        for climb in [ClimbLoss::Error, ClimbLoss::BiSam] {
            assert_eq!(bits(&on(climb, 0.0).descent), bits(&sgd), "{name} on {climb:?}");
            let (there, usual) = (on(climb, RHO), on(ClimbLoss::CrossEntropy, RHO));
            assert_ne!(bits(&there.descent), bits(&usual.descent), "{name} on {climb:?} is another method");
            assert_eq!(numbers(&there.losses), numbers(&usual.losses), "{name}: what is told are losses");
            // Who wants ∇L besides pays for it.
            let beside = f64::from(["LookSAM", "SANER", "GSAM", "LLQR"].iter().any(|own| name.starts_with(own)));
            assert!((there.cost.gradients - usual.cost.gradients - beside).abs() < 1e-12, "{name}");
        }
    }
}

#[test]
fn look_sam_at_every_step_is_sam_and_costs_less_at_fewer() {
    let problem = embbag(&Device::flex());
    let steps = |method: &dyn Method| {
        let mut w = random_weights(&problem, &SEEDS);
        let mut state = State::new(method.slots().iter().copied(), &w);
        let mut costs = Vec::new();
        for done in 0..7 {
            let report = step_at(method, &problem, &w, RHO, ClimbLoss::CrossEntropy, Time { done, planned: 7 }, &mut state);
            costs.push(report.cost.gradient_evaluations());
            assert_eq!(report.losses_up.is_some(), report.cost.gradients > 1.0, "a gap where it climbs");
            w = Base::Sgd { decay: 0.0 }.step(w, &report.descent, Part::Whole, 0.5, &mut state);
        }
        (bits(&w), costs)
    };
    let sam = steps(&Sam);
    assert_eq!(steps(&LookSam { period: 1, alpha: 0.7 }), sam);
    let third = steps(&LookSam { period: 3, alpha: 0.7 });
    assert_eq!(third.1, [2.0, 1.0, 1.0, 2.0, 1.0, 1.0, 2.0]);
    assert_ne!(third.0, sam.0);
}

#[test]
fn without_what_is_theirs_the_relatives_are_sam() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let sam = step(&Sam, &problem, &w, RHO).0;
    let of = |method: &dyn Method| largest_difference(&step(method, &problem, &w, RHO).0, &sam);
    assert!(of(&EigenSam { alpha: 0.0, period: 1, iterations: 2 }) <= 1e-6);
    assert!(of(&Saner { alpha: 1.0, ramp: 0.0 }) <= 0.0);
    // Its norm is √(‖g‖² + 1e-12).
    assert!(of(&Llqr { period: 1, inner: 0 }) <= 1e-6);
    assert!(of(&EigenSam { alpha: 0.2, period: 1, iterations: 2 }) > 1e-4);
    assert!(of(&Saner { alpha: 0.5, ramp: 0.0 }) > 1e-4);
    assert!(of(&Llqr { period: 1, inner: 50 }) > 1e-5);
    let shrunk = numbers(&step(&Saner { alpha: 0.5, ramp: 0.0 }, &problem, &w, RHO).1.shrunk.expect("it says so"));
    assert!(shrunk.iter().all(|share| *share > 0.0 && *share < 1.0), "{shrunk:?}");
}

/// Text regularisers without what makes them so, and what they cost.
#[test]
fn without_what_is_theirs_text_regularisers_are_sgd() {
    for (device_name, device) in devices() {
        let problem = embbag(&device);
        let w = random_weights(&problem, &SEEDS);
        let sgd = step(&Sgd, &problem, &w, 0.0).0;
        let apart = |method: &dyn Method, rho| largest_difference(&step(method, &problem, &w, rho).0, &sgd);
        let (r3f, smart, free_lb) = (R3f { lambda: 1.0 }, Smart { lambda: 1.0 }, FreeLb { passes: 3, stride: 0.5 });
        for (name, method, rho) in [
            ("R3F without λ", &R3f { lambda: 0.0 } as &dyn Method, RHO),
            ("R3F without ρ", &r3f, 0.0),
            ("SMART without λ", &Smart { lambda: 0.0 }, RHO),
            ("SMART without ρ", &smart, 0.0),
            ("FreeLB of one pass", &FreeLb { passes: 1, stride: 0.5 }, RHO),
            ("FreeLB without ρ", &free_lb, 0.0),
            ("R-Drop without dropout", &RDrop { alpha: 1.0 }, RHO),
        ] {
            // Sums in another order.
            assert!(apart(method, rho) <= 2e-6, "{name} on the {device_name}: {}", apart(method, rho));
        }
        for (name, method) in [("R3F", &r3f as &dyn Method), ("SMART", &smart), ("FreeLB", &free_lb)] {
            assert!(apart(method, RHO) > 1e-4, "{name} on the {device_name} is another method");
        }
        let cost = |method: &dyn Method| step(method, &problem, &w, RHO).1.cost.gradient_evaluations();
        let costs = [cost(&r3f), cost(&RDrop { alpha: 1.0 }), cost(&smart), cost(&free_lb), cost(&FreeLb { passes: 5, stride: 0.5 })];
        assert!(costs.iter().zip([2.0, 2.0, 3.0, 3.0, 5.0]).all(|(found, expected)| (found - expected).abs() < 1e-12), "{costs:?}");
    }
}

/// What moves the tokens raises the loss more than noise of the same length does: FreeLB's last point, a ball of ρ around each text.
#[test]
fn free_lb_goes_uphill_within_its_ball() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    // L(w; x+δ) − L(w) of each member.
    let gap = |method: &dyn Method, rho| {
        let StepReport { losses, losses_up, .. } = step(method, &problem, &w, rho).1;
        numbers(&(mean_of_batch(losses_up.expect("it moves the tokens")) - mean_of_batch(losses)))
    };
    let two = gap(&FreeLb { passes: 2, stride: 1.0 }, RHO);
    assert!(two.iter().all(|gap| *gap > 0.0), "{two:?}");
    // However far a step would go, the ball ends it; in it more steps go higher.
    let (far, many) = (gap(&FreeLb { passes: 2, stride: 9.0 }, RHO), gap(&FreeLb { passes: 6, stride: 0.5 }, RHO));
    assert!(two.iter().zip(&far).all(|(a, b)| (a - b).abs() <= 1e-6), "{two:?} {far:?}");
    assert!(many.iter().zip(&two).all(|(many, two)| *many > 0.98 * two), "{many:?} {two:?}");
    let farther = gap(&FreeLb { passes: 2, stride: 1.0 }, 2.0 * RHO);
    assert!(farther.iter().zip(&two).all(|(farther, two)| farther > two), "{farther:?}");
}

#[test]
fn outside_its_part_of_the_run_a_method_is_sgd_and_inside_it_begins_anew() {
    let problem = embbag(&Device::flex());
    let w = random_weights(&problem, &SEEDS);
    let within = |method: Box<dyn Method>, from, until| Within { method, from, until };
    let at = |method: &dyn Method, done: usize| {
        let mut state = State::new(method.slots().iter().copied(), &w);
        let report = step_at(method, &problem, &w, RHO, ClimbLoss::CrossEntropy, Time { done, planned: 10 }, &mut state);
        (bits(&report.descent), report.cost.gradient_evaluations())
    };
    let (sgd, sam) = (at(&Sgd, 0), at(&Sam, 0));
    assert_eq!((sgd.1, sam.1), (1.0, 2.0));
    let late = within(Box::new(Sam), Moment::Share(0.25), None);
    let early = within(Box::new(Sam), Moment::Step(0), Some(Moment::Step(3)));
    for done in 0..14 {
        // A quarter of ten steps are done after the third; past the planned end it stays as it was.
        assert_eq!(at(&late, done), if done < 3 { sgd.clone() } else { sam.clone() }, "late, step {done}");
        assert_eq!(at(&early, done), if done < 3 { sam.clone() } else { sgd.clone() }, "early, step {done}");
    }
    // It climbs in its first step, whichever that is of the run.
    let look = within(Box::new(LookSam { period: 5, alpha: 0.7 }), Moment::Step(3), None);
    assert_eq!([2, 3, 4, 8].map(|done| at(&look, done).1 as u32), [1, 2, 1, 2]);
    // SANER's factor falls from there on: it is SAM first.
    let saner = within(Box::new(Saner { alpha: 0.5, ramp: 0.5 }), Moment::Share(0.5), None);
    assert_eq!(at(&saner, 5).0, sam.0);
    assert_ne!(at(&saner, 6).0, sam.0);
}

/// An objective for weights with some rows of the embedding alone.
struct OnRows<'a> {
    objective: &'a dyn Objective,
    /// A one at the place of each row in the table, `[1, vocabulary, rows]`.
    places: Tensor<3>,
}

impl Objective for OnRows<'_> {
    fn labels(&self) -> &[usize] {
        self.objective.labels()
    }

    fn one_hot(&self) -> Tensor<3> {
        self.objective.one_hot()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        self.objective.forward(&w.map_embedding(|rows| self.places.clone().matmul(rows)))
    }

    fn subset(&self, _: Subset<'_>) -> Box<dyn Objective + '_> {
        unimplemented!("F-SAM takes the batch as it is")
    }
}
