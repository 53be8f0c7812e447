//! Names of the weights of an encoder's layers: where they are trained further, and where they are handed on.

use basin_kernels::LEAVES;

use crate::experiment::MOST_LAYERS;

macro_rules! names {
    ($($layer:literal)*) => {
        [$([
            concat!("layer", $layer, ".attention.weight"),
            concat!("layer", $layer, ".attention.bias"),
            concat!("layer", $layer, ".output.weight"),
            concat!("layer", $layer, ".output.bias"),
            concat!("layer", $layer, ".norm.scale"),
            concat!("layer", $layer, ".norm.shift"),
            concat!("layer", $layer, ".inner.weight"),
            concat!("layer", $layer, ".inner.bias"),
            concat!("layer", $layer, ".outer.weight"),
            concat!("layer", $layer, ".outer.bias"),
            concat!("layer", $layer, ".end.scale"),
            concat!("layer", $layer, ".end.shift"),
        ]),*]
    };
}

/// Those of every layer, in the order of `basin_kernels::Encoder`.
pub(crate) static OF_LAYERS: [[&str; LEAVES]; MOST_LAYERS] = names![1 2 3 4 5 6 7 8 9 10 11 12];

/// Those before the layers: rows of the word pieces, of places, and the norm behind them.
pub(crate) const OF_EMBEDDING: [&str; 4] = ["embedding", "places", "embedding.scale", "embedding.shift"];
