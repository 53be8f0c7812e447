//! What is asked of a run beside its curves: a door each to the instrument that answers.

use super::Driver;
use super::linear::{Beside, takes_long};
use crate::baseline::Linear;
use crate::classifier::{self, Classifier};
use crate::data::error::DataError;
use crate::data::files::NamedBytes;
use crate::instruments::best::{self, Lent};
use crate::instruments::examples::ExampleRecords;
use crate::instruments::{Instruments, LookError, Survey, answers, curves, examples, judge, landscape, microscope, sharpness};
use crate::report::{
    Answer, BestEpoch, ExportFormat, Figures, JudgedCell, Judgement, Landscape, Line, PlaneChoice, Predictions, Reading, SentenceHistory,
    SentenceTable, Sentences, Sharpness, Side, StepTrace,
};

impl Driver {
    /// Each lane's class probabilities for a text, and how many of its tokens are known, of how many.
    pub async fn classify(&self, text: &str, text_b: Option<&str>) -> (Vec<Answer>, (usize, usize)) {
        answers::classify(&self.run, text, text_b).await
    }

    /// One member of a lane as a classifier of its own, with how well the lane does now. Cost: a measurement, and reads its
    /// weights back.
    ///
    /// # Errors
    /// If there is no such lane or member, or it has diverged.
    pub async fn classifier(&mut self, lane: usize, member: usize) -> Result<Classifier, LookError> {
        let measured = curves::measure(&mut self.run, &self.instruments.probes).await;
        Classifier::take(&self.run, lane, member, &measured).await
    }

    /// Has the page of a classifier of this run be small, where that costs next to nothing. Cost: where it is needed, forward passes
    /// over the test set.
    pub async fn shrink(&self, classifier: &mut Classifier) {
        classifier.shrink(&self.run, &self.instruments.probes.test).await;
    }

    /// One member of a lane as the file of a format that is enough by itself.
    ///
    /// # Errors
    /// As for [`Self::classifier`], and if runs of this model are not handed on so.
    pub(crate) async fn export(&mut self, lane: usize, member: usize, format: ExportFormat) -> Result<NamedBytes, LookError> {
        classifier::check(self.run.experiment.model.kind, format)?;
        let mut classifier = self.classifier(lane, member).await?;
        if format == ExportFormat::Page {
            self.shrink(&mut classifier).await;
        }
        classifier.file(format)
    }

    /// What every lane answers to the texts of a file.
    ///
    /// # Errors
    /// What is wrong with which line.
    pub async fn predict(&self, file: &NamedBytes) -> Result<Predictions, DataError> {
        answers::predict(&self.run, file).await
    }

    /// The texts of a file that is to be answered, and the hash of the encoder that gives them vectors; none where the run learns from
    /// no encoder, or the file cannot be read.
    pub(crate) fn wanted(&self, file: &NamedBytes) -> Option<(Vec<String>, String)> {
        let encoder = self.run.data.encoder.as_ref().filter(|_| self.run.experiment.model.tune.is_none())?;
        Some((answers::texts_of(&self.run, file).ok()?, encoder.hash().to_owned()))
    }

    /// How good the answers of every lane are on the test set, and which training labels it doubts. Cost: forward passes of all
    /// lanes over both sets, and the rest of fitting a linear model to compare with, if that takes a moment.
    pub async fn judge(&mut self) -> Judgement {
        let on = if self.run.experiment.data.validation { "the validation part" } else { "the test set" };
        judge::judge(&self.run, on, self.run.test(), self.beside.fitted(&self.run)).await
    }

    /// Whether a linear model takes longer to fit than people wait without a word.
    pub fn linear_takes_long(&self) -> bool {
        takes_long(&self.run)
    }

    /// How good a linear model on the same tokens is on the test set: fitted anew, whatever it takes.
    pub fn linear(&self) -> Figures {
        self.figures_of(&Linear::fit(&self.run.data))
    }

    fn figures_of(&self, linear: &Linear) -> Figures {
        judge::figures_of(linear, self.run.test(), self.run.data.classes.len())
    }

    /// Whether [`Self::fit_linear`] has something to do. The first step of the run goes first, and where fitting takes long, the whole
    /// of it while it `trains`.
    pub(crate) fn fits_linear(&self, trains: bool) -> bool {
        let waits = self.run.steps.done == 0 || trains && takes_long(&self.run);
        !waits && matches!(self.beside, Beside::NotBegun | Beside::Fitting(_))
    }

    /// Goes on fitting the linear model, by a step; how good it is on the test set with the last one.
    pub(crate) fn fit_linear(&mut self) -> Option<Figures> {
        if !self.beside.go_on(&self.run) {
            return None;
        }
        match &self.beside {
            Beside::Fitted(linear) => Some(self.figures_of(linear)),
            _ => None,
        }
    }

