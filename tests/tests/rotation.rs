//! Which methods see no more of the weights than lengths and angles: a random rotation of the weights, a step, and the rotation
//! back. Held against what an experiment says of a method, whether it can run in text coordinates; and what steps cost, against a
//! list. All methods and rules as runs have them, but for those that need tokens, of which text coordinates know nothing.

use basin_optim::base::State;
use basin_optim::methods::{Context, Method, Time};
use basin_optim::population::{Leaf, Noise, Objective, Outputs, Purpose, Role, Subset, Weights};
use basin_train::experiment::{LaneConfig, MethodConfig, Rule, build};
use burn::tensor::{DType, Device, Tensor, TensorData};

const BATCH: usize = 6;
const INPUTS: usize = 5;
const WIDTH: usize = 4;
const CLASSES: usize = 3;

fn tensor<const D: usize>(values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
}

/// A vector of normal numbers shaped like the weights of the network.
fn normal(seed: u64, members: usize) -> Weights {
    let leaf =
        |name, role, [rows, cols]: [usize; 2]| Leaf::new(name, role, tensor(vec![0.0; members * rows * cols], [members, rows, cols]));
    let shape = Weights::new(vec![
        leaf("embedding", Role::Embedding, [INPUTS, WIDTH]),
        leaf("hidden", Role::Matrix, [WIDTH, WIDTH]),
        leaf("bias", Role::Bias, [1, WIDTH]),
        leaf("head", Role::Matrix, [WIDTH, CLASSES]),
    ]);
    let seeds = (0..members as u64).map(|member| seed + member).collect();
    Noise::Seeded { seeds, purpose: Purpose::Plane, step: 0 }.gaussian(&shape, 0)
}

/// tanh(x E W + b) and a last layer.
struct Network {
    x: Tensor<3>,
    one_hot: Tensor<3>,
    labels: Vec<usize>,
}

impl Network {
    fn new() -> Self {
        let x = (0..BATCH * INPUTS).map(|i| ((i * 37) % 11) as f64 / 5.0 - 1.0).collect();
        let labels: Vec<usize> = (0..BATCH).map(|i| i * 2 % CLASSES).collect();
        let one_hot = labels.iter().flat_map(|&label| (0..CLASSES).map(move |class| f64::from(u8::from(class == label)))).collect();
        Self { x: tensor(x, [1, BATCH, INPUTS]), one_hot: tensor(one_hot, [1, BATCH, CLASSES]), labels }
    }
}

impl Objective for Network {
    fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn one_hot(&self) -> Tensor<3> {
        self.one_hot.clone()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        let hidden = (self.x.clone().matmul(w.leaf("embedding")).matmul(w.leaf("hidden")) + w.leaf("bias")).tanh();
        Outputs { logits: hidden.clone().matmul(w.leaf("head")), hidden }
    }

    fn subset(&self, of: Subset<'_>) -> Box<dyn Objective + '_> {
        match of {
            Subset::Together(examples) => {
                let pick = |all: &Tensor<3>| Tensor::cat(examples.iter().map(|&i| all.clone().narrow(1, i, 1)).collect(), 1);
                let labels = examples.iter().map(|&i| self.labels[i]).collect();
                Box::new(Self { x: pick(&self.x), one_hot: pick(&self.one_hot), labels })
            }
            Subset::OneEach(range, members) => {
                let spread = |all: &Tensor<3>| all.clone().narrow(1, range.start, range.len()).swap_dims(0, 1).repeat(&[members, 1, 1]);
                Box::new(Self { x: spread(&self.x), one_hot: spread(&self.one_hot), labels: self.labels[range.clone()].to_vec() })
            }
        }
    }
}

/// A rotation for each leaf, of all its numbers together: `[1, n, n]`.
struct Rotation(Vec<Tensor<3>>);

impl Rotation {
    /// Made of random vectors by Gram and Schmidt, twice for the rounding.
    fn random() -> Self {
        let of_leaf = |(seed, size): (usize, usize)| {
            let draws = normal(100 + seed as u64, size.div_ceil(WIDTH * WIDTH) * size);
            let numbers: Vec<f64> = draws.leaf("hidden").into_data().iter::<f64>().collect();
            let mut rows: Vec<Vec<f64>> = Vec::new();
            for candidate in numbers.chunks(size).take(size) {
                let mut row = candidate.to_vec();
                for _ in 0..2 {
                    for other in &rows {
                        let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                        row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
                    }
                }
                let length = row.iter().map(|a| a * a).sum::<f64>().sqrt();
                rows.push(row.into_iter().map(|a| a / length).collect());
            }
            tensor(rows.concat(), [1, size, size])
        };
        Self([INPUTS * WIDTH, WIDTH * WIDTH, WIDTH, WIDTH * CLASSES].into_iter().enumerate().map(of_leaf).collect())
    }

    fn turn(&self, w: &Weights, back: bool) -> Weights {
        let mut rotations = self.0.iter();
        w.map(|leaf| {
            let rotation = rotations.next().expect("one for each leaf").clone();
            let rotation = if back { rotation.swap_dims(1, 2) } else { rotation };
            let [members, rows, cols] = leaf.value.dims();
            rotation.matmul(leaf.value.clone().reshape([members, rows * cols, 1])).reshape([members, rows, cols])
        })
    }
}

/// An objective in rotated coordinates.
struct Rotated<'a> {
    objective: Box<dyn Objective + 'a>,
    rotation: &'a Rotation,
}

impl Objective for Rotated<'_> {
    fn labels(&self) -> &[usize] {
        self.objective.labels()
    }

    fn one_hot(&self) -> Tensor<3> {
        self.objective.one_hot()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        self.objective.forward(&self.rotation.turn(w, true))
    }

    fn subset(&self, of: Subset<'_>) -> Box<dyn Objective + '_> {
        Box::new(Rotated { objective: self.objective.subset(of), rotation: self.rotation })
    }
}

