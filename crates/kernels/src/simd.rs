//! Loops over numbers with the widest vectors that the CPU has.

/// Runs `f`, of which there are two compiled forms: one for every CPU, and on x86 one for AVX2, taken where the CPU
/// has it. Both give the same bits. `f` and what it calls have to be `#[inline(always)]`, or they stay what they are.
pub fn wide(f: impl FnMut()) {
    pulp::Arch::new().dispatch(Loop(f));
}

struct Loop<F>(F);

impl<F: FnMut()> pulp::WithSimd for Loop<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        (self.0)();
    }
}
