//! The way to assistive technology: egui's accessibility tree as elements over the canvas, and what is done to them as input.
//!
//! eframe does not pass the tree on in the browser. A plugin of egui takes it, and tells `web/mirror.js` what has changed
//! (`basin_app::elements` says what that is); what is done there comes back as events of the next frame. Frames between two looks
//! make no tree. Off, it costs nothing: the page switches it on for whoever listens.
//!
//! The elements are real buttons, sliders and fields which have the page's focus, so that screen readers find what they know,
//! Tab leaves the page at its end, and a keyboard on the screen writes into a field of the page. egui's own focus follows.

use std::cell::RefCell;

use basin_app::elements::{Elements, node_of};
use egui::accesskit::{Action, ActionData, ActionRequest, TextSelection, TreeId};
use egui::{Context, Event, FullOutput, Key, Modifiers, Plugin, RawInput};

use crate::host::Host;

/// Seconds between two looks at the tree while nobody does anything: charts move 60 times a second, listeners hear a few words.
const PAUSE: f64 = 0.1;

thread_local! {
    /// The page. Plugins may be sent to other threads, and what belongs to the page may not.
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The plugin.
#[derive(Default)]
pub struct Mirror {
    on: bool,
    /// Whether the frame that is drawn is looked at.
    looks: bool,
    elements: Elements,
    /// When the page was last told of changes, in seconds of egui's clock.
    told: f64,
    /// What was done to the elements, and is still to be heard by egui.
    events: Vec<Event>,
    /// Whether the page's focus is on one of the elements: for egui it then has the focus.
    focused: bool,
    /// How much has been done; the page knows by it whether what it is told of the focus is out of date.
    done: u32,
}

/// Adds the plugin, switched off.
pub fn install(ctx: &Context, host: Host) {
    HOST.with_borrow_mut(|place| *place = Some(host));
    ctx.add_plugin(Mirror::default());
}

/// Switches it on or off.
pub fn switch(ctx: &Context, on: bool) {
    ctx.with_plugin(|mirror: &mut Mirror| {
        mirror.on = on;
        mirror.elements.forget();
    });
    if !on {
        ctx.disable_accesskit();
    }
    ctx.request_repaint();
}

/// Something was done to the element `name`; `value` is what was set or written, or where something was marked.
pub fn act(ctx: &Context, name: &str, action: &str, value: &str) {
    ctx.with_plugin(|mirror: &mut Mirror| {
        mirror.done += 1;
        mirror.focused |= action == "focus";
        mirror.events.extend(mirror.request(name, action, value));
    });
    ctx.request_repaint();
}

/// A key was pressed or let go on an element.
pub fn key(ctx: &Context, name: &str, pressed: bool, modifiers: Modifiers) {
    ctx.with_plugin(|mirror: &mut Mirror| {
        mirror.events.push(Event::ModifiersChanged(modifiers));
        if let Some(key) = Key::from_name(name) {
            mirror.events.push(Event::Key { key, physical_key: None, pressed, repeat: false, modifiers });
        }
        let mut letters = name.chars();
        if let (Some(letter), None, true) = (letters.next(), letters.next(), pressed) {
            mirror.events.push(Event::Text(letter.to_string()));
        }
    });
    ctx.request_repaint();
}

/// The page's focus has left the elements.
pub fn left(ctx: &Context) {
    ctx.with_plugin(|mirror: &mut Mirror| mirror.focused = false);
    ctx.request_repaint();
}

impl Mirror {
    /// What is done, as egui takes it.
    fn request(&self, name: &str, action: &str, value: &str) -> Option<Event> {
        let target_node = node_of(name)?;
        let (action, data) = match action {
            "focus" => (Action::Focus, None),
            "click" => (Action::Click, None),
            "more" => (Action::Increment, None),
            "less" => (Action::Decrement, None),
            "write" => (Action::SetValue, Some(ActionData::Value(value.into()))),
            // A comma is a point where people write it so; what is no number changes nothing.
            "set" => (
                Action::SetValue,
                Some(ActionData::NumericValue(
                    value.trim().trim_end_matches('%').trim_end().replace(',', ".").parse().ok().filter(|v: &f64| v.is_finite())?,
                )),
            ),
            "mark" => {
                let (anchor, focus) = value.split_once(' ')?;
                let at = |text: &str| self.elements.position(target_node, text.parse().ok()?);
                (Action::SetTextSelection, Some(ActionData::SetTextSelection(TextSelection { anchor: at(anchor)?, focus: at(focus)? })))
            }
            _ => return None,
        };
        Some(Event::AccessKitActionRequest(ActionRequest { action, target_tree: TreeId::ROOT, target_node, data }))
    }
}

impl Plugin for Mirror {
    fn debug_name(&self) -> &'static str {
        "mirror"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        if !self.on {
            return;
        }
        // A frame that is drawn in two passes is looked at in both.
        if ctx.current_pass_index() == 0 {
            let now = input.time.unwrap_or_default();
            self.looks = !self.events.is_empty() || now - self.told >= PAUSE;
            if self.looks {
                ctx.enable_accesskit();
            } else {
                ctx.disable_accesskit();
            }
        }
        input.events.append(&mut self.events);
        if self.focused {
            input.focused = true;
            input.events.retain(|event| !matches!(event, Event::WindowFocused(false)));
        }
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        if !self.on {
            return;
        }
        let now = ctx.input(|input| input.time);
        if !self.looks {
            ctx.request_repaint_after_secs((PAUSE - (now - self.told)) as f32);
            return;
        }
        let Some(update) = output.platform_output.accesskit_update.take() else { return };
        self.told = now;
        let Some(changes) = self.elements.take_in(update) else { return };
        let Ok(changes) = serde_json::to_string(&changes) else { return };
        HOST.with_borrow(|host| host.iter().for_each(|host| host.mirror(&changes, self.done)));
    }
}
