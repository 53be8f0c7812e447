//! The accessibility tree as elements of a page: which there are, and what has changed since the last look.
//!
//! A page has no other way to assistive technology than elements. This knows none of them: it says which there have to be, by
//! name and attributes, and the page's own code (`web/mirror.js`) puts them there. egui gives its whole tree each frame, with a
//! container around every row; what only arranges is left out, and what is left is compared with what was told last.

use std::collections::HashMap;

use egui::accesskit::{Action, Live, Node, NodeId, Role, TextPosition, Toggled, TreeUpdate};
use serde::Serialize;

/// An element that mirrors a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Element {
    /// Its name in HTML.
    tag: &'static str,
    /// All its attributes.
    set: Vec<(&'static str, String)>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What is set or written in it, where that can be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Left, top, width and height in points, for what has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<[i32; 4]>,
    /// What it belongs to, such as the button of a menu; empty for the page.
    owner: String,
}

/// What is to be changed on the page.
#[derive(Debug, Serialize)]
pub struct Changes<'a> {
    /// New and changed elements.
    elements: Vec<(String, &'a Element)>,
    /// What lies in which container, in order, where that has changed; the page itself has an empty name.
    children: Vec<(String, Vec<String>)>,
    /// Elements that are no more.
    gone: Vec<String>,
    /// What has the focus; none where nothing has.
    focus: Option<String>,
}

/// The elements that were told last.
#[derive(Debug, Default)]
pub struct Elements {
    told: Layout,
    focus: Option<NodeId>,
}

/// Elements and where they lie.
#[derive(Debug, Default)]
struct Layout {
    elements: HashMap<NodeId, Element>,
    children: HashMap<Option<NodeId>, Vec<NodeId>>,
    /// Of each field the pieces of its text, with their numbers of characters.
    runs: HashMap<NodeId, Vec<(NodeId, usize)>>,
}

impl Elements {
    /// Takes in a whole tree; none, if nothing has changed.
    pub fn take_in(&mut self, update: TreeUpdate) -> Option<Changes<'_>> {
        let root = update.tree.as_ref().map(|tree| tree.root)?;
        let nodes: HashMap<NodeId, Node> = update.nodes.into_iter().collect();
        let mut layout = Layout::default();
        if let Some(node) = nodes.get(&root) {
            layout.add_children(&nodes, node, &Place::default());
        }
        let focus = Some(update.focus).filter(|id| layout.elements.contains_key(id));
        let before = std::mem::replace(&mut self.told, layout);
        let moved = std::mem::replace(&mut self.focus, focus) != focus;
        let now = &self.told;
        let changed = |(id, element): &(&NodeId, &Element)| before.elements.get(id) != Some(element);
        let elements: Vec<_> = now.elements.iter().filter(changed).map(|(id, element)| (name(*id), element)).collect();
        let moved_children = |(id, ids): &(&Option<NodeId>, &Vec<NodeId>)| before.children.get(id) != Some(ids);
        let container =
            |(id, ids): (&Option<NodeId>, &Vec<NodeId>)| (id.map(name).unwrap_or_default(), ids.iter().copied().map(name).collect());
        let children: Vec<_> = now.children.iter().filter(moved_children).map(container).collect();
        let gone: Vec<_> = before.elements.keys().filter(|id| !now.elements.contains_key(id)).copied().map(name).collect();
        let any = moved || !(elements.is_empty() && children.is_empty() && gone.is_empty());
        any.then(|| Changes { elements, children, gone, focus: focus.map(name) })
    }

    /// Forgets what was told: the next tree is told whole.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// A place in the text of a field, counted in characters.
    pub fn position(&self, field: NodeId, mut character: usize) -> Option<TextPosition> {
        let runs = self.told.runs.get(&field)?;
        let last = runs.last()?.0;
        for (node, length) in runs {
            if character <= *length {
                return Some(TextPosition { node: *node, character_index: character });
            }
            character -= length;
        }
        Some(TextPosition { node: last, character_index: runs.last()?.1 })
    }
}

/// The name of a node on the page. JavaScript has no numbers as large as these.
fn name(id: NodeId) -> String {
    format!("{:x}", id.0)
}

/// The node with a name.
pub fn node_of(name: &str) -> Option<NodeId> {
    u64::from_str_radix(name, 16).ok().map(NodeId)
}

/// Where a node's elements go.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The element that they lie in.
    container: Option<NodeId>,
    /// What they belong to.
    owner: Option<NodeId>,
    /// The role of the container.
    role: Role,
}

impl Layout {
    fn add_children(&mut self, nodes: &HashMap<NodeId, Node>, node: &Node, place: &Place) {
        for id in node.children() {
            self.add(nodes, *id, place);
        }
    }

