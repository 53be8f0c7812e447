//! Losses behind a dense tanh layer and a last layer, and nothing of what a way back would need.

use burn::tensor::Tensor;

use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// −ln π_y of each example, nats, behind two layers, each with its weights and bias:
/// `[P, B, m]`, `[P, m, n]` and `[P, 1, n]`, `[P, n, C]` and `[P, 1, C]`, `[1 or P, B, C]` → `[P, B]`.
pub fn dense_losses(x: Tensor<3>, hidden: [Tensor<3>; 2], head: [Tensor<3>; 2], one_hot: Tensor<3>) -> Tensor<2> {
    let places = [&x, &hidden[0], &hidden[1], &head[0], &head[1], &one_hot].map(at);
    match place(Kernel::DenseLosses, places) {
        Place::Cpu => {
            let ([hidden, hidden_bias], [head, head_bias]) = (hidden.map(cpu::own), head.map(cpu::own));
            cpu::out(cpu::layers::dense_losses(cpu::own(x), hidden, hidden_bias, head, head_bias, cpu::own(one_hot)))
        }
        Place::Gpu => {
            let ([hidden, hidden_bias], [head, head_bias]) = (hidden.map(gpu::own), head.map(gpu::own));
            gpu::out(gpu::products::dense_losses(gpu::own(x), hidden, hidden_bias, head, head_bias, gpu::own(one_hot)))
        }
        Place::Twin => twin::layers::dense_losses(x, hidden, head, one_hot),
    }
}

/// [`dense_losses`] at w + r ξ of all members, and after them at w − r ξ of all, on the CPU, where no more of either side
/// is made than a member at a time. `leaves` are x, weights and bias of the first layer, and those of the last;
/// ξ is normal numbers, those of x multiplied by `factor`, `[1, B, B]`; r is `[P, 1, 1]` → `[2 P, B]`.
///
/// `draw` fills in the next normal numbers of a member, leaf after leaf and in pieces of [`DRAWN`] numbers.
/// None, and nothing drawn, elsewhere: there [`antithetic_pair`](crate::antithetic_pair) and [`dense_losses`] say the same.
pub fn antithetic_dense_losses(
    leaves: [&Tensor<3>; 5],
    factor: &Tensor<3>,
    one_hot: &Tensor<3>,
    r: &Tensor<3>,
    draw: impl FnMut(usize, &mut [f32]),
) -> Option<Tensor<2>> {
    let places = leaves.into_iter().chain([factor, one_hot, r]).map(at);
    if place(Kernel::AntitheticDenseLosses, places) != Place::Cpu {
        return None;
    }
    let leaves = leaves.map(|leaf| cpu::own(leaf.clone()));
    let [factor, one_hot, r] = [factor, one_hot, r].map(|t| cpu::own(t.clone()));
    Some(cpu::out(cpu::layers::antithetic_dense_losses(leaves, &factor, &one_hot, &r, draw)))
}

/// How many numbers [`antithetic_dense_losses`] has drawn at once: what fits into the nearest cache, and a multiple of
/// what a generator makes at once.
pub const DRAWN: usize = cpu::layers::DRAWN;
