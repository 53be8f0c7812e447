//! The four charts: test accuracy, test loss, train loss and gap, mean and band per lane.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use basin_train::experiment::MethodConfig;
use basin_train::results;
use egui::{Align, Align2, FontId, Id, Label, Layout as Line, Rangef, RichText, Sense, Ui, vec2};
use egui_plot::{AxisHints, FilledArea, HLine, Line as PlotLine, LineStyle, Plot, PlotPoint, PlotPoints, Points, Text, VLine};

use super::axes::{GRID_POINTS, axis, log_marks, marks_every, no_shorter, room_around, still, whole_marks, x_label, y_label};
use super::figure::{Head, figure_in};
use super::pointed::pointed;
use super::status;
use super::view::{Layout, View};
use crate::charts::{self, SHOWN};
use crate::command::{Figure, ViewCommand};
use crate::format;
use crate::icons::Icon;
use crate::lessons::Control;
use crate::settings::{Axis, Band, ChartOptions};
use crate::spoken;
use crate::state::{LaneSeries, Metric, State};
use crate::theme::{self, LaneMark};
use crate::widgets;

/// Legend, switches and charts.
pub fn curves_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let marks = view.marks();
    // On a phone the head stands beside the choice of the view.
    if !view.layout.is_phone() {
        head_ui(ui, view, &marks, out);
    }
    // Where the pointer is along the axis, for all four charts; egui's memory, not ours.
    let hover_id = Id::unique("chart hover");
    let hovered: Option<f64> = ui.data(|data| data.get_temp(hover_id)).unwrap_or_default();
    let mut hover = None;
    if let Some(chart) = alone(view) {
        let mut rect = ui.available_rect_before_wrap();
        // A page that scrolls has no end.
        rect.max.y = if view.layout == Layout::Low { rect.min.y + rest(ui) } else { rect.max.y.min(rect.min.y + LARGEST) };
        chart_ui(ui, rect, view, &marks, chart, hovered, &mut hover, out);
        ui.advance_cursor_after_rect(rect);
    } else if view.layout.is_phone() {
        // Upright one under the other; on its side as many beside each other as are read, and as high as is seen at once.
        let (room, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
        let (columns, height) = match view.layout {
            Layout::Low if room >= TWO_CHARTS => (2, rest(ui)),
            Layout::Low => (1, rest(ui)),
            _ => (1, upright(ui)),
        };
        let width = (room - (columns - 1) as f32 * gap) / columns as f32;
        for first in (0..SHOWN.len()).step_by(columns) {
            let row = ui.allocate_space(vec2(room, height)).1;
            for column in 0..columns {
                let rect = egui::Rect::from_min_size(row.min + vec2(column as f32 * (width + gap), 0.0), vec2(width, height));
                chart_ui(ui, rect, view, &marks, first + column, hovered, &mut hover, out);
            }
        }
    } else {
        let gap = 10.0;
        let room = ui.available_rect_before_wrap();
        let size = vec2((room.width() - gap) / 2.0, (room.height() - gap) / 2.0);
        for chart in 0..SHOWN.len() {
            let offset = vec2((chart % 2) as f32 * (size.x + gap), (chart / 2) as f32 * (size.y + gap));
            chart_ui(ui, egui::Rect::from_min_size(room.min + offset, size), view, &marks, chart, hovered, &mut hover, out);
        }
        ui.advance_cursor_after_rect(room);
    }
    if hover != hovered {
        ui.data_mut(|data| data.insert_temp(hover_id, hover));
        ui.ctx().request_repaint();
    }
}

/// Points that a chart alone may be high where the page scrolls.
const LARGEST: f32 = 900.0;

/// Height of the words at a level line, in points.
const WORDS: f32 = 14.0;

/// What an axis of accuracies covers at least, as a part of one: before the first step lanes differ by chance alone.
const LEAST_SPAN: f64 = 0.05;

/// Width of a phone's page that has room for two charts beside each other.
const TWO_CHARTS: f32 = 560.0;

/// Height of a chart on an upright phone: the first is seen whole.
fn upright(ui: &Ui) -> f32 {
    (ui.clip_rect().height() - 90.0).clamp(212.0, 340.0)
}

