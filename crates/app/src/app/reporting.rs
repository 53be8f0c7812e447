//! The run that is shown as a report in one file.
//!
//! Elsewhere: what a report says (`report/`).

use basin_train::experiment::DataSource;
use basin_train::report::KeptRun;

use super::workspace::Workspace;
use crate::charts;
use crate::report::{Context, Told, UsersFile, page};
use crate::state::State;

impl Workspace {
    /// The run that is shown, after the one that is drawn dashed, if there is one; none before anything was measured.
    pub fn report(&self) -> Option<String> {
        let run = &self.state.run;
        let (summary, step) = (run.summary.as_ref()?, run.measurements.last()?.step);
        let files = self.files_learned_from(&summary.experiment.data.source);
        // Epochs are chosen at the end that was planned last.
        let best = run.best.clone().filter(|_| step == run.progress.steps);
        let context = Context { linear: run.linear, best, unfinished: step != summary.steps, reference: Some(self.reference()) };
        let this = |unnamed| told(&self.state, &context, &files, unnamed, self.kept_run(self.state.open_kept));

        let Some(before) = charts::compared(&self.state, self.settings.charts) else { return Some(page(&[this(&summary.data)?])) };
        let other = State::of(before.alone());
        let their_context = Context { best: before.best.clone(), unfinished: !before.is_whole(), ..Context::default() };
        let before = told(&other, &their_context, &[], "The run before", self.kept_run(before.kept))?;
        Some(page(&[before, this("This run")?]))
    }

    fn kept_run(&self, number: Option<u64>) -> Option<&KeptRun> {
        self.state.kept.iter().find(|kept| Some(kept.number) == number)
    }

    /// The user's files that the run that is shown learned from; none where they are no longer those that are open.
    fn files_learned_from(&self, source: &DataSource) -> Vec<UsersFile> {
        let open = self.client.started.as_ref().is_some_and(|started| started.files == self.files.id());
        let files = self.files.get().filter(|_| open && matches!(source, DataSource::File { .. }));
        files.map_or_else(Vec::new, UsersFile::all)
    }
}

/// A run that has been prepared and measured.
fn told<'a>(
    state: &'a State,
    context: &'a Context,
    files: &'a [UsersFile],
    unnamed: &'a str,
    kept: Option<&'a KeptRun>,
) -> Option<Told<'a>> {
    let (summary, step) = (state.run.summary.as_ref()?, state.run.measurements.last()?.step);
    let written = |text: fn(&KeptRun) -> &String| kept.map(text).map(String::as_str).filter(|text| !text.is_empty());
    Some(Told {
        name: written(|kept| &kept.name).unwrap_or(unnamed),
        note: written(|kept| &kept.note),
        at: kept.map(|kept| kept.at),
        experiment: &summary.experiment,
        state,
        finished: step >= summary.steps,
        // It may have begun in another one.
        version: None,
        context,
        has_weights: true,
        files,
    })
}
