//! The help: what is shown, in plain words.

use egui::{Align, Align2, Label, Layout, RichText, ScrollArea, Ui, vec2};

use super::view::View;
use crate::command::ViewCommand;
use crate::icons::Icon;

/// Title and text of each paragraph.
const PARAGRAPHS: [(&str, &str); 20] = [
    (
        "What happens here",
        "Several training methods, called lanes, learn to sort the same texts into classes. They start from the same random weights and see the same batches in the same order, so what differs is the method.",
    ),
    (
        "SGD",
        "Looks at a batch, and moves all weights a little downhill: along the negative gradient of the mean loss. The optimizer of the setup makes the move of every lane: with AdamW this lane is AdamW without a climb, and is called SGD (AdamW).",
    ),
    (
        "SAM",
        "First climbs: a step of length ρ uphill, to about the worst point nearby. Then it moves from where it was along the gradient found up there. So it goes by how the loss is around the weights, not only where they are. It costs two gradients a step, and while the slopes are small, at the start, the climb undoes them: SAM may begin later. With too large a ρ it may never begin.",
    ),
    (
        "δ-SAM",
        "Climbs too, but in the climb some examples of the batch count more than others. The weighting rule says which. The placebo lane weights at random: a rule is worth something only if it beats the placebo.",
    ),
    (
        "SAM's relatives",
        "What a climb changes in the gradient comes from the errors and from the network: L-SAM keeps the one part, J-SAM the other. LookSAM climbs in every fifth step and reuses what it found; Eigen-SAM leans towards the most curved direction; SANER moves less where the climb made the gradient smaller; LLQR learns a scale for each weight. Behind the sliders sign of a lane every climb can go up on another loss than it goes down on, and in a part of the run only: late SAM begins near the end, a plain start helps where SAM does not leave its place.",
    ),
    (
        "Text regularisers",
        "Relatives of another kind, with which δ-SAM's authors compare: they move the embeddings of the words, not the weights. R3F adds noise of size ρ to them, SMART moves them by ρ to where the answers change most, and both ask that the answers stay; FreeLB averages the gradients on the way to where the words, at most ρ away, hurt most. R-Drop has no ρ: it runs twice with different dropout and asks for the same answers, so the model needs dropout. They cost two gradients a step, SMART and FreeLB three. Their ρ is a length among embeddings, so it cannot be compared with that of a climb.",
    ),
    (
        "The gap",
        "L(w+ε) − L(w): how much the loss rises after a climb of length ρ. It is measured for all lanes at the same ρ on two probes, the same for all: training examples (thin line) and held-out ones (thick). The gap is about ρ times the length of the gradient, and where a lane has fitted the examples that is small, sharp or not: a small gap on training examples alone does not say that a place is flat.",
    ),
    (
        "Line and band",
        "Each lane trains several members that differ only in the seed of their first weights. The line is their mean, the band one standard deviation to each side. Members that diverged are left out.",
    ),
    (
        "The verdict",
        "Lanes are compared seed by seed, by Student's t. Where chance alone makes a difference as large in more than five runs of a hundred, the table says: no difference beyond chance. The more lanes are compared, the larger a difference must be (Holm). Fewer than three seeds have no verdict; 8 are a good start. All this holds for one look at the end that was planned: who looks on the way and stops when it looks good finds differences that chance alone made.",
    ),
    (
        "ρ differs by method",
        "The best climb length differs from method to method. At one common ρ you may see differences that are not there. Tune ρ for each lane, on a validation part, or have *Sweep* look for it.",
    ),
    (
        "Sharpness",
        "There are several definitions of a sharp place, and they do not always agree. Each is measured for all lanes on the same examples, with what it costs. None of them decides which lane is better on the test set. The last group asks how close a lane comes to per-instance SAM, which δ-SAM sets out to approximate; at a common ρ it can be further from it than SAM.",
    ),
    (
        "One step",
        "Pauses the run and tells the next step before it happens: the batch, the climb, the gradient up there, the move, and what it does to each example. The run then takes that very step.",
    ),
    (
        "Sentences",
        "Each training example as a lane sees it: its loss, its share of the climb, how often it was weighted up. The summary says whether the lane weights up wrong labels, the rarest class or long sentences, or whether that may be chance.",
    ),
    (
        "Landscape",
        "The loss on one plane through the space of all weights, with the lanes' paths projected onto it. It is a slice of many thousand dimensions: a path fades where it lies far outside, and there the colour under it is not its loss. Two other planes show how different a slice can look.",
    ),
    (
        "Sweep",
        "Every method of the setup at many ρ, each with all seeds. A part of the training data is not trained on: the ρ with the highest accuracy there is the method's own best, and the test set has no part in that choice. Past the best ρ a method may collapse: it then answers one class only, and a cross marks it. Against accuracy, or against the generalisation gap (test loss − training loss), each measure of sharpness is drawn run by run: where its rank correlation is near 0, or has another sign than one would think, it predicts nothing here. The run on its way pauses meanwhile. Several cores train several runs at a time; how many is chosen beside, and changes no number.",
    ),
    (
        "Flatten",
        "Trains nothing of the setup: plain SAM on a toy of three weights and on a small network, in the time τ = ηρ² · steps. Three sharpnesses fit SAM's formula, and on the toy they are lowest at three places. With the whole batch SAM goes where the largest eigenvalue λ₁ is, with one example a step where the trace of the Hessian, Tr H, is; where the rise along the gradient is, no SAM goes. Dotted lines are predicted, and nothing is fitted to the runs.",
    ),
    (
        "Judging",
        "How good the answers are on the test set: for each class how many of its texts are found (recall) and how many answers of that class are right (precision), what is taken for what, whether probabilities can be believed (calibration), the surest mistakes, and under Labels the training labels that all seeds doubt. A linear model on the same tokens shows what the network adds.",
    ),
    (
        "The bar of time",
        "The bar under the charts goes back to any step that the run has been at, and the run goes on from there, to the same numbers on the CPU. Beside it: how fast, and where the run pauses by itself. Resume past the planned end trains as many epochs again; a verdict is told of the planned end alone.",
    ),
    (
        "The course",
        "Lessons beside the views. A step asks for a prediction, trains what it is about, and tells what came of it. Nothing else is locked meanwhile, and what you had set up can be put back.",
    ),
    (
        "Label noise",
        "Gives a part of the training labels a wrong class. Test labels stay right. A method that learns the wrong labels by heart loses test accuracy. With the start's film reviews SGD first learns what the right labels say, then the wrong ones by heart, so its test accuracy rises and falls back; SAM learns them more slowly, though not never. Stopped at its best, SGD would be as good. With their labels clean, no difference above half a point was measured.",
    ),
];

