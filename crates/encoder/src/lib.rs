//! A frozen sentence encoder on the CPU: texts to vectors of length 1, as sentence-transformers makes them of BERT models. Who trains
//! its last layers further takes them out, and what the layers below make of texts ([`SentenceEncoder::states`]).
//!
//! From the ground up: `numbers` (loops), `tokenizer` (texts as word pieces), `integers` (products with weights of 8 bits),
//! `weights` (out of a file), `network` (word pieces to a vector), `small` (an encoder in one small file, for a page). Here: many
//! texts, on several threads.
//!
//! Elsewhere: the same numbers by JAX (`tests/sentence`), who keeps vectors (`basin`'s `encoder.rs`), who learns from them
//! (`basin_train::models`).

mod error;
mod integers;
mod network;
mod numbers;
mod small;
mod tokenizer;
mod weights;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use error::EncoderError;
use integers::Packed;
use network::Scratch;
pub use small::Origin;
pub use tokenizer::Tokenizer;
pub use weights::{Form, Numbers};
use weights::{Look, Product, Weights};

/// Tokens that go through the network at once: enough that a product reads its weights a few times, and its numbers stay in a
/// core's own memory.
const BLOCK_TOKENS: usize = 256;

/// all-MiniLM-L6-v2, as its `config.json` and `sentence_bert_config.json` have it.
pub const MINILM: Form = Form { heads: 12, longest: 256 };

/// An encoder: tokenizer and network, whose weights are held in one way or another.
pub struct SentenceEncoder<M = Vec<f32>, W = Vec<f32>> {
    tokenizer: Tokenizer,
    weights: Weights<M, W>,
    form: Form,
}

/// One whose weights have 8 bits: a quarter of the memory, and vectors that differ a little.
pub type SmallEncoder = SentenceEncoder<Packed, small::Bytes>;

impl SentenceEncoder {
    /// Reads the bytes of `model.safetensors` and `tokenizer.json`.
    ///
    /// # Errors
    /// What is missing in which, or has another shape.
    pub fn read(model: &[u8], tokenizer: &[u8], form: Form) -> Result<Self, EncoderError> {
        let tokenizer = Tokenizer::read(tokenizer)?;
        let weights = Weights::read(model, form)?;
        if tokenizer.pieces() > weights.pieces() {
            return Err(EncoderError::Pieces { tokenizer: tokenizer.pieces(), model: weights.pieces() });
        }
        Ok(Self { tokenizer, weights, form })
    }

    /// The file that [`SmallEncoder::read_small`] reads: the same on every machine.
    ///
    /// # Errors
    /// A word piece that has no place in it.
    pub fn small(&self, origin: &Origin) -> Result<Vec<u8>, EncoderError> {
        small::write(&self.weights, &self.tokenizer, self.form, origin)
    }
}

impl SmallEncoder {
    /// Reads a file of [`SentenceEncoder::small`], and whose weights it holds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read_small(bytes: &[u8]) -> Result<(Self, Origin), EncoderError> {
        let small::Read { origin, form, tokenizer, weights } = small::read(bytes)?;
        Ok((Self { tokenizer, weights, form }, origin))
    }
}

impl<M: Product, W: Look> SentenceEncoder<M, W> {
    /// Numbers of a vector.
    pub fn width(&self) -> usize {
        self.weights.width
    }

    /// Heads of an attention layer.
    pub fn heads(&self) -> usize {
        self.form.heads
    }

    /// Layers.
    pub fn layers(&self) -> usize {
        self.weights.layers.len()
    }

    /// Numbers of the inner part of a layer.
    pub fn inner(&self) -> usize {
        self.weights.layers.first().map_or(0, |layer| layer.inner.bias.len())
    }

    /// Word pieces that the network knows.
    pub fn pieces(&self) -> usize {
        self.weights.pieces()
    }

    /// Word pieces of a text that are read, at most.
    pub fn longest(&self) -> usize {
        self.form.longest
    }

    /// The weights of a layer, as `basin_kernels::Encoder` has its leaves; those of 8 bits as what they stand for.
    pub fn layer(&self, layer: usize) -> Vec<Numbers> {
        self.weights.layers[layer].leaves()
    }

