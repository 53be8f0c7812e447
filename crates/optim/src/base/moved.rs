//! From weights to the leaves that an optimizer's kernel moves, and back.

use basin_kernels::optimizers::{Moved, Part};
use burn::tensor::Tensor;

use crate::population::{Leaf, Role, Weights};

/// Moves the leaves of `tables`, the weights and what is remembered of them, by `rule`, all in one call. `part` is that of the
/// embeddings; other leaves are always whole.
pub fn moved<'a, const K: usize>(
    tables: [Weights; K],
    gradient: &Weights,
    part: Part<'a>,
    rule: impl FnOnce(Vec<Moved<'a, K>>) -> Vec<[Tensor<3>; K]>,
) -> [Weights; K] {
    let names: Vec<(&'static str, Role)> = tables[0].leaves().iter().map(|leaf| (leaf.name, leaf.role)).collect();
    let mut tables = tables.map(|weights| weights.into_leaves().into_iter());
    let leaves = names.iter().zip(gradient.values()).map(|((_, role), g)| Moved {
        tables: tables.each_mut().map(|leaves| leaves.next().expect("all have the leaves of the weights").value),
        g: g.clone(),
        part: if *role == Role::Embedding { part } else { Part::Whole },
    });
    let mut leaves_of = [const { Vec::new() }; K];
    for ((name, role), values) in names.iter().zip(rule(leaves.collect())) {
        for (leaves, value) in leaves_of.iter_mut().zip(values) {
            leaves.push(Leaf::new(name, *role, value));
        }
    }
    leaves_of.map(Weights::new)
}
