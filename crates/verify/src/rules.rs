//! What is run: each rule of a golden file, with all its quantities as tensors that are not read yet.

use basin_kernels::probabilities;
use basin_optim::methods::{Asam, FSam, MSam, Method, Order, PerInstanceSam, RwSam, Sam, Sgd};
use basin_optim::population::{
    ClimbLoss, Evaluation, Outputs, Perturbation, Subset, Weights, brute_force, evaluate, forward, gradient_norms, losses as losses_at,
    rho_over_norm,
};
use basin_optim::weighting::{Draws, Radius, Rule};
use burn::tensor::Tensor;

use crate::bench::{Bench, Quantities, Value};
use crate::file::{Fields, VerifyError};
use crate::problem::Problem;
use crate::{regularisers, relatives};

/// Name of what belongs to no rule.
pub const BATCH: &str = "batch";

/// Fields of a rule that are words or settings.
pub const NOT_QUANTITIES: &[&str] = &["formula", "lam", "masks"];

/// Fields of the file that are the problem itself or are compared under [`BATCH`].
/// `exact_hessian_trace` is an input of `trace_over_gradnorm`.
const NOT_RULES: &[&str] = &[
    "problem",
    "doc",
    "layout",
    "rho",
    "lr",
    "noise_radius_r",
    "w",
    "batch",
    "noise_xi",
    "losses",
    "mean_loss",
    "per_instance_grads",
    "per_instance_grad_norms",
    "mean_grad",
    "mean_grad_norm",
    "exact_hessian_trace",
];

/// A rule's quantities beside the file's object that holds the expected ones.
pub struct Computed<'a> {
    /// The rule.
    pub rule: String,
    /// The file's numbers.
    pub expected: Fields<'a>,
    /// By name in the file.
    pub quantities: Vec<(&'static str, Value)>,
}

/// F-SAM's settings in the golden files.
const F_SAM_SIGMA: f64 = 1.0;
const F_SAM_LAMBDA: f64 = 0.9;
/// η of the ASAM form with plain biases in the golden files.
const ASAM_ETA: f64 = 0.01;

/// Runs every rule that `file` holds; names of unknown ones go to `skipped`.
pub fn run<'a>(file: &Fields<'a>, problem: &Problem, skipped: &mut Vec<String>) -> Result<Vec<Computed<'a>>, VerifyError> {
    let bench = Bench::new(file, problem)?;
    let mut all = vec![Computed { rule: BATCH.to_owned(), expected: file.clone(), quantities: bench.batch() }];
    for name in file.names().filter(|name| !NOT_RULES.contains(name)) {
        if let Some(of_steps) = steps(name) {
            let expected = file.objects(name)?;
            let steps = of_steps(&bench, expected.len());
            let label = |i: usize| format!("{name}[{i}]");
            let steps = expected.into_iter().zip(steps).enumerate();
            all.extend(steps.map(|(i, (expected, quantities))| Computed { rule: label(i), expected, quantities }));
        } else if let Some(quantities) = bench.rule(name, file)? {
            all.push(Computed { rule: name.to_owned(), expected: file.object(name)?, quantities });
        } else {
            skipped.push(name.to_owned());
        }
    }
    Ok(all)
}

/// What makes the quantities of so many consecutive steps, for the rules that need several.
fn steps(name: &str) -> Option<fn(&Bench<'_>, usize) -> Vec<Quantities>> {
    match name {
        "f_sam_official_code_2steps" => Some(|bench, steps| bench.f_sam(Order::MeanLater, steps)),
        "f_sam_ema_first_2steps" => Some(|bench, steps| bench.f_sam(Order::MeanFirst, steps)),
        "look_sam_3steps" => Some(relatives::look_sam),
        "llqr_2steps" => Some(relatives::llqr),
        _ => None,
    }
}

