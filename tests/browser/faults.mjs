// Every fault of the page many times, each at a random moment of a short run: how far back the run goes on, how long that takes, and
// whether it ends as it does undisturbed; `basin train`, killed and resumed; and the window, killed and opened again. A
// measurement for people; the same faults are tested once each in faults.test.js and by crates/desktop. web/dist must be built,
// and `basin` lie beside the program of BASIN_BUNDLE; the window is drawn on an Xvfb.
//
// node tests/browser/faults.mjs [TIMES [FAULT…]]     20 times, all faults, `train` and `window`, by default

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { launch, launch_profile, NO_WEBGPU, ready, send, serve, until, WEBGPU } from "./harness.js";
import { again, browser_killed, renderer_killed } from "./killed.js";
import { lose_device, numbers, remember_device, short, slow, STEPS, undisturbed } from "./short.js";
import { handing, kept, open_window, program, screen } from "./window.js";

const [times = "20", ...only] = process.argv.slice(2);

/** What each does to the page; it gives back where the run goes on. */
const FAULTS = {
  "reload": async ({ context, page }) => { await page.reload(); return { context, page }; },
  "close and reopen": async ({ context, page, address }) => ({ context, page: await again(context, page, address) }),
  "worker ends": async ({ context, page }) => { await page.workers()[0].evaluate(() => self.close()); return { context, page }; },
  "worker throws": async ({ context, page }) => { await page.workers()[0].evaluate(() => { setTimeout(() => { throw new Error("on purpose"); }); }); return { context, page }; },
  "WebGL lost": async ({ context, page }) => {
    await page.evaluate(() => document.getElementById("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext());
    return { context, page };
  },
  "GPU lost": async ({ context, page }) => { await lose_device(page); return { context, page }; },
  "renderer killed": renderer_killed,
  "browser killed": browser_killed,
  "quota exhausted": async ({ context, page, address }) => {
    const session = await context.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(address).origin, quotaSize: 1_000_000 });
    return { context, page };
  },
};

