//! How a classifier stands in its page: with how many bits, and with how many of its tokens.
//!
//! Elsewhere: what the bits are (`rounding.rs`), which form a page has (`small.rs`).

/// How a classifier stands in its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How its weights stand there.
    pub precision: Precision,
    /// Tokens that it knows there, `<pad>` and `<unk>` among them: the most frequent ones, for they are numbered by that.
    pub tokens: usize,
}

/// How weights stand in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they are: 32 bits.
    Single,
    /// 16 bits: of 1000 texts of `amazon_cells` (bag, word pairs) none got another answer, and no probability differed by more
    /// than 7e-5.
    Half,
    /// Those of tokens 8 bits and a scale a token, all others 16: they are few.
    Eight,
    /// The same with 4 bits.
    Four,
}

impl Precision {
    /// Bits of a weight of a token.
    pub fn bits(self) -> u32 {
        match self {
            Self::Single => 32,
            Self::Half => 16,
            Self::Eight => 8,
            Self::Four => 4,
        }
    }
}

/// A form that is small enough, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Small {
    /// The form.
    pub form: Form,
    /// Its accuracy on the test set of the run, or on the validation part, 0 to 1.
    pub accuracy: f64,
    /// Whether that is about the network's own. Else the page is larger than it should be, but right.
    pub holds: bool,
}
