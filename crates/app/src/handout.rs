//! What a link hands on beside the experiment: view, time, lesson, and what is hidden or locked; to and from its text.
//!
//! Every field has a default that a link leaves out; one that is unknown or cannot be read is told by its name. Elsewhere: the
//! experiment in the link (`experiment/link.rs` of the trainer), the dialog that makes one (`panels/share.rs`), what becomes of
//! one that is opened (`app/visit.rs`).

use basin_train::brief::brief;
use basin_train::experiment::Experiment;
use basin_train::experiment::link::{self, LinkError, changes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::choices::{Choices, TimeChoice};
use crate::lessons;
use crate::locks::Locks;
use crate::settings::{ChartOptions, Middle, Settings, Tab};

/// Letters that the name or the address of a lesson may have.
const LONGEST_NAME: usize = 2_000;

/// No lesson has so many steps.
const MOST_STEPS: usize = 1_000;

/// Most lanes and members that an experiment can have: an index from elsewhere is below.
const MOST: usize = 64;

/// See the file's head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handout {
    /// What is looked at; none leaves that to whoever opens the link.
    pub view: Option<Looks>,
    /// How the run goes.
    pub time: Option<Timing>,
    /// The lesson that is read.
    pub lesson: Option<Reading>,
    /// What is hidden and locked.
    pub locks: Locks,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Looks {
    /// What the middle shows.
    pub middle: Middle,
    /// The page of the narrow layout.
    pub tab: Tab,
    /// How the charts are drawn.
    pub charts: ChartOptions,
    /// Whether the setup panel is open.
    pub setup: bool,
    /// Whether results and question are open.
    pub lower: bool,
    /// Whether it is drawn for the last row.
    pub presenting: bool,
    /// The lane of the sentences.
    pub lane: usize,
    /// The lanes of the step.
    pub pair: [usize; 2],
    /// The member of step and landscape.
    pub member: usize,
}

impl Default for Looks {
    fn default() -> Self {
        Self::of(&Settings::default(), &Choices::default())
    }
}

impl Looks {
    /// What is looked at now.
    fn of(settings: &Settings, choices: &Choices) -> Self {
        Self {
            middle: settings.middle,
            tab: settings.tab,
            charts: settings.charts,
            setup: settings.show_setup,
            lower: settings.show_lower,
            presenting: settings.presenting,
            lane: choices.sentences.lane,
            pair: choices.step.lanes,
            member: choices.step.member,
        }
    }

    fn apply(&self, settings: &mut Settings, choices: &mut Choices) {
        settings.middle = self.middle;
        settings.tab = self.tab;
        settings.charts = self.charts;
        settings.show_setup = self.setup;
        settings.show_lower = self.lower;
        settings.presenting = self.presenting;
        (choices.sentences.lane, choices.sentences.picked) = (self.lane, true);
        choices.step.lanes = self.pair;
        (choices.step.member, choices.landscape.member) = (self.member, self.member);
    }
}

/// How the run goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// Most steps a second.
    pub pace: Option<f64>,
    /// Pause at this step.
    pub stop_at: Option<usize>,
    /// Pause when the test accuracy of a lane has fallen by so much, 0 to 1.
    pub stop_at_fall: Option<f64>,
    /// Whether the run is prepared and waits.
    pub paused: bool,
}

/// The lesson that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// The name of one that Basin brings along, or the address of another.
    pub name: String,
    /// Its step, from 0.
    pub step: usize,
}

/// Which kinds of thing a link hands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// What is looked at.
    pub view: bool,
    /// How the run goes.
    pub time: bool,
    /// The lesson.
    pub lesson: bool,
}

/// A link that is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// What it hands on.
    pub kinds: Kinds,
    /// Whether the run waits.
    pub paused: bool,
    /// What is hidden and locked.
    pub locks: Locks,
    /// The views that a page of the user's own shows, in the order of the switch.
    pub embedded: Vec<Middle>,
    /// Whether the HTML was copied last, and not the address.
    pub frames: bool,
    /// Whether it was copied, once that is known.
    pub copied: Option<bool>,
    /// Whether the code is drawn as large as there is room.
    pub large: bool,
}

impl Handout {
    /// What there is now, of some kinds; `paused` says whether the run waits when the link is opened.
    pub fn of(kinds: Kinds, settings: &Settings, choices: &Choices, paused: bool, locks: &Locks) -> Self {
        let TimeChoice { pace, stop_at, stop_at_fall, .. } = choices.time;
        let course = &settings.course;
        let lesson = course.lesson.as_ref().filter(|name| kinds.lesson && course.shown && can_be_handed_on(name));
        Self {
            view: kinds.view.then(|| Looks::of(settings, choices)),
            time: kinds.time.then_some(Timing { pace, stop_at, stop_at_fall, paused }),
            lesson: lesson.map(|name| Reading { name: name.clone(), step: course.step }),
            locks: locks.clone(),
        }
    }

