// Links in the page: what they keep of a visitor's own, what the address says, how one is copied without https, a lesson from an
// address, and the page as a part of another one.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { click, NO_WEBGPU, open, ready, send, stage, state, until, within } from "./harness.js";

const on = stage(NO_WEBGPU);

const link = (content) => `3.${Buffer.from(JSON.stringify(content)).toString("base64url")}`;
const small = { seeds: 2, lanes: ["sgd", "sam"], data: { source: { reviews: { examples: 200 } } }, training: { epochs: 2000 } };

const stored = (page) => page.evaluate(() => localStorage.getItem("basin.settings"));

/** Serves these pages, by path, on an origin of its own. */
async function host(pages, headers = {}) {
  const pages_of = createServer((request, response) => {
    const page = pages[request.url.split("?")[0]];
    response.writeHead(page ? 200 : 404, { "content-type": "text/html", ...headers });
    response.end(page ?? "");
  });
  await new Promise((resolve) => pages_of.listen(0, "127.0.0.1", resolve));
  // A test that fails leaves it open.
  pages_of.unref();
  return { origin: `http://127.0.0.1:${pages_of.address().port}`, stop: () => pages_of.close() };
}

describe("a link", { timeout: 240_000 }, () => {
  test("keeps the visitor's own setup, and its address follows what is changed", async () => {
    const handed = link({ experiment: small, view: { middle: "Step" }, time: { paused: true }, locks: { hidden: ["landscape"] } });
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu#${handed}`);
    await ready(page);
    const first = await until(page, "the run to wait", (s) => s.phase === "paused" && s.step === 0 && s);
    const said = (link) => JSON.parse(Buffer.from(link.split(".")[1], "base64url"));
    const { view, time, locks } = said(first.link);
    assert.deepEqual([view.middle, time.paused, locks.hidden], ["Step", true, ["landscape"]]);
    assert.doesNotMatch(await stored(page), /reviews/, "his own setup is another one");
    await send(page, { command: "start", run: 0, experiment: { ...small, seeds: 3 }, device: "cpu", paused: true });
    await until(page, "the change", (s) => s.phase === "paused" && s.link !== first.link);
    await sleep(800);
    const address = new URL(page.url());
    assert.equal(address.hash.slice(1), (await state(page)).link);
    assert.equal(address.search, "?device=cpu");
    await page.reload();
    await ready(page);
    const again = await until(page, "the run", (s) => s.phase === "paused" && s);
    assert.equal(again.link, address.hash.slice(1), "a reload keeps the change");
    assert.doesNotMatch(await stored(page), /reviews/);
    assert.deepEqual(errors, []);
    await close();
  });

  test("that names what there is not says so", async () => {
    const { page, close } = await open(on.browser, `${on.server.address}?device=cpu#${link({ view: { middle: "Moon" } })}`);
    await ready(page);
    await until(page, "the message", (s) => s.failure?.includes("view.middle"));
    await close();
  });

  test("that needs a pre-trained encoder says where there is one", async () => {
    const handed = link({ experiment: { ...small, model: { kind: "sentence" } } });
    const before = (page) => page.route("**/encoder/**", (route) => route.fulfill({ status: 404 }));
    const { page, close } = await open(on.browser, `${on.server.address}?device=cpu#${handed}`, { before });
    await ready(page);
    await until(page, "the message", (s) => s.failure?.includes("whoever serves it adds one with `basin data get minilm`"));
    await close();
  });
});

