// The page's side of service.js: has it keep the page for the time without a network, tells when another version waits, and has it
// come when the user wants it, or when there is no run that could be lost.

const SCOPE = new URL("./", import.meta.url);
const VERSION = new URL(import.meta.url).searchParams.get("v");
/** Starts of the names of the locks that tabs hold; see service.js. */
const PREFIX = `basin ${SCOPE} `;
const HOUR = 3_600_000;

/** Says of which version this tab is, to whoever removes versions. */
export function hold() {
  // Where storage is switched off there are none, and no versions.
  navigator.locks?.request(`${PREFIX}${VERSION}`, { mode: "shared" }, () => new Promise(() => {})).catch(() => {});
}

/**
 * Takes a version that waits, when this is the only tab: nothing has begun here yet. Resolves to whether the page is about to be loaded
 * again.
 */
export async function renewed() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  if (!registration?.waiting) return false;
  const { held } = await navigator.locks.query();
  if (held.some(({ name }) => name.startsWith(PREFIX))) return false;
  return take(registration);
}

/**
 * Keeps the page; `announce` is called when another version waits. Resolves to what takes it.
 * Rejects where the browser keeps nothing: in private windows of some, or where storage is switched off.
 */
export async function keep(announce) {
  const workers = navigator.serviceWorker;
  const registration = await workers.register(new URL("service.js", SCOPE), { updateViaCache: "none" });
  workers.onmessage = ({ data }) => { if (data.waits) announce(); };
  // One that is of this page's own version comes by itself; another answers that it waits.
  const ask = () => registration.waiting?.postMessage({ version: VERSION });
  // Tabs of an older version may be gone by now.
  registration.active?.postMessage({ tidy: true });
  // The first of all waits for nobody.
  const follow = (fresh) => fresh?.addEventListener("statechange", () => { if (fresh.state === "installed" && registration.active) ask(); });
  registration.addEventListener("updatefound", () => follow(registration.installing));
  follow(registration.installing);
  ask();
  // Browsers look by themselves, but not at every visit, nor while a tab stays open for days.
  const look = () => registration.update().catch(() => {});
  look();
  setInterval(look, HOUR);
  return () => take(registration);
}

/** Has the version that waits come, and loads the page again. Resolves to whether it does. */
async function take({ waiting }) {
  if (waiting) {
    const came = new Promise((resolve) => { waiting.addEventListener("statechange", () => waiting.state === "activated" && resolve(true)); });
    const late = new Promise((resolve) => { setTimeout(resolve, 5_000, false); });
    waiting.postMessage({ take: true });
    if (!await Promise.race([came, late])) return false;
  }
  // Another tab may have taken it already.
  location.reload();
  return true;
}
