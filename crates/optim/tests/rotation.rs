//! Which methods see no more of the weights than lengths and angles: a random rotation of the weights, a step, and the rotation
//! back. Held against the table of methods, which says who may run in text coordinates; and what steps cost, against its column.

use basin_optim::base::State;
use basin_optim::methods::{
    Asam, Context, DeltaSam, EigenSam, FSam, FisherSam, Form, Gsam, JSam, LSam, Llqr, LookSam, METHODS, MSam, Method, Order,
    PerInstanceSam, RDrop, RwSam, Sam, Saner, Sgd, Time, runs_in_text_coordinates,
};
use basin_optim::population::{Leaf, Noise, Objective, Outputs, Purpose, Role, Subset, Weights};
use basin_optim::weighting::{Draws, Radius, Rule};
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

fn methods() -> Vec<Box<dyn Method>> {
    let draws = Draws { count: 2, radius: Radius::Relative(0.05) };
    let rules = [
        Rule::Noise(draws),
        Rule::Change(draws),
        Rule::NoiseOverNorm(draws),
        Rule::Head,
        Rule::HeadSimple,
        Rule::LabelProbability,
        Rule::InverseNorm,
        Rule::Uniform,
        Rule::Random,
    ];
    let mut methods: Vec<Box<dyn Method>> = rules.map(|rule| Box::new(DeltaSam { rule }) as Box<dyn Method>).into();
    methods.extend([
        Box::new(Sgd) as Box<dyn Method>,
        Box::new(Sam),
        Box::new(PerInstanceSam { form: Form::Best }),
        Box::new(MSam { groups: 4, sorted: true }),
        Box::new(Asam { eta: 0.01, plain_biases: true }),
        Box::new(FSam { sigma: 1.0, lambda: 0.9, order: Order::MeanLater }),
        Box::new(RwSam { lambda: 0.5, radius: Radius::Relative(0.05) }),
        Box::new(Gsam { alpha: 0.4 }),
        Box::new(FisherSam),
        Box::new(LSam),
        Box::new(JSam),
        Box::new(LookSam { period: 5, alpha: 0.7 }),
        Box::new(EigenSam { alpha: 0.2, period: 100, iterations: 5 }),
        Box::new(Saner { alpha: 0.5, ramp: 0.0 }),
        Box::new(Llqr { period: 1000, inner: 50 }),
        Box::new(RDrop { alpha: 1.0 }),
    ]);
    methods
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
    let step = |method: &dyn Method, objective: &dyn Objective, w: &Weights, xi: &Weights| {
        let mut state = State::new(method.slots().iter().copied(), w);
        let (rho, noise) = (tensor(vec![0.1, 0.4], [2, 1, 1]), Noise::Given(xi.clone()));
        let descent = method.step(w, objective, &mut Context::new(rho, &mut state, &noise)).descent;
        (descent, state)
    };
    let methods = methods();
    for method in &methods {
        let (expected, state) = step(&**method, &Network::new(), &w, &xi);
        let found = rotation.turn(&step(&**method, &turned, &rotation.turn(&w, false), &rotation.turn(&xi, false)).0, true);
        let (found, expected) = (flat(&found), flat(&expected));
        let largest = expected.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
        let apart = found.iter().zip(&expected).fold(0.0_f64, |largest, (a, b)| largest.max((a - b).abs())) / largest;
        println!("{}: {apart:.1e}", method.name());
        if runs_in_text_coordinates(&**method) {
            assert!(apart < 1e-9 && method.slots().is_empty(), "{}: {apart}", method.name());
        } else if method.slots().is_empty() {
            assert!(apart > 1e-4, "{}: {apart}", method.name());
        } else {
            // A step of F-SAM, LookSAM or Eigen-SAM turns with the weights, and so does what it keeps: what keeps them out is that a
            // vector shaped like the weights of one batch does not fit the next. So they have to keep one.
            for slot in method.slots() {
                assert!(flat(state.slot(slot)).iter().any(|number| number.abs() > 1e-9), "{} keeps {slot}", method.name());
            }
        }
    }
    for row in METHODS {
        // Of tokens text coordinates know nothing.
        let tried = methods.iter().any(|method| method.name() == row.name) || row.moves_tokens && !row.in_text_coordinates;
        assert!(tried, "{} is tried", row.name);
    }
}

/// The costs of a first step and of the next one, as the table says them of the methods above; those of text regularisers, which need
/// tokens, are held in `identities.rs` of the workspace.
#[test]
fn steps_cost_what_the_table_says() {
    let (w, noise) = (normal(1, 2), Noise::Given(normal(7, 1)));
    for method in methods() {
        let mut state = State::new(method.slots().iter().copied(), &w);
        let costs = [0, 1].map(|done| {
            let mut context = Context::new(tensor(vec![0.1, 0.4], [2, 1, 1]), &mut state, &noise);
            context.time = Time { done, planned: 10 };
            method.step(&w, &Network::new(), &mut context).cost.gradient_evaluations()
        });
        let row = METHODS.iter().find(|row| row.name == method.name()).expect("it is in the table");
        let told = match row.cost {
            "1" => [1.0, 1.0],
            "2" => [2.0, 2.0],
            "2⅓" => [7.0 / 3.0; 2],
            "1 + 1/k" => [2.0, 1.0],
            "2 and 10 every 100 steps" => [12.0, 2.0],
            "2 and 100 every 1000 steps" => [102.0, 2.0],
            "2 and the rule's" => {
                assert!(costs.iter().all(|cost| *cost >= 2.0), "{}: {costs:?}", row.name);
                continue;
            }
            other => panic!("{}: nobody knows how much {other} is", row.name),
        };
        assert!(costs.iter().zip(told).all(|(found, told)| (found - told).abs() < 1e-12), "{} costs {}: {costs:?}", row.name, row.cost);
    }
}