describe("copying", { timeout: 120_000 }, () => {
  const copy = (page) => page.locator("#copy");

  async function press_copy(page) {
    await click(page, "Share…");
    await click(page, "Copy");
  }

  test("without https the old way is taken, and where that fails a field stays to copy from", async () => {
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu&paused&accessible`, {
      before: (page) => page.addInitScript(() => {
        Object.defineProperty(navigator, "clipboard", { value: undefined });
        window.refused = false;
        const original = document.execCommand.bind(document);
        document.execCommand = (name) => !window.refused && original(name);
      }),
    });
    await ready(page);
    await until(page, "the run", (s) => s.phase === "paused");
    await page.evaluate(() => { window.refused = true; });
    await press_copy(page);
    await copy(page).waitFor({ timeout: 5_000 });
    const chosen = await page.evaluate(() => {
      const field = document.getElementById("copy-text");
      return field.value.slice(field.selectionStart, field.selectionEnd);
    });
    assert.match(chosen, /^http.*#3\./, "all of it is selected");
    assert.match(await copy(page).innerText(), /press Ctrl\+C/);
    assert.ok(!JSON.stringify((await state(page)).messages).includes("clipboard"), "nothing says that it was copied");
    await page.evaluate(() => { window.refused = false; });
    await page.locator("#copy-again").click();
    assert.match(await copy(page).innerText(), /Copied\./);
    await page.locator("#copy-close").click();
    assert.ok(await copy(page).isHidden());
    assert.deepEqual(errors, []);
    await close();
  });
});

describe("a lesson in the address", { timeout: 240_000 }, () => {
  const lesson = "---\ntitle: Mine\nminutes: 1\nlevel: easy\nepochs: 3\n---\n## My step\nMy text.\n";

  test("is fetched from this host, checked, and opened; nothing trains before", async () => {
    const route = (page) => page.route("**/mine.md", (route) => route.fulfill({ body: lesson, contentType: "text/markdown" }));
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu&lesson=mine.md`, { before: route });
    await ready(page);
    await sleep(1500);
    const now = await state(page);
    assert.equal(now.failure ?? null, null);
    assert.equal(now.phase, "idle");
    assert.deepEqual(errors, []);
    await close();
  });

  for (const [what, response, told] of [
    ["is no lesson", { body: lesson.replace("easy", "simple") }, /line 4: `simple` is no level/],
    ["is not there", { status: 404, body: "" }, /status 404/],
    ["is too large", { body: "x".repeat(300_000) }, /more than 256 kB/],
  ]) {
    test(`that ${what} is told`, async () => {
      const route = (page) => page.route("**/mine.md", (route) => route.fulfill({ contentType: "text/markdown", ...response }));
      const { page, close } = await open(on.browser, `${on.server.address}?device=cpu&lesson=mine.md`, { before: route });
      await ready(page);
      await until(page, "the message", (s) => told.test(s.failure ?? ""), 20);
      await close();
    });
  }

  test("from another host is fetched only when somebody agrees, and by https", async () => {
    for (const [lesson, told] of [["http://example.org/mine.md", /only addresses with https/], ["https://example.org/mine.md", /could not be fetched/]]) {
      const asked = [];
      const before = (page) => page.route((url) => url.hostname === "example.org", (route) => { asked.push(route.request().url()); return route.abort(); });
      const { page, close } = await open(on.browser, `${on.server.address}?device=cpu&accessible&lesson=${lesson}`, { before });
      await ready(page);
      await until(page, "the question", (s) => s.notices.some((text) => text.includes(`from another host, ${lesson}`)), 20);
      assert.deepEqual(asked, []);
      await click(page, "Fetch it");
      await until(page, "the message", (s) => told.test(s.failure ?? ""), 20);
      assert.deepEqual(asked, lesson.startsWith("https") ? [lesson] : []);
      await close();
    }
  });
});

describe("the page as a part of another one", { timeout: 240_000 }, () => {
  const around = (source) => `<!doctype html><title>around</title><iframe id="basin" width="800" height="500" src="${source}"></iframe>
    <script>window.told = []; addEventListener("message", (m) => told.push({ origin: m.origin, basin: m.data.basin }));</script>`;
  const command = (page, command) => page.evaluate((command) => document.getElementById("basin").contentWindow.postMessage({ basin: command }, "*"), command);
  const told = (page, event) => page.evaluate((event) => window.told.filter((m) => m.basin?.event === event), event);
  const waits = (page, what, found) => within(60, what, page.waitForFunction(found, null, { polling: 100 }));

  test("takes commands from the page that the address names, and tells it how the run goes", async () => {
    const pages = {};
    const other = await host(pages);
    pages["/"] = around(`${on.server.address}?embed=curves,landscape&device=cpu&origin=${other.origin}#${link({ experiment: small, time: { paused: true } })}`);
    const { page, close } = await open(on.browser, other.origin);
    await waits(page, "the state", () => window.told.some((m) => m.basin?.event === "state" && m.basin.state.phase === "paused"));
    const [first] = await told(page, "ready");
    assert.equal(first.origin, new URL(on.server.address).origin);
    await command(page, { command: "resume" });
    await waits(page, "the run", () => window.told.some((m) => m.basin?.event === "state" && m.basin.state.phase === "running" && m.basin.state.step > 5));
    await command(page, { command: "dance" });
    await waits(page, "the refusal", () => window.told.some((m) => m.basin?.event === "refused" && /dance/.test(m.basin.text)));
    await close();
    other.stop();
  });

  test("neither hears nor tells a page of another origin", async () => {
    const pages = {};
    const other = await host(pages);
    pages["/"] = around(`${on.server.address}?embed=curves&device=cpu#${link({ experiment: small, time: { paused: true } })}`);
    const { page, close } = await open(on.browser, other.origin);
    const inside = await within(60, "the frame", (async () => { for (;;) { const frame = page.frames().find((f) => f.url().includes("embed")); if (frame) return frame; await sleep(100); } })());
    await within(60, "basin", inside.waitForFunction(() => window.basin?.ready.then(() => true)));
    await within(60, "the run", inside.waitForFunction(() => window.basin.state().phase === "paused", null, { polling: 100 }));
    await command(page, { command: "resume" });
    await sleep(1500);
    assert.equal(await inside.evaluate(() => window.basin.state().phase), "paused");
    assert.deepEqual(await page.evaluate(() => window.told), []);
    assert.equal(await inside.evaluate(() => localStorage.getItem("basin.settings")), null, "nothing is kept of it");
    assert.deepEqual(await inside.evaluate(async () => Array.fromAsync((await navigator.storage.getDirectory()).keys())), [], "nor of its run");
    await close();
    other.stop();
  });
});
