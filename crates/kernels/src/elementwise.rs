//! What is done to each number, or to each row.

use burn::tensor::{Int, Tensor};

use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// a + factor · b of each pair, `factor` one number per member or one for all: `[P, rows, cols]` twice, `[P or 1, 1, 1]`.
pub fn add_scaled(pairs: &[[&Tensor<3>; 2]], factor: &Tensor<3>) -> Vec<Tensor<3>> {
    // Others broadcast: the twin does that.
    let fits = |[a, b]: &[&Tensor<3>; 2]| a.dims() == b.dims() && [[1; 3], [a.dims()[0], 1, 1]].contains(&factor.dims());
    let all = pairs.as_flattened().iter().chain([&factor]);
    match place(Kernel::AddScaled, all.map(|t| at(t))) {
        Place::Cpu if pairs.iter().all(fits) => {
            let factor = cpu::own(factor.clone());
            let sum = |pair: &[&Tensor<3>; 2]| cpu::out(cpu::elementwise::add_scaled(&pair.map(|t| cpu::own(t.clone())), &factor));
            pairs.iter().map(sum).collect()
        }
        Place::Gpu if pairs.iter().all(fits) => {
            let pairs: Vec<_> = pairs.iter().map(|pair| pair.map(|t| gpu::own(t.clone()))).collect();
            gpu::elementwise::add_scaled(&pairs, &gpu::own(factor.clone())).into_iter().map(gpu::out).collect()
        }
        _ => twin::elementwise::add_scaled(pairs, factor),
    }
}

/// A leaf that noise moves to both sides.
#[derive(Clone, Copy, Debug)]
pub struct Between<'a> {
    /// Where it is, `[P, rows, cols]`.
    pub middle: &'a Tensor<3>,
    /// What the normal numbers are multiplied with to make ξ, `[1, rows, rows]`; none for 1.
    pub factor: Option<&'a Tensor<3>>,
}

/// The antithetic pair: w + r ξ of all members, and after them w − r ξ of all, of each of `leaves`, with r `[P, 1, 1]`
/// → `[2 P, rows, cols]`.
///
/// `draw` fills in the next normal numbers of a member, leaf after leaf. None, and nothing drawn, elsewhere than on a GPU:
/// there burn's operations on whole leaves cost little beside what looks at both sides.
pub fn antithetic_pair(leaves: &[Between<'_>], r: &Tensor<3>, draw: impl FnMut(usize, &mut [f32])) -> Option<Vec<Tensor<3>>> {
    let places = leaves.iter().map(|leaf| at(leaf.middle)).chain([at(r)]);
    if place(Kernel::AntitheticPair, places) != Place::Gpu {
        return None;
    }
    let own = |t: &Tensor<3>| gpu::own(t.clone());
    let leaves: Vec<_> = leaves.iter().map(|leaf| (own(leaf.middle), leaf.factor.map(own))).collect();
    Some(gpu::elementwise::antithetic_pair(&leaves, &own(r), draw).into_iter().map(gpu::out).collect())
}

/// (f(w + rξ) + f(w − rξ) − 2 f(w))/r² from the numbers at an antithetic pair and those in the middle, or its absolute
/// value: `[2 P, B]`, `[P, B]`, `[P, 1, 1]` → `[P, B]`.
///
/// Differences come first: in f32 the sum of the two sides would already round the change away.
pub fn second_difference(pair: Tensor<2>, middle: &Tensor<2>, r: &Tensor<3>, absolute: bool) -> Tensor<2> {
    match place(Kernel::SecondDifference, [at(&pair), at(middle), at(r)]) {
        Place::Cpu => {
            let (pair, middle, r) = (cpu::own(pair), cpu::own(middle.clone()), cpu::own(r.clone()));
            cpu::out(cpu::elementwise::second_difference(pair, middle, r, absolute))
        }
        Place::Gpu => {
            let (pair, middle, r) = (gpu::own(pair), gpu::own(middle.clone()), gpu::own(r.clone()));
            gpu::out(gpu::elementwise::second_difference(pair, middle, r, absolute))
        }
        Place::Twin => twin::elementwise::second_difference(&pair, middle, r, absolute),
    }
}

/// length/norm, and 0 where `norm` is below `least`: `[P, 1, 1]`, `[P, n, 1]` → `[P, n, 1]`.
pub fn over_norm(length: Tensor<3>, norm: Tensor<3>, least: f64) -> Tensor<3> {
    let fits = length.dims() == [norm.dims()[0], 1, 1];
    match place(Kernel::OverNorm, [at(&length), at(&norm)]) {
        Place::Cpu if fits => cpu::out(cpu::elementwise::over_norm(cpu::own(length), cpu::own(norm), least as f32)),
        Place::Gpu if fits => gpu::out(gpu::elementwise::over_norm(gpu::own(length), gpu::own(norm), least as f32)),
        _ => twin::elementwise::over_norm(length, norm, least),
    }
}

/// Each row times the weight of its example, on the CPU in place where nobody else holds the rows: `[P, B, n]`,
/// `[1 or P, B]` → `[P, B, n]`.
pub fn weigh_rows(rows: Tensor<3>, p: &Tensor<2>) -> Tensor<3> {
    match place(Kernel::WeighRows, [at(&rows), at(p)]) {
        Place::Cpu => cpu::out(cpu::elementwise::weigh_rows(cpu::own(rows), &cpu::own(p.clone()))),
        Place::Gpu | Place::Twin => twin::elementwise::weigh_rows(rows, p),
    }
}

/// `table` with `values` in the rows `rows` of each member, in place where nobody else holds it:
/// `[P, vocabulary, cols]`, distinct `[rows]`, `[P, rows, cols]`.
pub fn assign_rows(table: Tensor<3>, rows: &Tensor<1, Int>, values: Tensor<3>) -> Tensor<3> {
    match place(Kernel::AssignRows, [at(&table), at(&values)]) {
        Place::Cpu => cpu::out(cpu::elementwise::assign_rows(cpu::own(table), &cpu::host_rows(rows), &cpu::own(values))),
        Place::Gpu | Place::Twin => twin::elementwise::assign_rows(table, rows, values),
    }
}
