//! Small pieces that the panels share: labelled rows, numbers that cannot be wrong, lane marks.

use std::ops::RangeInclusive;

use egui::containers::menu::MenuButton;
use egui::{
    Align, Align2, ComboBox, DragValue, FontId, Layout, Response, RichText, Role, Sense, Shape, Slider, Stroke, Ui, Vec2, pos2, vec2,
};

use crate::format;
use crate::icons::Icon;
use crate::theme::{self, LaneMark};

/// Width of a row that has room for a name and a widget beside each other.
const NAME_AND_WIDGET: f32 = 226.0;

/// A setting: its name at the left, or above where large text leaves no room, its widget at the right, one sentence of help on both.
pub fn row<R>(ui: &mut Ui, name: &str, tip: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    if ui.available_width() < NAME_AND_WIDGET {
        let label = ui.add(egui::Label::new(name).sense(Sense::CLICK)).on_hover_text(tip);
        return ui.label_inputs_by(label.id, |ui| {
            let response = ui.horizontal(add);
            response.response.on_hover_text(tip);
            response.inner
        });
    }
    ui.horizontal(|ui| {
        let height = ui.spacing().interact_size.y;
        let width = (0.44 * (ui.available_width() + ui.spacing().item_spacing.x)).min(150.0);
        let label = ui
            .allocate_ui_with_layout(vec2(width, height), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(width);
                ui.add(egui::Label::new(name).truncate().sense(Sense::CLICK)).on_hover_text(tip)
            })
            .inner;
        ui.label_inputs_by(label.id, |ui| {
            let response = ui.scope(add);
            response.response.on_hover_text(tip);
            response.inner
        })
    })
    .inner
}

/// What stands at the left and at the right of a row, drawn in the order in which it is read: Tab and screen readers go the same way.
/// The right has its room first, as wide as it was when it was last drawn; the left may fill what remains.
pub fn sides<L, R>(ui: &mut Ui, left: impl FnOnce(&mut Ui) -> L, right: impl FnOnce(&mut Ui) -> R) -> (L, R) {
    let id = ui.next_auto_id().with("right side");
    let width: f32 = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let row = |ui: &mut Ui, rect| ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    let (room, gap) = (ui.available_rect_before_wrap(), ui.spacing().item_spacing.x);
    let mut at_left = row(ui, room.with_max_x((room.right() - width - gap).max(room.left())));
    let told = left(&mut at_left);
    let start = (room.right() - width).max(at_left.min_rect().right() + gap);
    let mut at_right = row(ui, egui::Rect::from_min_size(pos2(start, room.top()), room.size()));
    let told = (told, right(&mut at_right));
    let both = at_left.min_rect().union(at_right.min_rect());
    let drawn = at_right.min_rect().width();
    if (drawn - width).abs() > 0.5 && !ui.is_sizing_pass() {
        ui.data_mut(|data| data.insert_temp(id, drawn));
        ui.ctx().request_discard("the right side of a row has another width");
    }
    ui.advance_cursor_after_rect(both);
    told
}

/// A finite number; `None` leaves the value as it was. Rust would read `nan` and `inf`.
fn finite(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").replace('−', "-").trim_end_matches('%').trim().parse().ok().filter(|v: &f64| v.is_finite())
}

/// A setting under a finger: a swipe up or down scrolls the page and a touch may open the field; only a swipe sideways turns it.
pub fn deliberate<T: Copy>(ui: &mut Ui, value: &mut T, add: impl FnOnce(&mut Ui, &mut T) -> Response) -> Response {
    let before = *value;
    let writes = |ui: &Ui| ui.output(|output| output.ime.is_some());
    let wrote = writes(ui);
    let response = add(ui, value);
    if !wrote && writes(ui) {
        ui.data_mut(|data| data.insert_temp(writes_number(), ()));
    }
    let id = response.id.with("finger");
    let held = response.is_pointer_button_down_on();
    if held && ui.input(egui::InputState::any_touches) {
        ui.data_mut(|data| {
            data.insert_temp(id, true);
            data.insert_temp(on_a_knob(), ());
        });
    }
    if !ui.data(|data| data.get_temp::<bool>(id)).unwrap_or_default() {
        return response;
    }
    let way = ui.input(|input| Some(input.pointer.latest_pos()? - input.pointer.press_origin()?)).unwrap_or_default();
    if way.x.abs() <= way.y.abs().max(SWIPE) {
        *value = before;
        if held && way.y.abs() > SWIPE {
            ui.scroll_with_delta(vec2(0.0, ui.input(|input| input.pointer.delta().y)));
        }
    }
    if !held {
        ui.data_mut(|data| data.remove::<bool>(id));
    }
    response
}

