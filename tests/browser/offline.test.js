// The page on another host: without a network after one visit, when a new version comes, and under its own rules. Beside
// basin.test.js, which needs the same build.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, NO_WEBGPU, open, ready, send, serve, shoot, state, until } from "./harness.js";
import { headers_of, host, version_of } from "./host.js";

let site;
let browser;
before(async () => { site = await host(); browser = await launch(NO_WEBGPU); });
after(async () => { await browser?.close(); site?.stop(); });

const experiment = { seeds: 2, data: { source: { reviews: { examples: 200 } }, label_noise: 0 }, training: { epochs: 10_000, evaluate_every: 20 } };
const start = { command: "start", experiment, device: "cpu" };

/** The versions that the browser keeps. */
const kept = (page) => page.evaluate(async () => (await caches.keys()).map((name) => name.split(" ").at(-1)).sort());
/** The version that the page is of. */
const version = (page) => page.evaluate(() => new URL(document.getElementById("main").src).searchParams.get("v"));
/** A file of the version that the page is of, as this page gets it. */
const text = (page, file) => page.evaluate((file) => fetch(`${file}${new URL(document.getElementById("main").src).search}`).then((answer) => answer.text()), file);

async function wait(what, found, seconds = 30) {
  for (const end = Date.now() + 1000 * seconds; ; await sleep(100)) {
    const result = await found();
    if (result) return result;
    if (Date.now() > end) assert.fail(`waited ${seconds} s for ${what}`);
  }
}

/** Where no run is of interest. */
const PAUSED = "?device=cpu&paused";

/** A first visit that lasts until the page is kept. */
async function visited(query = "?device=cpu") {
  const opened = await open(browser, `${site.address}${query}`);
  await ready(opened.page);
  await opened.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  return opened;
}

async function tab(context, query = "?device=cpu") {
  const other = await context.newPage();
  await other.goto(`${site.address}${query}`);
  await ready(other);
  return other;
}

/** Has the browser look for another version, as it does by itself at every visit and every hour. */
const look = (page) => page.evaluate(() => navigator.serviceWorker.getRegistration().then((registration) => registration.update()).then(() => true, () => false));

const says = (state) => state.notices.some((text) => text.includes("A new version of Basin is ready"));

/** The page is loaded again and is of another version, where nothing is in its way. */
async function renewed(page, next) {
  site.serve(next);
  await look(page);
  await until(page, "the announcement", says);
  await page.reload();
  await wait("the page of the new version", async () => await version(page).catch(() => null) === version_of(next));
  await ready(page);
}

/** Presses a button by way of the mirror, as a screen reader does. */
const press = (page, name) => page.getByRole("button", { name, exact: true }).dispatchEvent("click");

