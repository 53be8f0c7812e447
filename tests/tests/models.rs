//! The models as the app runs them: `bag` against the known numbers of `embbag`, and for every model
//! that examples and members do not mix and that per-instance SAM is the same in all its forms; gradients
//! that are written out against burn's tape.

use basin_optim::base::{Base, Part, State};
use basin_optim::methods::{Context, DeltaSam, Form, MSam, Method, PerInstanceSam};
use basin_optim::population::{ClimbLoss, Noise, Objective, Outputs, Purpose, Subset, Weights, brute_force, forward};
use basin_optim::weighting::Rule;
use basin_tests::{devices, numbers};
use basin_train::data::dataset::Example;
use basin_train::experiment::{ModelConfig, ModelKind, Pair};
use basin_train::models::batch::Batch;
use basin_train::models::{Model, OnBatch, Sizes, build};
use basin_train::random;
use basin_train::random::{below, stream};
use basin_verify::file::Fields;
use basin_verify::problem::Problem;
use burn::tensor::{DType, Device, Tensor, TensorData};

fn flat(w: &Weights) -> Vec<f32> {
    w.leaves().iter().flat_map(|leaf| numbers(&leaf.value)).collect()
}

/// Largest difference over the largest expected number.
fn error(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().chain(expected).all(|number| number.is_finite()));
    let scale = expected.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
    found.iter().zip(expected).fold(0.0, |largest: f32, (a, b)| largest.max((a - b).abs())) / scale
}

fn text(tokens: Vec<u32>, label: u32) -> Example {
    Example { text: String::new(), text_b: None, tokens, tokens_b: Vec::new(), vectors: Vec::new(), label, given_label: label, row: 1 }
}

fn model(kind: ModelKind, width: usize, vocabulary: usize) -> Box<dyn Model> {
    let config = ModelConfig { kind, dim: width, hidden: width, pair: Pair::Concat };
    build(&config, Sizes { vocabulary, classes: 3, pairs: false })
}

/// 20 texts of 1 to 6 of 12 tokens: more than one chunk of the brute force, with tokens that repeat.
fn random_texts() -> Vec<Example> {
    let mut rng = stream(4, random::Purpose::Reviews);
    let mut one = |i: usize| {
        let length = 1 + below(&mut rng, 6);
        text((0..length).map(|_| 1 + below(&mut rng, 12) as u32).collect(), (i % 3) as u32)
    };
    (0..20).map(&mut one).collect()
}

const VOCABULARY: usize = 13;
const SEEDS: [u64; 3] = [1, 2, 3];

/// Different for each member.
fn rho(device: &Device, members: std::ops::Range<usize>) -> Tensor<3> {
    let all = [0.05_f32, 0.2, 0.8];
    Tensor::from_data(TensorData::new(all[members.clone()].to_vec(), [members.len(), 1, 1]), device)
}

fn step(method: &dyn Method, objective: &dyn Objective, w: &Weights, rho: Tensor<3>) -> Weights {
    let mut state = State::new(method.slots().iter().copied(), w);
    let noise = Noise::Seeded { seeds: vec![0; w.members()], purpose: Purpose::Step, step: 0 };
    let report = method.step(w, objective, &mut Context::new(rho, &mut state, &noise));
    Base::Sgd { decay: 0.0 }.step(w.clone(), &report.descent, Part::Whole, 0.5, &mut state)
}