/// The app's words and signs, with the field's.
const WORDS: [(&str, &str); 31] = [
    ("lane", "a method with its curves; all lanes see the same batches"),
    ("member, seed", "one of a lane's models, and the number that its first weights are drawn with"),
    ("w, L(w)", "the weights, and the loss there: how wrong the model is on average (cross-entropy)"),
    ("nats", "the unit of the loss: guessing between k classes costs ln k, between two 0.693"),
    ("g, η", "the gradient, which points up the steepest slope; the learning rate, the factor on a step down"),
    ("climb, ε, ρ", "the step up before the step down (ascent, perturbation); its length"),
    ("gap", "how much the loss rises on a climb: SAM's sharpness"),
    ("per-instance SAM, m-SAM", "every example climbs by itself; groups of examples do"),
    ("epoch", "once through all training examples"),
    ("token", "a piece of text that the model knows: a word, or a part of one"),
    ("Wrong repeated", "of the training examples with a wrong label, the share for which a lane answers that label"),
    ("tr V", "the variance of the gradient from example to example"),
    ("SAM edge", "the largest λ at which a step of SAM is stable"),
    (
        "calibration, temperature",
        "whether probabilities are as often right as they say; the number that logits are divided by to make them so",
    ),
    ("log loss, logits", "the mean of −ln p of the right class; what a model computes before it becomes probabilities"),
    ("rank correlation", "whether one number rises where the other does: 1 always, −1 never, 0 no pattern"),
    ("probe", "the fixed examples on which the gap is measured"),
    ("p, B·p", "an example's share of the climb; the same in units of an equal share, 1 is average"),
    ("D, D*", "what a lane's climb changes in the gradient; what per-instance SAM's would"),
    ("held-out, validation", "examples that are not trained on: to measure on, and to choose by before the test set is looked at"),
    ("placebo", "δ-SAM with random weights: what a rule has to beat"),
    ("flipped", "of a label: made wrong on purpose"),
    ("Hessian H, λ, Tr H", "all second derivatives of the loss: how it bends; an eigenvalue of it; the sum of them all"),
    ("minimiser", "weights where the loss is as low as it gets nearby"),
    ("adaptive", "of a climb or a measure: in proportion to each weight"),
    ("AdamW", "an optimizer that chooses the length of the step for each weight, and shrinks the weights a little"),
    ("macro F1", "precision and recall in one number for each class; the mean over the classes"),
    ("beyond chance", "a difference so large would come up in fewer than five runs of a hundred if there were none"),
    ("pp", "percentage points: from 70 % to 72 % are 2 pp"),
    ("sd", "standard deviation: how far the members lie apart"),
    ("± beside a difference", "its standard error: how far off the mean difference may be, by chance"),
];

