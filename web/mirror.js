// The app for assistive technology: it draws on a canvas, where a screen reader finds nothing, so its buttons, fields and texts lie
// over the canvas once more, as elements that are not seen. They have the page's focus; mouse and touch go through them to
// the canvas. What they are comes from crates/app/src/elements.rs, what is done to them goes to crates/browser/src/mirror.rs.
//
// Nobody can ask a browser whether somebody listens. It is switched on by the first Tab (then Tab also leaves the page at its end,
// which the canvas alone would not let it), by the button that a screen reader finds first, and by `?accessible`; the latter two
// are remembered.

const KEPT = "basin.accessible";
/** How long a field keeps what was just written in it, in milliseconds: the app hears of it a frame later. */
const WRITING = 500;

/**
 * Makes the mirror of what `page` draws on `canvas`, which both are looked up anew each time: `reflect` is what the app tells its
 * changes, `renew` follows it to another canvas.
 */
export function mirror(page, canvas) {
  const root = document.getElementById("mirror");
  const button = document.getElementById("listen");
  /** The elements by their names, with what the app said of them. */
  const elements = new Map();
  let on = false;
  /** How much was done here; what the app says of the focus before it has heard of that is out of date. */
  let done = 0;
  /** Where a Tab on the canvas is to go: 1 on, -1 back, 0 nowhere. */
  let way = 0;
  /** What the app has the focus on, by its name. */
  let current = null;

  const act = (element, action, value = "") => {
    if (canvas().hidden) return;
    done += 1;
    page().act(element.dataset.node ?? "", action, String(value));
  };
  const focusable = (inside = root) => [...inside.querySelectorAll("[tabindex='0']")];
  const focus = (element) => element.focus({ preventScroll: true });
  /** What eframe writes through, beside the canvas. */
  const agent = () => canvas().nextElementSibling;
  const on_canvas = () => [canvas(), agent(), on ? canvas() : document.body].includes(document.activeElement);

  function listen(listens) {
    on = listens;
    button.hidden = on;
    root.hidden = !on;
    // Tab goes through the mirror; the canvas would keep it.
    for (const element of [canvas(), agent()]) element.tabIndex = on ? -1 : 0;
    page().switch_mirror(on);
  }

  /** Takes in what has changed. */
  function apply(changes, heard) {
    if (!on) return;
    const { elements: changed, children, gone, focus: focused } = JSON.parse(changes);
    const moved = focused !== current && heard >= done;
    current = focused;
    const before = document.activeElement;
    const opened = [];
    for (const [name, told] of changed) {
      let element = elements.get(name);
      if (element?.localName !== told.tag) {
        const fresh = document.createElement(told.tag);
        fresh.dataset.node = name;
        if (told.tag === "button") fresh.type = "button";
        element?.replaceWith(fresh);
        elements.set(name, element = fresh);
        if (told.set.some(([word, value]) => word === "role" && (value === "menu" || value === "listbox"))) opened.push(element);
      }
      describe(element, told);
    }
    const heir = gone.includes(before.dataset?.node) ? heir_of(before, gone) : null;
    for (const name of gone) {
      elements.get(name).remove();
      elements.delete(name);
    }
    for (const [name, inside] of children) arrange(name === "" ? root : elements.get(name), inside);
    follow(heir, opened, before, elements.get(focused), moved);
  }

  /** What gets the focus of an element that is no more: what it belonged to, such as the button of a menu that has closed. */
  function heir_of(element, gone) {
    const owner = elements.get(element.told.owner);
    if (!owner) return root;
    return gone.includes(owner.dataset.node) || owner.tabIndex < 0 ? heir_of(owner, gone) : owner;
  }

  /** Makes an element what the app says it is. Names come from people's data: they are only ever text. */
  function describe(element, told) {
    const before = new Map(element.told?.set);
    for (const [word, value] of told.set) {
      if (before.get(word) !== value) element.setAttribute(word, value);
      before.delete(word);
    }
    for (const word of before.keys()) element.removeAttribute(word);
    if (told.text !== undefined && told.text !== element.told?.text) element.textContent = told.text;
    if (told.at && !element.holds && String(told.at) !== String(element.told?.at)) {
      const [left, top, width, height] = told.at;
      element.style.cssText = `position: absolute; transform: translate(${left}px, ${top}px); width: ${width}px; height: ${height}px`;
    }
    element.told = told;
    if (told.value !== undefined && !keeps_value(element)) show_value(element);
  }

  /** Whether somebody is writing: a number until it is set, all else until the app has heard of it. */
  function keeps_value(element) {
    if (element.getAttribute("role") === "spinbutton") return element.written !== undefined;
    return performance.now() - element.written < WRITING;
  }

  function show_value(element) {
    if (element.value !== element.told.value) element.value = element.told.value;
  }

  /** Puts elements into a container in this order. One that is in its place stays there: moved, it would lose the focus. */
  function arrange(container, inside) {
    if (container !== root && !container.holds) {
      // What is inside has its place on the page, not in what holds it.
      container.holds = true;
      container.style.cssText = "";
    }
    let next = container.firstElementChild;
    for (const name of inside) {
      const element = elements.get(name);
      if (element === next) next = next.nextElementSibling;
      else container.insertBefore(element, next);
    }
  }

  /** Sees to the page's focus, which never gets lost. */
  function follow(heir, opened, before, focused, moved) {
    const menu = opened.find((element) => element.told.owner !== "" && elements.get(element.told.owner) === before);
    if (way !== 0) {
      const all = focusable();
      const here = all.indexOf(focused);
      const next = here < 0 ? all.at(way > 0 ? 0 : -1) : all[here + way] ?? all[here];
      way = 0;
      if (next) focus(next);
    } else if (heir) {
      focus((moved && focused) || heir);
    } else if (menu && focusable(menu)[0]) {
      focus(focusable(menu)[0]);
    } else if (moved && focused && focused !== document.activeElement && root.contains(document.activeElement)) {
      focus(focused);
    }
  }

  const writes = (element) => element.localName === "textarea" || (element.localName === "input" && element.type === "text");

  /** Whether the app gets a key; the rest does in an element what it does in any. */
  function passes_on(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || key === "Tab") return false;
    if (writes(target)) return ["Enter", "Escape", "F6"].includes(key) && !(key === "Enter" && target.localName === "textarea");
    if (target.type === "range") return !/^(Arrow|Page|Home|End)/.test(key);
    return !(target.localName === "button" && (key === "Enter" || key === " "));
  }

  function on_key(event) {
    const { key, target } = event;
    const pressed = event.type === "keydown";
    const steps = { ArrowUp: "more", ArrowDown: "less" }[key];
    if (steps && target.getAttribute("role") === "spinbutton") {
      if (pressed) act(target, steps);
      event.preventDefault();
    } else if (passes_on(event)) {
      // A number that is entered is set, before the app hears of the key.
      if (pressed && writes(target)) commit(target);
      page().key(key, pressed, event.shiftKey);
      if (!writes(target) || key === "F6") event.preventDefault();
    }
  }

  /** Sets the number that was written. */
  function commit(element) {
    if (element.getAttribute("role") !== "spinbutton" || element.written === undefined) return;
    element.written = undefined;
    act(element, "set", element.value);
  }

  root.addEventListener("click", ({ target }) => {
    const element = target.closest("[data-node]");
    if (element && element.localName === "button") act(element, "click");
  });
  root.addEventListener("input", ({ target }) => {
    target.written = performance.now();
    if (target.type === "range") {
      act(target, "set", target.value);
      // What the app made of it, which may be what it was.
      setTimeout(() => keeps_value(target) || show_value(target), WRITING + 100);
    } else if (target.getAttribute("role") !== "spinbutton") act(target, "write", target.value);
  });
  root.addEventListener("focusin", ({ target }) => {
    act(target, "focus");
    if (writes(target)) target.select();
  });
  root.addEventListener("focusout", ({ target, relatedTarget }) => {
    if (writes(target)) {
      commit(target);
      target.written = undefined;
      // What the app made of it.
      setTimeout(() => target.told && show_value(target), WRITING);
    }
    if (!root.contains(relatedTarget)) page().leave_mirror();
  });
  root.addEventListener("keydown", on_key);
  root.addEventListener("keyup", on_key);
  document.addEventListener("selectionchange", () => {
    const field = document.activeElement;
    if (!on || !root.contains(field) || !writes(field) || field.getAttribute("role") === "spinbutton") return;
    // The app counts characters, a page the units of UTF-16.
    const characters = (end) => [...field.value.slice(0, end)].length;
    act(field, "mark", `${characters(field.selectionStart)} ${characters(field.selectionEnd)}`);
  });
  // Before the canvas hears of it.
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.ctrlKey || event.altKey || event.metaKey || !on_canvas() || canvas().hidden) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    way = event.shiftKey ? -1 : 1;
    if (on && root.childElementCount > 0) follow(null, [], document.activeElement, elements.get(current), false);
    else listen(true);
  }, { capture: true });
  button.addEventListener("click", () => {
    remember(true);
    way = 1;
    listen(true);
  });

  agent().setAttribute("aria-label", "Text for Basin");
  const asked = new URLSearchParams(location.search).get("accessible");
  if (asked !== null) remember(asked !== "false");
  if (kept()) listen(true);
  else button.hidden = false;

  // Not within a frame of the app: what is done to the elements would call it while it draws.
  return { reflect: (changes, heard) => queueMicrotask(() => apply(changes, heard)), renew: () => listen(on) };
}

/** A browser without storage has nothing to remember with. */
function remember(listens) {
  try {
    if (listens) localStorage.setItem(KEPT, "true");
    else localStorage.removeItem(KEPT);
  } catch {}
}

function kept() {
  try {
    return localStorage.getItem(KEPT) === "true";
  } catch {
    return false;
  }
}
