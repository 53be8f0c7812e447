//! Two tabs of one browser, which keep their settings at one place: neither takes back what the other has changed.

use serde_json::{Map, Value};

/// What is to be kept for the next start where another tab may have kept something meanwhile: of the settings that are `stored`, those
/// that this tab has changed since `before` are as they are `now`; of lessons, what was read in either. All are texts as
/// [`crate::settings::Settings::json`] gives them; one that is none has nothing to say. None where this tab has changed nothing: then
/// it writes nothing, because what it reads may be older than what another tab has just written.
pub fn merged(before: &str, now: &str, stored: &str) -> Option<String> {
    let fields = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (before, now, mut kept) = (fields(before), fields(now), fields(stored));
    if before == now {
        return None;
    }
    let read = kept.get("course").and_then(|course| course.get("furthest")).cloned();
    for (field, value) in now {
        if before.get(&field) != Some(&value) || !kept.contains_key(&field) {
            kept.insert(field, value);
        }
    }
    if let (Some(Value::Object(there)), Some(Value::Object(here))) =
        (read, kept.get_mut("course").and_then(|course| course.get_mut("furthest")))
    {
        for (lesson, step) in there {
            let furthest = here.entry(lesson).or_insert(Value::Null);
            if furthest.as_u64() < step.as_u64() {
                *furthest = step;
            }
        }
    }
    Some(Value::Object(kept).to_string())
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::presets;
    use egui::ThemePreference;

    use super::*;
    use crate::settings::{Settings, Tab};

    #[test]
    fn two_tabs_keep_what_each_has_changed() {
        let of = |change: &dyn Fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.json()
        };
        let first = of(&|_| {});
        let here = of(&|s| {
            s.theme = ThemePreference::Dark;
            s.course.furthest = [("a".to_owned(), 3), ("b".to_owned(), 1)].into();
        });
        let there = of(&|s| {
            s.experiment.seeds = 7;
            s.tab = Tab::Ask;
            s.course.furthest = [("b".to_owned(), 4), ("c".to_owned(), 2)].into();
        });
        let (both, lost) = Settings::read(&merged(&first, &here, &there).unwrap());
        assert_eq!(lost, Vec::<String>::new());
        assert_eq!((both.theme, both.experiment.seeds, both.tab), (ThemePreference::Dark, 7, Tab::Ask));
        assert_eq!(both.course.furthest, [("a".to_owned(), 3), ("b".to_owned(), 4), ("c".to_owned(), 2)].into());
        // An experiment is one thing: half of each would be none that anybody has set up.
        let theirs = of(&|s| (s.experiment.seeds, s.experiment.training.epochs) = (7, 9));
        let both = Settings::read(&merged(&first, &of(&|s| s.experiment.first_seed = 5), &theirs).unwrap()).0.experiment;
        assert_eq!((both.seeds, both.first_seed), (presets::start().seeds, 5));
        // Nothing, or no settings, is stored: all of this tab's are.
        for stored in ["", "7", "{broken"] {
            assert_eq!(Settings::read(&merged(&first, &here, stored).unwrap()).0, Settings::read(&here).0, "{stored}");
        }
        // A tab that has changed nothing writes nothing, also where its settings stand in another order.
        assert_eq!(merged(&here, &here, &there), None);
        let sorted = serde_json::from_str::<Value>(&here).unwrap().to_string();
        assert_eq!(merged(&sorted, &here, ""), None);
        // What could not be read at the start is not told for ever.
        let bad = here.replace("\"Dark\"", "\"Purple\"");
        assert_eq!(Settings::read(&merged(&bad, &first, &bad).unwrap()).1, Vec::<String>::new());
    }
}
