// The page: checks the browser, loads the wasm module with a bar of true bytes, starts the app, and says
// what to do when any of it fails. The trainer's side is worker.js; both share the one compiled module.

const script = document.getElementById("main");
// `?v=…` of this file's own address: all addresses carry it, so that two builds never mix.
const version = new URL(import.meta.url).search;
const element = (id) => document.getElementById(id);

/** The script interface; README.md describes it. */
const ready = start();
window.basin = Object.freeze({
  ready,
  state: () => JSON.parse(page().state()),
  send: (command) => page().send(JSON.stringify(command)),
});
// Whoever awaits `ready` hears of the failure; the page itself has shown it.
ready.catch(() => {});

let running = null;
let failed = false;
/** Nothing can be drawn any more, but all else goes on. */
let blind = false;
/** Has the mirror follow to another canvas. */
let renew = () => {};
/** Starts a thread (thread.js). */
let thread;
/** A trainer's thread that nobody has asked for yet. */
let spare = null;
/** Takes the version that waits. */
let renew_page = () => location.reload();

function page() {
  if (failed) throw new Error(`Basin has stopped: ${element("failure-title").textContent}`);
  if (!running) throw new Error("Basin is still loading: await basin.ready first");
  return running;
}

async function start() {
  // One turn, so that `window.basin` is there before anything can fail.
  await Promise.resolve();
  try {
    check();
    see_imitation();
    const offline = import(`./offline.js${version}`);
    // What a page is served by has kept it: the import does not wait for a network.
    if (!embedded() && navigator.serviceWorker?.controller && await offline.then(({ renewed }) => renewed()).catch(() => false)) await new Promise(() => {});
    offline.then(({ hold }) => hold(), () => {});
    ({ thread } = await import(`./thread.js${version}`));
    // It takes a while to start: it does while the program loads.
    spare = newThread();
    const module = await load(new URL(`basin_bg.wasm${version}`, import.meta.url), Number(script.dataset.wasmBytes));
    const { default: init, start_page } = await import(`./basin.js${version}`);
    await init({ module_or_path: module });
    const { mirror } = await import(`./mirror.js${version}`);
    let reflect = () => {};
    const host = { worker, shown, failed: crashed, choose, save, copy, fetch: fetch_lesson, address, digits, renew: () => renew_page(), mirror: (changes, done) => reflect(changes, done) };
    running = await start_page(canvas(), options(), host).catch((error) => {
      throw new Trouble("This browser cannot draw Basin.", "It needs WebGL: switch on hardware acceleration in the browser's settings, or use another browser.", describe(error));
    });
    ({ reflect, renew } = mirror(page, () => element("canvas")));
    embed();
    if (!embedded()) setTimeout(() => offline.then(keep_page).catch((error) => console.warn(`The page is not kept for the time without a network: ${error}`)), SETTLED);
    // Without frames, in a hidden tab, the trainer goes on, and what it says is to be heard.
    setInterval(() => (document.hidden || blind) && !failed && running.listen(), 1000);
    setInterval(stay_awake, 2000);
    window.addEventListener("beforeunload", (event) => {
      if (!failed && !embedded() && running.loses_by_leaving()) event.preventDefault();
    });
  } catch (error) {
    spare?.terminate();
    failed = true;
    show(error);
    throw error;
  }
}

let awake = null;

/** A phone whose screen goes dark stops what it trains: it stays on meanwhile, where the browser lets it. */
async function stay_awake() {
  const wanted = !document.hidden && !failed && running.works();
  if (wanted && (!awake || awake.released)) awake = await navigator.wakeLock?.request("screen").catch(() => null) ?? null;
  else if (!wanted && awake) await awake.release().then(() => { awake = null; });
}

/**
 * A browser's tools that imitate a phone imitate the pixels of a point, too, but not in the size in pixels that the app goes by. Where
 * the two differ, it goes by the size in points.
 */
function see_imitation() {
  const observer = new ResizeObserver(([{ contentBoxSize, devicePixelContentBoxSize }]) => {
    observer.disconnect();
    const pixels = devicePixelContentBoxSize?.[0].inlineSize ?? 0;
    const meant = contentBoxSize[0].inlineSize * devicePixelRatio;
    if (pixels > 0 && Math.abs(pixels - meant) > 0.1 * meant) delete ResizeObserverEntry.prototype.devicePixelContentBoxSize;
  });
  try {
    observer.observe(document.body, { box: "device-pixel-content-box" });
  } catch {
    // A browser without that size has nothing to differ.
  }
}

