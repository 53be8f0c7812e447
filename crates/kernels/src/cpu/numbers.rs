//! The CPU's own tensors and the numbers in them.

use burn::backend::Flex;
use burn::backend::TensorMetadata;
use burn::backend::flex::FlexDevice;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{Int, IntDType, Tensor, TensorData};

/// A tensor of f32.
pub type Own = FloatTensor<Flex>;

/// What of `tensor` is the CPU's own.
///
/// # Panics
/// If it is elsewhere: a bug in `place`.
pub fn own<const D: usize>(tensor: Tensor<D>) -> Own {
    tensor.try_into_primitive::<Flex>().expect("all tensors of an operation are on one device")
}

/// A tensor for everybody.
pub fn out<const D: usize>(own: Own) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(own)
}

/// Numbers of rows, on the host.
pub fn host_rows(rows: &Tensor<1, Int>) -> Vec<usize> {
    let rows: IntTensor<Flex> = rows.clone().try_into_primitive::<Flex>().expect("all tensors of an operation are on one device");
    let rows = Flex::int_cast(rows, IntDType::I32).to_contiguous();
    let layout = rows.layout();
    rows.storage::<i32>()[layout.start_offset()..][..layout.num_elements()].iter().map(|&row| row as usize).collect()
}

pub fn dims(tensor: &Own) -> [usize; 3] {
    tensor.shape().dims()
}

/// The numbers of a contiguous tensor.
pub fn numbers(tensor: &Own) -> &[f32] {
    let layout = tensor.layout();
    &tensor.storage::<f32>()[layout.start_offset()..][..layout.num_elements()]
}

/// The same, to be written; copied before if somebody else holds them.
pub fn numbers_mut(tensor: &mut Own) -> &mut [f32] {
    let (start, count) = (tensor.layout().start_offset(), tensor.layout().num_elements());
    &mut tensor.storage_mut::<f32>()[start..][..count]
}

/// The same numbers in the order of the shape; the same tensor if they are. (`to_contiguous` would hold it twice, and
/// what is held twice is copied before it is written.)
pub fn contiguous(tensor: Own) -> Own {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// `tensor` with other numbers; written in place where nobody else holds them.
pub fn change(tensor: Own, f: impl FnOnce(&mut [f32])) -> Own {
    let mut tensor = contiguous(tensor);
    f(numbers_mut(&mut tensor));
    tensor
}

pub fn make<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Own {
    Flex::float_from_data(TensorData::new(values, shape), &FlexDevice)
}
