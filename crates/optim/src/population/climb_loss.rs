//! What a climb goes up on: the loss itself, or a bound of the error that it stands for. The descent stays on the loss.
//!
//! Source: BiSAM, Xie et al. 2024, arXiv:2407.12993: to climb to where the classifier errs most, go up on a lower bound of the 0-1
//! loss; cross-entropy is an upper one. 1 − π_y, the mean absolute error, is such a climb loss too, and is δ-SAM's rule `p_y`.
//! Symbols: z logits, π probabilities, y label.

use basin_kernels::probabilities;
use burn::tensor::Tensor;

/// The loss q_i that a climb goes up on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClimbLoss {
    /// −ln π_y, the loss itself.
    #[default]
    CrossEntropy,
    /// 1 − π_y, whose gradient is π_y times that of the loss: who is surely wrong drops out.
    Error,
    /// (1/μ) ln Σ_j exp(μ tanh(α (z_j − z_y))), with the authors' μ = 1 and α = 0.1.
    BiSam,
}

/// α of BiSAM.
const ALPHA: f64 = 0.1;
/// μ of BiSAM.
const MU: f64 = 1.0;

impl ClimbLoss {
    /// ∂q_i/∂z of each example, from logits `[P, B, C]` and labels `[1 or P, B, C]`; none for the loss itself, whose π − y a
    /// forward pass knows already.
    pub fn signal(self, logits: Tensor<3>, one_hot: Tensor<3>) -> Option<Tensor<3>> {
        match self {
            Self::CrossEntropy => None,
            Self::Error => {
                let pi = probabilities(logits);
                let of_label = (pi.clone() * one_hot.clone()).sum_dim(2);
                Some((pi - one_hot) * of_label)
            }
            Self::BiSam => {
                let of_label = (logits.clone() * one_hot.clone()).sum_dim(2);
                let phi = (logits - of_label).mul_scalar(ALPHA).tanh();
                // Σ_j s_j φ′(z_j − z_y) of the others is taken off at the label, where it all comes from.
                let slope = probabilities(phi.clone().mul_scalar(MU)) * phi.square().neg().add_scalar(1.0).mul_scalar(ALPHA);
                Some(slope.clone() - one_hot * slope.sum_dim(2))
            }
        }
    }

    /// Whether an example that climbs alone goes where it would on the loss itself: its gradient differs by a factor.
    pub fn along_the_loss(self) -> bool {
        self != Self::BiSam
    }
}
