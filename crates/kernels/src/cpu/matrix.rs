//! Products of small matrices on the CPU: by `gemm`, as in burn, and in the browser by tiles of our own.
//!
//! What a loop holds has to fit in the registers that a browser's compiler hands out, 15 vectors of four numbers on x86.
//! A turn of gemm's loop, compiled for wasm, holds 26 and goes through memory; one of [`tile`] holds 11.

/// A matrix of numbers that lie somewhere in a slice.
pub struct Matrix<'a> {
    /// From its first number on.
    numbers: &'a [f32],
    rows: usize,
    cols: usize,
    /// How far apart rows are, and then columns.
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// That of `rows` and `cols`, from the first of `numbers`.
    pub fn new(numbers: &'a [f32], [rows, cols]: [usize; 2], strides: [usize; 2]) -> Self {
        let [down, across] = strides;
        assert!((rows - 1) * down + (cols - 1) * across < numbers.len(), "a matrix lies within its numbers");
        Self { numbers, rows, cols, strides }
    }

    /// Rows of `cols` numbers, one after the other.
    pub fn by_rows(numbers: &'a [f32], cols: usize) -> Self {
        Self::new(numbers, [numbers.len() / cols, cols], [cols, 1])
    }

    /// With rows for columns.
    pub fn transposed(&self) -> Self {
        let ([down, across], numbers) = (self.strides, self.numbers);
        Self { numbers, rows: self.cols, cols: self.rows, strides: [across, down] }
    }
}

/// Writes a b, row by row.
pub fn multiply(out: &mut [f32], a: &Matrix<'_>, b: &Matrix<'_>) {
    multiply_into(out, b.cols, a, b, false);
}

/// Adds a b, row by row.
pub fn multiply_add(out: &mut [f32], a: &Matrix<'_>, b: &Matrix<'_>) {
    multiply_into(out, b.cols, a, b, true);
}

/// Writes a b into rows that are `apart` numbers apart, or `adds` it to what is there.
pub fn multiply_into(out: &mut [f32], apart: usize, a: &Matrix<'_>, b: &Matrix<'_>, adds: bool) {
    assert!(a.cols == b.rows && b.cols <= apart && out.len() >= (a.rows - 1) * apart + b.cols, "shapes fit");
    if cfg!(target_arch = "wasm32") { by_tiles(out, apart, a, b, adds) } else { by_gemm(out, apart, a, b, adds) }
}

fn by_gemm(out: &mut [f32], apart: usize, a: &Matrix<'_>, b: &Matrix<'_>, adds: bool) {
    let [[a_down, a_across], [b_down, b_across], [apart, _]] =
        [a.strides, b.strides, [apart, 1]].map(|pair| pair.map(|stride| stride as isize));
    let (out, left, right, one) = (out.as_mut_ptr(), a.numbers.as_ptr(), b.numbers.as_ptr(), gemm::Parallelism::None);
    let [old, new] = [if adds { 1.0 } else { 0.0 }, 1.0];
    #[expect(unsafe_code, reason = "gemm takes pointers")]
    // SAFETY: a `Matrix` lies within its numbers, and `out` reaches to the last row of the product.
    unsafe {
        gemm::gemm(
            a.rows, b.cols, a.cols, out, 1, apart, adds, left, a_across, a_down, right, b_across, b_down, old, new, false, false, false,
            one,
        );
    }
}

/// Rows and columns of a tile.
const ROWS: usize = 4;
const COLS: usize = 8;

/// The product, `COLS` columns and `ROWS` rows at a time.
fn by_tiles(out: &mut [f32], apart: usize, a: &Matrix<'_>, b: &Matrix<'_>, adds: bool) {
    let whole = a.rows - a.rows % ROWS;
    let mut panel = vec![[0.0; COLS]; b.rows];
    for col in (0..b.cols).step_by(COLS) {
        fill(&mut panel, b, col);
        for row in (0..whole).step_by(ROWS) {
            write(&mut out[row * apart..], apart, col..b.cols, &tile::<ROWS>(a, row, &panel), adds);
        }
        for row in whole..a.rows {
            write(&mut out[row * apart..], apart, col..b.cols, &tile::<1>(a, row, &panel), adds);
        }
    }
}

