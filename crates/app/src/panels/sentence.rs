//! One training sentence as a lane sees it: its columns, its ground, and the list of them on a phone.

use basin_train::report::{SentenceTable, Sentences};
use egui::{Button, Color32, Grid, Label, Rect, Response, Sense, Ui, pos2, vec2};

use super::cells;
use super::view::View;
use crate::choices::{Column, SentenceChoice};
use crate::sentences::{is_flipped, value};
use crate::{format, widgets};

/// A column: what it shows, its head, one sentence on it, its width.
pub type ColumnHead = (Column, &'static str, &'static str, f32);

/// The columns after the sentence.
pub const COLUMNS: [ColumnHead; 8] = [
    (Column::Label, "Label", "The class it is trained on; ≠ marks a label that label noise flipped.", 92.0),
    (Column::Loss, "Loss", "Its loss at the weights of now, mean over the seeds, in nats.", 54.0),
    (Column::Curvature, "Curvature", "Curvature of the last layer over the gradient norm there: what δ-SAM's rule head weights by.", 66.0),
    (Column::Weight, "B·p", "Its share of the climb when it was last in a batch; 1 is an equal share.", 50.0),
    (Column::MeanWeight, "mean B·p", "Mean of its shares over all the times it was in a batch.", 66.0),
    (Column::Gap, "Gap", "l(w+ε) − l(w) when it was last in a batch, in nats.", 58.0),
    (Column::Seen, "Seen", "Times it was in a batch.", 46.0),
    (Column::WeightedUp, "Up", "Times its share was above 1.", 46.0),
];

/// Height of a sentence in the list of a phone: two lines, and enough for a finger.
const TWO_LINES: f32 = 52.0;

/// A sentence in the table that is drawn.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// All sentences.
    pub sentences: &'a Sentences,
    /// Their numbers, once they have come.
    pub table: Option<&'a SentenceTable>,
    /// Its number among them.
    pub row: usize,
}

impl<'a> Shown<'a> {
    /// The sentence itself.
    pub fn text(self) -> &'a str {
        &self.sentences.texts[self.row]
    }

    /// Whether label noise flipped its label.
    pub fn is_flipped(self) -> bool {
        is_flipped(self.sentences, self.row)
    }

    /// The label that it is trained on, marked where it was flipped.
    pub fn label(self, view: &View<'_>) -> String {
        let label = class_name(view, self.sentences.labels.get(self.row));
        if self.is_flipped() { format!("≠ {label}") } else { label.to_owned() }
    }

    /// Both labels of one that was flipped.
    pub fn flip(self, view: &View<'_>) -> Option<String> {
        let (label, given) =
            (class_name(view, self.sentences.labels.get(self.row)), class_name(view, self.sentences.given_labels.get(self.row)));
        self.is_flipped().then(|| format!("Trained on {label}; the label in the data is {given}."))
    }

    /// A number as the table has it.
    pub fn number(self, column: Column) -> String {
        let value = self.table.map_or(f64::NAN, |table| value(table, column, self.row));
        match column {
            Column::Seen | Column::WeightedUp if value.is_finite() => format::count(value as usize),
            _ => format::short(value),
        }
    }

    /// All of it in words.
    fn told(self, view: &View<'_>) -> String {
        let mut told = format!("{}: {}", self.text(), class_name(view, self.sentences.labels.get(self.row)));
        if self.is_flipped() {
            told = format!("{told}, flipped from {}", class_name(view, self.sentences.given_labels.get(self.row)));
        }
        if self.table.is_some() {
            for (column, name, ..) in &COLUMNS[1..] {
                told = format!("{told}, {name} {}", self.number(*column));
            }
        }
        told
    }
}

fn class_name<'a>(view: &View<'a>, class: Option<&usize>) -> &'a str {
    class.and_then(|class| view.state.run.summary.as_ref()?.classes.get(*class)).map_or("–", String::as_str)
}

/// The ground of a row that can be pressed, and its words for those who do not see it; returns the colours of text and of a
/// flipped label.
pub fn ground_ui(ui: &Ui, view: &View<'_>, rect: Rect, response: &Response, shown: Shown<'_>, chosen: bool, even: bool) -> [Color32; 2] {
    let visuals = ui.visuals();
    if chosen {
        ui.painter().rect_filled(rect, 3.0, visuals.selection.bg_fill);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 3.0, visuals.widgets.hovered.bg_fill);
    } else if !even {
        ui.painter().rect_filled(rect, 0.0, visuals.faint_bg_color);
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, shown.told(view)));
    if chosen { [visuals.selection.stroke.color; 2] } else { [visuals.text_color(), visuals.warn_fg_color] }
}