describe("without a network", { timeout: 600_000 }, () => {
  test("the page opens, trains and goes on with its run, after one visit", async () => {
    const { page, errors, close } = await visited();
    await send(page, start);
    const { open_kept } = await until(page, "a run that is kept", (s) => s.phase === "running" && s.open_kept !== null && s);
    site.asked();
    site.lose();
    try {
      await page.reload();
      await ready(page);
      const now = await until(page, "the run of before", (s) => s.phase === "running" && s.measurements > 2 && s.open_kept === open_kept && s);
      assert.ok(now.notices.some((text) => /was here last time/.test(text)), JSON.stringify(now.notices));
      // Another thread loads the same files anew.
      await page.workers()[0].evaluate(() => self.close());
      await until(page, "another thread", (s) => s.notices.some((text) => /ended without a word.*goes on/.test(text)) && s.phase === "running");
      const context = page.context();
      await page.close();
      const other = await tab(context, "?lesson=03-one-sam-step");
      await until(other, "a lesson", (s) => s.phase !== "preparing");
      assert.equal((await state(other)).failure, null);
      assert.deepEqual(errors, []);
      assert.deepEqual(site.asked(), []);
    } finally {
      await site.find();
    }
    await close();
  });

  test("a data set that was used is there, also in the next version", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${["a fine lamp", "a poor lamp"][i % 2]} number ${i}\t${["good", "bad"][i % 2]}\n`).join("");
    const files = { "data/lamps.tsv": `text\tlabel\n${rows}`, "data/lamps.LICENCE.txt": "CC0", "data/other.tsv": "text\tlabel\n", "data/other.LICENCE.txt": "CC0", "data/index.json": '{"lamps":["lamps.tsv","lamps.LICENCE.txt"],"other":["other.tsv","other.LICENCE.txt"]}' };
    site.serve(site.another("with sets", { files }));
    try {
      const { page, close } = await visited(PAUSED);
      const on_it = { ...start, experiment: { ...experiment, data: { source: { library: { name: "lamps" } } } } };
      const sets = () => page.evaluate(async () => {
        const names = await caches.keys();
        const lists = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => `${name.split(" ").at(-1)} ${url.split("/").at(-1)}`)));
        return lists.flat().filter((name) => name.endsWith(".tsv"));
      });
      await page.reload();
      await ready(page);
      assert.deepEqual(await sets(), [], "nobody has used one");
      await send(page, on_it);
      await until(page, "a run on it", (s) => s.phase === "running" && s.data?.includes("lamps"));
      assert.deepEqual(await sets(), [`${await version(page)} lamps.tsv`]);
      // While a page draws without a pause, Chromium puts looking off, by a minute at most.
      await send(page, { command: "pause" });
      const next = site.another("with sets still", { files });
      await renewed(page, next);
      await wait("the old version to go", async () => (await kept(page)).length === 1);
      site.lose();
      await page.reload();
      await ready(page);
      await send(page, { ...on_it, experiment: { ...on_it.experiment, seeds: 3 } });
      await until(page, "another run on it", (s) => s.phase === "running" && s.data?.includes("lamps") && s.measurements > 1);
      assert.deepEqual(await sets(), [`${await version(page)} lamps.tsv`]);
      await close();
    } finally {
      await site.find();
      site.serve(site.folder);
    }
  });

  test("a sweep has its helpers", async () => {
    const { page, errors, close } = await visited();
    const experiment = { seeds: 2, data: { source: { films: { examples: 200 } }, validation: true }, training: { epochs: 2 }, lanes: ["sam:rho=0"] };
    for (const cores of [1, 2]) {
      await send(page, { command: "sweep", grid: { experiment, radii: [0.1 * cores, 0.3 * cores], validation: 0.2 }, cores });
      await until(page, "the sweep", (s) => s.sweep?.cores === cores && s.sweep.done === 4 && s.sweep.runs === 4);
    }
    assert.equal((await state(page)).failure, null);
    assert.deepEqual(errors, []);
    await close();
  });

  test("nothing is asked of the host again but whether there is a new version", async () => {
    const { page, close } = await visited(PAUSED);
    site.asked();
    await page.reload();
    await ready(page);
    const asked = new Set();
    await wait("the question", () => site.asked().forEach((path) => asked.add(path)) ?? asked.size > 0);
    await sleep(2_000);
    assert.deepEqual([...asked, ...site.asked()].filter((path) => path !== "/basin/service.js"), []);
    await close();
  });

  test("an embedded page keeps nothing", async () => {
    const { page, close } = await open(browser, `${site.address}?embed=curves&device=cpu`);
    await ready(page);
    await sleep(4_000);
    assert.deepEqual(await page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]), [0, 0]);
    await close();
  });

  test("it can be installed", async () => {
    const { page, close } = await visited(PAUSED);
    const session = await page.context().newCDPSession(page);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    // A test's window is a private one; nothing else is in the way.
    assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"), []);
    const { data, errors } = await session.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    for (const { src, sizes } of JSON.parse(data).icons) {
      const size = await page.evaluate((src) => new Promise((resolve, reject) => { const image = new Image(); image.onload = () => resolve(image.naturalWidth); image.onerror = () => reject(new Error(src)); image.src = src; }), src);
      if (sizes !== "any") assert.equal(`${size}x${size}`, sizes, src);
    }
    await close();
  });
});

describe("a new version", { timeout: 600_000 }, () => {
  after(() => site.serve(site.folder));

  test("waits until it is taken, and then is there as a whole; another tab keeps the one it has", async () => {
    const { page, errors, close } = await visited("?device=cpu&accessible");
    const other = await tab(page.context());
    await send(page, start);
    const { run, open_kept } = await until(page, "a run that is kept", (s) => s.phase === "running" && s.open_kept !== null && s);
    const [old, next] = [await version(page), site.another("second")];
    site.serve(next);
    await look(page);
    for (const any of [page, other]) await until(any, "the announcement", says);
    await shoot(page, "a-new-version");
    // Nothing is taken by a reload, as long as there is another tab.
    await other.reload();
    await ready(other);
    assert.equal(await version(other), old);
    assert.equal((await state(page)).run, run, "nothing happens to the run");

    await press(page, "Load the new version");
    await wait("the page of the new version", async () => await version(page).catch(() => null) === version_of(next));
    await ready(page);
    assert.match(await text(page, "style.css"), /second/);
    await until(page, "the run of before", (s) => s.phase === "running" && s.open_kept === open_kept && s.measurements > 2);

    assert.equal(await version(other), old);
    assert.doesNotMatch(await text(other, "style.css"), /second/, "not one file of the new version in a tab of the old one");
    assert.deepEqual(await kept(page), [old, version_of(next)].sort());
    await other.close();
    await page.reload();
    await ready(page);
    await wait("the old version to go", async () => (await kept(page)).join() === version_of(next));
    assert.deepEqual(errors, []);
    await close();
    site.serve(site.folder);
  });

  test("comes by itself where there is nothing to lose: with the next page, when no other is open", async () => {
    const { page, close } = await visited(PAUSED);
    const next = site.another("third");
    await renewed(page, next);
    await wait("the old version to go", async () => (await kept(page)).join() === version_of(next));
    await close();
    site.serve(site.folder);
  });

  test("of which a half has arrived is none", async () => {
    const { page, close } = await visited(PAUSED);
    const old = await version(page);
    const half = site.another("fourth", { half: true });
    site.serve(half);
    await look(page);
    await wait("the half to be thrown away", async () => (await kept(page)).join() === old);
    await page.reload();
    await ready(page);
    assert.equal(await version(page), old);
    assert.equal(says(await state(page)), false);
    // When the other half has arrived, it is looked for again.
    site.serve(site.another("fourth"));
    await look(page);
    await until(page, "the announcement", says);
    await close();
    site.serve(site.folder);
  });
});

describe("the rules of the page", { timeout: 120_000 }, () => {
  test("are the same in its meta, in the server's headers and in the header file", async () => {
    const server = await serve();
    try {
      const response = await fetch(server.address);
      const meta = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(await response.text())[1];
      const file = headers_of(site.folder);
      const alone = (policy) => policy.replace(/; frame-ancestors .*$/, "");
      assert.equal(meta, alone(response.headers.get("content-security-policy")));
      assert.equal(meta, alone(file["content-security-policy"]));
      for (const [name, value] of Object.entries(file)) {
        if (name !== "content-security-policy") assert.equal(response.headers.get(name), value, name);
      }
    } finally {
      server.stop();
    }
  });

  test("hold where a host sends none of them", async () => {
    site.forget();
    const { page, errors, close } = await open(browser, `${site.address}?device=cpu`);
    await ready(page);
    await until(page, "a run", (s) => s.phase === "running");
    assert.deepEqual(errors, [], "it needs nothing that it forbids itself");
    const refused = await page.evaluate(() => new Promise((resolve) => {
      addEventListener("securitypolicyviolation", ({ violatedDirective }) => resolve(violatedDirective));
      document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
      setTimeout(resolve, 2_000, "nothing");
    }));
    assert.match(refused, /^script-src/);
    assert.equal(await page.evaluate(() => window.ran), undefined);
    await close();
  });
});
