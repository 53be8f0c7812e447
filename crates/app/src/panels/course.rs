//! The course: lessons beside the live views, step by step.
//!
//! A step says something and asks for a prediction; then it is trained, and the claim decides which explanation follows.
//! Nothing is locked: whoever wants to play goes on playing. Elsewhere: what a lesson is (`lessons`), what training one changes
//! (`app/teaching.rs`).

use basin_train::experiment::titles;
use basin_train::protocol::{Command, Phase};
use basin_train::report::Finding;
use egui::{Align, Button, Frame, Id, RichText, ScrollArea, Ui, vec2};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use super::forest::forest_ui;
use super::view::{Layout, View};
use crate::choices::{Ending, SentenceChoice, StepChoice};
use crate::command::ViewCommand;
use crate::icons::Icon;
use crate::lessons::{self, Control, Lesson, Need, Outcome, Question, Step, Told};
use crate::locks::Part;
use crate::settings::{Course, Middle, Tab};
use crate::{format, theme, widgets};

/// The button that shows the course and hides it.
pub fn course_button_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let course = &view.settings.course;
    if !view.locks.shows(Part::Course) {
        return;
    }
    let button = Button::selectable(course.shown, "Course").frame_when_inactive(true).min_size(ui.spacing().interact_size);
    // On a phone another page may be in front of it.
    let behind = course.shown && view.layout == Layout::Narrow && view.settings.tab != Tab::Curves;
    if ui.add(button).on_hover_text("Lessons, step by step, beside what is trained (key C)").clicked() {
        if behind {
            return out.push(ViewCommand::Tab(Tab::Curves));
        }
        out.push(go(course, |course| course.shown = !course.shown));
        if view.layout.is_phone() && !course.shown {
            out.push(ViewCommand::Tab(Tab::Curves));
        }
    }
}

/// Whether the course stands beside the views, or above them.
pub fn shows_course(view: &View<'_>) -> bool {
    view.settings.course.shown && view.locks.shows(Part::Course)
}

/// The list of lessons, or the step that is read.
pub fn course_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let course = &view.settings.course;
    let open = open(view);
    // Another place of the course begins at its top; on a phone it is a part of the page.
    let (place, now) = (Id::unique("place in the course"), (course.lesson.clone(), course.step));
    if view.layout == Layout::Narrow && ui.data(|data| data.get_temp(place)) != Some(now.clone()) {
        ui.data_mut(|data| data.insert_temp(place, now));
        ui.scroll_to_cursor(Some(Align::TOP));
    }
    ui.horizontal(|ui| {
        let title = |ui: &mut Ui| ui.heading("Course");
        widgets::sides(ui, title, |ui| {
            if open.is_some() && view.locks.opens(Part::Course) && ui.button("All lessons").clicked() {
                out.push(go(course, |course| course.lesson = None));
            }
            let close = Icon::Cross.button(None).frame(false).min_size(ui.spacing().interact_size);
            let close = ui.add(close).on_hover_text("Close (key C); you come back to where you were");
            if close.accessible_name("Close the course").clicked() {
                out.push(go(course, |course| course.shown = false));
            }
        });
    });
    let mut body = |ui: &mut Ui| {
        match open {
            None => list_ui(ui, view, out),
            Some((lesson, number)) => step_ui(ui, view, lesson, number, out),
        }
        ui.add_space(12.0);
    };
    if view.layout == Layout::Narrow {
        // It stands in a page that scrolls.
        body(ui);
        if ui.data_mut(|data| data.remove_temp::<()>(Id::unique("show the view"))).is_some() {
            ui.scroll_to_cursor(Some(Align::TOP));
        }
    } else {
        ScrollArea::vertical().id_salt(("course", &course.lesson, course.step)).auto_shrink(false).show(ui, |ui| {
            ui.set_width(ui.available_width() - 10.0);
            body(ui);
        });
    }
}

/// The lesson that is read, and the number of its step.
fn open<'a>(view: &View<'a>) -> Option<(&'a Lesson, usize)> {
    let course = &view.settings.course;
    let name = course.lesson.as_deref()?;
    let (_, lesson) = lessons::all(view.own_lesson).find(|(known, _)| *known == name)?;
    Some((lesson, course.step.min(lesson.steps.len() - 1)))
}

/// Where the lesson stands above the view: the way back to what came of the claim, once the run has come there.
pub fn way_back_ui(ui: &mut Ui, view: &View<'_>) {
    let Some((lesson, number)) = open(view) else { return };
    let step = &lesson.steps[number];
    let answered = step.question.is_none() || view.settings.course.answers.get(number).copied().flatten().is_some();
    if step.claim.is_some() && answered && is_here(view, step) && has_ended(view, step) {
        let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
        if ui.add(Button::new("Read what came of it").min_size(size)).clicked() {
            ui.data_mut(|data| data.insert_temp(came_of_it(), ()));
        }
    }
}

