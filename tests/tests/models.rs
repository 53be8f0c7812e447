//! The models as the app runs them: `bag` against the known numbers of `embbag`, and for every model
//! that examples and members do not mix and that per-instance SAM is the same in all its forms; gradients
//! that are written out against burn's tape.

use basin_optim::base::{Base, Part, State};
use basin_optim::methods::{Context, DeltaSam, FreeLb, MSam, Method, PerInstanceSam, R3f, RDrop, Sgd, Smart};
use basin_optim::population::{ClimbLoss, Noise, Objective, Outputs, Purpose, Subset, Weights, brute_force, evaluate, forward, losses};
use basin_optim::weighting::Rule;
use basin_tests::{devices, numbers};
use basin_train::data::dataset::Example;
use basin_train::experiment::{ModelConfig, ModelKind, Pair};
use basin_train::models::batch::Batch;
use basin_train::models::{Dropout, Model, OnBatch, Sizes, build};
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
    let (vectors, pieces) = (Vec::new(), Vec::new());
    Example { text: String::new(), text_b: None, tokens, tokens_b: Vec::new(), vectors, pieces, label, given_label: label, row: 1 }
}

fn model(kind: ModelKind, width: usize, vocabulary: usize) -> Box<dyn Model> {
    let config = ModelConfig { kind, dim: width, hidden: width, pair: Pair::Concat, dropout: 0.0, tune: None };
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

/// Where masks of dropout are drawn from.
fn masks(seeds: &[u64], step: u64) -> Noise {
    Noise::Seeded { seeds: seeds.to_vec(), purpose: Purpose::Dropout, step }
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
            let config = ModelConfig { kind, dim: 8, hidden: 8, pair, dropout: 0.0, tune: None };
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
            let masks = masks(&SEEDS, 0);
            let dropout = Dropout { rate: if pair == Pair::Concat { 0.0 } else { 0.3 }, noise: &masks };
            let objective = objective.dropping(&w, dropout);
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
        let w = model.init(&SEEDS, &device).select_rows(&batch.rows);
        let masks = masks(&SEEDS, 0);
        // Those that read in order have a form for whole inputs alone.
        let rate = if kind == ModelKind::Bag { 0.3 } else { 0.0 };
        let objective = OnBatch::new(&*model, &batch).dropping(&w, Dropout { rate, noise: &masks });
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
        for (form, objective) in [("its own form", &objective as &dyn Objective), ("brute force", &OnTape(&objective))] {
            let per_instance = step(&PerInstanceSam, objective, &w, rho(&device, 0..3));
            let error = error(&flat(&per_instance), &flat(&parts));
            println!("{kind:?}, {form} {error:.1e}");
            assert!(error <= 5e-6, "{kind:?}, {form}: {error}");
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

/// Texts beside others, for models of pairs.
fn in_pairs(mut texts: Vec<Example>) -> Vec<Example> {
    let others: Vec<Vec<u32>> = (0..texts.len()).map(|i| texts[(i + texts.len() - 1) % texts.len()].tokens.clone()).collect();
    texts.iter_mut().zip(others).for_each(|(text, other)| text.tokens_b = other);
    texts
}

/// The batch of a model with the tokens of its texts.
fn with_tokens(model: &dyn Model, texts: &[Example], device: &Device) -> Batch {
    Batch::new(texts, 3, model.reads_in_order(), device).with_tokens(&texts.iter().collect::<Vec<_>>())
}

/// The batch with a row for each token is the batch: the same losses, and the gradients of the tokens sum to those of the rows.
#[test]
fn a_batch_by_token_is_the_batch() {
    for (name, device) in devices() {
        for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
            for pairs in [false, true] {
                let config = ModelConfig { kind, dim: 8, hidden: 8, pair: Pair::Interaction, dropout: 0.0, tune: None };
                let model = build(&config, Sizes { vocabulary: VOCABULARY, classes: 3, pairs });
                let texts = if pairs { in_pairs(random_texts()) } else { random_texts() };
                let batch = with_tokens(&*model, &texts, &device);
                let w = model.init(&SEEDS, &device).select_rows(&batch.rows);
                let masks = masks(&SEEDS, 0);
                let objective = OnBatch::new(&*model, &batch).dropping(&w, Dropout { rate: 0.3, noise: &masks });
                let tokens = objective.by_token().expect("its texts are known in order");
                let (expected, found) = (evaluate(&objective, &w), evaluate(&*tokens.objective, &tokens.enter(&w)));
                let count = texts.iter().map(|text| text.tokens.len() + text.tokens_b.len()).sum::<usize>();
                assert_eq!(tokens.enter(&w).leaf("embedding").dims(), [3, count, 8]);
                let losses = error(&numbers(&found.losses), &numbers(&expected.losses));
                let gradient = error(&flat(&tokens.leave(&found.gradient)), &flat(&expected.gradient));
                assert!(losses <= 1e-6 && gradient <= 5e-6, "{kind:?}, pairs {pairs}, {name}: {losses} {gradient}");

                // As long as ρ over all tokens of an example, and no longer.
                let v = tokens.drawn(&tokens.enter(&w), &masks, Noise::uniform);
                let rho = rho(&device, 0..3);
                let lengths = |v: &Tensor<3>| numbers(&(tokens.over_example)(&v.clone().square().sum_dim(2)).sqrt());
                let (scaled, within) = (lengths(&tokens.scaled_to(&v, &rho)), lengths(&tokens.within(&v, &rho)));
                for ((member, scaled), within) in scaled.chunks(count).enumerate().zip(within.chunks(count)) {
                    let rho = [0.05, 0.2, 0.8][member];
                    assert!(scaled.iter().all(|length| (length - rho).abs() < 1e-5), "{kind:?} {scaled:?}");
                    assert!(within.iter().all(|length| *length < rho + 1e-5), "{kind:?} {within:?}");
                }
            }
        }
    }
}

#[test]
fn text_regularisers_move_the_tokens_of_every_model_and_members_do_not_mix() {
    let device = Device::flex();
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        let model = model(kind, 8, VOCABULARY);
        let batch = with_tokens(&*model, &random_texts(), &device);
        let all = model.init(&SEEDS, &device);
        let stepped = |method: &dyn Method, seeds: &[u64], members: std::ops::Range<usize>| {
            let w = all.slice_members(members.clone()).select_rows(&batch.rows);
            let masks = masks(seeds, 0);
            let objective = OnBatch::new(&*model, &batch).dropping(&w, Dropout { rate: 0.3, noise: &masks });
            let noise = Noise::Seeded { seeds: seeds.to_vec(), purpose: Purpose::Step, step: 0 };
            let mut state = State::new([], &w);
            flat(&method.step(&w, &objective, &mut Context::new(rho(&device, members), &mut state, &noise)).descent)
        };
        let plain = stepped(&Sgd, &SEEDS, 0..3);
        let (r3f, r_drop) = (R3f { lambda: 1.0 }, RDrop { alpha: 1.0 });
        let (free_lb, smart) = (FreeLb { passes: 3, stride: 0.5 }, Smart { lambda: 1.0 });
        for (name, method) in [("R3F", &r3f as &dyn Method), ("R-Drop", &r_drop), ("FreeLB", &free_lb), ("SMART", &smart)] {
            let together = stepped(method, &SEEDS, 0..3);
            assert!(error(&together, &plain) > 1e-4, "{name} on {kind:?} is not SGD: {}", error(&together, &plain));
            let alone: Vec<Vec<f32>> = (0..3).map(|member| stepped(method, &SEEDS[member..=member], member..member + 1)).collect();
            // Leaf by leaf the members lie side by side.
            let mut rest = &together[..];
            let mut places = [0; 3];
            for leaf in all.slice_members(0..1).select_rows(&batch.rows).leaves() {
                let size: usize = leaf.value.dims().iter().product();
                for (own, place) in alone.iter().zip(&mut places) {
                    let (found, others) = rest.split_at(size);
                    assert_eq!(found, &own[*place..*place + size], "{name} on {kind:?}, {}", leaf.name);
                    (rest, *place) = (others, *place + size);
                }
            }
            assert!(rest.is_empty());
        }
    }
}

/// A share of the last layer's inputs is left out, each member's own, another one at each step, and nothing where nobody trains.
#[test]
fn dropout_leaves_out_a_share_of_the_hidden_layer() {
    let device = Device::flex();
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        let model = model(kind, 64, VOCABULARY);
        let batch = Batch::new(&random_texts(), 3, model.reads_in_order(), &device);
        let w = model.init(&SEEDS, &device).select_rows(&batch.rows);
        let hidden = |rate, step, seeds: &[u64]| {
            let masks = masks(seeds, step);
            numbers(&OnBatch::new(&*model, &batch).dropping(&w, Dropout { rate, noise: &masks }).forward(&w).hidden)
        };
        let whole = numbers(&OnBatch::new(&*model, &batch).forward(&w).hidden);
        assert_eq!(hidden(0.0, 0, &SEEDS), whole, "{kind:?}");
        let dropped = hidden(0.25, 0, &SEEDS);
        assert_eq!(dropped, hidden(0.25, 0, &SEEDS), "a seed and a step make the mask");
        let others = [hidden(0.25, 1, &SEEDS), hidden(0.25, 0, &[7, 8, 9])];
        assert!(others.iter().all(|other| *other != dropped));
        // Of 3 × 20 × 64 numbers or so a quarter, ± 0.7 %; five of these. A convolution's maximum may be 0 by itself.
        let there: Vec<(f32, f32)> = dropped.into_iter().zip(whole).filter(|(_, whole)| *whole != 0.0).collect();
        let gone = there.iter().filter(|(dropped, _)| *dropped == 0.0).count() as f32 / there.len() as f32;
        assert!((gone - 0.25).abs() < 0.035, "{kind:?}: {gone} of {}", there.len());
        let kept = there.iter().filter(|(dropped, _)| *dropped != 0.0);
        assert!(kept.into_iter().all(|(dropped, whole)| (dropped * 0.75 - whole).abs() < 1e-5), "{kind:?}: what is left keeps the mean");

        // All that is done with one objective has its masks: also a population of twice the members.
        let masks = masks(&SEEDS, 0);
        let objective = OnBatch::new(&*model, &batch).dropping(&w, Dropout { rate: 0.25, noise: &masks });
        let twice = w.zip(&w, |a, b| Tensor::cat(vec![a, b], 0));
        let (one, two) = (numbers(&losses(&objective, &w)), numbers(&losses(&objective, &twice)));
        assert_eq!([one.clone(), one].concat(), two, "{kind:?}");
    }
}
