use basin_optim::population::{Leaf, Objective, Outputs, Role, Subset, Weights};
use burn::tensor::{Device, Tensor};

/// Logits x W, on a batch.
struct Linear {
    /// `[1, batch, inputs]`.
    x: Tensor<3>,
    /// `[1, batch, classes]`.
    one_hot: Tensor<3>,
    labels: Vec<usize>,
}

impl Objective for Linear {
    fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn one_hot(&self) -> Tensor<3> {
        self.one_hot.clone()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        let hidden = self.x.clone().repeat_dim(0, w.members());
        Outputs { logits: hidden.clone().matmul(w.leaf("w")), hidden }
    }

    fn subset(&self, _of: Subset<'_>) -> Box<dyn Objective + '_> {
        unimplemented!("only m-SAM and per-instance SAM ask for parts of a batch")
    }
}

/// Two examples, one of each class: (1, 0) and (0, 1).
fn two_examples(device: &Device) -> Linear {
    let x = Tensor::from_data([[[1.0, 0.0], [0.0, 1.0]]], device);
    Linear { one_hot: x.clone(), x, labels: vec![0, 1] }
}

/// Weights of two members.
fn two_members(device: &Device) -> Weights {
    let value = Tensor::from_data([[[0.1, 0.2], [0.3, -0.4]], [[0.0, 0.0], [0.0, 0.0]]], device);
    Weights::new(vec![Leaf::new("w", Role::Matrix, value)])
}