#[test]
fn bag_gives_the_known_numbers_of_per_instance_sam() {
    let json: serde_json::Value = serde_json::from_str(include_str!("../golden/embbag.json")).expect("the file is JSON");
    let list = |value: &serde_json::Value| -> Vec<f32> {
        value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number") as f32).collect()
    };
    let examples: Vec<Example> = json["batch"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            let tokens = item["tokens"].as_array().expect("a list").iter().map(|t| t.as_u64().expect("a token") as u32).collect();
            text(tokens, item["y"].as_u64().expect("a class") as u32)
        })
        .collect();
    for (name, device) in devices() {
        // The leaves of the problem have the names and shapes of the model's.
        let problem = Problem::read(&Fields::root(&json).expect("an object"), &device, DType::F32).expect("the file is whole");
        let model = model(ModelKind::Bag, 2, 5);
        let of_model = model.init(&[1], &device);
        let form = |w: &Weights| w.leaves().iter().map(|leaf| (leaf.name, leaf.role, leaf.value.dims())).collect::<Vec<_>>();
        assert_eq!(form(&of_model), form(problem.weights()));

        let batch = Batch::new(&examples, 3, model.reads_in_order(), &device);
        let objective = OnBatch::new(&*model, &batch);
        let w = problem.weights().select_rows(&batch.rows);
        let rho = problem.per_member(json["rho"].as_f64().expect("a number"), 1);
        let found = objective.fast().expect("bag has fast paths").per_example(&w, &rho).expect("for single texts");
        let expected = &json["per_instance_sam"];
        let descent = problem.weights().zeros_like().assign_rows(&batch.rows, found.descent);
        let leaves: Vec<Vec<f64>> = descent.leaves().iter().map(|leaf| numbers(&leaf.value).into_iter().map(f64::from).collect()).collect();
        let descent: Vec<f32> = problem.to_flat(&leaves, 1)[0].iter().map(|&number| number as f32).collect();
        for (what, found, expected) in [
            ("losses", numbers(&found.losses), &json["losses"]),
            ("norms", numbers(&found.norms), &json["per_instance_grad_norms"]),
            ("losses up", numbers(&found.losses_up), &expected["losses_at_perturbed"]),
            ("descent", descent, &expected["mean_grad"]),
        ] {
            let error = error(&found, &list(expected));
            println!("{name} {what} {error:.1e}");
            assert!(error <= 2e-6, "{what} on the {name}: {error}");
        }
    }
}

/// An objective without its own backward pass: burn's tape finds the gradient.
struct OnTape<'a>(&'a OnBatch<'a>);

impl Objective for OnTape<'_> {
    fn labels(&self) -> &[usize] {
        self.0.labels()
    }

    fn one_hot(&self) -> Tensor<3> {
        self.0.one_hot()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        self.0.forward(w)
    }

    fn subset(&self, of: Subset<'_>) -> Box<dyn Objective + '_> {
        self.0.subset(of)
    }
}

const KINDS: [ModelKind; 3] = [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention];

#[test]
fn the_gradient_written_out_is_that_of_the_tape() {
    for ((name, device), kind) in devices().into_iter().flat_map(|device| KINDS.map(|kind| (device.clone(), kind))) {
        for (pairs, pair) in [(false, Pair::Concat), (true, Pair::Concat), (true, Pair::Interaction)] {
            let config = ModelConfig { kind, dim: 8, hidden: 8, pair };
            let model = build(&config, Sizes { vocabulary: VOCABULARY, classes: 3, pairs });
            let mut texts = random_texts();
            if pairs {
                // Each text beside the one before it.
                let others: Vec<Vec<u32>> = (0..20).map(|i| texts[(i + 19) % 20].tokens.clone()).collect();
                texts.iter_mut().zip(others).for_each(|(text, other)| text.tokens_b = other);
            }
            let batch = Batch::new(&texts, 3, model.reads_in_order(), &device);
            let objective = OnBatch::new(&*model, &batch);
            let w = model.init(&SEEDS, &device).select_rows(&batch.rows);
            // Different for each example, with zeros among them: i mod 4 over their sum, 30.
            let p: Vec<f32> = (0..20_u8).map(|i| f32::from(i % 4) / 30.0).collect();
            let p = Tensor::<2>::from_data(TensorData::new(p, [1, 20]), &device);

            assert!(objective.fast().is_some() && OnTape(&objective).fast().is_none());
            let (analytic, on_tape) = (forward(&objective, &w).gradient(&p), forward(&OnTape(&objective), &w).gradient(&p));
            let what = format!("{kind:?}, {name}, pairs {pairs}, {pair:?}");
            let losses = error(&numbers(&analytic.losses), &numbers(&on_tape.losses));
            assert!(losses <= 1e-6, "{what}: {losses}");
            for (found, expected) in analytic.gradient.leaves().iter().zip(on_tape.gradient.leaves()) {
                let error = error(&numbers(&found.value), &numbers(&expected.value));
                println!("{what}, {} {error:.1e}", found.name);
                // Sums of 20 rounded numbers, in another order; attention has many more of them one behind the other.
                let band = if kind == ModelKind::Attention { 2e-5 } else { 2e-6 };
                assert!(error <= band, "{what}, {}: {error}", found.name);
            }
        }
    }
}

