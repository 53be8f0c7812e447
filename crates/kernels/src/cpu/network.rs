//! What a network that reads texts in order does with a few of them.

/// A network, with what its last forward pass left for the way back.
pub trait Network {
    /// Numbers of its layers.
    fn size(&self) -> usize;

    /// Numbers of a text's features.
    fn width(&self) -> usize;

    /// Places that a text takes at least; those behind its end are zeros.
    fn least(&self) -> usize;

    /// Appends a member's layers, each as it lies in its tensor, in the network's own order.
    fn enter(&self, layers: &[&[f32]], flat: &mut Vec<f32>);

    /// The way back from [`Self::enter`]: writes the layers' own numbers.
    fn leave(&self, flat: &[f32], layers: &mut [&mut [f32]]);

    /// Features of texts of `lengths`, of whose tokens `x` has the rows.
    fn forward(&mut self, layers: &[f32], x: &[f32], lengths: &[usize], features: &mut [f32]);

    /// From the gradient with respect to the features to that with respect to `x`, which is written, and to the layers, which is
    /// added.
    fn backward(&mut self, layers: &[f32], x: &[f32], lengths: &[usize], d: &[f32], dx: &mut [f32], gradient: &mut [f32]);
}
