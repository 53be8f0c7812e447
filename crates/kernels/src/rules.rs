//! The hyperparameters of an optimizer's step.

/// Those of SGD.
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    /// Learning rate η.
    pub rate: f64,
    /// Weight decay λ.
    pub decay: f64,
}

/// Those of SGD with momentum.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    /// Learning rate η.
    pub rate: f64,
    /// Weight decay λ.
    pub decay: f64,
    /// μ.
    pub mu: f64,
}

/// Those of AdamW.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate η.
    pub rate: f64,
    /// Weight decay λ.
    pub decay: f64,
    /// Number of the step; the first is 1.
    pub time: usize,
}

/// β₁ and β₂ of AdamW.
pub(crate) const BETA: [f32; 2] = [0.9, 0.999];
/// Added to AdamW's root; burn's default.
pub(crate) const EPSILON: f32 = 1e-5;

impl AdamW {
    /// 1 − η λ.
    pub(crate) fn keep(self) -> f32 {
        (1.0 - self.rate * self.decay) as f32
    }

    /// 1 − β₁^t and 1 − β₂^t.
    pub(crate) fn correction(self) -> [f32; 2] {
        BETA.map(|beta| 1.0 - beta.powi(self.time as i32))
    }
}
