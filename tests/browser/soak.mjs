// Hours in minutes: a long run, with the memory of page, worker and processes sampled as it goes. A measurement for people.
// web/dist must be built; for the window, `basin` must lie beside the program of BASIN_BUNDLE.
//
// node tests/browser/soak.mjs [STEPS [SECONDS [window|wide]]]     200,000 steps in the page, a sample every 30 seconds, by default;
// `wide`: a run whose lists of measurements come to their bounds after some thousand steps

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, NO_WEBGPU, open, ready, send, serve, state, until } from "./harness.js";
import { handing, kept, open_window, screen } from "./window.js";

const [steps, every] = [Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 30)];
/** An epoch of the help desk has 21 steps. */
const long = { training: { epochs: Math.min(10_000, Math.ceil(steps / 21)) } };
/** Small networks of many lanes and seeds, so that the lists of what is measured are full after a fraction of the steps. */
const wide = { ...long, seeds: 16, model: { kind: "bag", dim: 8, hidden: 8 }, lanes: ["sgd", "sam", "asam", "f-sam", "gsam", "delta-sam"] };
const what = process.argv[4];
const MB = 1e6;

/** Bytes that a process has in memory; 0 once it has ended. */
function resident(pid) {
  try {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Bytes that the processes of each kind have in memory. */
async function processes(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const bytes = {};
  for (const { type, id } of processInfo) bytes[type] = (bytes[type] ?? 0) + resident(id);
  return bytes;
}

/** Bytes of JavaScript in the page and in its worker, after all garbage is collected; an isolated page may ask. */
const heaps = (page) => page.evaluate(async () => {
  const { breakdown } = await performance.measureUserAgentSpecificMemory();
  return ["Window", "DedicatedWorkerGlobalScope"].map((scope) => breakdown.filter(({ attribution }) => attribution.some((one) => one.scope === scope)).reduce((sum, { bytes }) => sum + bytes, 0));
});

/** Bytes of the wasm memory of a page or a worker, which never shrinks: who imports its module again gets the same. */
const wasm = (place, glue) => place.evaluate((glue) => import(glue).then(({ default: init }) => init()).then(({ memory }) => memory.buffer.byteLength), glue);

/** Prints samples, whose first column is the step, and how fast each of the named columns still grows in the second half. */
class Samples {
  rows = [];

  constructor(...columns) {
    console.log(columns.join(","));
  }

  add(...row) {
    this.rows.push(row);
    console.log(row.map((value) => Number(value.toFixed(2))).join(","));
  }

  /** What still grows when half is over, grows for ever. */
  growth(places) {
    const half = this.rows.filter(([step]) => step >= this.rows.at(-1)[0] / 2);
    const [first, last] = [half[0], half.at(-1)];
    for (const [name, place] of Object.entries(places)) {
      const grown = (last[place] - first[place]) / Math.max(1, last[0] - first[0]);
      console.log(`${name}: ${first[place].toFixed(1)} MB at step ${first[0]}, ${last[place].toFixed(1)} MB at step ${last[0]}: ${(10_000 * grown).toFixed(2)} MB per 10,000 steps`);
    }
  }
}

async function soak_page() {
  const server = await serve();
  // It answers at once, instead of with the next collection.
  const browser = await launch([...NO_WEBGPU, "--enable-blink-features=ForceEagerMeasureMemory"]);
  try {
    const { page, errors } = await open(browser, `${server.address}?device=cpu`);
    await ready(page);
    const session = await browser.newBrowserCDPSession();
    await send(page, { command: "start", experiment: what === "wide" ? wide : long, device: "cpu" });
    const { steps: planned } = await until(page, "the run", (s) => s.phase === "running" && s.measurements >= 2 && s);
    if (planned < steps) throw new Error(`${planned} steps are planned, not ${steps}`);
    const glue = await page.evaluate(() => new URL(`basin.js${new URL(document.getElementById("main").src).search}`, location.href).href);
    const begin = performance.now();
    const samples = new Samples("step", "seconds", "page_js_mb", "page_wasm_mb", "worker_js_mb", "worker_wasm_mb", "renderer_mb", "gpu_mb", "browser_mb", "measurements", "kept_mb", "keeping_seconds");
    for (;;) {
      const [now, heap, all] = [await state(page), await heaps(page), await processes(session)];
      const own = [heap[0], await wasm(page, glue), heap[1], await wasm(page.workers()[0], glue)];
      const own_run = now.kept.find(({ number }) => number === now.open_kept);
      const processes_mb = ["renderer", "GPU", "browser"].map((type) => (all[type] ?? 0) / MB);
      samples.add(now.step, (performance.now() - begin) / 1e3, ...own.map((bytes) => bytes / MB), ...processes_mb, now.measurements, (own_run?.bytes ?? 0) / MB, own_run?.seconds ?? 0);
      if (now.step >= steps || now.phase !== "running") break;
      await sleep(1000 * every);
    }
    samples.growth({ "page, JavaScript": 2, "page, wasm": 3, "worker, JavaScript": 4, "worker, wasm": 5, renderer: 6 });
    if (errors.length > 0) console.log(errors.join("\n"));
  } finally {
    await browser.close();
    server.stop();
  }
}

async function soak_window() {
  const home = mkdtempSync(join(tmpdir(), "basin-soak-"));
  const { name, stop } = await screen();
  const window = open_window(home, name, handing({ experiment: long }));
  try {
    const begin = performance.now();
    const samples = new Samples("kept_step", "seconds", "window_mb", "kept_mb");
    for (;;) {
      if (await Promise.race([window.ended, sleep(1000 * every)]) === "ended") throw new Error("the window has ended by itself");
      const run = kept(home);
      if (run === undefined) continue;
      samples.add(run.step, (performance.now() - begin) / 1e3, resident(window.pid) / MB, run.bytes / MB);
      if (run.step >= steps) break;
    }
    samples.growth({ window: 2 });
  } finally {
    await window.kill();
    stop();
    rmSync(home, { recursive: true, force: true });
  }
}

await (what === "window" ? soak_window : soak_page)();