/** Milliseconds after the start in which the first run is not to be disturbed. */
const SETTLED = 3_000;

/** Has the browser keep the page for the time without a network. */
async function keep_page({ keep }) {
  if (navigator.serviceWorker) renew_page = await keep(() => page().version_waits());
}

/** A frame would meet a graphics card that is gone, and fail. */
const next_frame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => next_frame((time) => { if (!blind) draw(time); });

/** Where the app is drawn. */
function canvas() {
  const canvas = element("canvas");
  canvas.hidden = false;
  // Whoever asks for a context later gets this one. The app smooths its edges itself, and covers all of the canvas.
  canvas.getContext("webgl2", { antialias: false, alpha: false });
  canvas.addEventListener("webglcontextlost", graphics_lost);
  return canvas;
}

/**
 * What the address asks for: `?device=cpu|gpu|auto`, `?paused`, `?lesson=NAME or address`,
 * `?embed=curves,landscape`, `#link`. What `?accessible` asks for is in mirror.js.
 */
function options() {
  const query = new URLSearchParams(location.search);
  return {
    device: query.get("device") ?? "",
    paused: query.has("paused") && query.get("paused") !== "false",
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
    strong: matchMedia("(prefers-contrast: more)").matches,
    lesson: query.get("lesson") ?? "",
    embed: query.get("embed") ?? undefined,
    link: location.hash.slice(1),
    reloaded: performance.getEntriesByType("navigation")[0]?.type === "reload",
    prefix: `${location.origin}${location.pathname}#`,
  };
}

function embedded() {
  return new URLSearchParams(location.search).has("embed");
}

/**
 * Where `?embed=` made this a part of another page: takes commands from that page alone, and tells it how the run goes.
 * Its origin is this page's own, or the one that `?origin=` names; to and from any other nothing goes.
 */
function embed() {
  if (!embedded() || window.parent === window) return;
  const query = new URLSearchParams(location.search);
  const origin = query.get("origin") ?? location.origin;
  const tell = (told) => window.parent.postMessage({ basin: told }, origin);
  try {
    if (new URL(origin).origin !== origin) throw new Error("it has a path");
  } catch (error) {
    console.error(`?origin=${origin} is no origin, such as https://example.org: ${error.message}`);
    return;
  }
  window.addEventListener("message", ({ source, origin: from, data }) => {
    if (source !== window.parent || from !== origin || typeof data?.basin !== "object") return;
    try {
      page().send(JSON.stringify(data.basin));
    } catch (error) {
      tell({ event: "refused", text: error.message });
    }
  });
  tell({ event: "ready" });
  let before = "";
  setInterval(() => {
    if (failed) return;
    const state = JSON.parse(page().state());
    const now = JSON.stringify([state.run, state.phase, state.step, state.measurements, state.answer, state.failure, state.planes, state.traced_step]);
    if (now !== before) tell({ event: "state", state });
    before = now;
  }, 250);
}

/** An error with words for people: what is wrong, and what to do. */
class Trouble extends Error {
  constructor(title, advice, details = "") {
    super(title);
    Object.assign(this, { title, advice, details });
  }
}

function check() {
  const update = "Use a browser of 2023 or later: Chrome, Edge, Firefox, or Safari 16.4.";
  if (typeof WebAssembly !== "object") {
    throw new Trouble("This browser cannot run WebAssembly.", `${update} If it is new enough, WebAssembly may be switched off: lockdown and high-security modes do that.`);
  }
  // A module with one function, `() -> v128`: zero in all lanes.
  const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];
  if (!WebAssembly.validate(new Uint8Array(simd))) {
    throw new Trouble("This browser's WebAssembly has no SIMD, which Basin trains with.", update);
  }
  if (typeof Worker !== "function" || location.protocol === "file:") {
    throw new Trouble("Basin cannot run from a file.", "Serve the folder and open its http address: `cargo web` does both, and so does any static web server.");
  }
}

