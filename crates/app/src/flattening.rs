//! The experiments of the view that shows how SAM flattens: how far the dots have come, and the curves of the time before.
//!
//! Elsewhere: the arithmetic (`basin_optim::flattening`), the view (`panels/flattening.rs`).

use basin_optim::flattening::{Experiment, Landscape, Line, Point, Who};

use crate::choices::FlattenChoice;
use crate::table::Table;

/// Work of one frame, as [`Experiment::advance`] counts it: a millisecond or so.
const WORK: usize = 80_000;

/// The longest time that a frame stands for, in seconds: after a pause the dots do not jump.
const LONGEST_FRAME: f64 = 0.1;

/// The experiments, each from the moment in which it is first looked at.
#[derive(Default)]
pub struct Flattening {
    running: [Option<Running>; 2],
}

struct Running {
    experiment: Experiment,
    /// The time τ that the dots should have come to.
    until: f64,
    before: Vec<Earlier>,
}

/// A curve of λ₁ of the time before, at another ρ.
pub struct Earlier {
    /// Its ρ.
    pub rho: f64,
    /// Its points.
    pub points: Vec<Point>,
}

impl Flattening {
    /// Goes on for `seconds` that have passed; whether there is more to come. Begins anew where the setup is another one.
    pub fn go_on(&mut self, choice: &FlattenChoice, seconds: f64) -> bool {
        let slot = &mut self.running[choice.landscape as usize];
        if slot.as_ref().is_none_or(|running| running.experiment.setup() != choice.setup()) {
            *slot = Some(Running::begin(choice, slot.take()));
        }
        let Some(Running { experiment, until, .. }) = slot else { return false };
        let end = experiment.setup().end;
        // Where there is too much to do for one frame, the time waits.
        *until = (until.min(experiment.tau() + 0.02 * end) + end * seconds.min(LONGEST_FRAME) / choice.seconds).min(end);
        if seconds > 0.0 {
            experiment.advance(*until, WORK);
        }
        !experiment.is_done()
    }

    /// Begins anew.
    pub fn again(&mut self, choice: &FlattenChoice) {
        let slot = &mut self.running[choice.landscape as usize];
        *slot = Some(Running::begin(choice, slot.take()));
    }

    /// One step of every dot.
    pub fn step(&mut self, landscape: Landscape) {
        if let Some(running) = &mut self.running[landscape as usize] {
            running.experiment.step();
        }
    }

    /// What is shown of a landscape; none before it was looked at.
    pub fn shown(&self, landscape: Landscape) -> Option<&Experiment> {
        self.running[landscape as usize].as_ref().map(|running| &running.experiment)
    }

    /// What the whole batch did the time before, at other ρ.
    pub fn before(&self, landscape: Landscape) -> &[Earlier] {
        self.running[landscape as usize].as_ref().map_or(&[], |running| &running.before)
    }
}

impl Running {
    /// Begins, and keeps of the time before what can be compared: λ₁ over τ at another ρ, where all else is the same.
    fn begin(choice: &FlattenChoice, earlier: Option<Self>) -> Self {
        let setup = choice.setup();
        let mut before = Vec::new();
        if let Some(Self { experiment, before: first, .. }) = earlier {
            let was = experiment.setup();
            if was.rate.to_bits() == setup.rate.to_bits() && was.start.map(f64::to_bits) == setup.start.map(f64::to_bits) {
                let of = |line: &Line| Earlier { rho: line.rho, points: line.points.clone() };
                let runs = experiment.lines().iter().filter(|line| line.who == Who::Full && !line.theory && !line.points.is_empty());
                before = runs.map(of).collect();
                if before.is_empty() {
                    // It was still being set up.
                    before = first;
                }
                before.retain(|line| !setup.rho.contains(&line.rho));
            }
        }
        Self { experiment: Experiment::new(setup.clone()), until: 0.0, before }
    }
}

/// The name of what moves.
pub fn title(who: Who) -> &'static str {
    match who {
        Who::Full => "SAM, whole batch",
        Who::One => "SAM, one example",
        Who::AscentDirection => "ascent direction",
    }
}

/// The name of a line among others: with its ρ where there are several, and whether it is predicted.
pub fn name(experiment: &Experiment, line: &Line) -> String {
    let title = title(line.who);
    if line.theory {
        return format!("{title}: predicted");
    }
    if line.who == Who::Full && experiment.setup().rho.len() > 1 { format!("{title}, ρ {}", line.rho) } else { title.to_owned() }
}

/// Every point of every line as a row.
pub fn csv(experiment: &Experiment) -> String {
    let mut table = Table::new(&[
        "line",
        "predicted",
        "rho",
        "rate",
        "tau",
        "first_weight",
        "largest_eigenvalue",
        "trace",
        "gradient_norm",
        "cosine",
        "rise",
    ]);
    for line in experiment.lines() {
        let rho = (!line.theory).then_some(line.rho);
        for point in &line.points {
            let Point { tau, place, lambda, trace, gradient, cosine, rise } = *point;
            let numbers = [experiment.setup().rate, tau, place, lambda, trace, gradient, cosine, rise];
            table.row(&[&word(line.who), &line.theory, &rho, &numbers]);
        }
    }
    table.finish()
}

/// The word in files.
pub fn word(who: Who) -> &'static str {
    match who {
        Who::Full => "full-batch",
        Who::One => "one-example",
        Who::AscentDirection => "ascent-direction",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_go_on_with_the_time_and_begin_anew_where_the_setup_is_another() {
        let mut flattening = Flattening::default();
        let mut choice = FlattenChoice::default();
        assert!(flattening.go_on(&choice, 0.0), "set up, and nothing has moved");
        assert!(flattening.shown(choice.landscape).is_some_and(|experiment| experiment.tau() == 0.0));
        let mut frames = 0;
        while flattening.go_on(&choice, 1.0) {
            frames += 1;
        }
        // A frame stands for a tenth of a second at most: 20 s are 200 of them or more.
        assert!((199..2_000).contains(&frames), "{frames}");
        let rows = csv(flattening.shown(choice.landscape).expect("it has run"));
        assert!(rows.starts_with("line,predicted,rho,rate,tau,") && rows.lines().count() > 5 * 160, "{}", rows.lines().count());
        choice.setup_mut().rho = vec![0.04];
        assert!(flattening.go_on(&choice, 0.0));
        let before = flattening.before(choice.landscape);
        assert_eq!(
            (before.len(), before[0].rho.to_bits(), before[0].points.len()),
            (1, 0.08_f64.to_bits(), 160),
            "what was there can be compared"
        );
        choice.setup_mut().rate = 0.01;
        flattening.go_on(&choice, 0.0);
        assert!(flattening.before(choice.landscape).is_empty(), "another rate has another curve");
    }
}
