// The page without a network: one version of it, whole, in a cache of the browser. Filled in by crates/bundle.
//
// A version is kept when each of its files has arrived with the hash that the build gave it, else not at all; whoever has it is
// served from it alone. Another version waits until the page says that it may come (offline.js). Tabs of the one before
// then still find theirs: each holds a lock with the name of its cache, and what nobody holds is removed.

const VERSION = "{{version}}";
/** SHA-256 of each file, by its address from here. */
const FILES = new Map([
  /*{{files}}*/
]);

const SCOPE = self.registration.scope;
const cache_of = (version) => `basin ${SCOPE} ${version}`;
/** Some hosts lead from `index.html` to the folder, and what was led elsewhere cannot be served as a page. */
const address = (path) => new URL(path === "index.html" ? "./" : path.split("/").map(encodeURIComponent).join("/"), SCOPE).href;
/** The encoder is fetched with a bar, and kept by whoever has fetched it (encoder.js). */
const is_encoder = (path) => path.startsWith("encoder/") && path !== "encoder/index.json";
/** Data sets, and the encoder, are kept once somebody has used them: there may be many, and it is large. */
const is_set = (path) => path.startsWith("data/") && path !== "data/index.json" || is_encoder(path);
/** On the machine of who builds the page the newest comes, as long as it is served. */
const AT_HOME = ["localhost", "127.0.0.1", "[::1]"].includes(self.location.hostname);

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(clean()));

self.addEventListener("message", (event) => {
  const { data, source } = event;
  if (data.tidy) event.waitUntil(clean());
  // A page of this version need not be asked.
  else if (data.take || data.version === VERSION) self.skipWaiting();
  else source.postMessage({ waits: VERSION });
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(SCOPE)) return;
  const path = decodeURIComponent(url.pathname.slice(new URL(SCOPE).pathname.length)) || "index.html";
  if (path === "index.html" && AT_HOME) event.respondWith(fetch(request).catch(() => serve(request, path, VERSION)));
  else if (FILES.has(path)) event.respondWith(serve(request, path, url.searchParams.get("v") ?? VERSION));
});

/** A file of a version: as it is kept, else from the host, if that still has the same. */
async function serve(request, path, version) {
  const kept = await caches.match(address(path), { cacheName: cache_of(version), ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (is_encoder(path) || version !== VERSION || !response.ok) return response;
  if (!await is_whole(response, path)) return Response.error();
  if (is_set(path)) await (await caches.open(cache_of(VERSION))).put(address(path), response.clone()).catch(() => {});
  return response;
}

async function install() {
  const name = cache_of(VERSION);
  const is_new = !await caches.has(name);
  // What somebody has used, he will want again.
  const wanted = [];
  for (const path of FILES.keys()) {
    if (!is_set(path) || await caches.match(address(path), { ignoreVary: true })) wanted.push(path);
  }
  try {
    const cache = await caches.open(name);
    for (const path of wanted) {
      if (!await cache.match(address(path), { ignoreVary: true })) await cache.put(address(path), await arrived(path));
    }
  } catch (error) {
    if (is_new) await caches.delete(name);
    throw error;
  }
}

/**
 * A file of this version. What another version has kept, or what the browser remembers, will do; where that is not the same, the host is
 * asked.
 */
async function arrived(path) {
  const before = is_set(path) && await caches.match(address(path), { ignoreVary: true });
  if (before && await is_whole(before, path)) return before;
  for (const cache of ["default", "reload"]) {
    const response = await fetch(`${address(path)}?v=${VERSION}`, { cache });
    if (response.ok && !response.redirected && await is_whole(response, path)) return response;
  }
  throw new Error(`${path} is not, or not yet, of version ${VERSION}`);
}

async function is_whole(response, path) {
  const hash = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("") === FILES.get(path);
}

/** Removes the versions of which no tab is left. */
async function clean() {
  // One that is on its way has nobody yet.
  if (self.registration.installing || self.registration.waiting) return;
  const { held } = await navigator.locks.query();
  const used = new Set([cache_of(VERSION), ...held.map(({ name }) => name)]);
  for (const name of await caches.keys()) {
    if (name.startsWith(cache_of("")) && !used.has(name)) await caches.delete(name);
  }
}