/** One fault: steps that were made again, seconds until it stood where it was, what its curves lack, and whether the end is the same. */
async function measure(name, address, expected) {
  const gpu = name === "GPU lost";
  const profile = mkdtempSync(join(tmpdir(), "basin-faults-"));
  let context = await launch_profile(profile, gpu ? WEBGPU : NO_WEBGPU);
  try {
    let page = context.pages()[0];
    if (gpu) await remember_device(page);
    await page.goto(address);
    await ready(page);
    await send(page, slow);
    await send(page, { command: "start", experiment: short, device: gpu ? "gpu" : "cpu" });
    // It takes seconds until the loss of a GPU is noticed, and a run that has ended by then needs none.
    const moment = 20 + Math.floor(Math.random() * (STEPS - (gpu ? 250 : 60)));
    const { step } = await until(page, "the moment", (s) => s.steps === STEPS && s.step >= moment && s.open_kept !== null && s, 300);
    const begin = performance.now();
    ({ context, page } = await FAULTS[name]({ context, page, profile, address }));
    await ready(page);
    // What the page shows before it has noticed is no answer.
    const goes_on = (s) => s.steps === STEPS && s.step > step + 5 && ["running", "finished"].includes(s.phase) && (!gpu || s.device === "CPU");
    const there = await until(page, `the run to go on after: ${name}`, (s) => goes_on(s) && s, 120);
    const seconds = (performance.now() - begin) / 1e3;
    const from = there.notices.map((text) => /from step ([\d,\u{202f}\u{a0}]+)/u.exec(text)?.[1]).filter(Boolean).at(-1);
    const end = await until(page, "the end", (s) => s.phase === "finished" && s.step === STEPS && s, 120);
    const again = from === undefined ? 0 : Math.max(0, step - Number(from.replace(/\D/g, "")));
    return { again, seconds, lost: Math.max(0, STEPS / short.training.evaluate_every + 1 - end.measurements), equal: isDeepStrictEqual(numbers(end), expected) };
  } finally {
    await context.close().catch(() => {});
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs `basin` to its end, or kills it after so many milliseconds; resolves to how long it ran. */
async function basin(words, folder, milliseconds) {
  const begin = performance.now();
  const child = spawn(program(), words.split(" "), { cwd: folder, stdio: "ignore" });
  const ended = once(child, "exit");
  if (milliseconds !== undefined && await Promise.race([ended, sleep(milliseconds, "late")]) === "late") child.kill("SIGKILL");
  const [code] = await ended;
  if (milliseconds === undefined && code !== 0) throw new Error(`basin ${words} ended with code ${code}`);
  return performance.now() - begin;
}

/** The measurements of a run, without how long they took. */
function curves(folder) {
  const rows = readFileSync(join(folder, "curves.csv"), "utf8").trim().split("\n").map((line) => line.split(","));
  return rows.map((row) => row.filter((_, i) => !rows[0][i].includes("seconds")));
}

/** `basin train`, killed at a random moment and resumed: whether it ends as it does undisturbed. */
async function train_ends_equal() {
  const folder = mkdtempSync(join(tmpdir(), "basin-faults-"));
  try {
    const run = "train --seeds 4 --epochs 200 --device cpu --out";
    const whole = await basin(`${run} whole`, folder);
    // The first checkpoint is written at the start, once the data is read: before that there is nothing to resume, nor after the end.
    const unfinished = () => existsSync(join(folder, "parts/checkpoint.safetensors")) && !existsSync(join(folder, "parts/results.json"));
    do await basin(`${run} parts --force`, folder, Math.max(1_000, (0.1 + 0.8 * Math.random()) * whole));
    while (!unfinished());
    await basin("train --resume parts", folder);
    return isDeepStrictEqual(curves(join(folder, "parts")), curves(join(folder, "whole")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opens the window, ends it by SIGKILL once `over(kept run)` holds or, without that, after so many milliseconds. */
async function window_until(home, display, words, over, milliseconds) {
  const window = open_window(home, display, words);
  const begin = performance.now();
  let step;
  for (;;) {
    if (await Promise.race([window.ended, sleep(50)]) === "ended") throw new Error("the window has ended by itself");
    const run = kept(home);
    step = run?.step ?? 0;
    if (over ? run && over(run) : performance.now() - begin > milliseconds && run) break;
    if (performance.now() - begin > 120_000) throw new Error(`nothing happens in the window after step ${step}`);
  }
  await window.kill();
  return { step, milliseconds: performance.now() - begin };
}

/** How good the answers of a kept run are. */
function judged(folder) {
  const run = kept(folder);
  const copy = join(folder, "run.safetensors");
  copyFileSync(`${run.path}${"ab"[run.slot]}`, copy);
  return execFileSync(program(), ["evaluate", copy, "--json"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

/** The window, killed at a random moment and opened again: at which step it had been kept, and whether it ends as it does undisturbed. */
async function window_goes_on(display) {
  const words = handing({ experiment: short, time: { pace: slow.steps_per_second } });
  const over = ({ step, steps }) => steps === STEPS && step === STEPS;
  const [whole, parts] = [0, 1].map(() => mkdtempSync(join(tmpdir(), "basin-window-")));
  try {
    const { milliseconds } = await window_until(whole, display, words, over);
    const { step } = await window_until(parts, display, words, undefined, (0.3 + 0.6 * Math.random()) * milliseconds);
    await window_until(parts, display, ["--device", "cpu"], over);
    // Begun anew, it would be a second run.
    const runs = readdirSync(join(parts, "runs")).filter((name) => name.endsWith(".about")).length;
    return { step, equal: runs === 1 && judged(parts) === judged(whole) };
  } finally {
    for (const folder of [whole, parts]) rmSync(folder, { recursive: true, force: true });
  }
}

const server = await serve();
try {
  const address = `${server.address}?device=cpu`;
  const browser = await launch(NO_WEBGPU);
  const expected = await undisturbed(browser, server.address);
  await browser.close();
  const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  console.log("| fault | times | went on | steps made again: median, most | seconds until it stood there again: median, most | measurements lost | end equal |\n|---|---|---|---|---|---|---|");
  for (const name of Object.keys(FAULTS).filter((name) => only.length === 0 || only.includes(name))) {
    const found = [];
    const failures = [];
    for (let time = 0; time < Number(times); time += 1) {
      await measure(name, name === "GPU lost" ? server.address : address, expected).then((one) => found.push(one), (error) => failures.push(error));
    }
    const [made, seconds] = [found.map(({ again }) => again), found.map(({ seconds }) => seconds)];
    const told = found.length === 0 ? "– | – | – | –" : `${middle(made)}, ${Math.max(...made)} | ${middle(seconds).toFixed(1)}, ${Math.max(...seconds).toFixed(1)} | ${Math.max(...found.map(({ lost }) => lost))} | ${
      name === "GPU lost" ? "another device" : `${found.filter(({ equal }) => equal).length} of ${found.length}`}`;
    console.log(`| ${name} | ${times} | ${found.length} | ${told} |`);
    for (const { message } of failures) console.error(`${name}: ${message.slice(0, 2_000)}`);
    if (failures.length > 0 || (name !== "GPU lost" && found.some(({ equal }) => !equal))) process.exitCode = 1;
  }
  if (only.length === 0 || only.includes("train")) {
    const equal = [];
    for (let time = 0; time < Number(times); time += 1) equal.push(await train_ends_equal());
    console.log(`basin train, killed and resumed: ${equal.filter(Boolean).length} of ${times} end as undisturbed`);
    if (equal.includes(false)) process.exitCode = 1;
  }
  if (only.length === 0 || only.includes("window")) {
    const { name, stop } = await screen();
    try {
      const found = [];
      for (let time = 0; time < Number(times); time += 1) found.push(await window_goes_on(name));
      const equal = found.filter(({ equal }) => equal).length;
      console.log(`window, killed and opened again: ${equal} of ${times} end as undisturbed; kept last at step ${found.map(({ step }) => step).join(", ")}`);
      if (equal < found.length) process.exitCode = 1;
    } finally {
      stop();
    }
  }
} finally {
  server.stop();
}
