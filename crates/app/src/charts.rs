//! The points of the charts, made once for each change and not for each frame.
//!
//! Long series are thinned: of each run of neighbours the lowest and the highest mean stay, so
//! that a spike is never hidden and a frame costs the same after ten minutes as after ten hours.

use basin_train::stats::Spread;
use egui_plot::PlotPoint;

use crate::settings::{Axis, Band, ChartOptions};
use crate::state::{Before, LaneSeries, Metric, State, partners};

/// Points that a line may have; more than a chart has pixels across would not show.
const MOST_POINTS: usize = 600;

/// The metrics that have a chart, in reading order.
pub const SHOWN: [Metric; 4] = [Metric::TestAccuracy, Metric::TestLoss, Metric::TrainLoss, Metric::GapHeldOut];

/// What is drawn thin in a chart, beside its own metric.
pub fn thin(metric: Metric) -> Option<Metric> {
    (metric == Metric::GapHeldOut).then_some(Metric::Gap)
}

/// One lane in one chart, ready to draw.
#[derive(Debug, Default)]
pub struct Curve {
    /// The mean.
    pub line: Vec<PlotPoint>,
    /// The band: along, lower edge, upper edge. Empty for one member or no band.
    pub band: [Vec<f64>; 3],
}

/// All curves, and what they were made of.
#[derive(Debug, Default)]
pub struct Charts {
    made_of: Option<(u64, ChartOptions, Option<u64>)>,
    /// Per shown metric, per lane.
    curves: [Vec<Curve>; SHOWN.len()],
    /// The thin lines of the same charts.
    thin: [Vec<Curve>; SHOWN.len()],
    /// The lines of the run before, each with the lane of this run that it belongs to.
    before: [Vec<(Option<usize>, Curve)>; SHOWN.len()],
}

impl Charts {
    /// Makes the points again if anything changed.
    pub fn update(&mut self, state: &State, options: ChartOptions) {
        // Another kept run may be laid beside a run that has ended.
        let key = (state.run.chart_revision, options, state.before.as_ref().and_then(|before| before.kept));
        if self.made_of == Some(key) {
            return;
        }
        self.made_of = Some(key);
        for (lines, metric) in self.before.iter_mut().zip(SHOWN) {
            *lines = of_before(state, metric, options);
        }
        for ((curves, thin_ones), metric) in self.curves.iter_mut().zip(&mut self.thin).zip(SHOWN) {
            *curves = of_all_lanes(state, metric, options);
            *thin_ones =
                thin(metric).map_or_else(Vec::new, |metric| of_all_lanes(state, metric, ChartOptions { band: Band::Off, ..options }));
        }
    }

    /// The curves of the chart with this index in [`SHOWN`], one per lane.
    pub fn of(&self, chart: usize) -> &[Curve] {
        &self.curves[chart]
    }

    /// The lines of the run before in that chart, each with the lane of this run that it belongs to.
    pub fn before(&self, chart: usize) -> &[(Option<usize>, Curve)] {
        &self.before[chart]
    }

    /// The thin lines of that chart, one per lane or none.
    pub fn thin(&self, chart: usize) -> &[Curve] {
        &self.thin[chart]
    }
}

/// The run before, where it is wanted and can be compared with this one.
pub fn compared(state: &State, options: ChartOptions) -> Option<&Before> {
    state.before.as_ref().filter(|before| !options.only_this && state.run.compares_with(before))
}

/// The means of the run before, no higher than this run is drawn and no further than it is planned.
fn of_before(state: &State, metric: Metric, options: ChartOptions) -> Vec<(Option<usize>, Curve)> {
    let Some(before) = compared(state, options) else { return Vec::new() };
    let (most, options) = (ceiling(state, metric), ChartOptions { band: Band::Off, ..options });
    let partners = partners(&state.run.lanes, &before.lanes);
    let partner = |lane: usize| partners.iter().position(|other| *other == Some(lane));
    let planned = state.run.progress.steps.max(state.run.summary.as_ref().map_or(0, |summary| summary.steps));
    let shown = before.steps.partition_point(|step| *step <= planned as f64);
    let lanes = before.lanes.iter().enumerate();
    lanes.map(|(i, lane)| (partner(i), curve(&before.steps[..shown], lane, metric, options, most))).collect()
}