/// Where egui's memory says that a finger is on a setting.
fn on_a_knob() -> egui::Id {
    egui::Id::unique("a finger on a knob")
}

/// Seconds after which a finger that stays where it is asks what is there.
const REST: f64 = 0.5;

/// Seconds after that in which it is told.
const TOLD: f64 = 0.5;

/// A finger that rests asks what is there: without this it would be taken to be about to scroll, and be told nothing. What
/// explains itself senses clicks, also where a click does nothing: only that is told that a finger is on it.
pub fn let_fingers_rest(ctx: &egui::Context) {
    let on_a_knob = ctx.data_mut(|data| data.remove_temp::<()>(on_a_knob())).is_some();
    let rested = ctx.input(|input| {
        let pointer = &input.pointer;
        let moved = pointer.press_origin().zip(pointer.latest_pos()).map_or(f32::INFINITY, |(from, to)| from.distance(to));
        let still = input.any_touches() && moved < SWIPE;
        pointer.press_start_time().filter(|_| still).map(|start| input.time - start)
    });
    let Some(rested) = rested else { return };
    if rested < REST + TOLD {
        // A finger that is perfectly still sends nothing that the page would be drawn for.
        ctx.request_repaint_after(std::time::Duration::from_millis(100));
    }
    if rested > REST && !on_a_knob {
        ctx.stop_dragging();
    }
}

/// Where egui's memory says that a number is being written, for keyboards on the screen; whoever looks takes it away.
pub fn writes_number() -> egui::Id {
    egui::Id::unique("writes a number")
}

/// Points that a finger has to move before anybody knows where it is going.
const SWIPE: f32 = 8.0;

/// A real number within its bounds, as wide as there is room.
pub fn real(ui: &mut Ui, value: &mut f64, range: RangeInclusive<f64>) -> Response {
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    let speed = (0.01 * value.abs()).max(1e-4);
    deliberate(ui, value, |ui, value| {
        ui.add_sized(size, DragValue::new(value).range(range).speed(speed).max_decimals(6).custom_parser(finite))
    })
}

/// A whole number within its bounds, as wide as there is room. `zero` is what 0 is called.
pub fn whole(ui: &mut Ui, value: &mut usize, range: RangeInclusive<usize>, zero: Option<&str>) -> Response {
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    let speed = (0.01 * *value as f64).max(0.1);
    deliberate(ui, value, |ui, value| {
        let mut drag = DragValue::new(value).range(range).speed(speed).custom_parser(finite);
        if let Some(zero) = zero {
            drag = drag
                .custom_formatter(move |v, _| if v == 0.0 { zero.to_owned() } else { format!("{v:.0}") })
                .custom_parser(move |text| if text.trim() == zero { Some(0.0) } else { finite(text) });
        }
        ui.add_sized(size, drag)
    })
}

/// A fraction as a slider in per cent.
pub fn percent(ui: &mut Ui, value: &mut f64, range: RangeInclusive<f64>) -> Response {
    let mut shown = 100.0 * *value;
    let range = 100.0 * range.start()..=100.0 * range.end();
    // What the number beside it needs; it is as wide as `100 %`, always.
    let number = 42.0 + 2.0 * ui.spacing().button_padding.x;
    ui.spacing_mut().slider_width = (ui.available_width() - number - ui.spacing().item_spacing.x).max(40.0);
    ui.spacing_mut().interact_size.x = number;
    // A suffix would become the name of the number beside the slider, and `%` is none.
    let written = |v: f64, _| if v.fract() == 0.0 { format!("{v:.0} %") } else { format!("{v:.1} %") };
    let before = shown;
    let response = deliberate(ui, &mut shown, |ui, shown| {
        ui.add(Slider::new(shown, range).step_by(0.5).custom_formatter(written).custom_parser(finite))
    });
    if response.changed() && shown.to_bits() != before.to_bits() {
        // Half per cents are short in binary only after rounding: 0.2, not 0.199…96.
        *value = (shown * 10.0).round() / 1000.0;
    }
    response
}

