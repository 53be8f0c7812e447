//! Products with a bag matrix, a unit for some columns of a sum.

use burn::backend::TensorMetadata;
use burn::tensor::Shape;
use burn_cubecl::cubecl::{self, prelude::*};
use burn_cubecl::kernel::into_contiguous;

use super::launch::{Own, arg, clamp_max, comes_in, grid, like, power_of_two_in, to_write_by_row};
use crate::bag_matrix::Uploaded;

/// Columns of a row for which a unit looks an entry up once.
const COLUMNS: usize = 8;

/// Most members for which it does so at once: they share the batch.
const MEMBERS: usize = 8;

/// See [`crate::pool`].
pub fn pool(bag: &Uploaded, texts: usize, table: Own) -> Own {
    let [members, _, dim] = table.shape().dims();
    let out = like(&table, Shape::new([members, texts, dim]));
    launch_share_sums(table, [&bag.by_text, &bag.shares_by_text], [texts, texts + 1], &out, None);
    out
}

/// See [`crate::scatter`].
pub fn scatter(bag: &Uploaded, rows: usize, v: Own) -> Own {
    let [members, _, dim] = v.shape().dims();
    let out = like(&v, Shape::new([members, rows, dim]));
    launch_share_sums(v, [&bag.by_row, &bag.shares_by_row], [rows, 2 * rows + 1], &out, None);
    out
}

/// See [`crate::scatter_add`].
pub fn scatter_add(bag: &Uploaded, rows: usize, table: Own, v: Own, factor: f32) -> Own {
    let table = to_write_by_row(table);
    launch_share_sums(v, [&bag.by_row, &bag.shares_by_row], [rows, 2 * rows + 1], &table, Some(factor));
    table
}

/// Writes the sums of `count` lists of entries, whose rows are in `lists` from `rows_at` on, or with a factor adds them.
/// Rows of `out` are whole.
fn launch_share_sums(of: Own, [lists, shares]: [&Own; 2], [count, rows_at]: [usize; 2], out: &Own, factor: Option<f32>) {
    let [members, _, dim] = of.shape().dims();
    let of = if of.meta.strides()[2] == 1 { of } else { into_contiguous(of) };
    let each = power_of_two_in(members).min(MEMBERS);
    let (cubes, cube) = grid(dim.div_ceil(COLUMNS), count, members / each);
    let (entries, sums) = ((arg(lists.clone()), arg(shares.clone())), out.clone().into_tensor_arg());
    let (factor, adds) = (factor.unwrap_or_default(), factor.is_some());
    let size = if [&of, out].iter().all(|tensor| comes_in(4, 2, tensor)) { 4 } else { 1 };
    let of = of.into_tensor_arg();
    share_sums_kernel::launch(&out.client, cubes, cube, size, of, entries.0, entries.1, sums, factor, count, rows_at, each, adds);
}

/// Σ share · row of `of` over the entries of each of `count` lists. `lists` has where their entries begin and where the last
/// ones end, and from `rows_at` on the row of each entry. `adds` the sums, times `factor`, to the rows of a table that
/// `lists` has in between, or writes them alone.
///
/// A unit for eight columns of a sum, of `each` members: neighbours take neighbouring vectors, and each looks an entry up
/// once.
#[cube(launch)]
fn share_sums_kernel<N: Size>(
    of: &Tensor<Vector<f32, N>>,
    lists: &Tensor<i32>,
    shares: &Tensor<f32>,
    out: &mut Tensor<Vector<f32, N>>,
    factor: f32,
    count: usize,
    rows_at: usize,
    #[comptime] each: usize,
    #[comptime] adds: bool,
) {
    let size = N::value().comptime();
    let vectors = comptime!(COLUMNS / size);
    let (list, first_member) = (ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_Z as usize * each);
    let dim = of.shape(2) / size;
    let (first, apart) = (ABSOLUTE_POS_X as usize, dim.div_ceil(vectors));
    if list < count && first < apart {
        let mut sums = Array::<Vector<f32, N>>::new(comptime!(each * vectors));
        #[unroll]
        for i in 0..comptime!(each * vectors) {
            sums[i] = Vector::new(0.0);
        }
        for entry in usize::cast_from(lists[list])..usize::cast_from(lists[list + 1]) {
            let (share, row) = (Vector::new(shares[entry]), usize::cast_from(lists[rows_at + entry]));
            #[unroll]
            for member in 0..each {
                let begin = ((first_member + member) * of.stride(0) + row * of.stride(1)) / size;
                #[unroll]
                for i in 0..vectors {
                    sums[member * vectors + i] += share * of[begin + clamp_max(first + i * apart, dim - 1)];
                }
            }
        }
        let mut out_row = list;
        if comptime!(adds) {
            out_row = usize::cast_from(lists[count + 1 + list]);
        }
        #[unroll]
        for member in 0..each {
            let begin = ((first_member + member) * out.stride(0) + out_row * out.stride(1)) / size;
            #[unroll]
            for i in 0..vectors {
                let col = first + i * apart;
                if col < dim {
                    if comptime!(adds) {
                        out[begin + col] += Vector::new(factor) * sums[member * vectors + i];
                    } else {
                        out[begin + col] = sums[member * vectors + i];
                    }
                }
            }
        }
    }
}