/// The sentences one under the other; under the one that is chosen stands all of it, and what `more` draws.
pub fn list_ui(
    ui: &mut Ui,
    view: &View<'_>,
    sentences: &Sentences,
    table: Option<&SentenceTable>,
    choice: &mut SentenceChoice,
    more: impl FnOnce(&mut Ui),
) {
    sort_ui(ui, choice);
    let order = &view.rows.order;
    let chosen = choice.selected;
    let open = chosen.and_then(|chosen| order.iter().position(|row| *row == chosen));
    let end = open.map_or(order.len(), |place| place + 1);
    let mut row_ui = |ui: &mut Ui, place: usize| {
        let shown = Shown { sentences, table, row: order[place] };
        if item_ui(ui, view, shown, place, choice) {
            choice.selected = (chosen != Some(shown.row)).then_some(shown.row);
        }
    };
    cells::rows_in_page(ui, TWO_LINES, 0..end, &mut row_ui);
    if let Some(place) = open {
        whole_ui(ui, view, Shown { sentences, table, row: order[place] });
        more(ui);
        cells::rows_in_page(ui, TWO_LINES, end..order.len(), &mut row_ui);
    }
}

/// What the list is sorted by, and in which direction.
fn sort_ui(ui: &mut Ui, choice: &mut SentenceChoice) {
    ui.horizontal(|ui| {
        let size = ui.spacing().interact_size;
        let name = if choice.descending { "Largest first" } else { "Smallest first" };
        let columns = std::iter::once(Column::Text).chain(COLUMNS.iter().map(|column| column.0));
        let head = |column: &Column| COLUMNS.iter().find(|head| head.0 == *column);
        let title = |column: &Column| format!("by {}", head(column).map_or("Sentence", |head| head.1));
        let tip = |column: &Column| head(column).map_or("The training sentence.", |head| head.2);
        let SentenceChoice { column, descending, .. } = choice;
        widgets::sides(
            ui,
            |ui| widgets::choice(ui, "sort by", column, columns, title, tip).accessible_name("Sort by"),
            |ui| {
                if ui.add(Button::new(name).min_size(size)).on_hover_text("Turn the order round").clicked() {
                    *descending = !*descending;
                }
            },
        );
    });
}

/// One of the list; returns whether it was pressed.
fn item_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, place: usize, choice: &SentenceChoice) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), TWO_LINES), Sense::click());
    let chosen = choice.selected == Some(shown.row);
    let [text, warn] = ground_ui(ui, view, rect, &response, shown, chosen, place.is_multiple_of(2));
    let inner = rect.shrink2(vec2(6.0, 6.0));
    let (above, below) = inner.split_top_bottom_at_fraction(0.5);
    cells::cell_ui(ui, above, false, shown.text(), text);
    let (label, numbers) = below.split_left_right_at_x(below.left() + 0.34 * below.width());
    cells::cell_ui(ui, label, false, &shown.label(view), if shown.is_flipped() { warn } else { text });
    // What it is sorted by stands in any case.
    let columns = [Column::Loss, Column::Weight, choice.column];
    let known = |column: &&ColumnHead| column.0 != Column::Label && columns.contains(&column.0);
    let numbers_told: Vec<String> =
        COLUMNS.iter().filter(known).map(|(column, name, ..)| format!("{name} {}", shown.number(*column))).collect();
    let numbers = Rect::from_min_max(pos2(numbers.left() + 6.0, numbers.top()), numbers.max);
    cells::cell_ui(ui, numbers, true, &numbers_told.join(" · "), text);
    response.clicked()
}

/// The whole sentence with all its numbers.
fn whole_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>) {
    ui.add_space(4.0);
    ui.add(Label::new(shown.text()).wrap());
    if let Some(flip) = shown.flip(view) {
        ui.add(Label::new(flip).wrap());
    }
    Grid::new("all of a sentence").num_columns(2).spacing(vec2(14.0, 2.0)).min_row_height(20.0).show(ui, |ui| {
        for (column, name, help, _) in &COLUMNS[1..] {
            ui.weak(*name).on_hover_text(*help);
            ui.label(shown.number(*column)).on_hover_text(*help);
            ui.end_row();
        }
    });
}