/// Height of what is seen of a page below what stands on it already; a chart is never lower than it can be read.
fn rest(ui: &Ui) -> f32 {
    (ui.clip_rect().height() - (ui.cursor().top() - ui.min_rect().top()) - 8.0).max(170.0)
}

/// The chart that has all the room, if one has: the one that is chosen, and for the last row always one.
fn alone(view: &View<'_>) -> Option<usize> {
    let chosen = view.settings.charts.alone.and_then(|metric| SHOWN.iter().position(|shown| *shown == metric));
    chosen.or(view.presents.then_some(0))
}

/// Which chart has all the room; all of them, where there is room for all.
fn alone_ui(ui: &mut Ui, view: &View<'_>, options: &mut ChartOptions) {
    if !has_chart_list(view) {
        return;
    }
    let now = alone(view).map(|chart| SHOWN[chart]);
    let mut chosen = now;
    let title = |chosen: &Option<Metric>| chosen.map_or("All charts", chart_title).to_owned();
    let charts = SHOWN.map(Some).into_iter().chain((!view.presents).then_some(None));
    ui.allocate_ui(vec2(150.0, ui.spacing().interact_size.y), |ui| {
        widgets::choice(ui, "chart", &mut chosen, charts, title, |chosen| chosen.map_or("All four beside each other", Metric::help))
            .accessible_name("Chart");
    });
    if chosen != now {
        options.alone = chosen;
    }
}

fn chart_title(metric: Metric) -> &'static str {
    if metric == Metric::GapHeldOut { "Gap" } else { metric.title() }
}

/// The legend with the latest accuracies, and the switches.
fn head_ui(ui: &mut Ui, view: &View<'_>, marks: &[LaneMark], out: &mut Vec<ViewCommand>) {
    let mut options = view.settings.charts;
    ui.horizontal_top(|ui| {
        let mut switches = widgets::segments_size(ui, &axes()).x + ui.spacing().interact_size.x + 3.0 * ui.spacing().item_spacing.x;
        if has_chart_list(view) {
            switches += 150.0 + ui.spacing().item_spacing.x;
        }
        let width = (ui.available_width() - switches).max(120.0);
        let line = Line::left_to_right(Align::Center).with_main_wrap(true);
        ui.allocate_ui_with_layout(vec2(width, ui.spacing().interact_size.y), line, |ui| {
            ui.set_min_width(width);
            // Nothing of it is pressed, so its rows are no higher than they are read.
            ui.spacing_mut().interact_size.y = ui.spacing().interact_size.y.min(24.0);
            legend_ui(ui, view, marks);
        });
        // In a row of their own, or their signs would hang at the top.
        ui.horizontal(|ui| {
            alone_ui(ui, view, &mut options);
            axis_ui(ui, view, &mut options);
            options_ui(ui, &mut options);
        });
    });
    if options != view.settings.charts {
        out.push(ViewCommand::Charts(options));
    }
}

/// Whether a list chooses the chart that has all the room: a small window has no room for the list beside the other switches.
pub fn has_chart_list(view: &View<'_>) -> bool {
    alone(view).is_some() || view.layout == Layout::Wide
}

/// Width of the list of axes.
const AXES: f32 = 120.0;

/// The switches on a phone.
pub fn switches_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut options = view.settings.charts;
    alone_ui(ui, view, &mut options);
    pointed(ui, view, Control::Axis, |ui| {
        ui.allocate_ui(vec2(AXES, ui.spacing().interact_size.y), |ui| {
            let title = |axis: &Axis| axis.title().to_owned();
            widgets::choice(ui, "axis", &mut options.axis, Axis::ALL, title, |axis| axis.help())
                .on_hover_text(options.axis.help())
                .accessible_name("Axis");
        });
    });
    options_ui(ui, &mut options);
    if options != view.settings.charts {
        out.push(ViewCommand::Charts(options));
    }
}

/// The legend in rows of its own: nothing there is pressed, so they are no higher than they are read.
pub fn legend_rows_ui(ui: &mut Ui, view: &View<'_>) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal_wrapped(|ui| legend_ui(ui, view, &view.marks()));
    });
}

