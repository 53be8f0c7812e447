//! One sentence on each choice, and names of those that stand nowhere else.
//!
//! Elsewhere: what hyperparameters are called, and their choices (`knobs.rs`).

use basin_train::experiment::{Base, ClimbLoss, MethodConfig, ModelKind, Pair, Rule, Schedule, Tokens};
use basin_train::protocol::{DeviceChoice, EncoderOffer};

pub fn tokens_help(tokens: Tokens) -> &'static str {
    match tokens {
        Tokens::Words => "Lower-cased words.",
        Tokens::WordPairs => "Lower-cased words, and each two neighbours as one more token.",
        Tokens::Characters => "Runs of 1 to 4 characters of each word; for names and languages.",
    }
}

pub fn model_help(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Bag => "Mean of the tokens' embeddings, one hidden layer: fast, and hard to beat on small data.",
        ModelKind::Cnn => "Convolutions over 3, 4 and 5 tokens, maximum over the text.",
        ModelKind::Attention => "One transformer block, mean over the tokens.",
        ModelKind::Sentence => "One hidden layer on the vector that a pre-trained encoder gives of the text: for small data in English.",
    }
}

/// What is to be known of the encoder that the model `sentence` needs; whether that is in the way.
pub fn encoder(offer: &EncoderOffer) -> (String, bool) {
    match offer {
        EncoderOffer::Ready { title, bytes: 0 } => (format!("The encoder is {title}, which is on this computer."), false),
        EncoderOffer::Ready { title, bytes } => {
            let size = (*bytes as f64 / 1e6).ceil();
            (format!("The encoder is {title}: {size:.0} MB, fetched when a run first needs it, and kept by the browser."), false)
        }
        EncoderOffer::Missing(text) => (text.clone(), true),
    }
}

pub fn pair_help(pair: Pair) -> &'static str {
    match pair {
        Pair::Interaction => "Both texts, their difference and their product.",
        Pair::Concat => "Both texts, nothing else.",
    }
}

pub fn base_help(base: Base) -> &'static str {
    match base {
        Base::Sgd => "The gradient times the learning rate.",
        Base::Momentum => "A running sum of gradients, so a smaller learning rate goes as far.",
        Base::AdamW => "Each weight with its own scale; use a learning rate near 0.002 to 0.004.",
    }
}

pub fn schedule_help(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Constant => "The learning rate stays.",
        Schedule::Cosine => "The learning rate falls to zero along half a cosine.",
    }
}

pub fn device(device: DeviceChoice) -> &'static str {
    match device {
        DeviceChoice::Auto => "auto",
        DeviceChoice::Cpu => "CPU",
        DeviceChoice::Gpu => "GPU",
    }
}

pub fn device_help(device: DeviceChoice) -> &'static str {
    match device {
        DeviceChoice::Auto => "Start on the CPU, move to the GPU only when it measured faster.",
        DeviceChoice::Cpu => "The same numbers each time, bit for bit.",
        DeviceChoice::Gpu => "Vulkan, Metal, DirectX 12 or WebGPU; small models are often slower here.",
    }
}

