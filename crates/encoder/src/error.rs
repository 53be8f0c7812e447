//! Why the files of a model are no encoder.

/// Why the files of a model are no encoder.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The weights are no safetensors file.
    #[error("the model's weights cannot be read: {0}")]
    Weights(String),
    /// A tensor is missing, or another than a BERT model has.
    #[error("the model's tensor {name} {problem}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The tokenizer is no WordPiece of BERT.
    #[error("the model's tokenizer cannot be used: {0}")]
    Tokenizer(String),
    /// A file of the small form.
    #[error("the encoder's file cannot be used: {0}")]
    Small(String),
    /// The tokenizer has more pieces than the network knows.
    #[error("the model's tokenizer has {tokenizer} word pieces, but its weights know {model}: they belong to different models")]
    Pieces {
        /// Those of the tokenizer.
        tokenizer: usize,
        /// Rows of the embedding.
        model: usize,
    },
}