/// Bag on both devices, the others on the CPU, where they have a form.
#[test]
fn the_form_of_the_model_is_the_brute_force() {
    let on_cpu = || ("CPU", Device::flex());
    let cases = devices().into_iter().map(|device| (device, ModelKind::Bag));
    for ((name, device), kind) in cases.chain([(on_cpu(), ModelKind::Cnn), (on_cpu(), ModelKind::Attention)]) {
        let model = model(kind, 8, VOCABULARY);
        let texts = random_texts();
        let batch = Batch::new(&texts, 3, model.reads_in_order(), &device);
        let objective = OnBatch::new(&*model, &batch);
        let w = model.init(&SEEDS, &device).select_rows(&batch.rows);
        let rho = rho(&device, 0..3);
        let found = objective.fast().expect("all have fast paths").per_example(&w, &rho).expect("for single texts");
        let brute = brute_force(&objective, &w, &rho, ClimbLoss::CrossEntropy);
        for (what, found, expected) in [
            ("losses", numbers(&found.losses), numbers(&brute.losses)),
            ("norms", numbers(&found.norms), numbers(&brute.norms)),
            ("losses up", numbers(&found.losses_up), numbers(&brute.losses_up)),
            ("descent", flat(&found.descent), flat(&brute.descent)),
        ] {
            let error = error(&found, &expected);
            println!("{kind:?} {name} {what} {error:.1e}");
            assert!(error <= 1e-5, "{what} of {kind:?} on the {name}: {error}");
        }
    }
}

#[test]
fn as_many_parts_as_examples_are_per_instance_sam() {
    let device = Device::flex();
    for kind in KINDS {
        let model = model(kind, 8, VOCABULARY);
        let texts = random_texts();
        let batch = Batch::new(&texts, 3, model.reads_in_order(), &device);
        let objective = OnBatch::new(&*model, &batch);
        let w = model.init(&SEEDS, &device).select_rows(&batch.rows);
        let parts = step(&MSam { groups: 20, sorted: true }, &objective, &w, rho(&device, 0..3));
        for form in [Form::Best, Form::BruteForce] {
            let per_instance = step(&PerInstanceSam { form }, &objective, &w, rho(&device, 0..3));
            let error = error(&flat(&per_instance), &flat(&parts));
            println!("{kind:?} {form:?} {error:.1e}");
            assert!(error <= 5e-6, "{kind:?} {form:?}: {error}");
        }
    }
}

#[test]
fn members_of_every_model_do_not_mix() {
    let device = Device::flex();
    for kind in KINDS {
        let model = model(kind, 8, VOCABULARY);
        let texts = random_texts();
        let batch = Batch::new(&texts, 3, model.reads_in_order(), &device);
        let objective = OnBatch::new(&*model, &batch);
        let all = model.init(&SEEDS, &device);
        let method = DeltaSam { rule: Rule::Head };
        let together = step(&method, &objective, &all.select_rows(&batch.rows), rho(&device, 0..3));
        for (member, &seed) in SEEDS.iter().enumerate() {
            let alone = model.init(&[seed], &device);
            assert_eq!(flat(&alone), flat(&all.slice_members(member..member + 1)), "{kind:?}: a seed makes its weights alone");
            let alone = step(&method, &objective, &alone.select_rows(&batch.rows), rho(&device, member..member + 1));
            assert_eq!(flat(&alone), flat(&together.slice_members(member..member + 1)), "{kind:?}, member {member}");
        }
    }
}
