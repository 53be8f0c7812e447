//! From weights to the leaves that an optimizer's kernel moves, and back.

use std::{array, iter};

use basin_kernels::optimizers::{Moved, Part};
use burn::tensor::Tensor;

use super::state::State;
use crate::population::{Leaf, Role, Weights};

/// Moves the leaves of `w` and of what is remembered of them under `slots` by `rule`, all in one call. `part` is that of the
/// embeddings; other leaves are always whole.
pub fn moved<'a, const K: usize>(
    w: Weights,
    slots: &[&'static str],
    state: &mut State,
    gradient: &Weights,
    part: Part<'a>,
    rule: impl FnOnce(Vec<Moved<'a, K>>) -> Vec<[Tensor<3>; K]>,
) -> Weights {
    let mut tables = iter::once(w).chain(slots.iter().map(|name| state.take(name))).map(|table| table.into_leaves().into_iter());
    let mut tables: [_; K] = array::from_fn(|_| tables.next().expect("a rule moves the weights and its slots"));
    let leaves = gradient.leaves().iter().map(|leaf| Moved {
        tables: tables.each_mut().map(|leaves| leaves.next().expect("all have the leaves of the gradient").value),
        g: leaf.value.clone(),
        part: if leaf.role == Role::Embedding { part } else { Part::Whole },
    });
    let mut leaves_of = [const { Vec::new() }; K];
    for (leaf, values) in gradient.leaves().iter().zip(rule(leaves.collect())) {
        for (leaves, value) in leaves_of.iter_mut().zip(values) {
            leaves.push(Leaf::new(leaf.name, leaf.role, value));
        }
    }
    let mut tables = leaves_of.into_iter().map(Weights::new);
    let w = tables.next().expect("the weights come first");
    slots.iter().zip(tables).for_each(|(name, table)| state.set(name, table));
    w
}