    fn add(&mut self, nodes: &HashMap<NodeId, Node>, id: NodeId, place: &Place) {
        let Some(node) = nodes.get(&id) else { return };
        match node.role() {
            // What a tooltip says is the description of what it belongs to.
            Role::Tooltip | Role::Splitter | Role::ScrollBar => return,
            Role::TextRun => {
                if let Some(owner) = place.owner {
                    self.runs.entry(owner).or_default().push((id, node.character_lengths().len()));
                }
                return;
            }
            _ => {}
        }
        let opens = || opens(nodes, node);
        let Some(mut element) = element(node, &label(nodes, node), place.role, opens) else {
            return self.add_children(nodes, node, place);
        };
        element.owner = place.owner.map(name).unwrap_or_default();
        self.elements.insert(id, element);
        self.children.entry(place.container).or_default().push(id);
        let inside = if is_container(node.role()) {
            Place { container: Some(id), owner: Some(id), role: node.role() }
        } else {
            // A button holds no other elements: its menu comes after it.
            Place { owner: Some(id), ..*place }
        };
        self.add_children(nodes, node, &inside);
    }
}

/// Whether a menu or a list is open that belongs to a node.
fn opens(nodes: &HashMap<NodeId, Node>, node: &Node) -> bool {
    node.children()
        .iter()
        .filter_map(|id| nodes.get(id))
        .any(|child| matches!(child.role(), Role::Menu | Role::ListBox) || opens(nodes, child))
}

/// The name that people know a node by.
fn label(nodes: &HashMap<NodeId, Node>, node: &Node) -> String {
    let own = |node: &Node| node.label().or(node.value()).unwrap_or_default().to_owned();
    match node.label() {
        Some(label) => label.to_owned(),
        None if node.role() == Role::Label => own(node),
        None => node.labelled_by().iter().filter_map(|id| nodes.get(id)).map(own).collect::<Vec<_>>().join(" "),
    }
}

fn is_container(role: Role) -> bool {
    container(role).is_some()
}

/// What other elements lie in, as ARIA calls it.
fn container(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Region => "region",
        Role::Dialog | Role::AlertDialog | Role::Window => "dialog",
        Role::Menu => "menu",
        Role::ListBox => "listbox",
        Role::Table => "table",
        Role::Row => "row",
        Role::Cell => "cell",
        Role::ColumnHeader => "columnheader",
        Role::RowHeader => "rowheader",
        Role::List => "list",
        Role::ListItem => "listitem",
        Role::RadioGroup => "radiogroup",
        Role::Group => "group",
        _ => return None,
    })
}

/// The element of a node; none for what only arranges, and for what has nothing to say.
fn element(node: &Node, label: &str, inside: Role, opens: impl Fn() -> bool) -> Option<Element> {
    let role = node.role();
    let focusable = node.supports_action(Action::Focus);
    let mut made = Element { tag: "div", ..Element::default() };
    let mut set = Attributes::default();
    match role {
        Role::Label => {
            made.tag = "span";
            made.text = Some(label.to_owned());
            if focusable {
                set.add("role", "note");
            } else if label.is_empty() {
                return None;
            }
        }
        Role::Status | Role::Alert => {
            set.add("role", if role == Role::Alert { "alert" } else { "status" });
            made.text = Some(label.to_owned());
        }
        Role::Button
        | Role::DefaultButton
        | Role::CheckBox
        | Role::RadioButton
        | Role::ComboBox
        | Role::DisclosureTriangle
        | Role::Link => {
            made.tag = "button";
            button(node, inside, opens, &mut set);
            if role == Role::ComboBox {
                made.text = Some(node.value().unwrap_or_default().to_owned());
            }
        }
        Role::Slider => {
            made.tag = "input";
            set.add("type", "range");
            set.number("min", node.min_numeric_value());
            set.number("max", node.max_numeric_value());
            set.add("step", node.numeric_value_step().map_or("any".to_owned(), |step| step.to_string()));
            made.value = node.numeric_value().map(|value| value.to_string());
        }
        Role::SpinButton => {
            made.tag = "input";
            set.add("type", "text");
            set.add("inputmode", "decimal");
            set.add("role", "spinbutton");
            set.number("aria-valuemin", node.min_numeric_value());
            set.number("aria-valuemax", node.max_numeric_value());
            set.number("aria-valuenow", node.numeric_value());
            made.value = node.value().map(str::to_owned).or(node.numeric_value().map(|value| value.to_string()));
        }
        Role::TextInput | Role::SearchInput | Role::MultilineTextInput => {
            made.tag = if role == Role::MultilineTextInput { "textarea" } else { "input" };
            if let Some(placeholder) = node.placeholder() {
                set.add("placeholder", placeholder);
            }
            made.value = Some(node.value().unwrap_or_default().to_owned());
        }
        Role::ProgressIndicator => {
            set.add("role", "progressbar");
            set.number("aria-valuenow", node.numeric_value());
        }
        Role::Image | Role::Figure | Role::Canvas if !label.is_empty() => set.add("role", "img"),
        _ => match container(role) {
            Some(word) => set.add("role", word),
            None if focusable && !label.is_empty() => set.add("role", "group"),
            None => return None,
        },
    }
    if made.text.is_none() || role == Role::ComboBox {
        set.words("aria-label", label);
    }
    set.words("aria-description", node.description().filter(|words| *words != label).unwrap_or_default());
    if let Some(live) = node.live() {
        set.add("aria-live", if live == Live::Assertive { "assertive" } else { "polite" });
    }
    if node.is_disabled() {
        set.add(if matches!(made.tag, "button" | "input" | "textarea") { "disabled" } else { "aria-disabled" }, "true");
    } else if focusable {
        set.add("tabindex", "0");
    }
    made.set = set.0;
    made.at = node.bounds().map(|at| [at.x0, at.y0, at.x1 - at.x0, at.y1 - at.y0].map(|points| points.round() as i32));
    Some(made)
}