/// Fills `panel` with `COLS` columns from `col` on. Beyond the last column old numbers stay: nobody reads their sums.
fn fill(panel: &mut [[f32; COLS]], matrix: &Matrix<'_>, col: usize) {
    let [down, across] = matrix.strides;
    let width = COLS.min(matrix.cols - col);
    // Rows of a length that the compiler knows are copied faster: a quarter of a product.
    if across == 1 && width == COLS {
        for (row, right) in panel.iter_mut().enumerate() {
            right.copy_from_slice(&matrix.numbers[row * down + col..][..COLS]);
        }
    } else {
        for place in 0..width {
            let column = &matrix.numbers[(col + place) * across..];
            for (row, right) in panel.iter_mut().enumerate() {
                right[place] = column[row * down];
            }
        }
    }
}

/// Products of R rows of a, from `row` on, with all columns of `panel`. The order of the loops keeps few numbers alive:
/// the sums, a row of `panel`, and one number of a.
#[inline(always)]
fn tile<const R: usize>(a: &Matrix<'_>, row: usize, panel: &[[f32; COLS]]) -> [[f32; COLS]; R] {
    let [down, across] = a.strides;
    assert!(row + R <= a.rows && panel.len() == a.cols, "a tile lies within its matrices");
    let mut column = a.numbers[row * down..].as_ptr();
    let mut sums = [[0.0; COLS]; R];
    for right in panel {
        for (row, sums) in sums.iter_mut().enumerate() {
            #[expect(unsafe_code, reason = "a third slower where each number is looked for in its slice")]
            // SAFETY: a row of a and one of its columns, and a lies within its numbers.
            let left = unsafe { *column.add(row * down) };
            for (sum, right) in sums.iter_mut().zip(right) {
                *sum += left * right;
            }
        }
        column = column.wrapping_add(across);
    }
    sums
}

/// Writes a tile into the columns `cols` of rows that are `apart` numbers apart, or `adds` it to what is there; what is
/// beyond the columns is left out.
#[inline(always)]
fn write(out: &mut [f32], apart: usize, cols: std::ops::Range<usize>, sums: &[[f32; COLS]], adds: bool) {
    for (out, sums) in out.chunks_mut(apart).zip(sums) {
        let out = &mut out[cols.clone()];
        match (out.first_chunk_mut(), adds) {
            (Some(out), false) => *out = *sums,
            (None, false) => out.copy_from_slice(&sums[..out.len()]),
            (Some(out), true) => add(out, sums),
            (None, true) => add(out, sums),
        }
    }
}

#[inline(always)]
fn add(out: &mut [f32], sums: &[f32; COLS]) {
    for (out, sum) in out.iter_mut().zip(sums) {
        *out += sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of small whole numbers, whose sums of products f32 holds exactly, with tiles that the matrices fill and do not.
    #[test]
    fn both_products_are_those_of_the_definition() {
        let numbers: Vec<f32> = (0..600).map(|i| (i * 37 % 17) as f32 - 8.0).collect();
        for [n, m, inner] in [[4, 8, 3], [8, 16, 12], [1, 1, 1], [5, 9, 7], [3, 23, 20], [13, 7, 2]] {
            let transposed_or_not =
                |rows: usize, cols: usize| [[cols, 1], [1, rows]].map(|strides| Matrix::new(&numbers, [rows, cols], strides));
            for a in &transposed_or_not(n, inner) {
                for b in &transposed_or_not(inner, m) {
                    let at =
                        |matrix: &Matrix<'_>, row: usize, col: usize| matrix.numbers[row * matrix.strides[0] + col * matrix.strides[1]];
                    let cell = |i: usize| (0..inner).map(|k| at(a, i / m, k) * at(b, k, i % m)).sum();
                    let expected: Vec<f32> = (0..n * m).map(cell).collect();
                    for by in [by_tiles, by_gemm] {
                        let mut out = vec![f32::NAN; n * m];
                        by(&mut out, m, a, b, false);
                        assert_eq!(out, expected, "{n} × {inner} {:?}, {inner} × {m} {:?}", a.strides, b.strides);
                        // Two numbers between the rows stay as they are, behind the last one there are none.
                        let mut out = vec![1.0; n * (m + 2) - 2];
                        by(&mut out, m + 2, a, b, true);
                        let between = |row: &[f32]| row[m..].iter().all(|&number| number.to_bits() == 1.0_f32.to_bits());
                        assert!(out.chunks(m + 2).all(between));
                        let found: Vec<f32> = out.chunks(m + 2).flat_map(|row| &row[..m]).map(|sum| sum - 1.0).collect();
                        assert_eq!(found, expected, "{n} × {inner} {:?}, {inner} × {m} {:?}", a.strides, b.strides);
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "lies within")]
    fn a_matrix_does_not_reach_beyond_its_numbers() {
        let _ = Matrix::new(&[0.0; 5], [2, 3], [3, 1]);
    }
}
