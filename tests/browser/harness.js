// What the tests share: the server, a browser, a page whose console is watched, and the pixels of a screenshot.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Quiet and self-contained: nothing is fetched in the background. */
const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** A WebGPU adapter without a GPU. ANGLE on SwiftShader too, or the GPU process dies with the first frame that it shows. */
export const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan", "--use-vulkan=swiftshader", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];

/** No adapter; the page is drawn with WebGL, on SwiftShader. */
export const NO_WEBGPU = ["--enable-unsafe-swiftshader"];

/** Starts `basin-bundle serve` on web/dist: that of BASIN_BUNDLE, or cargo's. */
function bundle(...words) {
  const [program, ...first] = process.env.BASIN_BUNDLE ? [process.env.BASIN_BUNDLE] : ["cargo", "run", "--release", "--quiet", "-p", "basin-bundle", "--"];
  return spawn(program, [...first, "serve", "--no-build", ...words], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
}

/** Writes web/dist into a folder, for another host. */
export async function export_to(folder) {
  const [code] = await once(bundle("--export", folder), "exit");
  assert.equal(code, 0);
}

/** Serves web/dist on a free port. */
export async function serve() {
  const server = bundle("--port", "0");
  const address = within(120, "the server to print its address", new Promise((resolve, reject) => {
    let text = "";
    server.stdout.on("data", (data) => {
      text += data;
      const found = /http:\/\/\S+/.exec(text);
      if (found) resolve(found[0]);
    });
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`the server ended with code ${code}: ${text}`)));
  }));
  try {
    return { address: await address, stop: () => server.kill() };
  } catch (error) {
    server.kill();
    throw error;
  }
}

/** Starts Chromium with these flags besides the common ones. */
export function launch(flags) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...flags], timeout: 60_000 });
}

/** Starts Chromium on a profile in this folder; one window has all its pages. */
export function launch_profile(folder, flags) {
  return chromium.launchPersistentContext(folder, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...flags], viewport: { width: 1440, height: 900 }, timeout: 60_000 });
}

/** Collects what the console of a page and its workers complain about. */
export function watch(page) {
  const errors = [];
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

/** A server and a browser with these flags, while the tests around run. */
export function stage(flags) {
  const stage = {};
  before(async () => {
    stage.server = await serve();
    stage.browser = await launch(flags);
  });
  after(async () => {
    await stage.browser?.close();
    stage.server?.stop();
  });
  return stage;
}

/**
 * Opens a page in a fresh profile; `errors` collects what its console and its workers complain about. Where something is done to the
 * page `before`, there is no service worker: what it serves, no test can change.
 */
export async function open(browser, address, { size = { width: 1440, height: 900 }, touch = false, ratio = 1, before } = {}) {
  const context = await browser.newContext({ viewport: size, hasTouch: touch, isMobile: touch, deviceScaleFactor: ratio, serviceWorkers: before ? "block" : "allow" });
  const page = await context.newPage();
  const errors = watch(page);
  await before?.(page);
  await page.goto(address);
  return { page, errors, close: () => context.close() };
}

/** Waits until scripts may use the page. */
export async function ready(page) {
  await within(60, "basin.ready", page.evaluate(async () => {
    // A page that has just been loaded anew has not come so far.
    while (!window.basin) await new Promise((resolve) => { setTimeout(resolve, 20); });
    await window.basin.ready;
  }));
}

export function state(page) {
  return page.evaluate(() => window.basin.state());
}

export function send(page, command) {
  return page.evaluate((command) => window.basin.send(command), command);
}

/** Presses a button of the accessible view, or what else is pressed there. */
export async function click(page, name, role = "button") {
  const button = page.getByRole(role, { name, exact: true });
  await button.waitFor({ state: "attached", timeout: 10_000 });
  await button.evaluate((button) => button.click());
}

/** Looks at the state until `found` returns something; on time-out the last state is told. */
export async function until(page, what, found, seconds = 60) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const now = await state(page);
    const result = await found(now);
    if (result) return result;
    if (Date.now() > end) {
      assert.fail(`waited ${seconds} s for ${what}; the state is ${JSON.stringify(now, null, 1).slice(0, 6000)}`);
    }
    await sleep(100);
  }
}

/** Rejects when `promise` takes longer. */
export async function within(seconds, what, promise) {
  const late = new AbortController();
  const limit = sleep(1000 * seconds, undefined, { signal: late.signal }).then(() => assert.fail(`waited ${seconds} s for ${what}`), () => {});
  try {
    return await Promise.race([promise, limit]);
  } finally {
    late.abort();
  }
}

/** Takes a screenshot, into BASIN_SHOTS when that is set. */
export function shoot(page, name) {
  const folder = process.env.BASIN_SHOTS;
  if (folder) mkdirSync(folder, { recursive: true });
  return page.screenshot(folder ? { path: join(folder, `${name}.png`) } : {});
}

/** Counts the colours of a screenshot; the browser itself decodes it, in a page of its own. */
export async function colours(browser, png) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const drawing = new OffscreenCanvas(image.width, image.height).getContext("2d");
      drawing.drawImage(image, 0, 0);
      const counts = new Map();
      for (const pixel of new Uint32Array(drawing.getImageData(0, 0, image.width, image.height).data.buffer)) {
        counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
      }
      return { number: counts.size, largestShare: Math.max(...counts.values()) / (image.width * image.height) };
    }, png.toString("base64"));
  } finally {
    await page.close();
  }
}
