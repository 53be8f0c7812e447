//! `Weights`: the weights of a whole population, as values.
//!
//! Every leaf has the shape `[members, rows, cols]` (embedding `[P, vocab, dim]`, dense `[P, in, out]`,
//! bias `[P, 1, out]`), so each formula of a paper is one line for all members at once, and members
//! cannot mix: every operation here acts on each member alone.
//! Elsewhere: what the leaves mean (`basin_train::models`), who moves them (`methods`, `base`).

use basin_kernels::{self as kernels, Metric};
use burn::tensor::{Int, Tensor};

/// What a leaf is to its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One row per token; a batch touches few of them.
    Embedding,
    /// The weights of a layer.
    Matrix,
    /// An offset, one row.
    Bias,
}

/// One named tensor of every member.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its name in checkpoints.
    pub name: &'static str,
    /// What it is to its network.
    pub role: Role,
    /// `[members, rows, cols]`.
    pub value: Tensor<3>,
    /// What length means here; none where rows are orthonormal coordinates.
    pub metric: Option<Metric>,
}

impl Leaf {
    /// A leaf with the usual length.
    pub fn new(name: &'static str, role: Role, value: Tensor<3>) -> Self {
        Self { name, role, value, metric: None }
    }

    /// The same leaf with another value.
    #[must_use]
    pub fn with(&self, value: Tensor<3>) -> Self {
        Self { value, metric: self.metric.clone(), ..*self }
    }

    /// The move of a point along this gradient: the gradient itself, but G D where there is a metric.
    fn raised(&self) -> Self {
        match &self.metric {
            Some(metric) => Self::new(self.name, self.role, metric.raise(&self.value)),
            None => self.clone(),
        }
    }
}

/// The weights of a population, or anything shaped like them: gradients, perturbations, momenta.
///
/// Inner products and norms are those of gradients; [`Self::raised`] makes of a gradient what can be added to a point. The
/// two differ on leaves with a [`Metric`] alone.
#[derive(Clone, Debug)]
pub struct Weights {
    leaves: Vec<Leaf>,
}

impl Weights {
    /// Weights from their leaves.
    ///
    /// # Panics
    /// If there is no leaf, or leaves differ in their number of members: a bug in a model's `init`.
    pub fn new(leaves: Vec<Leaf>) -> Self {
        let members = leaves.first().expect("a model has at least one leaf").value.dims()[0];
        assert!(leaves.iter().all(|l| l.value.dims()[0] == members), "all leaves have the same members");
        Self { leaves }
    }

    /// The leaves, in the order of the model.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The leaves, to write into those that nobody else holds.
    pub fn into_leaves(self) -> Vec<Leaf> {
        self.leaves
    }

    /// The tensor named `name`.
    ///
    /// # Panics
    /// If there is none: a bug in the model that asks.
    pub fn leaf(&self, name: &str) -> Tensor<3> {
        self.leaves.iter().find(|l| l.name == name).expect("a model asks for its own leaves").value.clone()
    }

