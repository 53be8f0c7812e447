//! The steps: SAM on a [`Problem`], and descent on the sharpness that its formula seems to have in mind.

use super::problem::{Problem, add, gradient, norm};
use super::valley::Valley;

/// What a step looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// All examples.
    Full,
    /// This one: 1-SAM where it is drawn anew for each step.
    One(usize),
}

/// Weights on their way by SAM, w ← w − η ∇l(w + ρ ∇l(w)/‖∇l(w)‖) with l the loss of the batch: no momentum, no decay, no
/// schedule. Where the gradient is exactly 0 the climb has no direction, and the step stays.
pub struct Descent {
    problem: &'static dyn Problem,
    rho: f64,
    rate: f64,
    steps: usize,
    w: Vec<f64>,
    before: Vec<f64>,
    norms: [f64; 2],
    gradient: Vec<f64>,
    up: Vec<f64>,
    slope: Vec<f64>,
}

impl Descent {
    /// Begins at `start` with the radius ρ and the rate η.
    pub fn new(problem: &'static dyn Problem, start: &[f64], rho: f64, rate: f64) -> Self {
        let (w, room) = (start.to_vec(), vec![0.0; start.len()]);
        Self {
            problem,
            rho,
            rate,
            steps: 0,
            before: w.clone(),
            w,
            norms: [f64::NAN; 2],
            gradient: room.clone(),
            up: room.clone(),
            slope: room,
        }
    }

    /// One step. Cost: two gradients of the batch.
    pub fn step(&mut self, batch: Batch) {
        let Self { problem, w, before, gradient, up, slope, .. } = self;
        gradient_of(*problem, batch, w, slope, gradient);
        let length = norm(gradient);
        self.norms = [self.norms[1], length];
        before.copy_from_slice(w);
        self.steps += 1;
        if length > 0.0 {
            up.copy_from_slice(w);
            add(up, self.rho / length, gradient);
            gradient_of(*problem, batch, up, slope, gradient);
            add(w, -self.rate, gradient);
        }
    }

    /// The weights.
    pub fn weights(&self) -> &[f64] {
        &self.w
    }

    /// The mean of the weights before and after the last step: SAM with the whole batch jumps to and fro across the minimisers,
    /// and this lies between.
    pub fn centre(&self) -> Vec<f64> {
        self.w.iter().zip(&self.before).map(|(now, before)| f64::midpoint(*now, *before)).collect()
    }

    /// ‖∇l‖ of the batch where a step began, the mean of the last two: one on either side of the minimisers.
    pub fn gradient_norm(&self) -> f64 {
        f64::midpoint(self.norms[0], self.norms[1])
    }

    /// Steps so far.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// τ = η ρ² · steps, the time in which theory counts.
    pub fn tau(&self) -> f64 {
        self.rate * self.rho.powi(2) * self.steps as f64
    }

    /// ρ.
    pub fn rho(&self) -> f64 {
        self.rho
    }

    /// ∇L of all examples at the weights.
    pub fn gradient(&mut self) -> &[f64] {
        gradient(self.problem, &self.w, &mut self.slope, &mut self.gradient);
        &self.gradient
    }
}

fn gradient_of(problem: &dyn Problem, batch: Batch, w: &[f64], slope: &mut [f64], into: &mut [f64]) {
    match batch {
        Batch::Full => gradient(problem, w, slope, into),
        Batch::One(example) => {
            let residual = problem.residual(example, w, slope);
            into.iter_mut().zip(slope).for_each(|(into, slope)| *into = residual * *slope);
        }
    }
}

/// Descent on the ascent-direction sharpness of the [`Valley`] where it is lowest: what SAM would do if it minimised
/// L(w + ρ g/‖g‖) as a function of w, which it does not, because it takes ε for a constant.
///
/// Near the floor that rise is ½ ρ² (F₁ cos² θ + F₂ sin² θ), θ the direction of g between the walls, and wherever w goes there,
/// it can choose θ: this descends both a and θ. It is the limit of ρ → 0; with a finite step on the function itself one would
/// jump about its kink, which lies in the floor.
#[derive(Clone, Copy, Debug)]
pub struct AscentDirection {
    a: f64,
    angle: f64,
    pace: f64,
}

impl AscentDirection {
    /// Begins on the floor at `a`, with the direction that the gradient has at `start`.
    pub fn new(a: f64, start: [f64; 3], rho: f64, rate: f64) -> Self {
        let [from, c, d] = start;
        let angle = (Valley::smallest(from) * d.abs()).atan2(Valley::largest(from) * c.abs());
        Self { a, angle, pace: rate * rho.powi(2) }
    }

    /// One step of length η ρ² along the slope of ½ (F₁ cos² θ + F₂ sin² θ).
    pub fn step(&mut self) {
        let (sin, cos) = self.angle.sin_cos();
        let along = (self.a - 1.0) * cos * cos + (self.a + 1.0) * sin * sin;
        let turn = (Valley::smallest(self.a) - Valley::largest(self.a)) * sin * cos;
        self.a -= self.pace * along;
        self.angle -= self.pace * turn;
    }

    /// Where it is along the floor.
    pub fn place(&self) -> f64 {
        self.a
    }

    /// τ that one step takes.
    pub fn pace(&self) -> f64 {
        self.pace
    }
}
