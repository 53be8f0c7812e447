//! What launches have in common: tensors yet to be written, arguments, and how many units there are.
//!
//! A *unit* (WebGPU: invocation) has a vector of numbers, a tile, an example or a member; units that wait for each other
//! are a *workgroup* (CubeCL: cube). Kernels that go over all weights take several leaves in one launch, as many as
//! [`BUFFERS`] allow, and most take them by vectors: four numbers where they come in fours, else one. Where a kernel does
//! little with each number, its units lie on a grid by member, or by column, row and member: to find that by dividing would
//! take longer.

use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Int, Shape, Tensor};
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, calculate_cube_count_elemwise, prelude::*};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;

/// A tensor of f32.
pub type Own = FloatTensor<Cube>;

/// What of `tensor` is the GPU's own.
///
/// # Panics
/// If it is elsewhere: a bug in `place`.
pub fn own<const D: usize>(tensor: Tensor<D>) -> Own {
    tensor.try_into_primitive::<Cube>().expect("all tensors of an operation are on one device")
}

/// Numbers of rows.
pub fn own_rows(rows: &Tensor<1, Int>) -> IntTensor<Cube> {
    rows.clone().try_into_primitive::<Cube>().expect("all tensors of an operation are on one device")
}

/// A tensor for everybody.
pub fn out<const D: usize>(own: Own) -> Tensor<D> {
    Tensor::from_primitive::<Cube>(own)
}

/// Units that have the numbers of one member between them.
pub const WORKGROUP: usize = 256;

/// Buffers of numbers that every WebGPU device lets a kernel have.
pub const BUFFERS: usize = 8;

/// Units for all numbers of some leaves: those of a member across, members down, so that none has to divide to find its
/// member.
pub struct Units {
    pub count: CubeCount,
    pub dim: CubeDim,
    /// Numbers in a vector, of which each unit has one.
    pub size: usize,
}

impl Units {
    /// Units enough for the largest of `leaves`, with vectors of four where members come in fours.
    pub fn of(leaves: &[Own]) -> Self {
        let size = vector_size(leaves.iter().map(of_member));
        let across = leaves.iter().map(of_member).max().expect("there is a leaf").div_ceil(size * WORKGROUP);
        Self { count: CubeCount::new_2d(across as u32, leaves[0].shape()[0] as u32), dim: CubeDim::new_1d(WORKGROUP as u32), size }
    }
}

/// Numbers of one member.
pub fn of_member(leaf: &Own) -> usize {
    leaf.shape()[1] * leaf.shape()[2]
}

/// Numbers in a vector: four where all these counts come in fours, else one.
pub fn vector_size(counts: impl IntoIterator<Item = usize>) -> usize {
    if counts.into_iter().all(|count| count.is_multiple_of(4)) { 4 } else { 1 }
}

/// Whether a tensor can be read, as it lies, by vectors of `size` numbers along `axis`.
pub fn comes_in(size: usize, axis: usize, tensor: &Own) -> bool {
    let (shape, strides) = (tensor.shape(), tensor.meta.strides());
    strides[axis] == 1 && (0..3).all(|i| if i == axis { shape[i] } else { strides[i] }.is_multiple_of(size))
}

pub fn args_of<'a, T: LaunchArg<RuntimeArg = TensorArg>>(tensors: impl IntoIterator<Item = &'a Own>) -> SequenceArg<T> {
    sequence(tensors.into_iter().map(|tensor| arg(tensor.clone())).collect())
}

/// Tensors as an argument of the kernel's type.
pub fn sequence<T: LaunchArg<RuntimeArg = TensorArg>>(tensors: Vec<TensorArg>) -> SequenceArg<T> {
    SequenceArg { values: tensors.into() }
}

/// A tensor yet to be written, on the device of `tensor`.
pub fn like(tensor: &Own, shape: Shape) -> Own {
    empty_device_contiguous_dtype(tensor.client.clone(), tensor.device.clone(), shape, DType::F32)
}

/// A tensor shaped like `tensor`, yet to be written, and a unit for each of its numbers.
pub fn alike(tensor: &Own) -> (Own, CubeCount, CubeDim) {
    let out = like(tensor, tensor.shape());
    let (count, dim) = one_unit_each(&out, out.shape().num_elements());
    (out, count, dim)
}

pub fn arg(tensor: Own) -> TensorArg {
    into_contiguous(tensor).into_tensor_arg()
}

/// Units on a grid, few of them over its edges, where they have nothing to do.
pub fn grid(across: usize, down: usize, members: usize) -> (CubeCount, CubeDim) {
    const SIDE: usize = 8;
    let [x, y] = [across, down].map(|count| count.next_power_of_two().min(SIDE));
    let z = power_of_two_in(members).min(SIDE * SIDE / (x * y));
    let count = [across.div_ceil(x), down.div_ceil(y), members / z].map(|count| count as u32);
    (CubeCount::new_3d(count[0], count[1], count[2]), CubeDim::new_3d(x as u32, y as u32, z as u32))
}

/// The largest power of two that divides `count`.
pub fn power_of_two_in(count: usize) -> usize {
    1 << count.trailing_zeros()
}

pub fn one_unit_each(tensor: &Own, count: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&tensor.client, count);
    (calculate_cube_count_elemwise(&tensor.client, count, dim), dim)
}

/// `tensor`, which nobody else sees when it is written.
pub fn to_write(tensor: Own) -> Own {
    let tensor = into_contiguous(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}

/// The same, with each row of all members in one place, for a table of which a batch takes rows: these are few long runs
/// of memory then, not many short ones.
pub fn to_write_by_row(table: Own) -> Own {
    if table.shape()[0] == 1 {
        return to_write(table);
    }
    let by_row = Cube::float_swap_dims(table, 0, 1);
    Cube::float_swap_dims(to_write(by_row), 0, 1)
}

#[cube]
pub fn clamp_max(i: usize, largest: usize) -> usize {
    if i < largest { i } else { largest }
}

/// A tensor yet to be written, for both sides of `middle`.
pub fn twice_the_members(middle: &Own) -> Own {
    let [members, rows, cols] = middle.shape().dims();
    like(middle, Shape::new([2 * members, rows, cols]))
}
