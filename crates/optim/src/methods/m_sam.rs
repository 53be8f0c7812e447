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
    fn name(&self) -> &'static str {
        "m-SAM"
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let batch = objective.batch();
        let mut order: Vec<usize> = (0..batch).collect();
        if self.sorted {
            order.sort_by_key(|&i| objective.labels()[i]);
        }

        let (mut losses, mut losses_up) = (Vec::new(), Vec::new());
        let (mut gradient, mut descent) = (w.zeros_like(), w.zeros_like());
        for group in parts(&order, self.groups) {
            let share = group.len() as f64 / batch as f64;
            let part = objective.subset(Subset::Together(group));

            let here = ascent(&*part, w, cx.climb);
            let up = evaluate(&*part, &Perturbation::along(&here.gradient, &cx.rho).from(w));

            losses.push(here.losses);
            losses_up.push(up.losses);
            gradient = gradient.add_times(&here.gradient, share);
            descent = descent.add_times(&up.gradient, share);
        }
        StepReport::descend_apart(in_batch_order(losses, &order), in_batch_order(losses_up, &order), gradient, descent)
    }
}

/// `order` in `groups` parts of nearly equal size, the larger ones first.
fn parts(order: &[usize], groups: usize) -> impl Iterator<Item = &[usize]> {
    let groups = groups.clamp(1, order.len());
    let (size, larger) = (order.len() / groups, order.len() % groups);
    let mut rest = order;
    (0..groups).map(move |k| {
        let (part, others) = rest.split_at(size + usize::from(k < larger));
        rest = others;
        part
    })
}

/// Columns of the parts, back in the order of the batch.
fn in_batch_order(parts: Vec<Tensor<2>>, order: &[usize]) -> Tensor<2> {
    let all = Tensor::cat(parts, 1);
    if order.is_sorted() {
        return all;
    }
    let mut place = vec![0_i32; order.len()];
    for (column, &example) in order.iter().enumerate() {
        place[example] = column as i32;
    }
    let place = Tensor::<1, Int>::from_data(place.as_slice(), &all.device());
    all.select(1, place)
}