fn legend_ui(ui: &mut Ui, view: &View<'_>, marks: &[LaneMark]) {
    for (lane, mark) in view.state.run.lanes.iter().zip(marks) {
        let item = if view.layout.is_phone() {
            widgets::short_legend_item(ui, *mark, &lane.title)
        } else {
            widgets::legend_item(ui, *mark, &lane.long_title)
        };
        item.on_hover_text(lane.config.to_string());
    }
    if let Some(before) = charts::compared(view.state, view.settings.charts) {
        let lanes: Vec<String> = before.lanes.iter().map(|lane| lane.config.to_string()).collect();
        // One piece, like the others.
        let words = RichText::new(format!("Dashed: {}", view.state.name_of_before(before))).small().weak();
        ui.add(Label::new(words).extend()).on_hover_text(lanes.join("\n"));
    }
    if let Some(summary) = view.state.run.summary.as_ref().filter(|_| !view.layout.is_phone()) {
        let words = RichText::new(format!("Data: {}", format::cut(&summary.data, 30))).small().weak();
        ui.add(Label::new(words).extend()).on_hover_text("The data of these curves");
    }
}

/// The choices of the axis.
fn axes() -> [widgets::Segment<'static, Axis>; 3] {
    Axis::ALL.map(|axis| (axis, axis.title(), axis.help()))
}

fn axis_ui(ui: &mut Ui, view: &View<'_>, options: &mut ChartOptions) {
    pointed(ui, view, Control::Axis, |ui| widgets::segments(ui, &mut options.axis, &axes()));
}

fn options_ui(ui: &mut Ui, options: &mut ChartOptions) {
    widgets::icon_menu(ui, Icon::Sliders, "Chart options", "How the charts are drawn", true, |ui| {
        let tip = "Draw only as high and low as the later half of the run, so that small differences at the end are seen";
        ui.checkbox(&mut options.late, "Closer to the end").on_hover_text(tip);
        let mut before = !options.only_this;
        let tip = "Dashed and faint, the means of the run before on the same data, or of the kept run that you compare with, to see what a \
            change has done";
        ui.checkbox(&mut before, "The run before").on_hover_text(tip);
        options.only_this = !before;
        ui.checkbox(&mut options.log_loss, "Logarithmic losses").on_hover_text("Draw both losses on a logarithmic axis");
        ui.separator();
        ui.label("Band over the seeds");
        for band in Band::ALL {
            ui.radio_value(&mut options.band, band, band.title());
        }
    });
}

/// One chart in its card.
#[expect(clippy::too_many_arguments, reason = "where, what, and the pointer that all charts share")]
fn chart_ui(
    ui: &mut Ui,
    rect: egui::Rect,
    view: &View<'_>,
    marks: &[LaneMark],
    chart: usize,
    hovered: Option<f64>,
    hover: &mut Option<f64>,
    out: &mut Vec<ViewCommand>,
) {
    let metric = SHOWN[chart];
    let options = view.settings.charts;
    let scale = if charts::is_log(metric, options) { ", log" } else { "" };
    let unit = format!("{}{scale}, by {}", metric.unit(), options.axis.unit());
    let title = chart_title(metric);
    let head = Head { figure: Figure::Chart(metric), title, unit: &unit, help: metric.help() };
    figure_in(ui, rect, head, out, |ui, _| {
        if view.captured == Some(head.figure) {
            legend_rows_ui(ui, view);
        }
        if view.state.run.steps.is_empty() {
            empty_ui(ui, &status::waiting_for(view.state));
        } else if untimed(view) {
            empty_ui(ui, "Seconds are not measured on a GPU, where the lanes' steps overlap. Choose steps or gradients.");
        } else {
            if metric == Metric::GapHeldOut {
                widgets::hint(ui, gaps(view.state));
            }
            plot_ui(ui, view, marks, chart, hovered, hover);
        }
    });
}

