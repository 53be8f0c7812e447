//! Where the keyboard is: a ring around what has the focus, which is scrolled to, and the regions that F6 goes through.
//!
//! The state is egui's: what is remembered here is of the last frame.

use egui::accesskit::{Action, ActionRequest, TreeId};
use egui::{Context, CornerRadius, Event, Id, InputState, Key, Modifiers, Role, Stroke, StrokeKind, Ui, WidgetRect};

use crate::theme;

/// A part of the window that F6 stops at.
#[derive(Clone, Copy)]
struct Region {
    /// What takes the focus there.
    first: Id,
    /// Whether the focus is somewhere in it.
    focused: bool,
}

/// What is remembered from frame to frame.
#[derive(Clone, Default)]
struct Memory {
    /// In the order of the window.
    regions: Vec<Region>,
    /// What had the focus.
    focused: Option<Id>,
    /// Whether it came there by the keyboard or by assistive technology: a pointer shows for itself where it is.
    by_key: bool,
    /// What had to be scrolled to.
    hidden: Option<Id>,
}

fn memory<R>(ctx: &Context, of: impl FnOnce(&mut Memory) -> R) -> R {
    ctx.data_mut(|data| of(data.get_temp_mut_or_default(Id::unique("keyboard focus"))))
}

/// Moves the focus, before anything is drawn: F6 to the next region, with Shift to the one before.
pub fn keys(ctx: &Context) {
    // With Shift first: without modifiers is also taken to mean with any Shift.
    let (back, on) = ctx.input_mut(|input| (input.consume_key(Modifiers::SHIFT, Key::F6), input.consume_key(Modifiers::NONE, Key::F6)));
    let (regions, hidden) = memory(ctx, |memory| (std::mem::take(&mut memory.regions), memory.hidden.take()));
    if on || back {
        let here = regions.iter().position(|region| region.focused);
        let count = regions.len();
        let next = match here {
            Some(here) if on => here + 1,
            Some(here) => here + count - 1,
            None if on => 0,
            None => count.saturating_sub(1),
        };
        if let Some(region) = regions.get(next % count.max(1)) {
            ctx.memory_mut(|memory| memory.request_focus(region.first));
        }
    }
    if let Some(id) = hidden {
        let request =
            ActionRequest { action: Action::ScrollIntoView, target_tree: TreeId::ROOT, target_node: id.accesskit_id(), data: None };
        ctx.input_mut(|input| input.events.push(Event::AccessKitActionRequest(request)));
    }
}

/// A region with a name: a landmark for screen readers, a stop for F6.
pub fn region<R>(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
        node.set_role(Role::Region);
        node.set_label(name);
    });
    let layer = ui.layer_id();
    let before = ui.ctx().viewport(|viewport| viewport.this_pass.widgets.get_layer(layer).count());
    let result = add(ui);
    let focused = ui.memory(egui::Memory::focused);
    let region = ui.ctx().viewport(|viewport| {
        let inside =
            || viewport.this_pass.widgets.get_layer(layer).skip(before).filter(|widget| widget.enabled && widget.sense.is_focusable());
        let first = inside().next()?.id;
        Some(Region { first, focused: inside().any(|widget| Some(widget.id) == focused) })
    });
    memory(ui.ctx(), |memory| memory.regions.extend(region));
    result
}

/// The ring, over all that is drawn.
pub fn ring_ui(ctx: &Context) {
    let pointed = ctx.input(|input| input.pointer.any_pressed());
    let by_key = ctx.input(by_key);
    let focused = ctx.memory(egui::Memory::focused);
    let widget = focused.and_then(|id| ctx.viewport(|viewport| viewport.this_pass.widgets.get(id).copied()));
    let (shows, moved) = memory(ctx, |memory| {
        memory.by_key = (memory.by_key || by_key) && !pointed;
        let moved = std::mem::replace(&mut memory.focused, focused) != focused;
        (memory.by_key, moved)
    });
    let Some(widget) = widget.filter(|_| shows) else { return };
    if moved && !widget.interact_rect.expand(1.0).contains_rect(widget.rect) {
        memory(ctx, |memory| memory.hidden = Some(widget.id));
        ctx.request_repaint();
    }
    paint(ctx, &widget);
}

/// Whether a key or assistive technology moved something in this frame.
fn by_key(input: &InputState) -> bool {
    input.events.iter().any(|event| match event {
        Event::Key { key, pressed, .. } => {
            *pressed && matches!(key, Key::Tab | Key::F6 | Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight)
        }
        Event::AccessKitActionRequest(request) => request.action == Action::Focus,
        _ => false,
    })
}

/// Two points of the accent beside the widget, unlike any edge that a pointer brings about.
fn paint(ctx: &Context, widget: &WidgetRect) {
    let color = theme::focus(ctx.theme() == egui::Theme::Dark);
    let painter = ctx.layer_painter(widget.layer_id).with_clip_rect(widget.interact_rect.expand(4.0));
    painter.rect_stroke(widget.rect.expand(1.0), CornerRadius::same(6), Stroke::new(2.0, color), StrokeKind::Outside);
}