/// Where egui's memory says that what came of the claim is to be scrolled to.
fn came_of_it() -> Id {
    Id::unique("show what came of it")
}

/// The course after a change, as a command.
fn go(course: &Course, change: impl FnOnce(&mut Course)) -> ViewCommand {
    let mut course = course.clone();
    change(&mut course);
    ViewCommand::Course(Box::new(course))
}

fn list_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let course = &view.settings.course;
    ui.label("Predict, train, explain. Every claim of the course was tested on several data sets.");
    ui.add_space(6.0);
    for (i, (name, lesson)) in lessons::all(view.own_lesson).enumerate() {
        let read = course.furthest.get(name).map_or(0, |furthest| (furthest + 1).min(lesson.steps.len()));
        let progress = match (read, lesson.steps.len()) {
            (0, _) => format!("{} min, {}", lesson.minutes, lesson.level.word()),
            (read, all) if read == all => "done".to_owned(),
            (read, all) => format!("{read} of {all}"),
        };
        let title = RichText::new(format!("{}. {}", i + 1, lesson.title));
        let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
        let button = Button::new((title, egui::Atom::grow(), RichText::new(progress).weak())).truncate().min_size(size);
        if ui.add(button).accessible_name(&lesson.title).clicked() {
            out.push(go(course, |course| course.open(name, course.mark(name, lesson.steps.len()))));
        }
    }
}

fn step_ui(ui: &mut Ui, view: &View<'_>, lesson: &Lesson, number: usize, out: &mut Vec<ViewCommand>) {
    let (course, step) = (&view.settings.course, &lesson.steps[number]);
    ui.label(RichText::new(format!("{} · {} of {}", lesson.title, number + 1, lesson.steps.len())).weak());
    if number == 0 {
        markdown(ui, "about", &lesson.about);
        ui.add_space(4.0);
    }
    ui.add_space(4.0);
    ui.label(RichText::new(&step.title).size(17.0).color(ui.visuals().strong_text_color()));
    markdown(ui, "text", &step.text);
    let answer = course.answers.get(number).copied().flatten();
    if let Some(question) = &step.question {
        question_ui(ui, course, number, question, answer, out);
    }
    ui.add_space(6.0);
    train_ui(ui, view, step, step.question.is_none() || answer.is_some(), out);
    if let Some(told) = &step.claim {
        ui.add_space(6.0);
        // First the prediction, then what came of it.
        if step.question.is_none() || answer.is_some() {
            claim_ui(ui, view, step, told, answer, out);
        } else {
            ui.label(RichText::new("Predict first: choose an answer, then you see what came of it.").weak());
        }
    }
    if let Some(finding) = lesson.study.filter(|_| number + 1 == lesson.steps.len()) {
        ui.add_space(6.0);
        finding_ui(ui, finding);
    }
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        let size = vec2(84.0, ui.spacing().interact_size.y);
        if ui.add_enabled(number > 0, Button::new("Back").min_size(size)).clicked() {
            out.push(go(course, |course| course.turn(number - 1)));
        }
        if number + 1 < lesson.steps.len() {
            if ui.add(Button::new("Next").min_size(size)).clicked() {
                out.push(go(course, |course| course.turn(number + 1)));
            }
        } else if view.locks.opens(Part::Course) && ui.add(Button::new("Done").min_size(size)).clicked() {
            out.push(go(course, |course| course.lesson = None));
        }
    });
}

/// Text with its emphasis and lists; blocks of formulas are drawn here, for theirs have a sign to copy that no font of ours has.
fn markdown(ui: &mut Ui, id: &str, text: &str) {
    for (i, part) in text.split("```").enumerate() {
        if i % 2 == 0 {
            ui.push_id((id, i), |ui| CommonMarkViewer::new().show(ui, &mut CommonMarkCache::default(), part.trim()));
        } else {
            // Behind the fence stands the language.
            let formula = part.split_once('\n').map_or("", |(_, formula)| formula.trim_end());
            Frame::new().fill(ui.visuals().extreme_bg_color).corner_radius(6.0).inner_margin(8).show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                ui.label(RichText::new(formula).monospace());
            });
        }
    }
}

fn question_ui(ui: &mut Ui, course: &Course, step: usize, question: &Question, answer: Option<usize>, out: &mut Vec<ViewCommand>) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.label(RichText::new("Your prediction").small().weak());
        markdown(ui, "question", &question.text);
        for (i, choice) in question.choices.iter().enumerate() {
            // Choices are plain sentences; their emphasis is for other readers of the file.
            let words = choice.replace(['*', '`'], "");
            let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
            let button = Button::selectable(answer == Some(i), words).frame_when_inactive(true).wrap().min_size(size);
            if ui.add(button).clicked() {
                out.push(go(course, |course| course.answer(step, i)));
            }
        }
    });
}