/// The two gaps in one sentence: where they put SGD and a climbing lane in another order, why.
fn gaps(state: &State) -> String {
    const PLAIN: &str = "Thick: held-out examples. Thin: training examples.";
    let value = |lane: usize, metric| state.run.spread(lane, metric).map(|spread| spread.mean);
    let lanes = &state.run.lanes;
    let (sgds, others): (Vec<usize>, Vec<usize>) = (0..lanes.len()).partition(|lane| lanes[*lane].config.method == MethodConfig::Sgd);
    let parted = sgds.iter().flat_map(|sgd| others.iter().map(move |other| (*sgd, *other))).find(|(sgd, other)| {
        let order = |metric| value(*sgd, metric).zip(value(*other, metric)).map_or(Ordering::Equal, |(sgd, other)| sgd.total_cmp(&other));
        [Metric::Gap, Metric::TrainLoss, Metric::GapHeldOut].map(order) == [Ordering::Less, Ordering::Less, Ordering::Greater]
    });
    let Some((sgd, other)) = parted else { return PLAIN.to_owned() };
    let loss = |lane| value(lane, Metric::TrainLoss).map_or(String::new(), format::short);
    format!(
        "{PLAIN} They disagree: {} has fitted the training examples (loss {}, {} {}), so little of its loss is left to rise there.",
        lanes[sgd].title,
        loss(sgd),
        lanes[other].title,
        loss(other)
    )
}

/// Whether the axis is one of seconds that nobody has measured.
fn untimed(view: &View<'_>) -> bool {
    let mut lanes = view.state.run.lanes.iter();
    view.settings.charts.axis == Axis::Seconds && lanes.all(|lane| lane.seconds.iter().all(|seconds| seconds.is_nan()))
}

/// A chart without points says why.
fn empty_ui(ui: &mut Ui, text: &str) {
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let font = FontId::proportional(13.0);
    let color = ui.visuals().weak_text_color();
    let galley = ui.painter().layout(text.to_owned(), font, color, rect.width() - 20.0);
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, color);
}