/// The curves of a metric.
fn of_all_lanes(state: &State, metric: Metric, options: ChartOptions) -> Vec<Curve> {
    let most = ceiling(state, metric);
    let curve = |(i, lane)| curve(&state.run.steps, lane, metric, options, if has_diverged(state, i) { most } else { f64::INFINITY });
    state.run.lanes.iter().enumerate().map(curve).collect()
}

/// Where a lane's measurements stand along the axis.
pub fn along<'a>(steps: &'a [f64], lane: &'a LaneSeries, axis: Axis) -> &'a [f64] {
    match axis {
        Axis::Step => steps,
        Axis::GradientEvaluations => &lane.gradient_evaluations,
        Axis::Seconds => &lane.seconds,
    }
}

/// Whether a metric is drawn by its logarithm.
pub fn is_log(metric: Metric, options: ChartOptions) -> bool {
    options.log_loss && matches!(metric, Metric::TestLoss | Metric::TrainLoss)
}

/// Whether a member of a lane has diverged.
fn has_diverged(state: &State, lane: usize) -> bool {
    state.run.measurements.last().and_then(|last| last.lanes.get(lane)).is_some_and(|lane| lane.diverged.contains(&true))
}

/// How high a lane that has diverged is drawn: as high as the others, or half above the start. On its way to infinity
/// it would leave nothing of them to see.
fn ceiling(state: &State, metric: Metric) -> f64 {
    if metric.is_fraction() {
        return f64::INFINITY;
    }
    let lanes = state.run.lanes.iter().enumerate();
    let highest = lanes.flat_map(|(i, lane)| {
        let spreads = lane.spreads(metric);
        let start = spreads.first().copied().flatten().map(|start| 1.5 * start.mean);
        let seen = if has_diverged(state, i) { &spreads[spreads.len() - 1..] } else { spreads };
        seen.iter().flatten().map(|spread| spread.high).chain(start)
    });
    highest.fold(f64::NEG_INFINITY, f64::max)
}

/// The points of a lane at these steps, its first ones, that are at most `most` high.
fn curve(steps: &[f64], lane: &LaneSeries, metric: Metric, options: ChartOptions, most: f64) -> Curve {
    let log = is_log(metric, options);
    let x = along(steps, lane, options.axis);
    let spreads = lane.spreads(metric);
    let spreads = &spreads[..spreads.len().min(steps.len())];
    let mut curve = Curve::default();
    let least = least_distance(x);
    for i in thinned(spreads, MOST_POINTS) {
        let Some(spread) = spreads[i].filter(|spread| spread.mean <= most) else { continue };
        let Some(mean) = height(spread.mean, log).filter(|_| x[i].is_finite()) else { continue };
        if i + 1 < x.len() && curve.line.last().is_some_and(|before| x[i] - before.x < least) {
            continue;
        }
        curve.line.push(PlotPoint::new(x[i], mean));
        if let Some((low, high)) = edges(&spread, options.band, metric)
            && let Some(high) = height(high.min(most), log)
        {
            curve.band[0].push(x[i]);
            // The lower edge of a loss can reach zero, which has no logarithm: the band then ends at a hundredth of the mean.
            curve.band[1].push(height(low, log).unwrap_or(mean - 2.0).max(if log { mean - 2.0 } else { f64::NEG_INFINITY }));
            curve.band[2].push(high);
        }
    }
    curve
}

/// How far apart points are at least. A step that somebody went to may lie beside one that was measured, closer than the
/// width of a line, which would turn on the spot. Of so few points none is left out that lies evenly among the others.
fn least_distance(x: &[f64]) -> f64 {
    match x {
        [first, .., last] if x.len() < MOST_POINTS / 2 => (last - first) / (MOST_POINTS / 2) as f64,
        _ => 0.0,
    }
}

/// Where a value stands on the axis; `None` if it has no place there.
fn height(value: f64, log: bool) -> Option<f64> {
    if !log {
        return value.is_finite().then_some(value);
    }
    (value > 0.0 && value.is_finite()).then(|| value.log10())
}

/// The edges of the band, cut where the quantity ends: no accuracy above 100 %, no loss below 0.
fn edges(spread: &Spread, band: Band, metric: Metric) -> Option<(f64, f64)> {
    if spread.count < 2 {
        return None;
    }
    let (low, high) = match band {
        Band::Deviation => (spread.mean - spread.sd, spread.mean + spread.sd),
        Band::Range => (spread.low, spread.high),
        Band::Off => return None,
    };
    Some(match metric {
        Metric::Gap | Metric::GapHeldOut => (low, high),
        Metric::TestLoss | Metric::TrainLoss => (low.max(0.0), high),
        _ => (low.max(0.0), high.min(1.0)),
    })
}

