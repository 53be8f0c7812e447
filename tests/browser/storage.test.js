// The page where the browser stores little or nothing, and where two tabs share what it stores. Beside basin.test.js, which needs
// the same build.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launch_profile, NO_WEBGPU, open, ready, send, shoot, stage, state, until, watch } from "./harness.js";

const on = stage(NO_WEBGPU);

const experiment = { seeds: 2, data: { source: { reviews: { examples: 200 } }, label_noise: 0 }, training: { epochs: 10_000, evaluate_every: 20 } };
const start = (change = {}) => ({ command: "start", experiment: { ...experiment, ...change }, device: "cpu" });
const said = (state, words) => state.messages.filter(({ text }) => words.test(text)).map(({ text }) => text);

/** The run trains on for a while. */
async function trains_on(page) {
  const { step } = await until(page, "the run", (s) => s.phase === "running" && s.measurements > 1 && s);
  await until(page, "more steps", (s) => s.phase === "running" && s.step > step + 200);
}

describe("storage", { timeout: 300_000 }, () => {
  test("that is full is said once, and training goes on", async () => {
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu`);
    await ready(page);
    const session = await page.context().newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(on.server.address).origin, quotaSize: 1_000_000 });
    for (const seeds of [2, 3]) {
      await send(page, start({ seeds }));
      await until(page, "the message on the run", (s) => s.phase === "running" && said(s, /not kept/).some((text) => /This run/.test(text)));
      await trains_on(page);
    }
    const now = await state(page);
    assert.equal(said(now, /This run is not kept/).length, 1, JSON.stringify(now.messages));
    await shoot(page, "storage-full");
    assert.deepEqual(errors, []);
    await close();
  });

  test("that is full of other things keeps no setup, which is said once", async () => {
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu&paused`);
    await ready(page);
    // All characters that a page may store, to the last; settings that are there already could be written over by as many.
    await page.evaluate(() => {
      localStorage.clear();
      for (let length = 2 ** 22; length >= 1; length /= 2) {
        for (let i = 0; ; i += 1) {
          try { localStorage.setItem(`full-${length}-${i}`, "x".repeat(length)); } catch { break; }
        }
      }
    });
    for (const seeds of [2, 3]) await send(page, { ...start({ seeds }), paused: true });
    await until(page, "the message", (s) => said(s, /set up here is not kept/).length > 0);
    await send(page, { ...start({ seeds: 4 }), paused: true });
    await until(page, "the setup", (s) => s.run > 2);
    assert.equal(said(await state(page), /set up here is not kept/).length, 1);
    assert.deepEqual(errors, []);
    await close();
  });

  test("without a file system for pages is said once, and training goes on", async () => {
    const before = (page) => page.route("**/keep.js*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `delete StorageManager.prototype.getDirectory;\n${await response.text()}` });
    });
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu`, { before });
    await ready(page);
    await send(page, start());
    await until(page, "the message", (s) => said(s, /This run is not kept \(this browser has no file system for pages\)/).length > 0);
    await trains_on(page);
    assert.equal(said(await state(page), /not kept/).length, 1);
    assert.deepEqual(errors, []);
    await close();
  });

  test("that is switched off is said once, for the run and for the setup, and training goes on", async () => {
    const profile = mkdtempSync(join(tmpdir(), "basin-profile-"));
    mkdirSync(join(profile, "Default"));
    // "Block all cookies", under which Chromium gives a page no storage of any kind.
    writeFileSync(join(profile, "Default/Preferences"), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
    const context = await launch_profile(profile, NO_WEBGPU);
    try {
      const page = await context.newPage();
      const errors = watch(page);
      await page.goto(`${on.server.address}?device=cpu`);
      await ready(page);
      assert.equal(await page.evaluate(() => { try { return typeof localStorage; } catch (error) { return error.name; } }), "SecurityError", "it is switched off");
      await send(page, start());
      await trains_on(page);
      await send(page, start({ seeds: 3 }));
      await trains_on(page);
      // The page would be kept for the time without a network by now.
      await sleep(4_000);
      const now = await state(page);
      assert.equal(said(now, /This run is not kept/).length, 1, JSON.stringify(now.messages));
        assert.deepEqual(errors, []);
    } finally {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
});

describe("two tabs", { timeout: 300_000 }, () => {
  test("keep what each has changed", async () => {
    const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu&paused`);
    await ready(page);
    const other = await page.context().newPage();
    await other.goto(`${on.server.address}?device=cpu&paused`);
    await ready(other);
    const stored = () => page.evaluate(() => JSON.parse(localStorage.getItem("basin.settings")));
    const kept = async (what, found) => {
      for (let i = 0; i < 200; i += 1) {
        if (found(await stored() ?? {})) return;
        await sleep(100);
      }
      assert.fail(`waited for ${what}: ${JSON.stringify(await stored())}`);
    };
    await page.bringToFront();
    // The panel of the setup is put away in one,
    await page.keyboard.press("Escape");
    await page.keyboard.press("1");
    await kept("the panel", (settings) => settings.show_setup === false);
    // which the other tab is told a moment later;
    await other.waitForFunction(() => JSON.parse(localStorage.getItem("basin.settings"))?.show_setup === false, null, { timeout: 20_000, polling: 100 });
    // another experiment is set up in the other, which still shows its panel.
    await send(other, { ...start({ seeds: 3 }), paused: true });
    await kept("the experiment", (settings) => settings.experiment.seeds === 3);
    assert.equal((await stored()).show_setup, false);
    await page.waitForFunction(() => JSON.parse(localStorage.getItem("basin.settings")).experiment.seeds === 3, null, { timeout: 20_000, polling: 100 });
    await page.keyboard.press("1");
    await kept("the panel again", (settings) => settings.show_setup === true);
    assert.equal((await stored()).experiment.seeds, 3);
    assert.deepEqual(errors, []);
    await close();
  });

  test("go on with their own run each, when they are loaded again", async () => {
    const { page, close } = await open(on.browser, `${on.server.address}?device=cpu`);
    await ready(page);
    const kept = (page) => until(page, "a run that is kept", (s) => s.phase === "running" && s.measurements > 1 && s.open_kept !== null && s);
    await send(page, start());
    const first = (await kept(page)).open_kept;
    const other = await page.context().newPage();
    await other.goto(`${on.server.address}?device=cpu`);
    await ready(other);
    await send(other, start({ seeds: 3 }));
    const second = (await until(other, "a run of its own", (s) => s.phase === "running" && s.open_kept !== null && s.open_kept !== first && s)).open_kept;
    for (const [page_of, run] of [[page, first], [other, second]]) {
      await page_of.reload();
      await ready(page_of);
      await until(page_of, "its own run", (s) => s.phase === "running" && s.open_kept === run && s.measurements > 2);
    }
    await close();
  });
});
