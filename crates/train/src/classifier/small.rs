//! Which form a classifier has in its page: all digits where they fit, else as few as it takes to stay small.
//!
//! A page is small with 32 bits a weight, or with 16; else with 8 for the weights of tokens, where all tokens fit so; else with 4,
//! and as many of the most frequent tokens as fit, then with 8 and as many as fit. What the last three cost is measured on the
//! run's own test set. Where it is more than [`MOST_LOST`], the page stays large with 16 bits: better large than wrong.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::form::{Form, Precision, Small};
use super::page;
use super::weights::Classifier;
use crate::data::tokens::UNKNOWN;
use crate::instruments::Evaluator;
use crate::lost;
use crate::run::Run;

/// Bytes that a page stays below where it can: 1 MB.
pub const SMALL_BYTES: usize = 1_000_000;

/// Accuracy that a small form may cost: half a point.
const MOST_LOST: f64 = 0.005;

/// Bytes for what the page tells of a form once its accuracy is known.
const ROOM: usize = 500;

impl Classifier {
    /// How it stands in its page.
    pub fn form(&self) -> Form {
        match self.small {
            Some(Small { form, holds: true, .. }) => form,
            _ => self.plain().unwrap_or(self.whole_in(Precision::Half)),
        }
    }

    /// All its tokens, with weights in a precision.
    pub fn whole_in(&self, precision: Precision) -> Form {
        Form { precision, tokens: self.vocabulary.len() }
    }

    /// A form that costs nothing, if its page is small.
    fn plain(&self) -> Option<Form> {
        [Precision::Single, Precision::Half]
            .map(|precision| self.whole_in(precision))
            .into_iter()
            .find(|form| self.bytes(*form) < SMALL_BYTES)
    }

    /// Looks for a small form of what needs one, if there is one that holds. Cost: a forward pass over the test set for each form
    /// that is tried.
    pub(crate) async fn shrink(&mut self, run: &Run, test: &Evaluator) {
        if self.pretrained.is_some() || self.plain().is_some() {
            return;
        }
        let own = self.facts.measured.test_accuracy[self.facts.member];
        for form in self.small_forms() {
            let accuracy = self.accuracy(form, run, test).await;
            // Numbers that are rounded in f32 may differ where the answers do not.
            let holds = accuracy > own - MOST_LOST - 1e-6;
            if self.small.is_none_or(|tried| accuracy > tried.accuracy) {
                self.small = Some(Small { form, accuracy, holds });
            }
            if holds {
                return;
            }
        }
    }

    /// The forms that are tried, best first.
    fn small_forms(&self) -> Vec<Form> {
        let [eight, four] = [Precision::Eight, Precision::Four].map(|precision| self.cut(precision));
        let forms = if eight.tokens == self.vocabulary.len() { vec![eight] } else { vec![four, eight] };
        // Not without a single token.
        forms.into_iter().filter(|form| form.tokens > UNKNOWN as usize + 1).collect()
    }

    /// As many tokens as fit into a small page.
    fn cut(&self, precision: Precision) -> Form {
        let (mut most, mut too_many) = (0, self.vocabulary.len() + 1);
        while most + 1 < too_many {
            let tokens = most.midpoint(too_many);
            if self.bytes(Form { precision, tokens }) + ROOM < SMALL_BYTES { most = tokens } else { too_many = tokens }
        }
        Form { precision, tokens: most }
    }

    fn bytes(&self, form: Form) -> usize {
        page::html(self, form).len()
    }

    /// How good it is on the test set of its run as it stands in a page.
    async fn accuracy(&self, form: Form, run: &Run, test: &Evaluator) -> f64 {
        let member = self.facts.member;
        let values = self.rounded(form).into_iter().map(|leaf| {
            let data = TensorData::new(leaf.values, [1, leaf.rows, leaf.cols]);
            Tensor::from_data(data, &run.compute.device)
        });
        let w = run.lanes[self.facts.lane].weights().slice_members(member..member + 1).with_values(values);
        let read = lost::read(Transaction::default().register(test.evaluate(&*run.model, &w).accuracy)).await;
        let read: Option<Vec<f32>> = read.into_iter().next().map(|values| values.try_to_vec_as().expect("accuracies are f32"));
        read.map_or(f64::NAN, |accuracy| f64::from(accuracy[0]))
    }
}
