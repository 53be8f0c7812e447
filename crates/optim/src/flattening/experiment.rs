//! Runs side by side from one start, with what is measured of them on the way and what theory says of each.
//!
//! It goes on in small portions, so that a page can do some between two frames; the numbers are the same whatever the portions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::flow::{Flow, Lowers, settle};
use super::network::Network;
use super::problem::{Problem, dot, norm};
use super::sam::{AscentDirection, Batch, Descent};
use super::setup::{Landscape, Setup};
use super::spectrum::{Curvature, largest_eigenvalue, trace, worst_rise};
use super::valley::Valley;

/// Points of a whole curve.
pub const POINTS: usize = 160;

/// Steps of one run in a row, and of a predicted path between two points.
const PORTION: usize = 64;
const HEUN: usize = 2;

/// How far from the network's minimiser its runs begin, as a share of ρ: on it the gradient has no direction.
const BESIDE: f64 = 1e-3;

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// SAM with the whole batch.
    Full,
    /// SAM with one example a step.
    One,
    /// Descent on the ascent-direction sharpness.
    AscentDirection,
}

/// What is known of one moment. Numbers that a line does not have are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// τ = η ρ² · steps.
    pub tau: f64,
    /// The first weight: in the valley, the place along its floor.
    pub place: f64,
    /// λ₁, between the last two places.
    pub lambda: f64,
    /// Tr H, there, too.
    pub trace: f64,
    /// ‖∇L‖, the mean of the last two steps.
    pub gradient: f64,
    /// |cos(∇L, v₁)|.
    pub cosine: f64,
    /// The largest rise of the loss within ρ.
    pub rise: f64,
}

impl Point {
    const NOTHING: Self =
        Self { tau: 0.0, place: f64::NAN, lambda: f64::NAN, trace: f64::NAN, gradient: f64::NAN, cosine: f64::NAN, rise: f64::NAN };
}

enum Mover {
    Steps { descent: Descent, draws: Option<Box<ChaCha8Rng>>, v1: Vec<f64> },
    Ascent { descent: AscentDirection, steps: usize },
    Theory(Flow),
}

/// One run, or a predicted path.
pub struct Line {
    /// What moves.
    pub who: Who,
    /// Its ρ; 0 where it is a predicted path, which has none.
    pub rho: f64,
    /// Whether it is predicted.
    pub theory: bool,
    /// Its curve so far.
    pub points: Vec<Point>,
    mover: Mover,
}

/// All of them.
pub struct Experiment {
    setup: Setup,
    lines: Vec<Line>,
}

impl Experiment {
    /// Begins. The setup is within its bounds ([`Setup::check`]).
    pub fn new(setup: Setup) -> Self {
        let problem = setup.landscape.problem();
        let minimiser = match setup.landscape {
            // Any start is near its floor, which a projection finds.
            Landscape::Valley => settle(problem, &setup.start, 0.02, 2_000).expect("the floor has no end"),
            Landscape::Network => Network::minimiser().to_vec(),
        };
        let mut slope = vec![0.0; minimiser.len()];
        problem.residual(0, &minimiser, &mut slope);
        let begin = |rho: f64| match setup.landscape {
            Landscape::Valley => setup.start.to_vec(),
            Landscape::Network => {
                let by = BESIDE * rho / norm(&slope);
                minimiser.iter().zip(&slope).map(|(w, slope)| w + by * slope).collect()
            }
        };
        let mut lines = Vec::new();
        let mut add = |who, rho, theory, mover| lines.push(Line { who, rho, theory, points: Vec::new(), mover });
        for rho in &setup.rho {
            let descent = Descent::new(problem, &begin(*rho), *rho, setup.rate);
            add(Who::Full, *rho, false, Mover::Steps { descent, draws: None, v1: slope.clone() });
        }
        let rho = setup.rho[0];
        let descent = Descent::new(problem, &begin(rho), rho, setup.rate);
        let draws = Some(Box::new(ChaCha8Rng::seed_from_u64(setup.seed)));
        add(Who::One, rho, false, Mover::Steps { descent, draws, v1: slope.clone() });
        if setup.landscape == Landscape::Valley {
            let descent = AscentDirection::new(minimiser[0], setup.start, rho, setup.rate);
            add(Who::AscentDirection, rho, false, Mover::Ascent { descent, steps: 0 });
        }
        for (who, lowers) in [(Who::Full, Lowers::Largest), (Who::One, Lowers::Trace)] {
            add(who, 0.0, true, Mover::Theory(Flow::new(problem, minimiser.clone(), lowers, setup.rate)));
        }
        Self { setup, lines }
    }

    /// What it began with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The runs, and then the predicted paths.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The time that all have come to.
    pub fn tau(&self) -> f64 {
        self.lines.iter().map(|line| line.mover.tau()).fold(f64::INFINITY, f64::min)
    }

    /// Whether all have come to the end.
    pub fn is_done(&self) -> bool {
        self.tau() >= self.setup.end
    }