fn plot_ui(ui: &mut Ui, view: &View<'_>, marks: &[LaneMark], chart: usize, hovered: Option<f64>, hover: &mut Option<f64>) {
    let metric = SHOWN[chart];
    let options = view.settings.charts;
    let log = charts::is_log(metric, options);
    let touch = view.layout.is_phone();
    let (ruler, accent) = (ui.visuals().weak_text_color(), theme::accent(ui.visuals().dark_mode));
    let curves = view.charts.of(chart);
    let last = curves.iter().filter_map(|c| c.line.last()).map(|p| p.x).fold(0.0_f64, f64::max);
    // In strong contrast the lines of the cards are too strong for a grid.
    let faint = ui.visuals().widgets.noninteractive.bg_stroke.color.gamma_multiply(if view.presents { 0.3 } else { 1.0 });
    let below = axis(AxisHints::new_x(), ui, 12.0).formatter(|mark, _| x_label(mark.value));
    let beside = axis(AxisHints::new_y(), ui, 12.0).min_thickness(46.0).formatter(move |mark, _| y_label(mark, metric, log));
    let counted = options.axis != Axis::Seconds;
    let mut plot = still(Plot::new((metric.word(), options.axis, log)))
        .allow_boxed_zoom(!touch)
        .boxed_zoom_pointer_button(egui::PointerButton::Primary)
        .allow_double_click_reset(!touch)
        .set_margin_fraction(vec2(0.012, 0.07))
        .include_x(0.0)
        .include_x(if last > 0.0 { last } else { 1.0 })
        .grid_spacing(Rangef::new(GRID_POINTS, 10.0 * GRID_POINTS))
        .grid_color(faint)
        .x_grid_spacer(move |input| if counted { whole_marks(&input, 2.2) } else { marks_every(&input, 2.2) })
        .custom_x_axes(vec![below])
        .custom_y_axes(vec![beside]);
    if touch {
        // A finger on a chart scrolls the page.
        plot = plot.sense(Sense::focusable_noninteractive());
    }
    if log {
        plot = plot.y_grid_spacer(|input| log_marks(&input));
    }
    let values = curves.iter().flat_map(|curve| curve.line.iter().map(|p| p.y).chain(curve.band[1..].iter().flatten().copied()));
    plot = room_around(values.clone(), 0.0).into_iter().fold(plot, Plot::include_y);
    if metric.is_fraction() {
        plot = no_shorter(values, LEAST_SPAN).into_iter().fold(plot, Plot::include_y);
    }
    // What always answering the most frequent class would reach.
    let most = view.state.run.summary.as_ref().and_then(results::most_frequent).filter(|_| metric == Metric::TestAccuracy);
    let most = most.map(|most| most.share);
    let linear = view.state.run.linear_accuracy().filter(|_| metric == Metric::TestAccuracy);
    let late = options.late.then(|| {
        let lines = curves.iter().chain(view.charts.thin(chart));
        late_range(lines.flat_map(|curve| &curve.line), last)
    });
    let late = late.flatten();
    // Lines for the last row.
    let thick = if view.presents { 1.8 } else { 1.0 };
    let response = plot.show(ui, |plot| {
        if let Some(late) = late {
            plot.set_plot_bounds_y(late);
        }
        for (curve, mark) in curves.iter().zip(marks) {
            if curve.band[0].len() > 1 {
                let fill = mark.color.gamma_multiply(0.16);
                plot.add(FilledArea::new("", &curve.band[0], &curve.band[1], &curve.band[2]).fill_color(fill).allow_hover(false));
            }
        }
        for (lane, curve) in view.charts.before(chart) {
            let color = lane.and_then(|lane| marks.get(lane)).map_or(ruler, |mark| mark.color).gamma_multiply(0.45);
            let style = LineStyle::dashed_dense();
            plot.line(PlotLine::new("", PlotPoints::Borrowed(&curve.line)).color(color).width(1.2 * thick).style(style).allow_hover(false));
        }
        for (curve, mark) in curves.iter().zip(marks) {
            let style = mark.pattern.line_style();
            let points = PlotPoints::Borrowed(&curve.line);
            plot.line(PlotLine::new("", points).color(mark.color).width(2.0 * thick).style(style).allow_hover(false));
            if curve.line.len() < 3 {
                plot.points(Points::new("", PlotPoints::Borrowed(&curve.line)).color(mark.color).radius(3.0).allow_hover(false));
            }
        }
        for (curve, mark) in view.charts.thin(chart).iter().zip(marks) {
            let points = PlotPoints::Borrowed(&curve.line);
            plot.line(PlotLine::new("", points).color(mark.color).width(0.8 * thick).allow_hover(false));
        }
        // Words count to what a plot shows: farther to the right they would widen it.
        let right = curves.iter().filter_map(|curve| curve.line.last()).map(|point| point.x).fold(0.0, f64::max);
        for (level, words, style) in
            [(most, "most frequent class", LineStyle::dotted_loose()), (linear, "linear model", LineStyle::dotted_dense())]
        {
            let Some(level) = level else { continue };
            plot.hline(HLine::new("", level).color(ruler).width(1.0).style(style).allow_hover(false));
            // The first measurement alone leaves no room for them.
            if right > 0.0 {
                let words = Text::new("", PlotPoint::new(right, level), RichText::new(words).small()).color(ruler);
                // Above the line, but for where the chart ends.
                let (bottom, top) = (Align2::RIGHT_BOTTOM, Align2::RIGHT_TOP);
                let ends = plot.screen_from_plot(PlotPoint::new(right, level)).y - WORDS < plot.response().rect.top();
                plot.text(words.anchor(if ends { top } else { bottom }).allow_hover(false));
            }
        }
        for (x, color) in cursors(view, marks, accent) {
            plot.vline(VLine::new("", x).color(color).width(1.5).allow_hover(false));
        }
        if let Some(x) = hovered {
            plot.vline(VLine::new("", x).color(ruler).width(1.0).allow_hover(false));
        }
        if plot.response().hovered() {
            *hover = hover.or(plot.pointer_coordinate().map(|p| p.x));
        }
    });
    let response = response.response;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken::chart(view.state, metric)));
    if let Some(x) = hovered {
        response.on_hover_ui_at_pointer(|ui| readout_ui(ui, view, marks, metric, x));
    }
}