/// A choice from a few, as wide as there is room. `title` names a choice, `tip` explains it.
pub fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    id: &str,
    value: &mut T,
    choices: impl IntoIterator<Item = T>,
    title: impl Fn(&T) -> String,
    tip: impl Fn(&T) -> &'static str,
) -> Response {
    let closed = ComboBox::from_id_salt(id).width(ui.available_width()).selected_text(title(value)).truncate();
    list(ui, closed, value, choices, |ui, choice, chosen| ui.selectable_label(chosen, title(choice)).on_hover_text(tip(choice)))
}

/// One of several by its title, of which the closed list shows the first `most` letters.
pub fn pick<'a>(ui: &mut Ui, name: &str, value: &mut usize, titles: impl Iterator<Item = &'a str>, most: usize) -> Response {
    let titles: Vec<&str> = titles.collect();
    let shown = titles.get(*value).or(titles.last()).copied().unwrap_or_default();
    let closed = ComboBox::from_id_salt(name).selected_text(format::cut(shown, most));
    list(ui, closed, value, 0..titles.len(), |ui, place, chosen| ui.selectable_label(chosen, titles[*place])).accessible_name(name)
}

/// Points above and below an open list: its frame, and a little of what lies behind it.
const AROUND_A_LIST: f32 = 28.0;

/// A list that opens, as high as the screen allows. Whatever chooses closes it: a pointer, a key, a screen reader; a key stays on it.
pub fn list<T: PartialEq>(
    ui: &mut Ui,
    closed: ComboBox<'_>,
    value: &mut T,
    choices: impl IntoIterator<Item = T>,
    entry: impl Fn(&mut Ui, &T, bool) -> Response,
) -> Response {
    let height = ui.ctx().content_rect().height() - AROUND_A_LIST;
    let mut by_key = false;
    let response = closed
        .icon(chevron)
        .height(height)
        .show_ui(ui, |ui| {
            // Rows for fingers are far enough apart by themselves.
            ui.spacing_mut().item_spacing.y = if theme::is_touch(ui) { 0.0 } else { ui.spacing().item_spacing.y };
            for choice in choices {
                let response = entry(ui, &choice, *value == choice);
                if response.clicked() {
                    by_key = response.has_focus();
                    *value = choice;
                    ui.close();
                }
            }
        })
        .response;
    if by_key {
        response.request_focus();
    }
    response
}

/// The sign of a list that opens downwards.
fn chevron(ui: &Ui, rect: egui::Rect, visuals: &egui::style::WidgetVisuals, _open: bool) {
    let c = rect.center();
    let points = vec![c + vec2(-4.0, -2.0), c + vec2(0.0, 2.0), c + vec2(4.0, -2.0)];
    ui.painter().add(Shape::line(points, Stroke::new(1.5, visuals.text_color())));
}

/// The head of a section that opens and closes; returns whether it is open. The state is egui's.
pub fn section_head(ui: &mut Ui, title: &str, summary: &str, default_open: bool) -> bool {
    let id = ui.make_persistent_id(("section", title));
    let mut open = ui.data_mut(|data| *data.get_persisted_mut_or(id, default_open));
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y.max(28.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if response.clicked() {
        open = !open;
        ui.data_mut(|data| data.insert_persisted(id, open));
    }
    let info = || egui::WidgetInfo::selected(Role::DisclosureTriangle, true, open, title);
    response.widget_info(info);
    let visuals = ui.style().interact(&response);
    let painter = ui.painter();
    // A chevron: down when open, right when closed.
    let center = pos2(rect.left() + 6.0, rect.center().y);
    let turned = |x: f32, y: f32| if open { center + vec2(x, y) } else { center + vec2(y, x) };
    painter.add(Shape::line(vec![turned(-4.0, -2.0), turned(0.0, 2.0), turned(4.0, -2.0)], Stroke::new(1.5, visuals.text_color())));
    let font = FontId::proportional(15.0);
    let end = painter.text(pos2(rect.left() + 18.0, rect.center().y), Align2::LEFT_CENTER, title, font, visuals.text_color()).right();
    let galley = {
        let mut job =
            egui::text::LayoutJob::simple_singleline(summary.to_owned(), FontId::proportional(12.5), ui.visuals().weak_text_color());
        job.wrap = egui::text::TextWrapping::truncate_at_width((rect.right() - end - 14.0).max(0.0));
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let at = pos2(rect.right() - galley.size().x, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, ui.visuals().weak_text_color());
    response.on_hover_cursor(egui::CursorIcon::PointingHand);
    open
}

/// Width of the mark of a lane.
const MARK_WIDTH: f32 = 24.0;

/// The same in a legend on a phone.
const SHORT_MARK: f32 = 14.0;

/// A short piece of a lane's line: its colour, broken if its line is broken.
pub fn swatch(ui: &mut Ui, mark: LaneMark) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(MARK_WIDTH, 14.0), Sense::hover());
    paint_mark(ui, rect, mark);
    response
}