    /// What length means on the leaf named `name`; none where there is nothing to say.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.leaves.iter().find(|l| l.name == name)?.metric.as_ref()
    }

    /// Number of members P.
    pub fn members(&self) -> usize {
        self.leaves[0].value.dims()[0]
    }

    /// Number of weights of one member.
    pub fn count(&self) -> usize {
        self.leaves.iter().map(|l| l.value.dims()[1] * l.value.dims()[2]).sum()
    }

    /// `f` of every leaf, as a leaf.
    #[must_use]
    pub fn map_leaves(&self, f: impl FnMut(&Leaf) -> Leaf) -> Self {
        Self { leaves: self.leaves.iter().map(f).collect() }
    }

    /// `f` of every leaf.
    #[must_use]
    pub fn map(&self, mut f: impl FnMut(&Leaf) -> Tensor<3>) -> Self {
        self.map_leaves(|leaf| leaf.with(f(leaf)))
    }

    /// `f` of the embedding; the other leaves stay as they are.
    #[must_use]
    pub fn map_embedding(&self, f: impl Fn(Tensor<3>) -> Tensor<3>) -> Self {
        self.map(|leaf| match leaf.role {
            Role::Embedding => f(leaf.value.clone()),
            Role::Matrix | Role::Bias => leaf.value.clone(),
        })
    }

    /// `f` of every leaf and its counterpart in `other`.
    #[must_use]
    pub fn zip(&self, other: &Self, mut f: impl FnMut(Tensor<3>, Tensor<3>) -> Tensor<3>) -> Self {
        assert_eq!(self.leaves.len(), other.leaves.len(), "both come from one model");
        let both = self.leaves.iter().zip(&other.leaves);
        Self { leaves: both.map(|(a, b)| a.with(f(a.value.clone(), b.value.clone()))).collect() }
    }

    /// Leaves like these with other values, in the order of the model.
    #[must_use]
    pub fn with_values(&self, values: impl IntoIterator<Item = Tensor<3>>) -> Self {
        let mut values = values.into_iter();
        self.map(|_| values.next().expect("one value a leaf"))
    }

    /// Zeros of the same shape.
    #[must_use]
    pub fn zeros_like(&self) -> Self {
        self.map(|l| l.value.zeros_like())
    }

    /// `self · factor`, `factor` one number per member, `[members, 1, 1]`.
    #[must_use]
    pub fn scale(&self, factor: &Tensor<3>) -> Self {
        self.map(|l| l.value.clone() * factor.clone())
    }

    /// `self + factor · other`, `factor` one number per member, `[members, 1, 1]`.
    #[must_use]
    pub fn add_scaled(&self, other: &Self, factor: &Tensor<3>) -> Self {
        self.with_values(kernels::add_scaled(&self.pairs(other), factor))
    }

    /// `self + number · other`.
    #[must_use]
    pub fn add_times(&self, other: &Self, number: f64) -> Self {
        self.zip(other, |a, b| a + b.mul_scalar(number))
    }

    /// The move of a point along this gradient: the gradient itself, but G D for D on leaves with a [`Metric`].
    #[must_use]
    pub fn raised(&self) -> Self {
        self.map_leaves(Leaf::raised)
    }

    /// ⟨self, other⟩ over all leaves of each member, `[members, 1, 1]`.
    pub fn dot(&self, other: &Self) -> Tensor<3> {
        kernels::dot(&self.pairs(&other.raised()))
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> Vec<[&'a Tensor<3>; 2]> {
        assert_eq!(self.leaves.len(), other.leaves.len(), "both come from one model");
        self.leaves.iter().zip(&other.leaves).map(|(a, b)| [&a.value, &b.value]).collect()
    }

    /// The values of the leaves, in the order of the model.
    pub fn values(&self) -> Vec<&Tensor<3>> {
        self.leaves.iter().map(|leaf| &leaf.value).collect()
    }

    /// ‖self‖ over all leaves of each member, `[members, 1, 1]`.
    pub fn norm(&self) -> Tensor<3> {
        self.norm_with(&self.raised())
    }

    /// The same where [`Self::raised`] is known.
    pub(super) fn norm_with(&self, moved: &Self) -> Tensor<3> {
        let (mut products, mut squares) = (Vec::new(), Vec::new());
        for (leaf, [own, moved]) in self.leaves.iter().zip(self.pairs(moved)) {
            match leaf.metric {
                Some(_) => products.push([own, moved]),
                None => squares.push(own),
            }
        }
        kernels::norm(&products, &squares, 1.0, 0.0)
    }

    /// Each member `times` in a row: member m becomes members m·times … m·times + times − 1.
    #[must_use]
    pub fn repeat_each(&self, times: usize) -> Self {
        self.map(|l| {
            let [members, rows, cols] = l.value.dims();
            l.value.clone().unsqueeze_dim::<4>(1).expand([members, times, rows, cols]).reshape([members * times, rows, cols])
        })
    }

    /// Sums each run of `times` members: the way back from [`Self::repeat_each`].
    #[must_use]
    pub fn sum_each(&self, times: usize) -> Self {
        self.map(|l| {
            let [members, rows, cols] = l.value.dims();
            l.value.clone().reshape([members / times, times, rows, cols]).sum_dim(1).squeeze_dim::<3>(1)
        })
    }

    /// The members `range`, as a population of their own.
    #[must_use]
    pub fn slice_members(&self, range: std::ops::Range<usize>) -> Self {
        self.map(|l| l.value.clone().narrow(0, range.start, range.len()))
    }

    /// The same weights with only the rows `rows` of the embeddings.
    ///
    /// A batch's loss depends on no other row, so gradients, norms and perturbations are the same; what touches
    /// a few hundred rows instead of a vocabulary is the cost.
    #[must_use]
    pub fn select_rows(&self, rows: &Tensor<1, Int>) -> Self {
        self.map_embedding(|table| table.select(1, rows.clone()))
    }

    /// The way back from [`Self::select_rows`]: writes the rows of `part` into `self`, bit for bit;
    /// other rows stay as they are. `rows` are distinct.
    #[must_use]
    pub fn assign_rows(self, rows: &Tensor<1, Int>, part: Self) -> Self {
        let leaves = self.leaves.into_iter().zip(part.leaves);
        let assign = |(whole, part): (Leaf, Leaf)| match whole.role {
            Role::Embedding => Leaf { value: kernels::assign_rows(whole.value, rows, part.value), ..part },
            Role::Matrix | Role::Bias => part,
        };
        Self { leaves: leaves.map(assign).collect() }
    }
}