/// Where a run stands that was gone back in: one line for all lanes along the steps, and one a lane along what each has spent.
fn cursors(view: &View<'_>, marks: &[LaneMark], accent: egui::Color32) -> Vec<(f64, egui::Color32)> {
    let run = &view.state.run;
    let (true, Some(place)) = (run.is_back(), run.place()) else { return Vec::new() };
    let of_lane = |along: fn(&LaneSeries) -> &[f64]| -> Vec<(f64, egui::Color32)> {
        run.lanes.iter().zip(marks).map(|(lane, mark)| (along(lane)[place], mark.color)).filter(|(x, _)| x.is_finite()).collect()
    };
    match view.settings.charts.axis {
        Axis::Step => vec![(run.progress.step as f64, accent)],
        Axis::GradientEvaluations => of_lane(|lane| &lane.gradient_evaluations),
        Axis::Seconds => of_lane(|lane| &lane.seconds),
    }
}

/// The lanes' values at the pointer: of each lane the measurement next to it.
fn readout_ui(ui: &mut Ui, view: &View<'_>, marks: &[LaneMark], metric: Metric, x: f64) {
    let axis = view.settings.charts.axis;
    let nearest = |along: &[f64]| {
        let right = along.partition_point(|v| *v < x).min(along.len().checked_sub(1)?);
        let left = right.saturating_sub(1);
        Some(if x - along[left] < along[right] - x { left } else { right })
    };
    egui::Grid::new("readout").num_columns(4).spacing(vec2(10.0, 2.0)).min_row_height(18.0).show(ui, |ui| {
        for (lane, mark) in view.state.run.lanes.iter().zip(marks) {
            let along = charts::along(&view.state.run.steps, lane, axis);
            let Some(i) = nearest(along) else { continue };
            widgets::swatch(ui, *mark);
            ui.label(&lane.long_title);
            let none = if lane.spreads(Metric::TestLoss)[i].is_none() { "diverged" } else { "–" };
            let value = |metric| lane.spreads(metric)[i].map_or_else(|| none.to_owned(), |spread| spoken::value(metric, &spread));
            let thin = charts::thin(metric).map_or(String::new(), |thin| format!(", training {}", value(thin)));
            ui.label(format!("{}{thin}", value(metric)));
            ui.weak(format!("at {} {}", x_label(along[i]), axis.title().to_lowercase()));
            ui.end_row();
        }
    });
    if metric == Metric::TestAccuracy
        && let Some(most) = view.state.run.summary.as_ref().and_then(results::most_frequent)
    {
        widgets::hint(ui, format!("dotted: always `{}`, {}", format::cut(most.class, 24), format::percent(most.share)));
    }
    if let Some(linear) = view.state.run.linear_accuracy().filter(|_| metric == Metric::TestAccuracy) {
        widgets::hint(ui, format!("dense dots: a linear model, {}", format::percent(linear)));
    }
    if !view.layout.is_phone() {
        widgets::hint(ui, "Drag to zoom in; double click to see all.");
    }
}

/// Lowest and highest value of the later half of a chart, up to `last`, with a little room.
fn late_range<'a>(points: impl Iterator<Item = &'a PlotPoint>, last: f64) -> Option<RangeInclusive<f64>> {
    let late = points.filter(|point| point.x >= 0.5 * last).map(|point| point.y);
    let (low, high) = late.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let room = (0.1 * (high - low)).max(1e-6 * high.abs());
    (low <= high && room > 0.0).then_some(low - room..=high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_of_the_end_has_nothing_of_the_beginning() {
        let points = [[0.0, 2.0], [5.0, 0.5], [10.0, 0.4]].map(|[x, y]| PlotPoint::new(x, y));
        let range = late_range(points.iter(), 10.0).expect("two values");
        // 0.4 to 0.5, and a tenth of that to each side.
        assert!((range.start() - 0.39).abs() < 1e-9 && (range.end() - 0.51).abs() < 1e-9, "{range:?}");
        assert!(late_range([].iter(), 0.0).is_none());
    }
}