/// Draws the mark of a lane across `rect`.
fn paint_mark(ui: &Ui, rect: egui::Rect, mark: LaneMark) {
    let stroke = Stroke::new(4.0, mark.color);
    let ends = [rect.left_center(), rect.right_center()];
    match mark.pattern.dash() {
        None => drop(ui.painter().line_segment(ends, stroke)),
        Some((dash, gap)) => ui.painter().extend(Shape::dashed_line(&ends, stroke, dash, gap)),
    }
}

/// A lane of the legend: its mark and its name as one piece that is never broken over lines.
pub fn legend_item(ui: &mut Ui, mark: LaneMark, title: &str) -> Response {
    legend_piece(ui, mark, title, &egui::TextStyle::Body, vec2(MARK_WIDTH, 22.0), [6.0, 8.0])
}

/// The same, smaller, where every line of a legend is one less for what it belongs to.
pub fn short_legend_item(ui: &mut Ui, mark: LaneMark, title: &str) -> Response {
    legend_piece(ui, mark, title, &egui::TextStyle::Small, vec2(SHORT_MARK, 18.0), [4.0, 0.0])
}

fn legend_piece(ui: &mut Ui, mark: LaneMark, title: &str, style: &egui::TextStyle, sign: Vec2, gaps: [f32; 2]) -> Response {
    let color = ui.visuals().text_color();
    let galley = ui.painter().layout_no_wrap(title.to_owned(), style.resolve(ui.style()), color);
    let size = vec2(sign.x + gaps[0] + galley.size().x + gaps[1], galley.size().y.max(sign.y));
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    paint_mark(ui, rect.with_max_x(rect.left() + sign.x), mark);
    let at = pos2(rect.left() + sign.x + gaps[0], rect.center().y - 0.5 * galley.size().y);
    ui.painter().galley(at, galley, color);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, title));
    response
}

/// A choice of a [`segments`] switch: its value, its name, one sentence on it.
pub type Segment<'a, T> = (T, &'a str, &'a str);

/// The size of a switch where there is room for it.
pub fn segments_size<T>(ui: &Ui, choices: &[Segment<'_, T>]) -> egui::Vec2 {
    let width: f32 = segment_widths(ui, choices, ui.spacing().button_padding.x).sum();
    vec2(width + 2.0, ui.spacing().interact_size.y + 2.0)
}

/// The widths of the choices, with so much room beside the words.
fn segment_widths<T>(ui: &Ui, choices: &[Segment<'_, T>], padding: f32) -> impl Iterator<Item = f32> {
    choices.iter().map(move |(_, title, _)| button_width(ui, title, padding).max(ui.spacing().interact_size.x).ceil())
}

/// The width of a button whose words are whole, with so much room beside them.
pub fn button_width(ui: &Ui, words: &str, padding: f32) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    ui.painter().layout_no_wrap(words.to_owned(), font, egui::Color32::PLACEHOLDER).size().x + 2.0 * padding
}

/// A switch of a few choices side by side.
pub fn segments<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, choices: &[Segment<'_, T>]) {
    let mut size = segments_size(ui, choices);
    let mut padding = ui.spacing().button_padding.x;
    let most = ui.max_rect().width();
    if size.x > most {
        // A phone has less room: the words stay whole.
        padding = (padding - 0.5 * (size.x - most) / choices.len() as f32).max(1.0);
        size.x = segment_widths(ui, choices, padding).sum::<f32>() + 2.0;
    }
    if size.x > most {
        // Large text leaves no room for them beside each other.
        let mut rows = |ui: &mut Ui| {
            for (choice, title, tip) in choices {
                let button = egui::Button::selectable(*value == *choice, *title).wrap_mode(egui::TextWrapMode::Extend);
                if ui.add(button.min_size(ui.spacing().interact_size)).on_hover_text(*tip).clicked() {
                    *value = *choice;
                }
            }
        };
        if ui.layout().main_wrap {
            rows(ui);
        } else {
            ui.horizontal_wrapped(rows);
        }
        return;
    }
    let widths: Vec<f32> = segment_widths(ui, choices, padding).collect();
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, 7.0, ui.visuals().widgets.inactive.bg_fill);
    let mut cell = rect.shrink(1.0);
    let usual = std::mem::replace(&mut ui.spacing_mut().button_padding.x, padding);
    for ((choice, title, tip), width) in choices.iter().zip(widths) {
        cell.max.x = cell.min.x + width;
        let button = egui::Button::selectable(*value == *choice, *title).min_size(cell.size());
        if ui.place(cell, button).on_hover_text(*tip).clicked() {
            *value = *choice;
        }
        cell.min.x = cell.max.x;
    }
    ui.spacing_mut().button_padding.x = usual;
}

