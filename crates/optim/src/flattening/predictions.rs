//! What measured numbers must meet: formulas of one line.

/// ‖∇L‖ where full-batch SAM has come to the minimisers: η ρ λ²/(2 − η λ), λ = λ₁. It jumps to and fro along v₁ by
/// η ρ λ/(2 − η λ) to each side, which is exact on a quadratic. Source: from arXiv:2211.05729's and arXiv:2309.12488's quadratic.
pub fn gradient_floor(lambda: f64, rho: f64, rate: f64) -> f64 {
    rate * rho * lambda.powi(2) / (2.0 - rate * lambda)
}

/// The SAM edge (‖g‖/2ρ)(√(1 + 8ρ/(η‖g‖)) − 1): λ₁ as the gradient tells it. On the floor of the gradient it is λ₁; the two
/// formulas are one, solved for one or the other. Source: Long & Bartlett, arXiv:2309.12488.
pub fn sam_edge(gradient_norm: f64, rho: f64, rate: f64) -> f64 {
    // As in `measures::sharpness`, in a form that cancels nowhere.
    4.0 / rate / (1.0 + (1.0 + 8.0 * rho / (rate * gradient_norm)).sqrt())
}

/// The largest rise of the loss within ρ of a minimiser, ρ² λ₁/2, to the lowest order in ρ.
pub fn worst_rise(lambda: f64, rho: f64) -> f64 {
    0.5 * rho.powi(2) * lambda
}