/// What is pressed, as what it is where it lies.
fn button(node: &Node, inside: Role, opens: impl Fn() -> bool, set: &mut Attributes) {
    let state = node.toggled().map(|toggled| match toggled {
        Toggled::True => "true",
        Toggled::False => "false",
        Toggled::Mixed => "mixed",
    });
    let (word, states) = match (node.role(), inside) {
        (Role::Link, _) => (Some("link"), None),
        (Role::ComboBox, _) => (Some("combobox"), None),
        (Role::DisclosureTriangle, _) => (None, Some("aria-expanded")),
        (_, Role::ListBox) => (Some("option"), Some("aria-selected")),
        (Role::CheckBox, Role::Menu) => (Some("menuitemcheckbox"), Some("aria-checked")),
        (Role::RadioButton, Role::Menu) => (Some("menuitemradio"), Some("aria-checked")),
        (_, Role::Menu) => (Some(if state.is_some() { "menuitemradio" } else { "menuitem" }), Some("aria-checked")),
        (Role::CheckBox, _) => (Some("checkbox"), Some("aria-checked")),
        (Role::RadioButton, _) => (Some("radio"), Some("aria-checked")),
        _ => (None, Some("aria-pressed")),
    };
    if let Some(word) = word {
        set.add("role", word);
    }
    if let Some((states, state)) = states.zip(state) {
        set.add(states, state);
    }
    if node.role() == Role::ComboBox {
        set.add("aria-haspopup", "listbox");
        set.add("aria-expanded", if opens() { "true" } else { "false" });
    } else if opens() {
        set.add("aria-haspopup", "menu");
        set.add("aria-expanded", "true");
    } else if node.role() == Role::DisclosureTriangle && state.is_none() {
        set.add("aria-expanded", if node.is_expanded() == Some(true) { "true" } else { "false" });
    }
}