/// Indices to draw, at most about `most`: lowest and highest mean of each run of neighbours, and both ends.
fn thinned(spreads: &[Option<Spread>], most: usize) -> Vec<usize> {
    if spreads.len() <= most {
        return (0..spreads.len()).collect();
    }
    let width = (2 * spreads.len()).div_ceil(most);
    let mut kept = vec![0];
    for start in (0..spreads.len()).step_by(width) {
        let run = start..(start + width).min(spreads.len());
        let by_mean = |a: &usize, b: &usize| {
            let mean = |i: &usize| spreads[*i].map_or(f64::NAN, |s| s.mean);
            mean(a).total_cmp(&mean(b))
        };
        let finite = || run.clone().filter(|i| spreads[*i].is_some());
        let (Some(low), Some(high)) = (finite().min_by(by_mean), finite().max_by(by_mean)) else { continue };
        kept.extend([low.min(high), low.max(high)]);
    }
    kept.push(spreads.len() - 1);
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_spikes_and_ends() {
        let mut spreads: Vec<Option<Spread>> = vec![Spread::of(&[1.0]); 10_000];
        spreads[4_321] = Spread::of(&[9.0]);
        spreads[6_000] = None;
        let kept = thinned(&spreads, 600);
        assert!(kept.len() <= 610, "{}", kept.len());
        assert!(kept.contains(&4_321) && !kept.contains(&6_000));
        assert_eq!((kept.first(), kept.last()), (Some(&0), Some(&9_999)));
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_lane_that_diverges_does_not_stretch_the_chart() {
        use basin_train::experiment::Experiment;
        use basin_train::protocol::{Event, RunId};
        use basin_train::report::{LaneMeasurement, Measurement};

        let mut state = State::default();
        let experiment = Experiment { lanes: vec!["sgd".parse().expect("lane words"); 2], ..Experiment::default() };
        state.begin(RunId(1), &experiment);
        let all = [[2.0, 2.0], [1.0, 1e19], [0.5, f64::NAN]];
        for (step, losses) in all.into_iter().enumerate() {
            let lane = |loss: f64| LaneMeasurement { test_loss: vec![loss], diverged: vec![loss.is_nan()], ..LaneMeasurement::default() };
            let measurement = Measurement { step, epoch: 0.0, lanes: losses.map(lane).to_vec() };
            state.apply(Event::Measured { run: RunId(1), measurement });
        }
        let mut charts = Charts::default();
        charts.update(&state, ChartOptions::default());
        let heights = |lane: usize| charts.of(1)[lane].line.iter().map(|point| point.y).collect::<Vec<_>>();
        assert_eq!((heights(0), heights(1)), (vec![2.0, 1.0, 0.5], vec![2.0]));
    }

    #[test]
    fn points_that_lie_on_each_other_are_drawn_once() {
        let even: Vec<f64> = (0..299).map(f64::from).collect();
        assert!(least_distance(&even) < 1.0, "298 / 300");
        // 530 / 300 is 1.77: a step beside another one goes, one two steps away stays.
        let least = least_distance(&[0.0, 99.0, 100.0, 102.0, 530.0]);
        assert!(least > 1.0 && least < 2.0, "{least}");
        assert_eq!((least_distance(&[]), least_distance(&[3.0])), (0.0, 0.0));
    }

    #[test]
    fn bands_end_where_the_quantity_ends() {
        // Mean 0.9, sd 0.2 (n − 1): 1.1 is no accuracy.
        let spread = Spread { mean: 0.9, sd: 0.2, low: 0.7, high: 1.0, count: 3 };
        assert_eq!(edges(&spread, Band::Deviation, Metric::TestAccuracy).map(|e| e.1), Some(1.0));
        assert_eq!(edges(&spread, Band::Range, Metric::TestLoss), Some((0.7, 1.0)));
        assert_eq!(edges(&Spread { count: 1, ..spread }, Band::Deviation, Metric::TestLoss), None);
    }

    #[test]
    fn a_loss_of_zero_has_no_logarithm() {
        assert_eq!(height(0.0, true), None);
        assert_eq!(height(0.01, true), Some(-2.0));
        assert_eq!(height(f64::NAN, false), None);
    }
}