    /// The best epoch of each member, by the examples that are held back for that (`data.selection`); none where the run keeps
    /// its last.
    pub async fn best(&self) -> Option<Vec<BestEpoch>> {
        let Instruments { best, probes, .. } = &self.instruments;
        Some(best.as_ref()?.tell(&self.run, &probes.test).await)
    }

    /// Lets every lane be asked at its best epochs, where the run keeps these and has come to its end, until [`Self::give_back`].
    pub(crate) async fn lend_best(&mut self) -> Option<Vec<Lent>> {
        // A saved run that was opened to be asked has them already.
        if !self.finished() || self.run.has_chosen_epochs() {
            return None;
        }
        let Self { run, instruments: Instruments { best, .. }, .. } = self;
        Some(best.as_ref()?.lend(run).await)
    }

    /// The lanes are where they were.
    pub(crate) fn give_back(&mut self, lent: Option<Vec<Lent>>) {
        if let Some(lent) = lent {
            best::give_back(&mut self.run, lent);
        }
    }

    /// The test examples in a cell of a lane's confusion matrix.
    ///
    /// # Errors
    /// If there is no such lane.
    pub async fn judged_cell(&self, lane: usize, label: usize, answer: usize) -> Result<JudgedCell, LookError> {
        judge::in_cell(&self.run, lane, label, answer).await
    }

    /// Measures the sharpness of every lane now, on the probe of the training set or on as many held-out examples.
    pub async fn measure_sharpness(&mut self, side: Side) -> Sharpness {
        let Instruments { probes, directions, told, .. } = &mut self.instruments;
        let sharpness = sharpness::measure(&self.run, probes, directions, side).await;
        told.measured_sharpness(&sharpness);
        sharpness
    }

    /// Measures the largest eigenvalue of the first lane's Hessian, on the probe of the training set, from scratch.
    pub(crate) async fn measure_eigenvalue(&self) -> Reading {
        sharpness::eigenvalue(&self.run, &self.instruments.probes).await
    }

    /// cos(D, D*) of each member of the first lane for the next step, on one batch of training examples.
    pub(crate) async fn measure_alignment(&self) -> Vec<f64> {
        sharpness::alignment_cosine(&self.run, &self.instruments.probes).await.values
    }

    /// Keeps no track of single training examples, which costs time.
    pub(crate) fn forget_examples(&mut self) {
        self.instruments.records = ExampleRecords::new(self.run.lanes.len(), 0, 1);
    }

    /// Computes the next step and tells it for one member; the run's next step is this very one.
    ///
    /// # Errors
    /// A member that does not exist, or has diverged in all lanes.
    pub async fn trace(&mut self, member: usize) -> Result<StepTrace, LookError> {
        microscope::trace(&mut self.run, member).await
    }

    /// The training examples as people read them, the first [`crate::instruments::MOST_SENTENCES`] of them.
    pub fn sentences(&self) -> Sentences {
        examples::sentences(&self.run)
    }

    /// How lane number `lane` sees the training examples. Cost: a forward pass over them.
    ///
    /// # Errors
    /// If there is no such lane.
    pub async fn sentence_table(&mut self, lane: usize) -> Result<SentenceTable, LookError> {
        examples::table(&self.run, &mut self.instruments.records, lane).await
    }

    /// The visits of a training example in every lane.
    ///
    /// # Errors
    /// If there is no such example, or it is not kept track of.
    pub async fn sentence_history(&mut self, example: usize) -> Result<SentenceHistory, LookError> {
        examples::history(&self.run, &mut self.instruments.records, example).await
    }

    /// Lays a plane and plans grids on it up to `points` × `points`.
    ///
    /// # Errors
    /// A number out of bounds; a lane or member that does not exist; fewer than two lanes that have not diverged.
    pub async fn survey(&self, choice: PlaneChoice, points: usize, member: usize) -> Result<Survey, LookError> {
        landscape::survey(&self.run, &self.instruments.trajectory, choice, points, member).await
    }

    /// Measures some more points; the landscape when a grid is complete. Ends with one that has no `more` to come.
    pub async fn survey_on(&self, survey: &mut Survey) -> Option<Landscape> {
        landscape::survey_on(&self.run, survey).await
    }

    /// Loss on the straight line from lane `from` to lane `to`, and a little beyond.
    ///
    /// # Errors
    /// A lane or member that does not exist or has diverged.
    pub async fn line(&self, from: usize, to: usize, member: usize) -> Result<Line, LookError> {
        landscape::line(&self.run, from, to, member).await
    }
}
