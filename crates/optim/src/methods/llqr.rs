//! LLQR + SAM: SAM in a metric that it learns, a scale for each weight.
//!
//! Source: arXiv:2605.16134. d = P g, ε = ρ d/√(‖d‖² + 1e-12), w ← base(w, P ∇L(w+ε)), P diagonal, 1 at first. Now and then P moves a
//! tenth of the way to where momentum descent on J(P) = −bᵀPb + ½ (Pb)ᵀ C (Pb) leads from it, b the gradient and C the Hessian of
//! the batch: on a quadratic C (Pb) = b, Newton's step. (There b is of 64 examples; here of the step's own batch.)
//! P covers all weights; on embedding rows that the batch does not touch b = 0, and P stays.

use super::step::{Context, Method, StepReport};
use crate::population::{Cost, Objective, Perturbation, Weights, evaluate, hessian_product};

/// w ← base(w, P ∇L(w + ε)). Cost: two gradient evaluations, and two an inner step where P is learned.
#[derive(Clone, Copy, Debug)]
pub struct Llqr {
    /// Steps from one learning of P to the next.
    pub period: usize,
    /// Inner steps of each; with none P stays 1, which is SAM.
    pub inner: usize,
}

/// P − 1.
const OFF_ONE: &str = "llqr_off_one";
/// Length of the differences that Hessian products are made of.
const DIFFERENCE: f64 = 0.01;

impl Method for Llqr {
    fn slots(&self) -> &'static [&'static str] {
        &[OFF_ONE]
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let (along, mut cost) = cx.ascent_beside(objective, w, &here);
        if cx.time.begins(self.period) && self.inner > 0 {
            let hessian = |v: &Weights| {
                let length = v.norm().clamp_min(1e-12);
                hessian_product(objective, w, &v.scale(&length.clone().recip()), DIFFERENCE).scale(&length)
            };
            let p = learned(&plus(cx.state.slot(OFF_ONE), 1.0), &here.gradient, self.inner, hessian);
            cx.state.set(OFF_ONE, plus(&p, -1.0));
            cost = cost + Cost::gradients(2.0 * self.inner as f64);
        }
        let p = plus(cx.state.slot(OFF_ONE), 1.0);
        let d = times(&p, &along);
        let perturbation = Perturbation::scaled(&d, cx.rho.clone() / d.dot(&d).add_scalar(1e-12).sqrt());

        let up = evaluate(objective, &perturbation.from(w));
        let descent = times(&p, &up.gradient);
        StepReport { descent, ..StepReport::descend(here, perturbation, up).with_cost(cost) }
    }
}

/// A tenth of the way from `p` to where `steps` of momentum descent on J lead: rate 0.001, momentum 0.9, the gradient of each leaf
/// at most 5 long, entries at least 1e-8.
fn learned(p: &Weights, b: &Weights, steps: usize, hessian: impl Fn(&Weights) -> Weights) -> Weights {
    let (mut fit, mut velocity) = (p.clone(), p.zeros_like());
    for _ in 0..steps {
        let gradient = hessian(&times(&fit, b)).zip(b, |c, b| b.clone() * (c - b));
        let clipped = gradient.map(|leaf| {
            let length = leaf.value.clone().square().sum_dim(1).sum_dim(2).sqrt();
            leaf.value.clone() * length.recip().mul_scalar(5.0).clamp_max(1.0)
        });
        velocity = velocity.zip(&clipped, |v, g| v.mul_scalar(0.9) + g);
        fit = fit.zip(&velocity, |p, v| (p - v.mul_scalar(0.001)).clamp_min(1e-8));
    }
    p.zip(&fit, |p, fit| p.mul_scalar(0.9) + fit.mul_scalar(0.1))
}

fn plus(w: &Weights, number: f64) -> Weights {
    w.map(|leaf| leaf.value.clone().add_scalar(number))
}

fn times(a: &Weights, b: &Weights) -> Weights {
    a.zip(b, |a, b| a * b)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, Tensor, TensorData};

    use super::*;
    use crate::population::{Leaf, Role};

    fn weights(values: &[f64]) -> Weights {
        let data = TensorData::new(values.to_vec(), [1, 1, values.len()]);
        Weights::new(vec![Leaf::new("w", Role::Matrix, Tensor::from_data(data, (&Device::flex(), DType::F64)))])
    }

    fn flat(w: &Weights) -> Vec<f64> {
        w.leaf("w").into_data().iter::<f64>().collect()
    }

    /// C = diag(2, 0.5, 4) and b = (1, −2, 3): where C (P∘b) = b, P = (½, 2, ¼), whatever b.
    #[test]
    fn on_a_quadratic_the_learned_step_is_newtons() {
        let (c, b) = (weights(&[2.0, 0.5, 4.0]), weights(&[1.0, -2.0, 3.0]));
        let mut p = weights(&[1.0, 1.0, 1.0]);
        for _ in 0..200 {
            p = learned(&p, &b, 400, |v| times(&c, v));
        }
        let newton = flat(&times(&c, &times(&p, &b)));
        assert!(newton.iter().zip(flat(&b)).all(|(found, b)| (found - b).abs() < 1e-6), "{newton:?}");
        assert!(flat(&p).iter().zip([0.5, 2.0, 0.25]).all(|(found, expected)| (found - expected).abs() < 1e-6), "{p:?}");
    }

    #[test]
    fn a_scale_stays_positive_and_without_gradient_it_stays() {
        let (c, b) = (weights(&[-1.0, 1e6, 0.0]), weights(&[0.0, 1e3, 0.0]));
        let p = flat(&learned(&weights(&[1.0, 1.0, 3.0]), &b, 1000, |v| times(&c, v)));
        assert!(p[1] > 0.0 && p[1] < 1.0, "{p:?}");
        assert_eq!((p[0].to_bits(), p[2].to_bits()), (1.0_f64.to_bits(), 3.0_f64.to_bits()));
    }
}