/** Downloads and compiles in one stream; the bar counts unpacked bytes, whose number is known however they travel. */
async function load(url, total) {
  const offline = "Check the connection, then reload.";
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Trouble("The program could not be downloaded.", offline, `${url}: ${error}`);
  }
  if (!response.ok) {
    throw new Trouble("The program is not where this page expects it.", "Reload the page. If that does not help, the folder on the server is incomplete: copy all of web/dist.", `${url}: status ${response.status}`);
  }
  const counted = response.clone();
  // Some hosts do not know the type of .wasm files, and browsers insist on it.
  const typed = response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? response
    : new Response(response.body, { headers: { "Content-Type": "application/wasm" } });
  const compiling = WebAssembly.compileStreaming(typed);
  try {
    await count(counted.body.getReader(), total);
    return await compiling;
  } catch (error) {
    // The other half of the stream fails in the same way.
    compiling.catch(() => {});
    if (error instanceof WebAssembly.CompileError) {
      throw new Trouble("The program arrived broken.", "Reload the page. If that does not help, the copy on the server is damaged or of another version.", String(error));
    }
    throw new Trouble("The download broke off.", offline, `${url}: ${error}`);
  }
}

async function count(reader, total) {
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    element("progress").value = bytes / total;
    // What is counted is unpacked: fewer bytes travel.
    element("progress-text").textContent = `Loading ${Math.min(100, Math.round(100 * bytes / total))} %`;
  }
  element("progress").removeAttribute("value");
  element("progress-text").textContent = "Compiling…";
}

// What the app, in crates/browser, asks of the page.

/** The trainer's thread. */
function worker() {
  const first = spare ?? newThread();
  spare = null;
  return first;
}

function newThread() {
  const started = thread(embedded() ? "embedded trainer" : "trainer");
  // Should it fail before anybody listens, the next one says why.
  started.onerror = () => { spare = null; };
  return started;
}

/** The first frame is drawn. */
function shown() {
  element("screen").hidden = true;
  element("canvas").focus();
}

/** The app panicked: a bug, and its state is lost. */
function crashed(details) {
  failed = true;
  show(new Trouble("Basin hit a bug and stopped.", "Reload the page: the run goes on from where it was kept. Please report the text below.", details));
}

/** When the page was drawn anew, in milliseconds, lately. */
let redrawn = [];

/** Drivers are reset, and browsers end their process for graphics: the page is drawn anew, and what is trained goes on meanwhile. */
async function graphics_lost(event) {
  if (failed || event.target !== element("canvas")) return;
  blind = true;
  redrawn = redrawn.filter((then) => performance.now() - then < 60_000);
  // The browser's new process takes a moment.
  for (let tries = 0; running && redrawn.length < 3 && tries < 10; tries += 1) {
    try {
      element("canvas").replaceWith(element("canvas").cloneNode());
      const fresh = canvas();
      // Its first frame is asked for there; what would have drawn on the last one is gone by then.
      blind = false;
      await running.redraw(fresh);
      renew();
      redrawn.push(performance.now());
      return;
    } catch {
      blind = true;
      await new Promise((resolve) => { setTimeout(resolve, 300); });
    }
  }
  element("save").hidden = false;
  show(new Trouble("The browser lost its connection to the graphics card.", "Nothing can be drawn any more, but a run on the CPU goes on. Reload the page: the run goes on from where it was kept. If this happens again, add ?device=cpu to the address: training then leaves the graphics card alone.", event.statusMessage));
}

/**
 * Lets the user choose one file; resolves to `{ name, size, bytes }`, or to `null` when nothing was chosen.
 * A file of more than `most` bytes is not read: its `bytes` are empty.
 */
function choose(accept, most) {
  return new Promise((resolve, reject) => {
    const input = Object.assign(document.createElement("input"), { type: "file", accept, hidden: true });
    input.addEventListener("cancel", () => { input.remove(); resolve(null); });
    input.addEventListener("change", () => {
      input.remove();
      const file = input.files[0];
      if (!file) { resolve(null); return; }
      const { name, size } = file;
      if (size > most) { resolve({ name, size, bytes: new Uint8Array() }); return; }
      file.arrayBuffer().then((buffer) => resolve({ name, size, bytes: new Uint8Array(buffer) }), reject);
    });
    // Safari opens a dialog only for an input that is part of the page.
    document.body.append(input);
    input.click();
  });
}

