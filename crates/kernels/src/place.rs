//! Where an operation runs: as a kernel on the CPU or a GPU, or as its twin in burn's own operations.

use std::sync::atomic::{AtomicU32, Ordering};

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Tensor};

/// Every operation that has a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operation of that name")]
pub enum Kernel {
    Product,
    DenseTanh,
    TanhBackward,
    Outer,
    DenseLosses,
    AntitheticDenseLosses,
    Softmax,
    LastLayerCurvature,
    Dot,
    Norm,
    Normalise,
    AddScaled,
    AntitheticPair,
    SecondDifference,
    OverNorm,
    WeighRows,
    AssignRows,
    RankOneNorms,
    AddRankOne,
    Pool,
    Scatter,
    ScatterAdd,
    Convolution,
    Attention,
    Encoder,
    Sgd,
    Momentum,
    AdamW,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::Product,
        Self::DenseTanh,
        Self::TanhBackward,
        Self::Outer,
        Self::DenseLosses,
        Self::AntitheticDenseLosses,
        Self::Softmax,
        Self::LastLayerCurvature,
        Self::Dot,
        Self::Norm,
        Self::Normalise,
        Self::AddScaled,
        Self::AntitheticPair,
        Self::SecondDifference,
        Self::OverNorm,
        Self::WeighRows,
        Self::AssignRows,
        Self::RankOneNorms,
        Self::AddRankOne,
        Self::Pool,
        Self::Scatter,
        Self::ScatterAdd,
        Self::Convolution,
        Self::Attention,
        Self::Encoder,
        Self::Sgd,
        Self::Momentum,
        Self::AdamW,
    ];
}

/// Kernels whose twins take their place, a bit each.
static TWINS_INSTEAD: AtomicU32 = AtomicU32::new(0);

/// From now on the twins of `kernels` run in their place, and all other kernels run: how a benchmark finds out what each
/// is worth. Holds for the whole process.
pub fn run_twins_of(kernels: &[Kernel]) {
    let bits = kernels.iter().fold(0, |bits, &kernel| bits | 1 << kernel as u32);
    TWINS_INSTEAD.store(bits, Ordering::Relaxed);
}

/// Where an operation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Cpu,
    Gpu,
    /// In burn's own operations, on any device.
    Twin,
}

/// Where a kernel can take `tensor`: f32 that is not on a tape.
pub(crate) fn at<const D: usize>(tensor: &Tensor<D>) -> Place {
    match tensor.device().as_dispatch() {
        DispatchDevice::Flex(_) if tensor.dtype() == DType::F32 => Place::Cpu,
        DispatchDevice::Cube(_) if tensor.dtype() == DType::F32 => Place::Gpu,
        _ => Place::Twin,
    }
}

/// Where `kernel` runs for tensors that are at `places`: at their common one, at least one.
pub(crate) fn place(kernel: Kernel, places: impl IntoIterator<Item = Place>) -> Place {
    if TWINS_INSTEAD.load(Ordering::Relaxed) & 1 << kernel as u32 != 0 {
        return Place::Twin;
    }
    let common = |a, b| if a == b { a } else { Place::Twin };
    places.into_iter().reduce(common).expect("an operation has a tensor")
}