/// Whether the run that is there trains what the step is about.
fn is_here(view: &View<'_>, step: &Step) -> bool {
    view.state.run.summary.is_some() && view.client.latest_start().is_some_and(|started| started.experiment == step.experiment)
}

/// Sets up what the step is about, trains it where it is not there yet, and shows the view: the next thing to do once it is `predicted`.
fn train_ui(ui: &mut Ui, view: &View<'_>, step: &Step, predicted: bool, out: &mut Vec<ViewCommand>) {
    // How SAM flattens has runs of its own.
    let needs_run = step.claim.is_some() || step.show != Some(Middle::Flatten);
    let here = !needs_run || is_here(view, step);
    let ready = !needs_run || view.state.trainer_version.is_some();
    let waits = step.claim.is_some() && view.state.phase() == Phase::Paused && !has_ended(view, step);
    let (words, tip) = match here {
        true if waits => ("Go on", "Train on, and show the view of this step"),
        true => ("Show", "Show the view of this step"),
        false => ("Train this", "Set this experiment up, train it and show it"),
    };
    ui.horizontal_wrapped(|ui| {
        let mut button = Button::new(words);
        if predicted && (!here || waits) {
            button = Button::new(RichText::new(words).color(egui::Color32::WHITE)).fill(theme::accent(ui.visuals().dark_mode));
        }
        let button = button.min_size(vec2(96.0, ui.spacing().interact_size.y));
        if ui.add_enabled(ready, button).on_hover_text(tip).clicked() {
            // What a lesson trained may go without a word.
            let loses = !here && !view.trains_lesson && view.state.loses_work();
            let teach = needs_run
                .then(|| view.end(Ending::Lesson, ViewCommand::Teach(Box::new(step.clone())), loses, ui.input(|input| input.time)));
            if !matches!(teach, Some(ViewCommand::AskToEnd(_))) {
                show(view, step, out);
                ui.data_mut(|data| data.insert_temp(Id::unique("show the view"), ()));
            }
            out.extend(teach);
        }
        let titles = titles(&step.experiment.lanes);
        let lane = step.lane.and_then(|lane| titles.get(lane)).map(|title| format!("look at {title}"));
        let control = step.point.and_then(|control| place(view, control)).map(|place| format!("use {place}"));
        let hint: Vec<String> = lane.into_iter().chain(control).collect();
        ui.label(RichText::new(hint.join("; ")).weak());
    });
}

/// Turns the views to what the step wants to be seen.
fn show(view: &View<'_>, step: &Step, out: &mut Vec<ViewCommand>) {
    if let Some(middle) = step.show {
        out.push(ViewCommand::Middle(middle));
    }
    if let Some(lane) = step.lane {
        out.push(ViewCommand::Sentences(SentenceChoice { lane, picked: true, selected: None, ..view.choices.sentences.clone() }));
        // The walk shows two lanes: this one beside the first, or the second beside the first.
        out.push(ViewCommand::Microscope(StepChoice { lanes: [0, lane.max(1)], ..view.choices.step }));
    }
    if view.layout.is_phone() {
        out.push(ViewCommand::Tab(Tab::Curves));
    } else if let Some(tab) = step.point.and_then(|control| match control {
        Control::Results => Some(Tab::Results),
        Control::Ask => Some(Tab::Ask),
        _ => None,
    }) {
        out.extend([ViewCommand::ShowLower(true), ViewCommand::Tab(tab)]);
    }
}

/// Where a control is, as far as the page has it.
fn place(view: &View<'_>, control: Control) -> Option<String> {
    let shown = part(control).is_none_or(|part| view.locks.shows(part));
    let phone = view.layout.is_phone();
    let words = match control {
        Control::Start => "Train, or Restart, at the top",
        Control::Step => "Step, at the top",
        Control::Data => "the data of the setup",
        Control::Noise => "the label noise of the setup",
        Control::Lanes => "the lanes of the setup",
        Control::Epochs => "the epochs of the setup",
        Control::Batch => "the batch size of the setup",
        Control::Seeds => "the seeds of the setup",
        Control::Results if phone => "the page Results",
        Control::Results => "the results below",
        Control::Ask if phone => "the page Ask",
        Control::Ask => "the question below",
        Control::Sharpness => "Measure now, in the view Sharpness",
        Control::Axis => "Gradients, above the charts",
        Control::Look => "Look at the next step, in the view One step",
        Control::Landscape => "Measure, in the view Landscape",
    };
    let way = match part(control).unwrap_or(Part::Transport) {
        part if !part.wholes().any(|whole| whole == Part::Setup) => "",
        _ if phone => ", on the page Setup",
        // A small window has no room for both.
        _ if view.layout == Layout::Medium => " (close the course to see it)",
        _ if !view.settings.show_setup => " (key 1 shows it)",
        _ => "",
    };
    shown.then(|| format!("{words}{way}"))
}