pub fn method_help(method: &MethodConfig) -> &'static str {
    match method {
        MethodConfig::Sgd => "Downhill along the gradient, as the optimizer of the setup takes it; no climb.",
        MethodConfig::Sam => "Climbs ρ uphill first, and uses the gradient found up there. (Foret and others 2021, arXiv:2010.01412)",
        MethodConfig::DeltaSam { .. } => "SAM whose climb counts some examples more than others. (Zhou and others 2021, arXiv:2112.08772)",
        MethodConfig::PerInstanceSam => "Each example climbs on its own: what δ-SAM approximates.",
        MethodConfig::MSam { .. } => "A climb for each part of the batch. (Foret and others 2021, arXiv:2010.01412)",
        MethodConfig::Asam { .. } => "SAM whose climb scales with the size of each weight. (Kwon and others 2021, arXiv:2102.11600)",
        MethodConfig::FSam { .. } => "Climbs along the noise of the gradient, not along its mean. (Li and others 2024, arXiv:2403.12350)",
        MethodConfig::RwSam { .. } => "The climb counts examples with large gradients more. (arXiv:2509.18001)",
        MethodConfig::Gsam { .. } => "SAM that also lowers the gap between up there and here. (Zhuang and others 2022, arXiv:2203.08065)",
        MethodConfig::FisherSam => "SAM in the metric of the Fisher information. (the baseline of arXiv:2605.16134)",
        MethodConfig::LSam => {
            "SAM that keeps only what the climb changed in the errors: what the network got wrong. (Baek, Kolter, Raghunathan 2024, arXiv:2405.03676)"
        }
        MethodConfig::JSam => {
            "SAM that keeps only what the climb changed in the network: how its answers follow its weights. (Baek, Kolter, Raghunathan 2024, arXiv:2405.03676)"
        }
        MethodConfig::LookSam { .. } => {
            "Climbs in every few steps only, and reuses what the climb found between. (Liu and others 2022, arXiv:2203.02714)"
        }
        MethodConfig::EigenSam { .. } => {
            "The climb leans towards the direction in which the loss curves most. (Luo and others 2024, arXiv:2501.12666)"
        }
        MethodConfig::Saner { .. } => {
            "SAM that moves less where the climb made the gradient smaller. (Luong and others 2024, arXiv:2411.17132)"
        }
        MethodConfig::R3f { .. } => {
            "No climb among the weights: the answers should not change under noise on the words. (Aghajanyan and others 2020, arXiv:2008.03156)"
        }
        MethodConfig::RDrop { .. } => {
            "Two passes with different dropout should answer alike. Needs dropout. (Liang and others 2021, arXiv:2106.14448)"
        }
        MethodConfig::FreeLb { .. } => {
            "Moves the words to where they hurt most, in a few passes, and averages the gradients on the way. (Zhu and others 2020, arXiv:1909.11764)"
        }
        MethodConfig::Smart { .. } => {
            "The answers should not change where the words, moved a little, change them most. (Jiang and others 2020, arXiv:1911.03437)"
        }
        MethodConfig::Llqr { .. } => "SAM that learns a scale for each weight from the curvature. (arXiv:2605.16134)",
    }
}

pub fn climb_loss(loss: ClimbLoss) -> &'static str {
    match loss {
        ClimbLoss::CrossEntropy => "the loss",
        ClimbLoss::Error => "error (1 − probability)",
        ClimbLoss::BiSam => "BiSAM's bound",
    }
}

pub fn climb_loss_help(loss: ClimbLoss) -> &'static str {
    match loss {
        ClimbLoss::CrossEntropy => "Cross-entropy, which the descent goes down on too.",
        ClimbLoss::Error => "One minus the probability of the label: examples that are surely wrong drop out of the climb.",
        ClimbLoss::BiSam => "A lower bound of the number of errors, by the margins of the other classes.",
    }
}

pub fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Noise => "noise (published)",
        Rule::NoiseChange => "noise, change (other reading)",
        Rule::NoiseOverNorm => "noise over norm",
        Rule::Head => "head (closed form)",
        Rule::HeadSimple => "head, simple",
        Rule::Py => "probability of the label",
        Rule::InverseNorm => "inverse norm",
        Rule::Uniform => "uniform (equals SAM)",
        Rule::Random => "random (placebo)",
    }
}

pub fn rule_help(rule: Rule) -> &'static str {
    match rule {
        Rule::Noise => {
            "The published rule, as we read it: how much the loss of an example bends under random noise on the weights; two more forward \
             passes a draw."
        }
        Rule::NoiseChange => {
            "How much the loss of an example changes under random noise on the weights: one more forward pass a draw. Close to weights by the norm of the gradient."
        }
        Rule::NoiseOverNorm => "The noise estimate divided by the norm of the example's gradient.",
        Rule::Head => "Curvature of the last layer over its gradient norm, in closed form: no extra pass.",
        Rule::HeadSimple => "The closed form without the norm of the hidden layer.",
        Rule::Py => "The probability that the model gives to the label: wrong labels drop out of the climb.",
        Rule::InverseNorm => "One over the norm of the example's gradient.",
        Rule::Uniform => "All the same: this is SAM, bit for bit.",
        Rule::Random => "Random weights: a rule is worth something only if it beats this.",
    }
}