/// Tells screen readers that this grid is a table, and its name.
pub fn name_table(ui: &Ui, name: &str) {
    ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
        node.set_role(Role::Table);
        node.set_label(name);
    });
}

/// A row of a table, for its cells.
pub fn table_row(ui: &Ui, number: usize) -> egui::Id {
    let row = ui.unique_id().with(("row", number));
    // It has no place of its own: this is how it comes to belong to the table.
    ui.interact(egui::Rect::NOTHING, row, Sense::hover());
    ui.ctx().accesskit_node_builder(row, |node| node.set_role(Role::Row));
    row
}

/// A cell of a row, or its header or that of its column.
pub fn table_cell<R>(ui: &mut Ui, row: egui::Id, role: Role, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope_builder(egui::UiBuilder::new().accessibility_parent(row).accessibility_role(role), add).inner
}

/// How much of something is done, as a thin bar.
pub fn progress(ui: &mut Ui, done: f32, width: f32, of: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 8.0), Sense::hover());
    let mut filled = rect;
    filled.set_width(rect.width() * done.clamp(0.0, 1.0));
    ui.painter().rect_filled(rect, 4.0, ui.visuals().widgets.inactive.bg_stroke.color);
    ui.painter().rect_filled(filled, 4.0, ui.visuals().selection.bg_fill);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{:.0} % of {of}", 100.0 * done)));
    response
}

/// A button with a sign and words; `compact` leaves the words to tooltip and screen readers.
pub fn action(ui: &mut Ui, icon: Icon, words: &str, tip: &str, compact: bool) -> Response {
    let button = icon.button((!compact).then_some(words)).min_size(ui.spacing().interact_size);
    ui.add(button).on_hover_text(tip).accessible_name(words)
}

/// A menu behind a button with a sign; see [`action`].
pub fn icon_menu(ui: &mut Ui, icon: Icon, words: &str, tip: &str, compact: bool, content: impl FnOnce(&mut Ui)) {
    let button = icon.button((!compact).then_some(words)).min_size(ui.spacing().interact_size);
    let (response, _) = MenuButton::from_button(button).ui(ui, content);
    response.on_hover_text(tip).accessible_name(words);
}

/// Small weak text that wraps.
pub fn hint(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.add(egui::Label::new(RichText::new(text).small().weak()).wrap())
}

/// A remark that deserves a look: not an error.
pub fn remark(ui: &mut Ui, text: &str) {
    ui.horizontal_top(|ui| {
        let color = ui.visuals().warn_fg_color;
        Icon::Warning.ui(ui, 13.0, color);
        ui.add(egui::Label::new(RichText::new(text).small().color(color)).wrap());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_numbers() {
        assert_eq!([finite("0.5"), finite(" 0,25 "), finite("20 %")], [Some(0.5), Some(0.25), Some(20.0)]);
        assert_eq!([finite("nan"), finite("inf"), finite("1e999"), finite("five"), finite("")], [None; 5]);
    }
}
