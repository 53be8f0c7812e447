//! Sweeps: cells are what they are whoever trains beside them, and the choice of ρ does not see the test set.

use std::sync::Arc;

use pollster::block_on;

use crate::data::dataset::Dataset;
use crate::experiment::{DataSource, Experiment, ModelKind};
use crate::lab::choice::choose;
use crate::lab::grid::{Axis, Grid, Knob};
use crate::lab::outcome::Outcome;
use crate::lab::work::{self, Group, Shelf, Work};
use crate::run::Compute;

fn grid(kind: ModelKind) -> Grid {
    let lanes = ["sam", "delta-sam:rule=noise"].map(|words| words.parse().expect("lane words")).to_vec();
    let mut experiment = Experiment { lanes, seeds: 2, ..Experiment::default() };
    experiment.data.source = DataSource::Films { examples: 240 };
    (experiment.model.dim, experiment.model.hidden, experiment.model.kind) = (8, 12, kind);
    experiment.training.epochs = 2;
    Grid::new(experiment, vec![0.05, 0.2, 0.8], vec![Axis { knob: Knob::LabelNoise, values: vec![0.0, 0.3] }], 0.25)
}

fn train(grid: &Grid, group: Group, shelf: &mut Shelf) -> Vec<(usize, Outcome)> {
    let mut work = Work::prepare(grid, group, shelf, Compute::cpu()).expect("a good grid");
    while !block_on(work.advance(f64::INFINITY)) {}
    block_on(work.outcomes())
}

#[test]
fn a_cell_is_the_same_to_the_bit_whoever_is_trained_beside_it() {
    // One shelf for all: it keeps data, whatever model learns from them.
    let mut shelf = Shelf::new(None);
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        let grid = grid(kind);
        let groups = work::groups(&grid, |_| true);
        // SGD's two cells; six of SAM and six of δ-SAM; at two settings.
        assert_eq!(groups.iter().map(|group| group.cells.len()).collect::<Vec<_>>(), [2, 6, 6, 2, 6, 6]);
        let group = groups[5].clone();
        let together = train(&grid, group.clone(), &mut shelf);
        for (cell, outcome) in &together {
            let alone = work::groups(&grid, |other| other == *cell).swap_remove(0);
            let again = train(&grid, alone, &mut Shelf::new(None));
            assert_eq!(format!("{again:?}"), format!("{:?}", [(*cell, outcome)]), "{kind:?}");
        }
        assert_ne!(together[0].1, together[2].1, "another ρ is another run");
        assert_ne!(together[0].1, together[1].1, "another seed is another run");
    }
}

#[test]
fn the_choice_of_rho_does_not_see_the_test_set() {
    let grid = grid(ModelKind::Bag);
    let sweep = |permuted: bool| {
        let (mut shelf, mut outcomes) = (Shelf::new(None), vec![None; grid.cells()]);
        for group in work::groups(&grid, |_| true) {
            let mut plan = work::plan(&grid, &group, &mut shelf).expect("a good grid");
            if permuted {
                // Every label of the test set becomes that of another example.
                let mut data = Dataset::load_with_validation(&plan.experiment.data, None, grid.validation).expect("good data");
                let labels: Vec<u32> = data.reserved.iter().map(|example| example.label).collect();
                for (example, label) in data.reserved.iter_mut().zip(labels.iter().cycle().skip(1)) {
                    example.label = *label;
                }
                plan.data = Arc::new(data);
            }
            let mut work = Work::build(plan, group, Compute::cpu());
            while !block_on(work.advance(f64::INFINITY)) {}
            for (cell, outcome) in block_on(work.outcomes()) {
                outcomes[cell] = Some(outcome);
            }
        }
        outcomes
    };
    let (honest, permuted) = (sweep(false), sweep(true));
    let accuracies = |outcomes: &[Option<Outcome>]| outcomes.iter().flatten().map(|outcome| outcome.test_accuracy).collect::<Vec<_>>();
    assert_ne!(accuracies(&honest), accuracies(&permuted), "the labels matter to the test set");
    let chosen = |outcomes: &[Option<Outcome>]| choose(&grid, outcomes).into_iter().map(|choice| choice.point).collect::<Vec<_>>();
    assert_eq!(chosen(&honest), chosen(&permuted));
    assert_eq!(chosen(&honest).len(), 6);
}

#[test]
fn with_equal_gradients_every_method_spends_what_sam_does() {
    let mut grid = grid(ModelKind::Bag);
    grid.experiment.training.epochs = 4;
    let mut shelf = Shelf::new(None);
    work::level(&mut grid, &mut shelf, &Compute::cpu()).expect("a good grid");
    // SGD 1, SAM 2, δ-SAM 2⅔ a step: 8, 4 and 3 passes.
    assert_eq!(grid.epochs, [8, 4, 3]);
    let groups = work::groups(&grid, |cell| cell < 14 && cell % 2 == 0);
    let spent: Vec<f64> = groups.into_iter().map(|group| train(&grid, group, &mut shelf)[0].1.gradient_evaluations).collect();
    assert!(spent.iter().all(|one| (one / spent[1] - 1.0).abs() < 1e-6), "{spent:?}");
}