impl Bench<'_> {
    /// Losses and gradients at the file's weights.
    fn batch(&self) -> Quantities {
        let (w, objective) = (self.problem.weights(), self.problem.objective());
        let Evaluation { losses, gradient } = evaluate(objective, w);
        vec![
            ("losses", Value::Examples(losses.clone())),
            ("mean_loss", Value::Number(losses.mean_dim(1).unsqueeze_dim(2))),
            ("per_instance_grads", Value::Stack(self.own_gradients())),
            ("per_instance_grad_norms", Value::Examples(gradient_norms(objective, w))),
            ("mean_grad_norm", Value::Number(gradient.norm())),
            ("mean_grad", Value::Flat(gradient)),
        ]
    }

    /// The quantities of the rule `name`; none if there is no such rule here.
    fn rule(&self, name: &str, file: &Fields<'_>) -> Result<Option<Quantities>, VerifyError> {
        let draws = Draws { count: 1, radius: Radius::Absolute(self.radius) };
        Ok(Some(match name {
            "sgd" => vec![("w_new", Value::Flat(self.step(&Sgd).0))],
            "sam" => self.climb(&Sam),
            "delta_sam" => {
                let mut quantities = self.weighted(Rule::Noise(draws));
                quantities.extend(self.differences(&draws));
                quantities
            }
            "delta_sam_c_over_gradnorm" => self.weighted(Rule::NoiseOverNorm(draws)),
            "inv_gradnorm" => self.weighted(Rule::InverseNorm),
            "closed_gini_over_err" => {
                let mut quantities = self.weighted(Rule::HeadSimple);
                quantities.extend(self.head().into_iter().filter(|(name, _)| *name != "a2"));
                quantities
            }
            "closed_lastlayer" => {
                let mut quantities = self.weighted(Rule::Head);
                quantities.extend(self.head());
                quantities
            }
            "trace_over_gradnorm" => {
                let trace = self.problem.per_example(&self.trace).abs();
                self.weighted(Rule::Given(trace / gradient_norms(self.problem.objective(), self.problem.weights())))
            }
            "rw_sam" => self.rw_sam(file.object(name)?.number("lam")?),
            "per_instance_sam" => self.per_instance(),
            "m_sam_2groups" if self.problem.objective().batch() < 2 => {
                return Err(file.wrong("batch", "a list of at least two examples, because m_sam_2groups halves it"));
            }
            "m_sam_2groups" => self.m_sam(),
            "asam_davda54" => self.climb(&Asam { eta: 0.0, plain_biases: false }),
            "asam_samsung_eta0.01" => {
                let asam = Asam { eta: ASAM_ETA, plain_biases: true };
                let mut quantities = self.climb(&asam);
                quantities.push(("T", Value::Flat(asam.metric(self.problem.weights()))));
                quantities
            }
            _ => {
                return match regularisers::rule(self, name, file)? {
                    None => Ok(relatives::rule(self, name)),
                    found => Ok(found),
                };
            }
        }))
    }

    /// The losses that the noise rule probes, and its second difference.
    fn differences(&self, draws: &Draws) -> Quantities {
        let (w, objective) = (self.problem.weights(), self.problem.objective());
        let xi = self.noise.gaussian(w, 0).scale(&draws.radius.of(w));
        let weighting = Rule::Noise(*draws).weigh(&forward(objective, w), &self.noise);
        vec![
            ("losses_plus", Value::Examples(losses_at(objective, &w.zip(&xi, |w, x| w + x)))),
            ("losses_minus", Value::Examples(losses_at(objective, &w.zip(&xi, |w, x| w - x)))),
            ("c", Value::Examples(weighting.raw)),
        ]
    }

    /// The parts of the closed forms, by their definitions.
    fn head(&self) -> Quantities {
        let Outputs { hidden, logits } = forward(self.problem.objective(), self.problem.weights()).outputs();
        let pi = probabilities(logits);
        let error = pi.clone() - self.problem.objective().one_hot();
        vec![
            ("gini", Value::Examples(pi.square().sum_dim(2).neg().add_scalar(1.0).squeeze_dim(2))),
            ("err_norm", Value::Examples(error.square().sum_dim(2).sqrt().squeeze_dim(2))),
            ("a2", Value::Examples(hidden.square().sum_dim(2).add_scalar(1.0).squeeze_dim(2))),
        ]
    }

    fn rw_sam(&self, lambda: f64) -> Quantities {
        let (w, objective) = (self.problem.weights(), self.problem.objective());
        let z = self.noise.rademacher(w, 0);
        let moved = losses_at(objective, &w.add_times(&z, self.radius));
        let norm_estimate = (moved - losses_at(objective, w)).abs().div_scalar(self.radius);
        let mut quantities = vec![
            ("z", Value::Flat(z)),
            ("raw_weight", Value::Examples(norm_estimate.clone().mul_scalar(lambda).exp())),
            ("fd_gradnorm", Value::Examples(norm_estimate)),
        ];
        quantities.extend(self.weighted_climb(&RwSam { lambda, radius: Radius::Absolute(self.radius) }));
        quantities
    }

    /// The gradient of each example's own loss, as a population with one example each.
    fn own_gradients(&self) -> Weights {
        let batch = self.problem.objective().batch();
        let alone = self.problem.objective().subset(Subset::OneEach(0..batch, 1));
        forward(&*alone, &self.problem.weights().repeat_each(batch)).sum_gradient().gradient
    }

    fn per_instance(&self) -> Quantities {
        let (w, objective) = (self.problem.weights(), self.problem.objective());
        let batch = objective.batch();
        let gradients = self.own_gradients();
        let eps = gradients.scale(&rho_over_norm(&self.rho, &gradients.norm()));
        let alone = objective.subset(Subset::OneEach(0..batch, 1));
        let up = forward(&*alone, &w.repeat_each(batch).zip(&eps, |w, e| w + e)).sum_gradient();
        let (next, report) = self.step(&PerInstanceSam);
        vec![
            ("eps", Value::Stack(eps)),
            ("losses_at_perturbed", Value::Examples(brute_force(objective, w, &self.rho, ClimbLoss::CrossEntropy).losses_up)),
            ("grads_at_perturbed", Value::Stack(up.gradient)),
            ("mean_grad", Value::Flat(report.descent)),
            ("w_new", Value::Flat(next)),
        ]
    }

    fn m_sam(&self) -> Quantities {
        let (w, objective) = (self.problem.weights(), self.problem.objective());
        let order: Vec<usize> = (0..objective.batch()).collect();
        let (first, second) = order.split_at(order.len().div_ceil(2));
        let climbs = [first, second].map(|group| {
            let here = evaluate(&*objective.subset(Subset::Together(group)), w);
            Perturbation::along(&here.gradient, &self.rho).vector()
        });
        let (next, report) = self.step(&MSam { groups: 2, sorted: false });
        vec![
            ("eps", Value::Stack(climbs[0].zip(&climbs[1], |a, b| Tensor::cat(vec![a, b], 0)))),
            ("mean_grad", Value::Flat(report.descent)),
            ("w_new", Value::Flat(next)),
        ]
    }

    /// Consecutive steps on the same batch.
    fn f_sam(&self, order: Order, steps: usize) -> Vec<Quantities> {
        let method = FSam { sigma: F_SAM_SIGMA, lambda: F_SAM_LAMBDA, order };
        let slot = method.slots()[0];
        self.steps(&method, steps, |step, before, report, after| {
            let (before, after) = (before.slot(slot), after.slot(slot));
            let direction = match order {
                Order::MeanLater if step == 0 => report.gradient.clone(),
                Order::MeanLater => report.gradient.add_times(before, -F_SAM_SIGMA),
                Order::MeanFirst => report.gradient.add_times(after, -F_SAM_SIGMA),
            };
            vec![
                ("grad", Value::Flat(report.gradient)),
                ("d", Value::Flat(direction)),
                ("momentum_after", Value::Flat(after.clone())),
                ("eps", Value::Flat(report.perturbation.expect("F-SAM climbs").vector())),
                ("grad_at_perturbed", Value::Flat(report.descent)),
            ]
        })
    }
}
