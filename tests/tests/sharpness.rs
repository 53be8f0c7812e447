//! Sharpness, alignment and planes against independent numbers: a quadratic whose spectrum is known, the golden
//! problems' Hessians in 40-digit arithmetic (`tests/sharpness`), and rescalings that change nothing but the weights.
//! In float64 on the CPU; `cargo test --release -p basin-tests --test sharpness -- --nocapture` prints the errors.

use basin_optim::measures::alignment::alignment;
use basin_optim::measures::landscape::Plane;
use basin_optim::measures::sharpness::{adaptive_perturbation, average_rise, example_gap, gap, largest_eigenvalue, rise, sam_edge, trace};
use basin_optim::population::{
    ClimbLoss, Leaf, Noise, Objective, Outputs, Purpose, Role, Subset, Weights, evaluate, hessian_product, mean_of_batch, per_example,
};
use basin_verify::file::Fields;
use basin_verify::problem::Problem;
use burn::tensor::{DType, Device, Tensor, TensorData};
use serde_json::Value;

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.clone().into_data().iter::<f64>().collect()
}

fn flat(w: &Weights) -> Vec<f64> {
    w.leaves().iter().flat_map(|leaf| numbers(&leaf.value)).collect()
}

fn tensor<const D: usize>(values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
}

fn problems() -> Vec<(Problem, Value, Value)> {
    let reference: Value = serde_json::from_str(include_str!("../sharpness/sharpness.json")).expect("the file is JSON");
    [include_str!("../golden/logreg.json"), include_str!("../golden/mlp2.json"), include_str!("../golden/embbag.json")]
        .into_iter()
        .map(|text| {
            let golden: Value = serde_json::from_str(text).expect("the file is JSON");
            let problem = Problem::read(&Fields::root(&golden).expect("an object"), &Device::flex(), DType::F64).expect("it is whole");
            let expected = reference[problem.name()].clone();
            (problem, golden, expected)
        })
        .collect()
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// ½ wᵀAw + 20 for every example: the losses of a network with scores 0 and ln(eˡ − 1).
struct Quadratic {
    /// Row by row.
    a: Vec<f64>,
    size: usize,
    batch: usize,
}

impl Quadratic {
    fn weights(&self, values: &[f64]) -> Weights {
        let members = values.len() / self.size;
        Weights::new(vec![Leaf::new("w", Role::Matrix, tensor(values.to_vec(), [members, 1, self.size]))])
    }
}

impl Objective for Quadratic {
    fn labels(&self) -> &[usize] {
        unimplemented!("a quadratic has no classes")
    }

    fn one_hot(&self) -> Tensor<3> {
        tensor([1.0, 0.0].repeat(self.batch), [1, self.batch, 2])
    }

    fn forward(&self, w: &Weights) -> Outputs {
        let w = w.leaf("w");
        let a = tensor(self.a.clone(), [1, self.size, self.size]);
        let loss = (w.clone().matmul(a) * w.clone()).sum_dim(2).div_scalar(2.0).add_scalar(20.0);
        let other = (loss.exp() - 1.0).log();
        let logits = Tensor::cat(vec![other.zeros_like(), other], 2).repeat(&[1, self.batch, 1]);
        Outputs { hidden: w, logits }
    }

    fn subset(&self, _: Subset<'_>) -> Box<dyn Objective + '_> {
        unimplemented!("not asked for")
    }
}

fn seeded(seeds: &[u64]) -> Noise {
    Noise::Seeded { seeds: seeds.to_vec(), purpose: Purpose::Sharpness, step: 0 }
}

#[test]
fn a_quadratic_has_the_spectrum_it_was_made_of() {
    // A = R diag(3, −5) Rᵀ with a rotation by 0.6 and 0.8: eigenvalues 3 and −5, trace −2.
    // Rows: 3·(0.6, 0.8)(0.6, 0.8)ᵀ − 5·(−0.8, 0.6)(−0.8, 0.6)ᵀ = [[1.08 − 3.2, 1.44 + 2.4], [·, 1.92 − 1.8]].
    let quadratic = Quadratic { a: vec![-2.12, 3.84, 3.84, 0.12], size: 2, batch: 3 };
    let w = quadratic.weights(&[0.3, 0.2, -0.1, 0.4]);
    let here = evaluate(&quadratic, &w);

    let start = quadratic.weights(&[1.0, 0.0, 0.0, 1.0]);
    let pair = largest_eigenvalue(&quadratic, &w, &start, 60, 1e-3);
    for member in 0..2 {
        let (value, residual) = (numbers(&pair.value)[member], numbers(&pair.residual)[member]);
        assert!((value + 5.0).abs() < 1e-6 && residual < 1e-5, "{value} ± {residual}");
    }
    // Few iterations know how wrong they are: an eigenvalue lies within the residual.
    let early = largest_eigenvalue(&quadratic, &w, &start, 2, 1e-3);
    let (value, residual) = (numbers(&early.value)[0], numbers(&early.residual)[0]);
    assert!([3.0, -5.0].iter().any(|v| (v - value).abs() <= residual) && residual > 0.01, "{value} ± {residual}");

    // 4 standard errors: a wrong estimator would be off by more than one in 15,000 of right ones.
    let estimate = trace(&quadratic, &w, &seeded(&[5, 6]), 200, 1e-3);
    for member in 0..2 {
        let (mean, error) = (numbers(&estimate.mean)[member], numbers(&estimate.error)[member]);
        assert!((mean + 2.0).abs() <= 4.0 * error && error < 0.6, "{mean} ± {error}");
    }

    // L(w+ε) − L(w) = ρ‖g‖ + ½ρ² gᵀAg/‖g‖², g = Aw = (0.132, 1.176) for the first member:
    // ‖g‖ = 1.183385…, gᵀAg = −2.12·0.132² + 2·3.84·0.132·1.176 + 0.12·1.176² = 1.321201…
    let (g0, g1) = (-2.12 * 0.3 + 3.84 * 0.2, 3.84 * 0.3 + 0.12 * 0.2);
    let (square, bent) = (g0 * g0 + g1 * g1, -2.12 * g0 * g0 + 2.0 * 3.84 * g0 * g1 + 0.12 * g1 * g1);
    let expected = 0.1 * f64::sqrt(square) + 0.005 * bent / square;
    let rho = tensor(vec![0.1, 0.1], [2, 1, 1]);
    assert!((numbers(&gap(&quadratic, &w, &here, &rho))[0] - expected).abs() < 1e-9);

    // E[½ σ² ξᵀAξ] = ½ σ² tr A = −0.01 at σ = 0.1.
    let rise = average_rise(&quadratic, &w, &here, |draw| seeded(&[7, 8]).gaussian(&w, draw), 400, 0.1);
    let (mean, error) = (numbers(&rise.mean)[0], numbers(&rise.error)[0]);
    assert!((mean + 0.01).abs() <= 4.0 * error && error < 0.003, "{mean} ± {error}");
}

#[test]
fn golden_problems_have_the_sharpness_of_40_digit_arithmetic() {
    for (problem, golden, expected) in problems() {
        let (objective, w) = (problem.objective(), problem.weights());
        let here = evaluate(objective, w);
        let rho = problem.per_member(expected["rho"].as_f64().expect("a number"), 1);
        let adaptive = problem.per_member(expected["adaptive_rho"].as_f64().expect("a number"), 1);
        let xi = problem.noise();
        let check = |name: &str, found: &Tensor<1>, band: f64| {
            let (found, expected) = (numbers(found)[0], expected[name].as_f64().expect("a number"));
            let error = (found - expected).abs() / expected.abs();
            println!("{} {name}: {found:.12}, relative error {error:.1e}", problem.name());
            assert!(error < band, "{} {name}: {found} instead of {expected}", problem.name());
        };
        check("gap", &gap(objective, w, &here, &rho), 1e-11);
        check("example_gap", &example_gap(objective, w, &rho), 1e-11);
        check("adaptive_gap", &rise(objective, w, &here, &adaptive_perturbation(w, &here, &adaptive)), 1e-11);
        // A difference of losses around 1 of a thousandth: three digits fewer.
        check("average_rise", &average_rise(objective, w, &here, |_| xi.clone(), 1, 0.05).mean, 1e-9);
        check("adaptive_average_rise", &average_rise(objective, w, &here, |_| of_weights(w, xi), 1, 0.1).mean, 1e-9);

        let values = list(&expected["eigenvalues"]);
        let largest = *values.last().expect("sorted by size");
        let pair = largest_eigenvalue(objective, w, problem.noise(), 300, 1e-4);
        let error = (numbers(&pair.value)[0] - largest).abs() / largest;
        println!("{} largest eigenvalue: relative error {error:.1e}, residual {:.1e}", problem.name(), numbers(&pair.residual)[0]);
        // The difference of gradients is exact to h² = 1e-8.
        assert!(error < 1e-7, "{}: {error}", problem.name());

        // The trace, exactly: the Hessian along every axis.
        let exact = exact_trace(objective, w);
        let wanted = expected["trace"].as_f64().expect("a number");
        assert!((exact - wanted).abs() / wanted < 1e-7, "{}: trace {exact} instead of {wanted}", problem.name());
        let estimate = trace(objective, w, &seeded(&[3]), 400, 1e-3);
        let (mean, error) = (numbers(&estimate.mean)[0], numbers(&estimate.error)[0]);
        assert!((mean - wanted).abs() < 4.0 * error + 1e-6, "{}: trace {mean} ± {error} instead of {wanted}", problem.name());

        // The known traces of single examples.
        for (example, wanted) in list(&golden["exact_hessian_trace"]).into_iter().enumerate() {
            let exact = exact_trace(&*objective.subset(Subset::Together(&[example])), w);
            println!(
                "{} example {example}: trace {exact:.10}, relative error {:.1e}",
                problem.name(),
                (exact - wanted).abs() / wanted.abs()
            );
            assert!((exact - wanted).abs() / wanted.abs() < 1e-6, "{} example {example}: {exact} instead of {wanted}", problem.name());
        }

        let gradient = &here.gradient;
        let climbed = w.add_times(gradient, 0.1 / numbers(&gradient.norm())[0]);
        let up = evaluate(objective, &climbed);
        let found = alignment(&up.gradient, &per_example(objective, w, &rho, ClimbLoss::CrossEntropy).descent, gradient);
        check("sam_alignment_cosine", &found.cosine, 1e-10);
        check("sam_alignment_distance", &found.distance, 1e-10);
    }
}

/// (‖g‖/2ρ)(√(1 + 8ρ/(η‖g‖)) − 1) as it stands in the paper, and 2/η without a climb.
#[test]
fn the_edge_of_sam_is_that_of_the_paper() {
    let edge = |norm: f64, rho: f64, rate| numbers(&sam_edge(&tensor(vec![norm], [1]), &tensor(vec![rho], [1]), rate))[0];
    for (norm, rho, rate) in [(0.3, 0.1, 0.5), (1e-3, 0.5, 0.01), (20.0, 0.05, 0.004)] {
        let root: f64 = 1.0 + 8.0 * rho / (rate * norm);
        let paper = norm / (2.0 * rho) * (root.sqrt() - 1.0);
        assert!((edge(norm, rho, rate) - paper).abs() < 1e-9 * paper, "{norm} {rho} {rate}");
    }
    assert_eq!((edge(0.3, 0.0, 0.5), edge(0.0, 0.1, 0.5)), (4.0, 0.0));
}

/// ξ |w|, entry by entry.
fn of_weights(w: &Weights, xi: &Weights) -> Weights {
    xi.zip(w, |xi, w| xi * w.abs())
}

/// Σ_j e_jᵀ H e_j, one axis after the other.
fn exact_trace(objective: &dyn Objective, w: &Weights) -> f64 {
    let mut sum = 0.0;
    for leaf in 0..w.leaves().len() {
        let [_, rows, cols] = w.leaves()[leaf].value.dims();
        for entry in 0..rows * cols {
            let mut place = 0;
            let axis = w.map(|l| {
                let mut values = vec![0.0; l.value.dims()[1] * l.value.dims()[2]];
                if place == leaf {
                    values[entry] = 1.0;
                }
                place += 1;
                tensor(values, l.value.dims())
            });
            sum += numbers(&axis.dot(&hessian_product(objective, w, &axis, 1e-4)))[0];
        }
    }
    sum
}

/// The mean of embedding rows is linear, so rows times α and the next matrix over α are the same function.
#[test]
fn rescaling_moves_the_gap_and_the_eigenvalue_but_not_the_adaptive_values() {
    let (problem, _, _) = problems().pop().expect("three");
    assert_eq!(problem.name(), "embbag");
    let (objective, w) = (problem.objective(), problem.weights());
    let rescaled = w.map(|l| match l.name {
        "embedding" => l.value.clone().mul_scalar(4.0),
        "hidden.weight" => l.value.clone().div_scalar(4.0),
        _ => l.value.clone(),
    });
    let measure = |w: &Weights| {
        let here = evaluate(objective, w);
        let rho = |rho: f64| problem.per_member(rho, 1);
        let xi = problem.noise();
        let one = |t: Tensor<1>| numbers(&t)[0];
        [
            one(mean_of_batch(here.losses.clone())),
            one(rise(objective, w, &here, &adaptive_perturbation(w, &here, &rho(0.5)))),
            one(average_rise(objective, w, &here, |_| of_weights(w, xi), 1, 0.1).mean),
            one(gap(objective, w, &here, &rho(0.1))),
            one(largest_eigenvalue(objective, w, problem.noise(), 300, 1e-4).value),
            one(average_rise(objective, w, &here, |_| xi.clone(), 1, 0.05).mean),
        ]
    };
    let (before, after) = (measure(w), measure(&rescaled));
    println!("before {before:?}\nafter  {after:?}");
    for same in 0..3 {
        assert!((before[same] - after[same]).abs() < 1e-12, "{same}: {} and {}", before[same], after[same]);
    }
    for moved in 3..6 {
        assert!((before[moved] - after[moved]).abs() > 0.05 * before[moved].abs(), "{moved}: {} and {}", before[moved], after[moved]);
    }
}

#[test]
fn planes_hold_their_points_and_measure_distances() {
    let quadratic = Quadratic { a: vec![0.0; 9], size: 3, batch: 1 };
    let w = |values: &[f64]| quadratic.weights(values);
    // From the origin (1, 0, 0): x towards (1, 2, 0), y across it towards (1, 1, 3).
    let plane = Plane::through(&w(&[1.0, 0.0, 0.0]), &w(&[1.0, 2.0, 0.0]), &w(&[1.0, 1.0, 3.0]));
    let close = |found: &[f64], expected: &[f64]| {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} instead of {expected:?}");
    };
    close(&flat(&plane.points(&[[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]])), &[1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 1.0, 1.0, 3.0]);
    // (4, 1, 3) lies 3 beside the plane: 19 = 1 + 9 + 9.
    let [x, y, far] = plane.coordinates(&w(&[1.0, 1.0, 3.0, 4.0, 1.0, 3.0]));
    close(&numbers(&x), &[1.0, 1.0]);
    close(&numbers(&y), &[3.0, 3.0]);
    close(&numbers(&far), &[10.0_f64.sqrt(), 19.0_f64.sqrt()]);
    // Three points on a line have no second direction, and no number goes wrong.
    let line = Plane::through(&w(&[0.0, 0.0, 0.0]), &w(&[1.0, 1.0, 1.0]), &w(&[3.0, 3.0, 3.0]));
    close(&flat(&line.points(&[[0.0, 5.0]])), &[0.0, 0.0, 0.0]);
}

#[test]
fn random_directions_are_orthonormal_and_scaled_by_column() {
    let (problem, _, _) = problems().pop().expect("three");
    let plane = Plane::random(problem.weights(), &seeded(&[1]));
    let points = plane.points(&[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]);
    let [x, y, far] = plane.coordinates(&points);
    for (found, expected) in [(x, [0.0, 1.0, 0.0]), (y, [0.0, 0.0, 1.0]), (far, [0.0, 1.0, 1.0])] {
        assert!(numbers(&found).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }
    // Along x every column of a matrix has gone as far as it is long, up to one common factor; biases stay.
    let moved = points.slice_members(1..2).add_times(problem.weights(), -1.0);
    let mut ratios = Vec::new();
    for (leaf, by) in problem.weights().leaves().iter().zip(moved.leaves()) {
        if leaf.role == Role::Bias {
            assert!(numbers(&by.value).iter().all(|v| *v == 0.0));
            continue;
        }
        let axis = if leaf.role == Role::Embedding { 2 } else { 1 };
        let length = |t: &Tensor<3>| numbers(&t.clone().square().sum_dim(axis).sqrt());
        ratios.extend(length(&by.value).into_iter().zip(length(&leaf.value)).map(|(a, b)| a / b));
    }
    assert!(ratios.iter().all(|r| (r / ratios[0] - 1.0).abs() < 1e-9), "{ratios:?}");
}
