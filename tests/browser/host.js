// A static host on loopback as they are elsewhere: the exported page in a folder of it, with the headers of its own file, under
// a name that is not this machine's. Other versions of the page for it, whole and half.

import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { export_to } from "./harness.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png", ".wasm": "application/wasm", ".tsv": "text/tab-separated-values" };

/** The headers of all files in `_headers`. */
export function headers_of(folder) {
  const lines = readFileSync(join(folder, "_headers"), "utf8").split("\n");
  const pairs = lines.slice(lines.indexOf("/*") + 1).map((line) => /^ {2}([^:]+): (.*)$/.exec(line)).filter(Boolean);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

/** Exports the page and serves it below `/basin/`; `serve` changes the folder that is served, `lose` and `find` are the network's. */
export async function host() {
  const base = mkdtempSync(join(tmpdir(), "basin-host-"));
  const first = join(base, "first");
  await export_to(first);
  let [folder, bare] = [first, false];
  /** Files whose names end so arrive in two halves, so many milliseconds apart. */
  let slow = { ending: null, millis: 0 };
  /** Paths that were asked for, since they were last looked at. */
  let asked = [];
  const server = createServer((request, answer) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    asked.push(path);
    const name = path.startsWith("/basin/") ? join(folder, path === "/basin/" ? "index.html" : path.slice("/basin/".length)) : "";
    if (!name.startsWith(folder) || !statSync(name, { throwIfNoEntry: false })?.isFile()) {
      answer.writeHead(404).end("there is no such file");
      return;
    }
    const bytes = readFileSync(name);
    const etag = `"${createHash("sha1").update(bytes).digest("hex")}"`;
    const headers = { ...(bare ? {} : headers_of(folder)), etag };
    if (request.headers["if-none-match"] === etag) return void answer.writeHead(304, headers).end();
    answer.writeHead(200, { ...headers, "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
    if (!slow.ending || !name.endsWith(slow.ending)) return void answer.end(bytes);
    const half = bytes.length >> 1;
    answer.write(bytes.subarray(0, half));
    setTimeout(() => answer.end(bytes.subarray(half)), slow.millis);
  });
  const listen = (port) => new Promise((resolve, reject) => { server.once("error", reject).listen(port, "127.0.0.1", resolve); });
  await listen(0);
  const { port } = server.address();
  return {
    address: `http://basin.localhost:${port}/basin/`,
    folder: first,
    asked() {
      const before = asked;
      asked = [];
      return before;
    },
    serve(other) { folder = other; },
    slow(ending, millis) { slow = { ending, millis }; },
    /** Sends no headers of its own any more, as GitHub Pages does. */
    forget() { bare = true; },
    lose() { server.close(); server.closeAllConnections(); },
    find: async () => { if (!server.listening) await listen(port); },
    /** Another version: the same program, a style sheet with its name, and these files. With `half`, the host has none of them yet. */
    another(name, { half = false, files = {} } = {}) {
      const other = join(base, name);
      cpSync(first, other, { recursive: true });
      const read = (file) => readFileSync(join(other, file), "utf8");
      const [version, fresh] = [version_of(first), hash(name).slice(0, version_of(first).length)];
      const changed = { "style.css": `${readFileSync(join(first, "style.css"), "utf8")}\n/* ${name} */\n`, "index.html": readFileSync(join(first, "index.html"), "utf8").replaceAll(version, fresh), ...files };
      for (const [file, text] of Object.entries(changed)) {
        if (!half || file === "index.html") writeFileSync(join(other, file), text);
      }
      const list = new Map(JSON.parse(`[${/new Map\(\[([\s\S]*?)\n\]\)/.exec(read("service.js"))[1]}]`));
      for (const [file, text] of Object.entries(changed)) list.set(file, hash(text));
      const entries = [...list].map((entry) => JSON.stringify(entry)).join(",\n  ");
      writeFileSync(join(other, "service.js"), read("service.js").replaceAll(version, fresh).replace(/new Map\(\[[\s\S]*?\n\]\)/, `new Map([\n  ${entries}\n])`));
      return other;
    },
    stop() {
      server.close();
      server.closeAllConnections();
      rmSync(base, { recursive: true });
    },
  };
}

/** The version of the page in a folder. */
export const version_of = (folder) => /main\.js\?v=([0-9a-f]+)/.exec(readFileSync(join(folder, "index.html"), "utf8"))[1];

const hash = (text) => createHash("sha256").update(text).digest("hex");
