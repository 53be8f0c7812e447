//! The methods, a file each, and the table of what they are.
//!
//! Each that climbs can go up on another loss ([`ClimbLoss`](crate::population::ClimbLoss)), and in a part of the run only
//! ([`Within`]). Agnostic-SAM (arXiv:2406.07107) is not among them: its rule is not public in a form that could be followed.

mod asam;
mod delta_sam;
mod eigen_sam;
mod f_sam;
mod fisher_sam;
mod gsam;
mod j_sam;
mod l_sam;
mod llqr;
mod look_sam;
mod m_sam;
mod per_instance;
mod rw_sam;
mod sam;
mod saner;
mod sgd;
mod step;
mod within;

pub use self::asam::Asam;
pub use self::delta_sam::DeltaSam;
pub use self::eigen_sam::EigenSam;
pub use self::f_sam::{FSam, Order};
pub use self::fisher_sam::FisherSam;
pub use self::gsam::Gsam;
pub use self::j_sam::JSam;
pub use self::l_sam::LSam;
pub use self::llqr::Llqr;
pub use self::look_sam::LookSam;
pub use self::m_sam::MSam;
pub use self::per_instance::{Form, PerInstanceSam};
pub use self::rw_sam::RwSam;
pub use self::sam::Sam;
pub use self::saner::Saner;
pub use self::sgd::Sgd;
pub use self::step::{Context, Method, StepReport, Time};
pub use self::within::{Moment, Within};

/// A method, in a line.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What [`Method::name`] says.
    pub name: &'static str,
    /// The direction of the perturbation: g is the gradient of the mean loss, g_i that of example i, m a running mean of g.
    pub along: &'static str,
    /// What a step costs, in gradient evaluations.
    pub cost: &'static str,
    /// Whether it can run where leaves have a [`Metric`](crate::population::Metric): it looks at the weights through sums,
    /// inner products, moves along gradients and normal noise alone, so that no rotation of them changes its step, and keeps
    /// nothing shaped like them, which would not fit the next batch.
    pub in_text_coordinates: bool,
}

const fn row(name: &'static str, along: &'static str, cost: &'static str, in_text_coordinates: bool) -> Row {
    Row { name, along, cost, in_text_coordinates }
}

/// All methods; a test rotates the weights and holds the last column against what comes out.
pub const METHODS: [Row; 16] = [
    row("SGD", "–", "1", true),
    row("SAM", "g", "2", true),
    row("δ-SAM", "Σ p_i g_i, p from a rule of `weighting`", "2 and the rule's", true),
    row("per-instance SAM", "g_i, for each example", "2", true),
    row("m-SAM", "g of each part of the batch", "2", true),
    row("ASAM", "T²g, T = |w| + η", "2", false),
    row("F-SAM", "g − σ m", "2", false),
    row("RW-SAM", "Σ p_i g_i, p from first differences", "2⅓", false),
    row("GSAM", "g; descends g_p − α g_⊥", "2", true),
    row("Fisher-SAM", "F⁻¹g, F = g² + 0.1", "2", false),
    row("L-SAM", "g; descends J(w)ᵀ r(w+ε)", "2⅓", true),
    row("J-SAM", "g; descends J(w+ε)ᵀ r(w)", "2", true),
    row("LookSAM", "g, every k-th step; between descends g + α (‖g‖/‖g_v‖) g_v", "1 + 1/k", false),
    row("Eigen-SAM", "ĝ + α sign(g·v) v_⊥, v top eigenvector", "2 and 10 every 100 steps", false),
    row("SANER", "g; descends less where the climb shrank it", "2", false),
    row("LLQR", "P g, P learned; descends P ∇L(w+ε)", "2 and 100 every 1000 steps", false),
];

/// Whether `method` can run in text coordinates; one that is not in the table can not.
pub fn runs_in_text_coordinates(method: &dyn Method) -> bool {
    METHODS.iter().any(|row| row.name == method.name() && row.in_text_coordinates)
}
