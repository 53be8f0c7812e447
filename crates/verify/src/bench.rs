//! A problem with the settings that all rules share, and what is told of any step.

use basin_optim::base::{Base, Part, State};
use basin_optim::methods::{Context, DeltaSam, Method, StepReport, Time};
use basin_optim::population::{ClimbLoss, Noise, Weights, forward};
use basin_optim::weighting::Rule;
use burn::tensor::Tensor;

use crate::file::{Fields, VerifyError};
use crate::problem::Problem;

/// A computed quantity.
pub enum Value {
    /// One number.
    Number(Tensor<3>),
    /// One number per example, `[1, batch]`.
    Examples(Tensor<2>),
    /// Shaped like the weights of one member.
    Flat(Weights),
    /// Several of those, one per member.
    Stack(Weights),
}

/// By name in the file.
pub type Quantities = Vec<(&'static str, Value)>;

/// Steps of the run that steps are taken from.
pub const PLANNED: usize = 4;

/// A problem and the settings that all rules share.
pub struct Bench<'p> {
    pub problem: &'p Problem,
    pub rho: Tensor<3>,
    pub rate: f64,
    /// r of the noise rules.
    pub radius: f64,
    /// The exact traces of the examples' Hessians, where the file has them.
    pub trace: Vec<f64>,
    pub noise: Noise,
}

impl<'p> Bench<'p> {
    /// The settings of a file.
    ///
    /// # Errors
    /// The field that is missing or wrong.
    pub fn new(file: &Fields<'_>, problem: &'p Problem) -> Result<Self, VerifyError> {
        let batch = problem.objective().batch();
        Ok(Self {
            problem,
            rho: problem.per_member(file.number("rho")?, 1),
            rate: file.number("lr")?,
            radius: file.number("noise_radius_r")?,
            trace: if file.has("trace_over_gradnorm") { file.vector("exact_hessian_trace", batch)? } else { Vec::new() },
            noise: Noise::Given(problem.noise().clone()),
        })
    }

    /// One step from the file's weights.
    pub fn step(&self, method: &dyn Method) -> (Weights, StepReport) {
        self.step_on(ClimbLoss::CrossEntropy, method)
    }

    /// The same with another climb loss.
    pub fn step_on(&self, climb: ClimbLoss, method: &dyn Method) -> (Weights, StepReport) {
        let w = self.problem.weights();
        self.step_from(w.clone(), climb, method, &mut State::new(method.slots().iter().copied(), w))
    }

    /// One step from `w`, of a run of [`PLANNED`] steps of which the state says how many are done.
    pub fn step_from(&self, w: Weights, climb: ClimbLoss, method: &dyn Method, state: &mut State) -> (Weights, StepReport) {
        let time = Time { done: state.time, planned: PLANNED };
        let context = &mut Context { rho: self.rho.clone(), state, noise: &self.noise, climb, time };
        let report = method.step(&w, self.problem.objective(), context);
        let next = Base::Sgd { decay: 0.0 }.step(w, &report.descent, Part::Whole, self.rate, state);
        (next, report)
    }

    /// One step from the file's weights with masks of the last layer's inputs.
    pub fn step_dropping(&self, masks: &[Vec<Vec<f64>>; 2], method: &dyn Method) -> (Weights, StepReport) {
        let (w, objective) = (self.problem.weights(), self.problem.dropping(masks));
        let mut state = State::new([], w);
        let report = method.step(w, &objective, &mut Context::new(self.rho.clone(), &mut state, &self.noise));
        let next = Base::Sgd { decay: 0.0 }.step(w.clone(), &report.descent, Part::Whole, self.rate, &mut state);
        (next, report)
    }

    /// `count` steps on the file's batch, one after the other, and of each what `tell` says: from the state before it, its report,
    /// the state after it, and where it leads.
    pub fn steps(
        &self,
        method: &dyn Method,
        count: usize,
        tell: impl Fn(usize, &State, StepReport, &State) -> Quantities,
    ) -> Vec<Quantities> {
        let mut w = self.problem.weights().clone();
        let mut state = State::new(method.slots().iter().copied(), &w);
        let step = |step: usize| {
            let before = state.clone();
            let (next, report) = self.step_from(w.clone(), ClimbLoss::CrossEntropy, method, &mut state);
            w = next.clone();
            let mut quantities = tell(step, &before, report, &state);
            quantities.push(("w_new", Value::Flat(next)));
            quantities
        };
        (0..count).map(step).collect()
    }

    /// What every method with one climb for the batch has.
    pub fn climb(&self, method: &dyn Method) -> Quantities {
        self.climb_of(self.step(method))
    }

    pub fn climb_of(&self, (next, report): (Weights, StepReport)) -> Quantities {
        let perturbation = report.perturbation.expect("the method has one for the batch");
        let eps = perturbation.vector();
        vec![
            ("eps_norm", Value::Number(eps.norm())),
            ("w_perturbed", Value::Flat(perturbation.from(self.problem.weights()))),
            ("eps", Value::Flat(eps)),
            ("losses_at_perturbed", Value::Examples(report.losses_up.expect("the method climbs"))),
            ("grad_at_perturbed", Value::Flat(report.descent)),
            ("w_new", Value::Flat(next)),
        ]
    }

    /// δ-SAM with a rule.
    pub fn weighted(&self, rule: Rule) -> Quantities {
        let weighting = rule.weigh(&forward(self.problem.objective(), self.problem.weights()), &self.noise);
        let mut quantities = vec![("raw_weight", Value::Examples(weighting.raw))];
        quantities.extend(self.weighted_climb(&DeltaSam { rule }));
        quantities
    }

    /// A method that weights the examples in its climb.
    pub fn weighted_climb(&self, method: &dyn Method) -> Quantities {
        let (next, report) = self.step(method);
        let mut quantities = vec![
            ("p", Value::Examples(report.p.clone().expect("the method weights the examples"))),
            ("weighted_grad_norm", Value::Number(report.gradient.norm())),
            ("weighted_grad", Value::Flat(report.gradient.clone())),
        ];
        quantities.extend(self.climb_of((next, report)));
        quantities
    }
}
