//! m-SAM: a perturbation for each part of the batch.
//!
//! Source: Foret et al. 2021, arXiv:2010.01412, section 4.1 (m-sharpness). With one part it is SAM, with B
//! parts per-instance SAM; parts of equal labels come closer to the latter at the same cost.

use burn::tensor::{Int, Tensor};

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Subset, Weights, ascent, evaluate};

/// w ← base(w, Σ_groups (n/B) ∇L_group(w + ε_group)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct MSam {
    /// Number of parts; at most one per example is used.
    pub groups: usize,
    /// Sort by label before splitting.
    pub sorted: bool,
}

impl Method for MSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let batch = objective.batch();
        let mut order: Vec<usize> = (0..batch).collect();
        if self.sorted {
            order.sort_by_key(|&i| objective.labels()[i]);
        }

        let (mut losses, mut losses_up) = (Vec::new(), Vec::new());
        let mut descent = w.zeros_like();
        for group in parts(&order, self.groups) {
            let share = group.len() as f64 / batch as f64;
            let part = objective.subset(Subset::Together(group));

            let here = ascent(&*part, w, cx.climb);
            let up = evaluate(&*part, &Perturbation::along(&here.gradient, &cx.rho).from(w));

            losses.push(here.losses);
            losses_up.push(up.losses);
            descent = descent.add_times(&up.gradient, share);
        }
        StepReport::descend_apart(in_batch_order(losses, &order), in_batch_order(losses_up, &order), descent)
    }
}

/// `order` in `groups` parts of nearly equal size, the larger ones first.
fn parts(order: &[usize], groups: usize) -> impl Iterator<Item = &[usize]> {
    let groups = groups.clamp(1, order.len());
    let (size, larger) = (order.len() / groups, order.len() % groups);
    let start = move |k: usize| k * size + k.min(larger);
    (0..groups).map(move |k| &order[start(k)..start(k + 1)])
}

/// Columns of the parts, back in the order of the batch.
fn in_batch_order(parts: Vec<Tensor<2>>, order: &[usize]) -> Tensor<2> {
    let all = Tensor::cat(parts, 1);
    if order.is_sorted() {
        return all;
    }
    let mut columns: Vec<i32> = (0..order.len() as i32).collect();
    columns.sort_by_key(|&column| order[column as usize]);
    let columns = Tensor::<1, Int>::from_data(columns.as_slice(), &all.device());
    all.select(1, columns)
}