    /// Which kinds it hands on.
    pub fn kinds(&self) -> Kinds {
        Kinds { view: self.view.is_some(), time: self.time.is_some(), lesson: self.lesson.is_some() }
    }

    /// Sets all this up. A view that is hidden is not looked at.
    pub fn apply(&self, settings: &mut Settings, choices: &mut Choices) {
        if let Some(view) = &self.view {
            view.apply(settings, choices);
        }
        if let Some(Timing { pace, stop_at, stop_at_fall, .. }) = self.time {
            choices.time = TimeChoice { pace, stop_at, stop_at_fall, sought: None };
        }
        if !self.locks.shows_middle(settings.middle) {
            settings.middle = Middle::Curves;
        }
    }

    /// The text of a link to this and an experiment.
    pub fn encode(&self, experiment: &Experiment) -> String {
        let Self { view, time, lesson, locks } = self;
        let view = view.as_ref().map(|view| ("view", changes(view, &Looks::default(), 2)));
        let time = time.as_ref().map(|time| ("time", changes(time, &Timing::default(), 1)));
        let lesson = lesson.as_ref().map(|lesson| ("lesson", changes(lesson, &Reading::default(), 1)));
        let locks = (!locks.is_none()).then(|| ("locks", changes(locks, &Locks::NONE, 1)));
        let parts = [view, time, lesson, locks].into_iter().flatten();
        link::encode_with(experiment, parts.map(|(name, part)| (name.to_owned(), part)).collect())
    }

    /// Reads the text of a link.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn decode(text: &str) -> Result<(Experiment, Self), LinkError> {
        let (experiment, more) = link::decode_with(text)?;
        let read = |more: Value| Self::deserialize(&more);
        let handout = read(Value::Object(more.clone())).map_err(|error| {
            let name = culprit(&more, &|more| read(more).is_ok()).map_or_else(String::new, |name| format!("{}: ", brief(&name, 60)));
            LinkError::Field { what: format!("{name}{}", brief(&error.to_string(), 120)) }
        })?;
        handout.check().map_err(|what| LinkError::Field { what })?;
        Ok((experiment, handout))
    }

    /// Checks every number and name against its bounds.
    fn check(&self) -> Result<(), String> {
        let within = |name: &str, good: bool, allowed: &str| if good { Ok(()) } else { Err(format!("{name} must be {allowed}")) };
        if let Some(Looks { lane, pair, member, .. }) = &self.view {
            for (name, index) in [("lane", *lane), ("pair", pair[0].max(pair[1])), ("member", *member)] {
                within(&format!("view.{name}"), index < MOST, &format!("below {MOST}"))?;
            }
        }
        if let Some(Timing { pace, stop_at, stop_at_fall, .. }) = self.time {
            within("time.pace", pace.is_none_or(|pace| pace > 0.0 && pace <= 1e6), "above 0, and a million steps a second at most")?;
            within("time.stop_at", stop_at.is_none_or(|step| step > 0), "at least 1")?;
            within("time.stop_at_fall", stop_at_fall.is_none_or(|fall| fall > 0.0 && fall <= 1.0), "above 0, and 1 at most")?;
        }
        if let Some(Reading { name, step }) = &self.lesson {
            within("lesson.step", *step < MOST_STEPS, &format!("below {MOST_STEPS}"))?;
            within("lesson.name", !name.is_empty() && name.len() <= LONGEST_NAME, "the name or the address of a lesson")?;
        }
        if let Some(part) = self.locks.locked.iter().find(|part| !part.can_be_locked()) {
            return Err(format!("locks.locked holds {}, which can only be hidden", part.title()));
        }
        match self.locks.free.iter().find(|part| !part.is_single()) {
            Some(part) => Err(format!("locks.free holds {}, but only single controls can be free", part.title())),
            None => Ok(()),
        }
    }

    /// What whoever opens the link finds, for people.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if let Some(view) = &self.view {
            words.push(format!("shows {}{}", view.middle.title(), if view.presenting { " in large letters" } else { "" }));
        }
        if let Some(Timing { pace, stop_at, stop_at_fall, paused }) = self.time {
            words.push(if paused { "waits for Resume".to_owned() } else { "trains at once".to_owned() });
            words.extend(pace.map(|pace| format!("takes {pace} steps a second at most")));
            words.extend(stop_at.map(|step| format!("pauses at step {step}")));
            words.extend(stop_at_fall.map(|fall| format!("pauses when a test accuracy falls by {:.0} points", 100.0 * fall)));
        }
        words.extend(self.lesson.as_ref().map(|Reading { name, step }| {
            let title = lessons::in_course(name).map_or_else(|| brief(name, 60), |(_, lesson)| lesson.title.clone());
            format!("opens the lesson “{title}” at step {}", step + 1)
        }));
        if words.is_empty() {
            words.push("sets the experiment up and trains at once".to_owned());
        }
        let locks = self.locks.words();
        format!("Whoever opens it: {}{}.", words.join(", "), if locks.is_empty() { locks } else { format!("; {locks}") })
    }
}

