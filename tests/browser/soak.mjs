// Hours in minutes: a long run, with the memory of page, worker and processes sampled as it goes. A measurement for people.
// web/dist must be built.
//
// node tests/browser/soak.mjs [STEPS [SECONDS]]     200,000 steps, a sample every 30 seconds, by default

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, NO_WEBGPU, open, ready, send, serve, state, until } from "./harness.js";

const [steps, every] = [Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 30)];
const MB = 1e6;

/** Bytes that the processes of each kind have in memory. */
async function processes(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const bytes = {};
  for (const { type, id } of processInfo) {
    let status = "";
    try { status = readFileSync(`/proc/${id}/status`, "utf8"); } catch { /* It has ended meanwhile. */ }
    bytes[type] = (bytes[type] ?? 0) + 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }
  return bytes;
}

/** Bytes of JavaScript in the page and in its worker, after all garbage is collected; an isolated page may ask. */
const heaps = (page) => page.evaluate(async () => {
  const { breakdown } = await performance.measureUserAgentSpecificMemory();
  return ["Window", "DedicatedWorkerGlobalScope"].map((scope) => breakdown.filter(({ attribution }) => attribution.some((one) => one.scope === scope)).reduce((sum, { bytes }) => sum + bytes, 0));
});

/** Bytes of the wasm memory of a page or a worker, which never shrinks: who imports its module again gets the same. */
const wasm = (place, glue) => place.evaluate((glue) => import(glue).then(({ default: init }) => init()).then(({ memory }) => memory.buffer.byteLength), glue);

const server = await serve();
// It answers at once, instead of with the next collection.
const browser = await launch([...NO_WEBGPU, "--enable-blink-features=ForceEagerMeasureMemory"]);
try {
  const { page, errors } = await open(browser, `${server.address}?device=cpu`);
  await ready(page);
  const session = await browser.newBrowserCDPSession();
  // An epoch of the help desk has 21 steps.
  await send(page, { command: "start", experiment: { training: { epochs: Math.min(10_000, Math.ceil(steps / 21)) } }, device: "cpu" });
  const { steps: planned } = await until(page, "the run", (s) => s.phase === "running" && s.measurements >= 2 && s);
  if (planned < steps) throw new Error(`${planned} steps are planned, not ${steps}`);
  const glue = await page.evaluate(() => new URL(`basin.js${new URL(document.getElementById("main").src).search}`, location.href).href);
  const begin = performance.now();
  const samples = [];
  console.log("step,seconds,page_mb,worker_mb,renderer_mb,gpu_mb,browser_mb,measurements,kept_mb");
  for (;;) {
    const [now, heap, all] = [await state(page), await heaps(page), await processes(session)];
    const own = [heap[0] + await wasm(page, glue), heap[1] + await wasm(page.workers()[0], glue)];
    const kept = now.kept.reduce((sum, run) => sum + run.bytes, 0);
    const sample = [now.step, (performance.now() - begin) / 1e3, ...own.map((bytes) => bytes / MB), ...["renderer", "GPU", "browser"].map((type) => (all[type] ?? 0) / MB), now.measurements, kept / MB];
    samples.push(sample);
    console.log(sample.map((value) => Number(value.toFixed(1))).join(","));
    if (now.step >= steps || now.phase !== "running") break;
    await sleep(1000 * every);
  }
  // What still grows when half is over, grows for ever.
  const half = samples.filter(([step]) => step >= samples.at(-1)[0] / 2);
  const [first, last] = [half[0], half.at(-1)];
  for (const [place, name] of [[2, "page"], [3, "worker"], [4, "renderer"]]) {
    const grown = (last[place] - first[place]) / Math.max(1, last[0] - first[0]);
    console.log(`${name}: ${first[place].toFixed(1)} MB at step ${first[0]}, ${last[place].toFixed(1)} MB at step ${last[0]}: ${(10_000 * grown).toFixed(2)} MB per 10,000 steps`);
  }
  if (errors.length > 0) console.log(errors.join("\n"));
} finally {
  await browser.close();
  server.stop();
}
