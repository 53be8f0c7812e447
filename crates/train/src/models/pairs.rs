//! How the two texts of a pair meet.

use burn::tensor::Tensor;

use crate::experiment::Pair;

/// How many times wider the features of a pair are than those of a text.
pub(super) fn pair_width(pairs: bool, pair: Pair) -> usize {
    match (pairs, pair) {
        (false, _) => 1,
        (true, Pair::Concat) => 2,
        (true, Pair::Interaction) => 4,
    }
}

/// The features of each text, `[members, batch, width]`, as one: [u], [u, v] or [u, v, |u − v|, u·v].
pub(super) fn join(mut texts: Vec<Tensor<3>>, pair: Pair) -> Tensor<3> {
    if texts.len() == 1 {
        return texts.remove(0);
    }
    if let ([u, v], Pair::Interaction) = (texts.as_slice(), pair) {
        let more = [(u.clone() - v.clone()).abs(), u.clone() * v.clone()];
        texts.extend(more);
    }
    Tensor::cat(texts, 2)
}

/// The way back from [`join`]: from the gradient with respect to the joined features to that with respect to each of `texts`.
pub(super) fn part(joined: Tensor<3>, texts: &[Tensor<3>], pair: Pair) -> Vec<Tensor<3>> {
    if texts.len() == 1 {
        return vec![joined];
    }
    let width = texts[0].dims()[2];
    let of = |place: usize| joined.clone().narrow(2, place * width, width);
    match (texts, pair) {
        ([u, v], Pair::Interaction) => {
            let difference = (u.clone() - v.clone()).sign() * of(2);
            vec![of(0) + difference.clone() + v.clone() * of(3), of(1) - difference + u.clone() * of(3)]
        }
        _ => (0..texts.len()).map(of).collect(),
    }
}