/// The part of the page that a control is in, where that can be hidden or away.
fn part(control: Control) -> Option<Part> {
    Some(match control {
        Control::Data => Part::Data,
        Control::Noise => Part::Noise,
        Control::Lanes => Part::Lanes,
        Control::Epochs => Part::Epochs,
        Control::Batch => Part::Batch,
        Control::Seeds => Part::Seeds,
        Control::Results => Part::Results,
        Control::Ask => Part::Ask,
        Control::Start | Control::Step => Part::Transport,
        Control::Sharpness | Control::Axis | Control::Look | Control::Landscape => return None,
    })
}

/// What came of the claim.
fn claim_ui(ui: &mut Ui, view: &View<'_>, step: &Step, told: &Told, answer: Option<usize>, out: &mut Vec<ViewCommand>) {
    if !is_here(view, step) {
        ui.label(RichText::new("Train this to see what comes of it.").weak());
        return;
    }
    let (now, end) = (view.state.run.progress.step, end_of(view, step));
    if now > end {
        ui.label("The run has gone on past what this step is about.");
        if ui.button(format!("Back to step {}", format::count(end))).clicked() {
            out.push(ViewCommand::Seek(end));
        }
        return;
    }
    if !has_ended(view, step) {
        ui.label(RichText::new(format!("Step {} of {}: you see it at the end.", format::count(now), format::count(end))).weak());
        return;
    }
    let Outcome { held, numbers } = told.claim.outcome(&view.state.run);
    let Some(held) = held else {
        ui.label("This takes one more measurement.");
        if ui.button("Measure it").clicked() {
            out.extend(told.claim.needs().into_iter().flat_map(commands));
        }
        return;
    };
    let fill = if held { theme::accent(ui.visuals().dark_mode) } else { ui.visuals().warn_fg_color };
    let shown = Frame::new().stroke(egui::Stroke::new(1.0, fill)).corner_radius(6.0).inner_margin(10).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let right = step.question.as_ref().and_then(|question| question.right);
        let verdict = match (held, answer.zip(right)) {
            (true, Some((answer, right))) if answer == right => "As you predicted.",
            (true, Some(_)) => "Not as you predicted.",
            (true, None) => "So it is.",
            (false, _) => "This time it came out differently.",
        };
        ui.label(RichText::new(verdict).color(ui.visuals().strong_text_color()));
        let facts = told.claim.facts(&view.state.run);
        if !facts.is_empty() {
            ui.label(facts.join("; ") + ".");
        }
        ui.label(RichText::new(numbers).monospace().small().weak());
        markdown(ui, "explained", if held { &told.if_so } else { &told.if_not });
    });
    if ui.data_mut(|data| data.remove_temp::<()>(came_of_it())).is_some() {
        shown.response.scroll_to_me(Some(Align::BOTTOM));
    }
}

/// What more than one run says: the study, with its figure.
fn finding_ui(ui: &mut Ui, finding: &Finding) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.label(RichText::new("Beyond this run: a study of seven data sets").small().weak());
        ui.label(RichText::new(&finding.question).color(ui.visuals().strong_text_color()));
        ui.label(&finding.sentence);
        ui.collapsing("Its figure", |ui| forest_ui(ui, &finding.figure));
    });
}

/// The step of the run that the claim of a lesson's step is about: its stop, or the end that was planned.
fn end_of(view: &View<'_>, step: &Step) -> usize {
    step.stop.or(view.state.run.summary.as_ref().map(|summary| summary.steps)).unwrap_or(usize::MAX)
}

/// Whether the run has come there.
fn has_ended(view: &View<'_>, step: &Step) -> bool {
    match view.state.phase() {
        Phase::Finished => true,
        Phase::Running | Phase::Paused => view.state.run.progress.step >= end_of(view, step),
        Phase::Idle | Phase::Preparing => false,
    }
}

/// What to ask the trainer for.
fn commands(need: Need) -> Vec<ViewCommand> {
    let commands = match need {
        Need::Sharpness => vec![Command::MeasureSharpness],
        Need::Sentences(lane) => vec![Command::Sentences, Command::SentenceTable { lane }],
    };
    commands.into_iter().map(|command| ViewCommand::Send(Box::new(command))).collect()
}