/** Offers bytes as a download. */
function save(name, bytes) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // The download has begun once this task has ended; later is safe everywhere.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Copies a text; resolves to whether it is on the clipboard. Where it is not, a field shows it, to be copied by hand. */
async function copy(text) {
  try {
    // There is none but under https and on this computer.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("copy-text");
    element("copy").hidden = false;
    field.value = text;
    if (copy_selected()) {
      close_copy();
      return true;
    }
    return false;
  }
}

/** The old way to copy, from a field with a selection; browsers allow it while they still count a click. */
function copy_selected() {
  element("copy-text").focus();
  element("copy-text").select();
  const done = document.execCommand("copy");
  element("copy-said").textContent = done ? "Copied." : "The browser does not let it be copied: press Ctrl+C (on a Mac, Command+C).";
  return done;
}

function close_copy() {
  element("copy").hidden = true;
  element("canvas").focus();
}

/**
 * Fetches a lesson from this host, or from another by https; resolves to `{ name, size, bytes }`, with the whole address as its name.
 * Of one of more than `most` bytes the bytes are empty.
 */
async function fetch_lesson(address, most) {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin && url.protocol !== "https:") throw new Error("only addresses with https are fetched from other hosts.");
  const advice = "Check the address; another host must allow this page to read it (CORS).";
  const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" }).catch(() => { throw new Error(`there is no answer. ${advice}`); });
  if (!response.ok) throw new Error(`the answer is status ${response.status}. ${advice}`);
  const parts = [];
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) { await reader.cancel(); return { name: url.href, size, bytes: new Uint8Array() }; }
    parts.push(value);
  }
  return { name: url.href, size, bytes: new Uint8Array(await new Blob(parts).arrayBuffer()) };
}

/** The address that is to come, and when; a slider changes it with every frame, and browsers count changes. */
let next_address = null;
let address_timer = 0;

/** Makes `link` what stands behind the `#`, without a reload; an empty one takes off all that sets up somebody else's page. */
function address(link) {
  const url = new URL(location.href);
  url.hash = link;
  if (!link) ["lesson", "paused"].forEach((name) => url.searchParams.delete(name));
  next_address = link ? url.href : url.href.replace(/#$/, "");
  clearTimeout(address_timer);
  address_timer = setTimeout(follow, 400);
}

function follow() {
  if (next_address !== null) history.replaceState(null, "", next_address);
  next_address = null;
}

/** Has the keyboard on the screen show digits: eframe writes in a field of its own, which follows the canvas. */
function digits(on) {
  const field = element("canvas").nextElementSibling;
  if (field instanceof HTMLInputElement) field.inputMode = on ? "decimal" : "text";
}

/** The page that says what to do. The first failure stays: later ones follow from it. */
function show(error) {
  if (!element("failure").hidden) return;
  const trouble = error instanceof Trouble ? error : new Trouble("Basin could not start.", "Reload the page; if it stays so, try another browser.", describe(error));
  console.error(trouble.title, trouble.details);
  element("failure-title").textContent = trouble.title;
  element("failure-advice").textContent = trouble.advice;
  element("failure-details").textContent = [trouble.details, navigator.userAgent].filter(Boolean).join("\n\n");
  element("loading").hidden = true;
  element("failure").hidden = false;
  element("canvas").hidden = true;
  element("mirror").hidden = true;
  element("listen").hidden = true;
  element("screen").hidden = false;
}

function describe(error) {
  return error instanceof Error ? `${error}\n${error.stack ?? ""}` : String(error);
}

element("reload").addEventListener("click", () => location.reload());
element("copy-again").addEventListener("click", copy_selected);
element("copy-close").addEventListener("click", close_copy);
element("copy").addEventListener("keydown", ({ key }) => { if (key === "Escape") close_copy(); });
window.addEventListener("pagehide", follow);
element("save").addEventListener("click", () => window.basin.send({ command: "save" }));
// An experiment is chosen by the part after `#`; a new one is a new start.
window.addEventListener("hashchange", () => location.reload());