const KEYS: [(&str, &str); 13] = [
    ("Space", "pause, resume"),
    ("S", "one step"),
    ("R", "train again from the beginning; press twice if a run is on its way"),
    ("1 2", "setup panel and lower panel on or off (narrow: pages)"),
    ("3 4", "results, ask"),
    ("5 6 7 8 9", "sharpness, one step, sentences, landscape, sweep"),
    ("0", "judge; Flatten has no key"),
    ("Left Right", "one step back, one on; with Shift from measurement to measurement; in the walk through one step: its stages"),
    ("Home End", "the first step that is known, and the furthest"),
    ("Tab F6", "to the next control, to the next part of the window; with Shift back"),
    ("C", "course on or off"),
    ("P", "presenter's mode on or off: one view, large"),
    ("?", "this help"),
];

/// The help window.
pub fn help_ui(ctx: &egui::Context, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    if !view.help_open {
        return;
    }
    let room = ctx.content_rect().size();
    let mut open = true;
    egui::Window::new("Help")
        .title_bar(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .fixed_size(vec2(560.0_f32.min(room.x - 48.0), (room.y - 140.0).min(640.0)))
        .show(ctx, |ui| {
            ui.horizontal(|ui| {
                ui.heading("What is shown here");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let close = Icon::Cross.button(None).frame(false).min_size(ui.spacing().interact_size);
                    open = !ui.add(close).on_hover_text("Close (Escape)").accessible_name("Close the help").clicked();
                });
            });
            ui.add_space(4.0);
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_width(ui.available_width() - 10.0);
                for (title, text) in PARAGRAPHS {
                    ui.label(RichText::new(title).size(15.0).color(ui.visuals().strong_text_color()));
                    ui.label(text);
                    ui.add_space(8.0);
                }
                for (title, lines) in [("Words and signs", &WORDS[..]), ("Keys", &KEYS[..])] {
                    ui.label(RichText::new(title).size(15.0).color(ui.visuals().strong_text_color()));
                    for (name, what) in lines {
                        line_ui(ui, name, what);
                    }
                    ui.add_space(8.0);
                }
            });
        });
    if !open {
        out.push(ViewCommand::Help(false));
    }
}

/// A name with what it means beside it.
fn line_ui(ui: &mut Ui, name: &str, what: &str) {
    ui.horizontal_top(|ui| {
        let width = (0.3 * ui.available_width()).min(140.0);
        ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::LEFT), |ui| {
            ui.set_width(width);
            ui.add(Label::new(RichText::new(name).color(ui.visuals().strong_text_color())).wrap());
        });
        ui.add(Label::new(what).wrap());
    });
}