    /// Goes on to `until`, or as far as `work` goes, and says what it took: products of a gradient, one for each weight and
    /// example, some six nanoseconds each. What is begun is finished, 60,000 more at most.
    pub fn advance(&mut self, until: f64, work: usize) -> usize {
        let until = until.min(self.setup.end);
        let every = self.setup.end / POINTS as f64;
        let problem = self.setup.landscape.problem();
        let mut taken = 0;
        while taken < work {
            let behind = self.lines.iter_mut().filter(|line| line.mover.tau() < until);
            let Some(line) = behind.min_by(|a, b| a.mover.tau().total_cmp(&b.mover.tau())) else { break };
            taken += line.advance(problem, until, every);
        }
        taken
    }

    /// One step of every run.
    pub fn step(&mut self) {
        let problem = self.setup.landscape.problem();
        for line in self.lines.iter_mut().filter(|line| !line.theory) {
            line.mover.step(problem);
        }
    }
}

impl Line {
    /// A portion of it; what it cost.
    fn advance(&mut self, problem: &dyn Problem, until: f64, every: f64) -> usize {
        let product = problem.weights() * problem.examples();
        // A predicted path is known at its start.
        let next = (self.points.len() + usize::from(!self.theory)) as f64 * every;
        let mut cost = 0;
        if let Mover::Theory(flow) = &mut self.mover {
            if !self.points.is_empty() {
                for _ in 0..HEUN {
                    cost += product * flow.advance(every / HEUN as f64);
                }
            }
        } else {
            for _ in 0..PORTION {
                if self.mover.tau() >= until.min(next) {
                    break;
                }
                cost += self.mover.step(problem);
            }
        }
        // Sums of steps may end a rounding below a mark.
        if self.mover.tau() >= next - 1e-9 * every {
            let (point, gradients) = self.mover.measure(problem, self.rho);
            self.points.push(point);
            cost += product * gradients;
        }
        cost.max(1)
    }

    /// Where it is now: its weights between the last two steps; none of the ascent direction but the place.
    pub fn place(&self) -> Vec<f64> {
        match &self.mover {
            Mover::Steps { descent, .. } => descent.centre(),
            Mover::Ascent { descent, .. } => vec![descent.place()],
            Mover::Theory(flow) => flow.weights().to_vec(),
        }
    }

    /// Its weights after the last step, on one side of the minimisers; as [`Self::place`] for what does not jump.
    pub fn weights(&self) -> Vec<f64> {
        match &self.mover {
            Mover::Steps { descent, .. } => descent.weights().to_vec(),
            _ => self.place(),
        }
    }

    /// Steps so far; 0 for a predicted path.
    pub fn steps(&self) -> usize {
        match &self.mover {
            Mover::Steps { descent, .. } => descent.steps(),
            Mover::Ascent { steps, .. } => *steps,
            Mover::Theory(_) => 0,
        }
    }
}

impl Mover {
    fn tau(&self) -> f64 {
        match self {
            Self::Steps { descent, .. } => descent.tau(),
            Self::Ascent { descent, steps } => descent.pace() * *steps as f64,
            Self::Theory(flow) => flow.tau(),
        }
    }

    /// One step; what it cost.
    fn step(&mut self, problem: &dyn Problem) -> usize {
        match self {
            Self::Steps { descent, draws: None, .. } => {
                descent.step(Batch::Full);
                2 * problem.weights() * problem.examples()
            }
            Self::Steps { descent, draws: Some(draws), .. } => {
                let drawn = (u128::from(draws.next_u64()) * problem.examples() as u128) >> 64;
                descent.step(Batch::One(drawn as usize));
                2 * problem.weights()
            }
            Self::Ascent { descent, steps } => {
                descent.step();
                *steps += 1;
                10
            }
            Self::Theory(_) => 0,
        }
    }

    /// Measures here; and how many gradients of all examples that took.
    fn measure(&mut self, problem: &dyn Problem, rho: f64) -> (Point, usize) {
        let tau = self.tau();
        match self {
            Self::Steps { descent, draws, v1 } => {
                let centre = descent.centre();
                let Curvature { value: lambda, direction, cost } = largest_eigenvalue(problem, &centre, v1);
                let mut point = Point { tau, place: centre[0], lambda, trace: trace(problem, &centre), ..Point::NOTHING };
                let mut cost = cost + 2 * centre.len();
                if draws.is_none() {
                    point.gradient = descent.gradient_norm();
                    let gradient = descent.gradient();
                    point.cosine = dot(gradient, &direction).abs() / norm(gradient);
                    point.rise = worst_rise(problem, &centre, rho, &direction);
                    cost += 24;
                }
                *v1 = direction;
                (point, cost)
            }
            Self::Ascent { descent, .. } => {
                let place = descent.place();
                (Point { tau, place, lambda: Valley::largest(place), trace: Valley::trace(place), ..Point::NOTHING }, 0)
            }
            Self::Theory(flow) => {
                let Curvature { value: lambda, cost, .. } = flow.curvature();
                let w = flow.weights();
                (Point { tau, place: w[0], lambda, trace: trace(problem, w), ..Point::NOTHING }, cost + 2 * w.len())
            }
        }
    }
}