    /// The weights before the layers: words, `[pieces, width]`, what is added at each place, `[longest, width]`, and scale and shift of
    /// the norm behind them.
    pub fn embedding(&self) -> Vec<Numbers> {
        let Weights { width, words, places, embedding_norm, .. } = &self.weights;
        let numbers = |rows: usize, values: Vec<f32>| Numbers { shape: [rows, *width], values };
        let mut of_words = Vec::with_capacity(self.pieces() * width);
        (0..self.pieces()).for_each(|row| words.push_row(row, *width, &mut of_words));
        let places = places[..self.longest() * width].to_vec();
        [numbers(self.pieces(), of_words), numbers(self.longest(), places)].into_iter().chain(embedding_norm.rows()).collect()
    }

    /// Word pieces of a text without the two around it: how many the vocabulary knows, of how many.
    pub fn known(&self, text: &str) -> (usize, usize) {
        let ids = self.tokenizer.encode(text, usize::MAX);
        let pieces = &ids[1..ids.len() - 1];
        (pieces.iter().filter(|id| **id != self.tokenizer.unknown()).count(), pieces.len())
    }

    /// The numbers of a text's word pieces as the network reads them, with the two around it.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(text, self.form.longest)
    }

    /// The vector of each text, on `threads` threads. `told` hears every few milliseconds for how many texts that is done, and
    /// says whether to go on; if not, those that are done are there. Cost: 21 MFLOP a word piece for all-MiniLM-L6-v2.
    pub fn encode(&self, texts: &[&str], threads: usize, told: impl FnMut(usize) -> bool) -> Vec<Option<Vec<f32>>> {
        self.each(texts, threads, told, |texts, scratch| network::vectors(&self.weights, self.form.heads, texts, scratch))
    }

    /// The same for what the first `below` layers make of each word piece: `[pieces of the text, width]`, as layer `below` reads it.
    pub fn states(&self, texts: &[&str], below: usize, threads: usize, told: impl FnMut(usize) -> bool) -> Vec<Option<Vec<f32>>> {
        self.each(texts, threads, told, |texts, scratch| network::states(&self.weights, self.form.heads, below, texts, scratch))
    }

    fn each(
        &self,
        texts: &[&str],
        threads: usize,
        mut told: impl FnMut(usize) -> bool,
        run: impl Fn(&[&[u32]], &mut Scratch) -> Vec<Vec<f32>> + Sync,
    ) -> Vec<Option<Vec<f32>>> {
        let tokens: Vec<Vec<u32>> = texts.iter().map(|text| self.tokens(text)).collect();
        // Texts of one length lie together; long ones come first, so that no thread is left with one at the end.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| std::cmp::Reverse(tokens[text].len()));
        let blocks = blocks(&order, &tokens);
        let vectors: Mutex<Vec<Option<Vec<f32>>>> = Mutex::new(vec![None; texts.len()]);
        let (next, done, end) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |scratch: &mut Scratch| -> bool {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let (Some(block), 0) = (blocks.get(place), end.load(Ordering::Relaxed)) else { return false };
            let block = &order[block.clone()];
            let of_block: Vec<&[u32]> = block.iter().map(|&text| &*tokens[text]).collect();
            let found = run(&of_block, scratch);
            let mut vectors = vectors.lock().expect("no thread panics with it");
            for (&text, vector) in block.iter().zip(found) {
                vectors[text] = Some(vector);
            }
            done.fetch_add(block.len(), Ordering::Relaxed);
            true
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(blocks.len()) {
                scope.spawn(|| {
                    let mut scratch = Scratch::default();
                    while work(&mut scratch) {}
                });
            }
            let mut scratch = Scratch::default();
            while work(&mut scratch) {
                if !told(done.load(Ordering::Relaxed)) {
                    end.store(1, Ordering::Relaxed);
                }
            }
        });
        vectors.into_inner().expect("no thread panics with it")
    }
}

/// Places of `order` whose texts go through the network together: as many as fit, one at least.
fn blocks(order: &[usize], tokens: &[Vec<u32>]) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut inside = 0;
    for (place, &text) in order.iter().enumerate() {
        let length = tokens[text].len();
        match blocks.last_mut() {
            Some(block) if inside + length <= BLOCK_TOKENS => {
                block.end += 1;
                inside += length;
            }
            _ => {
                blocks.push(place..place + 1);
                inside = length;
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_fits_and_one_at_least() {
        let tokens: Vec<Vec<u32>> = [300, 200, 56, 1].map(|length| vec![0; length]).into();
        assert_eq!(blocks(&[0, 1, 2, 3], &tokens), [0..1, 1..3, 3..4]);
        assert!(blocks(&[], &tokens).is_empty());
    }
}