/// Attributes as they are added.
#[derive(Default)]
struct Attributes(Vec<(&'static str, String)>);

impl Attributes {
    fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name, value.into()));
    }

    fn words(&mut self, name: &'static str, words: &str) {
        if !words.trim().is_empty() {
            self.add(name, words);
        }
    }

    fn number(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.add(name, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is to be changed for what a frame draws.
    fn draw(ctx: &egui::Context, elements: &mut Elements, mut add: impl FnMut(&mut egui::Ui)) -> Option<Value> {
        ctx.enable_accesskit();
        let output = ctx.run_ui(egui::RawInput::default(), |ui| add(ui));
        let changes = elements.take_in(output.platform_output.accesskit_update.expect("a tree"));
        changes.map(|changes| serde_json::to_value(changes).expect("plain data"))
    }

    /// The element with a name.
    fn named<'a>(changes: &'a Value, label: &str) -> &'a Value {
        let all = changes["elements"].as_array().expect("a list");
        let found = all.iter().map(|element| &element[1]).find(|element| has(element, "aria-label", label));
        found.unwrap_or_else(|| panic!("{label}: {changes:#}"))
    }

    fn has(element: &Value, name: &str, value: &str) -> bool {
        element["set"].as_array().is_some_and(|set| set.contains(&json!([name, value])))
    }

    #[test]
    fn controls_become_what_a_page_has_for_them() {
        let (ctx, mut elements) = (egui::Context::default(), Elements::default());
        let (mut on, mut number, mut text) = (true, 3.5, "seven".to_owned());
        let changes = draw(&ctx, &mut elements, |ui| {
            ui.horizontal(|ui| ui.button("Train").on_hover_text("From the first step"));
            ui.add_enabled(false, egui::Button::new("Stop"));
            ui.checkbox(&mut on, "Logarithmic");
            ui.add(egui::Slider::new(&mut number, 0.0..=10.0).step_by(0.5).show_value(false)).accessible_name("Noise");
            ui.add(egui::DragValue::new(&mut number).range(0.0..=10.0)).accessible_name("Rate");
            ui.text_edit_singleline(&mut text).accessible_name("Sentence");
            ui.label("words");
        });
        let changes = changes.expect("all is new");
        let train = named(&changes, "Train");
        assert!(
            train["tag"] == "button" && has(train, "aria-description", "From the first step") && has(train, "tabindex", "0"),
            "{train}"
        );
        assert!(train["at"][2].as_i64() > Some(10), "{train}");
        let stop = named(&changes, "Stop");
        assert!(has(stop, "disabled", "true") && !has(stop, "tabindex", "0"), "{stop}");
        let check = named(&changes, "Logarithmic");
        assert!(has(check, "role", "checkbox") && has(check, "aria-checked", "true"), "{check}");
        let slider = named(&changes, "Noise");
        assert!(
            has(slider, "type", "range") && has(slider, "max", "10") && has(slider, "step", "0.5") && slider["value"] == "3.5",
            "{slider}"
        );
        let rate = named(&changes, "Rate");
        assert!(has(rate, "role", "spinbutton") && has(rate, "aria-valuenow", "3.5") && rate["value"] == "3.5", "{rate}");
        assert_eq!(named(&changes, "Sentence")["value"], "seven");
        assert!(changes["elements"].as_array().is_some_and(|all| all.iter().any(|element| element[1]["text"] == "words")));
        // What arranges is left out: all lie in the page itself, in the order in which they were drawn.
        assert_eq!(changes["children"].as_array().map(Vec::len), Some(1), "{:#}", changes["children"]);
        assert_eq!(changes["children"][0][1].as_array().map(Vec::len), Some(7));
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let (ctx, mut elements) = (egui::Context::default(), Elements::default());
        let mut frame = |words: &str, more: bool| {
            draw(&ctx, &mut elements, |ui| {
                let _ = ui.button("Train");
                ui.label(words);
                if more {
                    let _ = ui.button("Stop");
                }
            })
        };
        assert_eq!(frame("step 1", true).expect("new")["elements"].as_array().map(Vec::len), Some(3));
        assert!(frame("step 1", true).is_none());
        let changed = frame("step 2", true).expect("a label");
        assert_eq!((changed["elements"].as_array().map(Vec::len), &changed["elements"][0][1]["text"]), (Some(1), &json!("step 2")));
        assert_eq!((&changed["children"], &changed["gone"]), (&json!([]), &json!([])));
        let fewer = frame("step 2", false).expect("one is gone");
        assert_eq!((fewer["gone"].as_array().map(Vec::len), fewer["elements"].as_array().map(Vec::len)), (Some(1), Some(0)));
    }

    #[test]
    fn a_menu_comes_after_its_button_and_belongs_to_it() {
        let (ctx, mut elements) = (egui::Context::default(), Elements::default());
        let mut all = None;
        for frame in 0..3 {
            all = draw(&ctx, &mut elements, |ui| {
                let button = ui.button("Open");
                egui::Popup::menu(&button).open(frame > 0).show(|ui| ui.button("Data file…"));
            })
            .or(all);
        }
        let all = all.expect("a menu");
        let entry = named(&all, "Data file…");
        assert!(has(entry, "role", "menuitem"), "{entry}");
        let menu = all["elements"].as_array().and_then(|all| all.iter().find(|element| has(&element[1], "role", "menu"))).expect("a menu");
        assert_eq!(entry["owner"], menu[0]);
        assert_ne!(menu[1]["owner"], "");
    }

    #[test]
    fn places_in_a_text_are_found_in_its_pieces() {
        let mut elements = Elements::default();
        let (field, a, b) = (NodeId(1), NodeId(2), NodeId(3));
        elements.told.runs.insert(field, vec![(a, 255), (b, 10)]);
        let at = |character| elements.position(field, character).map(|at| (at.node, at.character_index));
        assert_eq!([at(0), at(255), at(260), at(999)], [Some((a, 0)), Some((a, 255)), Some((b, 5)), Some((b, 10))]);
        assert_eq!(elements.position(a, 0), None);
        assert_eq!(node_of(&name(NodeId(u64::MAX))), Some(NodeId(u64::MAX)));
    }
}