/// The HTML with which another page shows these views of what an address opens; none where the address is no page's.
pub fn frame_of(address: &str, views: &[Middle]) -> Option<String> {
    let (page, link) = address.split_once('#')?;
    let words: Vec<&str> = views.iter().map(|view| view.word()).collect();
    let shown = page.starts_with("http") && !words.is_empty();
    shown.then(|| {
        let source = format!("{page}?embed={}#{link}", words.join(","));
        format!(r#"<iframe src="{source}" width="800" height="480" title="Basin: training, live"></iframe>"#)
    })
}

/// Whether whoever opens a link finds a lesson of this name: one that Basin brings along, or one at an address.
pub fn can_be_handed_on(lesson: &str) -> bool {
    lessons::find(lesson).is_some() || lesson.starts_with("http")
}

/// The first field that cannot be read even alone, as `view.middle`.
fn culprit(fields: &Map<String, Value>, good: &dyn Fn(Value) -> bool) -> Option<String> {
    fields.iter().find_map(|(key, field)| {
        let alone = |field: Value| good(Value::Object([(key.clone(), field)].into_iter().collect()));
        if alone(field.clone()) {
            return None;
        }
        let inner = field.as_object().filter(|_| alone(Value::Object(Map::new()))).and_then(|fields| culprit(fields, &alone));
        Some(inner.map_or_else(|| key.clone(), |inner| format!("{key}.{inner}")))
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::locks::Part;

    fn link(json: &str) -> String {
        format!("3.{}", URL_SAFE_NO_PAD.encode(json))
    }

    #[test]
    fn a_link_without_anything_more_is_one_that_old_basins_read() {
        let experiment = Experiment { seeds: 8, ..Experiment::default() };
        let text = Handout::default().encode(&experiment);
        assert_eq!(text, link::encode(&experiment));
        assert_eq!(Handout::decode(&text).expect("a link"), (experiment, Handout::default()));
    }

    #[test]
    fn what_is_handed_on_arrives() {
        let mut settings = Settings { middle: Middle::Step, show_setup: false, ..Settings::default() };
        settings.course.shown = true;
        settings.course.open("02-noise", 3);
        let mut choices = Choices::default();
        choices.time.stop_at = Some(40);
        choices.step.member = 2;
        let mut locks = Locks::default();
        locks.set(Part::Setup, false, true);
        let handout = Handout::of(Kinds { view: true, time: true, lesson: true }, &settings, &choices, true, &locks);
        let text = handout.encode(&settings.experiment);
        let (experiment, read) = Handout::decode(&text).expect("its own link");
        assert_eq!((&experiment, &read), (&settings.experiment, &handout));
        let (mut there, mut chosen) = (Settings::default(), Choices::default());
        read.apply(&mut there, &mut chosen);
        assert_eq!((there.middle, there.show_setup, chosen.time.stop_at, chosen.landscape.member), (Middle::Step, false, Some(40), 2));
        let words = read.words();
        for part in ["shows One step", "waits for Resume", "pauses at step 40", "lesson “Noise is memorised” at step 4", "setup is locked"]
        {
            assert!(words.contains(part), "{words}");
        }
    }

    #[test]
    fn a_view_that_is_hidden_is_not_looked_at() {
        let mut handout = Handout { view: Some(Looks { middle: Middle::Landscape, ..Looks::default() }), ..Handout::default() };
        handout.locks.set(Part::Landscape, true, false);
        let mut settings = Settings::default();
        handout.apply(&mut settings, &mut Choices::default());
        assert_eq!(settings.middle, Middle::Curves);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_name() {
        for (json, told) in [
            (r#"{"view":{"middle":"Moon"}}"#, "view.middle: unknown variant `Moon`"),
            (r#"{"view":{"charts":{"band":7}}}"#, "view.charts.band: "),
            (r#"{"view":{"wings":2}}"#, "view.wings: unknown field `wings`"),
            (r#"{"moon":1}"#, "moon: unknown field `moon`"),
            (r#"{"time":{"pace":"fast"}}"#, "time.pace: invalid type"),
            (r#"{"time":{"pace":0}}"#, "time.pace must be above 0"),
            (r#"{"time":{"stop_at":0}}"#, "time.stop_at must be at least 1"),
            (r#"{"view":{"member":64}}"#, "view.member must be below 64"),
            (r#"{"lesson":{}}"#, "lesson.name must be the name"),
            (r#"{"locks":{"hidden":["doors"]}}"#, "locks.hidden: unknown variant `doors`"),
            (r#"{"locks":{"locked":["results"]}}"#, "locks.locked holds results, which can only be hidden"),
            (r#"{"locks":{"free":["lanes"]}}"#, "locks.free holds lanes, but only single controls"),
            (r#"{"experiment":{"sedes":8}}"#, "unknown field `sedes`"),
        ] {
            let error = Handout::decode(&link(json)).expect_err(json).to_string();
            assert!(error.contains(told) && error.len() < 300, "{json}: {error}");
        }
    }
}