/// Every method with its default knobs, δ-SAM with each rule.
fn methods() -> impl Iterator<Item = (MethodConfig, Box<dyn Method>)> {
    let others = MethodConfig::ALL.into_iter().filter(|config| !config.moves_tokens() && !matches!(config, MethodConfig::DeltaSam { .. }));
    let all = Rule::ALL.into_iter().map(MethodConfig::delta_sam).chain(others);
    all.map(|config| (config, build::method(&LaneConfig::new(config))))
}

fn flat(w: &Weights) -> Vec<f64> {
    w.values().into_iter().flat_map(|value| value.clone().into_data().iter::<f64>().collect::<Vec<f64>>()).collect()
}

/// In f64, of which Gram and Schmidt and a few products leave at least ten digits.
#[test]
fn methods_of_text_coordinates_do_not_feel_a_rotation_and_the_others_do_or_remember_something() {
    let (rotation, xi) = (Rotation::random(), normal(7, 1));
    let w = normal(1, 2);
    let turned = Rotated { objective: Box::new(Network::new()), rotation: &rotation };
    // A step in which all do what they do every so many steps, and SANER has fallen to its factor.
    let time = Time { done: 1000, planned: 1000 };
    let step = |method: &dyn Method, objective: &dyn Objective, w: &Weights, xi: &Weights| {
        let mut state = State::new(method.slots().iter().copied(), w);
        let (rho, noise) = (tensor(vec![0.1, 0.4], [2, 1, 1]), Noise::Given(xi.clone()));
        let context = Context::new(rho, &mut state, &noise);
        let descent = method.step(w, objective, &mut Context { time, ..context }).descent;
        (descent, state)
    };
    for (config, method) in methods() {
        let (expected, state) = step(&*method, &Network::new(), &w, &xi);
        let found = rotation.turn(&step(&*method, &turned, &rotation.turn(&w, false), &rotation.turn(&xi, false)).0, true);
        let (found, expected) = (flat(&found), flat(&expected));
        let largest = expected.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
        let apart = found.iter().zip(&expected).fold(0.0_f64, |largest, (a, b)| largest.max((a - b).abs())) / largest;
        println!("{config}: {apart:.1e}");
        if config.in_text_coordinates() {
            assert!(apart < 1e-9 && method.slots().is_empty(), "{config}: {apart}");
        } else if method.slots().is_empty() {
            assert!(apart > 1e-4, "{config}: {apart}");
        } else {
            // A step of F-SAM, LookSAM or Eigen-SAM turns with the weights, and so does what it keeps: what keeps them out is that a
            // vector shaped like the weights of one batch does not fit the next. So they have to keep one.
            for slot in method.slots() {
                assert!(flat(state.slot(slot)).iter().any(|number| number.abs() > 1e-9), "{config} keeps {slot}");
            }
        }
    }
}

/// Gradient evaluations of a first step and of the next one; of δ-SAM those besides the rule's.
const COSTS: [(&str, [f64; 2]); 17] = [
    ("sgd", [1.0, 1.0]),
    ("sam", [2.0, 2.0]),
    ("delta-sam", [2.0, 2.0]),
    ("per-instance", [2.0, 2.0]),
    ("m-sam", [2.0, 2.0]),
    ("asam", [2.0, 2.0]),
    ("f-sam", [2.0, 2.0]),
    // A forward pass is a third.
    ("rw-sam", [7.0 / 3.0, 7.0 / 3.0]),
    ("gsam", [2.0, 2.0]),
    ("fisher-sam", [2.0, 2.0]),
    ("l-sam", [7.0 / 3.0, 7.0 / 3.0]),
    ("j-sam", [2.0, 2.0]),
    ("look-sam", [2.0, 1.0]),
    ("eigen-sam", [12.0, 2.0]),
    ("saner", [2.0, 2.0]),
    ("llqr", [102.0, 2.0]),
    ("r-drop", [2.0, 2.0]),
];

/// What a rule of δ-SAM spends besides, in a step: each draw one forward pass or two, and the norms of the gradients one evaluation.
fn of_rule(config: &MethodConfig) -> f64 {
    let MethodConfig::DeltaSam { rule, draws, .. } = config else { return 0.0 };
    match rule {
        Rule::Noise => *draws as f64 * 2.0 / 3.0,
        Rule::NoiseChange => *draws as f64 / 3.0,
        Rule::NoiseOverNorm => *draws as f64 * 2.0 / 3.0 + 1.0,
        Rule::InverseNorm => 1.0,
        Rule::Head | Rule::HeadSimple | Rule::Py | Rule::Uniform | Rule::Random => 0.0,
    }
}

/// Those of text regularisers are held in `identities.rs`.
#[test]
fn steps_cost_what_is_told_of_them() {
    let (w, noise) = (normal(1, 2), Noise::Given(normal(7, 1)));
    for (config, method) in methods() {
        let mut state = State::new(method.slots().iter().copied(), &w);
        let costs = [0, 1].map(|done| {
            let context = Context::new(tensor(vec![0.1, 0.4], [2, 1, 1]), &mut state, &noise);
            let time = Time { done, planned: 10 };
            method.step(&w, &Network::new(), &mut Context { time, ..context }).cost.gradient_evaluations()
        });
        let (_, told) = COSTS.iter().find(|(word, _)| *word == config.word()).expect("its costs are in the list");
        let told = told.map(|told| told + of_rule(&config));
        assert!(costs.iter().zip(told).all(|(found, told)| (found - told).abs() < 1e-12), "{config} costs {costs:?}, told are {told:?}");
    }
}
