// The page when something breaks: what is left of the run, the setup and the message. Beside basin.test.js, which needs
// the same build.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { colours, launch, launch_profile, NO_WEBGPU, open, ready, send, shoot, stage, state, until, WEBGPU, within } from "./harness.js";
import { browser_killed, renderer_killed } from "./killed.js";
import { lose_device, numbers, remember_device, short, slow, STEPS, undisturbed } from "./short.js";

const on = stage(NO_WEBGPU);

const base64 = (text) => Buffer.from(text).toString("base64");
const file = (name, text) => ({ name, bytes: base64(text) });
const rows = (count, row) => Array.from({ length: count }, (_, i) => row(i)).join("\n");
const good = file("good.csv", `text,label\n${rows(60, (i) => `${["a fine lamp", "a poor lamp"][i % 2]} number ${i},${["good", "bad"][i % 2]}`)}\n`);

/** A small run that does not end by itself. */
const experiment = { seeds: 2, data: { source: { reviews: { examples: 200 } }, label_noise: 0 }, training: { epochs: 10_000, evaluate_every: 20 } };
const on_file = (name) => ({ ...experiment, data: { source: { file: { name } }, label_noise: 0 } });
const start = (experiment, more = {}) => ({ command: "start", experiment, device: "cpu", ...more });

/** A page with a run that trains. */
async function training(path = "?device=cpu") {
  const opened = await open(on.browser, `${on.server.address}${path}`);
  await ready(opened.page);
  await send(opened.page, start(experiment));
  const { run } = await until(opened.page, "the run", (s) => s.phase === "running" && s.measurements >= 2 && s);
  return { ...opened, run };
}

/** The run is the one that it was, and goes on. */
async function goes_on(page, run) {
  const { step } = await state(page);
  const now = await until(page, "the run to go on", (s) => s.phase === "running" && s.step > step + 5 && s);
  assert.equal(now.run, run);
  assert.ok(now.measurements >= 2, "its curves are there");
}

describe("answers that are no numbers", { timeout: 120_000 }, () => {
  test("a question on lanes that diverged is answered, again and again", async () => {
    const { page, errors, close } = await training();
    const text = "a good lamp";
    await send(page, { command: "classify", text });
    await until(page, "the first answer", (s) => s.answer?.text === text);
    await send(page, start({ ...experiment, training: { ...experiment.training, learning_rate: 100, weight_decay: 1 } }));
    await send(page, { command: "classify", text });
    const { answer } = await until(page, "an answer of lanes that diverged", (s) =>
      s.lanes.every((lane) => lane.diverged === 2) && s.answer?.lanes.every((lane) => lane.probabilities.every((p) => p === null)) && s);
    assert.equal(answer.lanes.length, 3);
    await send(page, start(experiment));
    await until(page, "another run", (s) => s.phase === "running" && s.lanes.every((lane) => lane.diverged === 0 && lane.train_loss > 0));
    assert.deepEqual(errors, []);
    await close();
  });
});

/** A page with the short run on its way, kept at least once. */
async function on_its_way(path = "?device=cpu", options = {}) {
  const opened = await open(options.browser ?? on.browser, `${on.server.address}${path}`, options);
  await ready(opened.page);
  await send(opened.page, slow);
  await send(opened.page, start(short, options.more));
  const stood = await until(opened.page, "a run that is kept", (s) => s.phase === "running" && s.step > 130 && (options.unkept || s.open_kept !== null) && s, 120);
  return { ...opened, stood };
}

/** The run that trains ends as it does where nobody disturbs it. */
let expected = null;
async function ends_as_undisturbed(page) {
  expected ??= await undisturbed(on.browser, on.server.address);
  const end = await until(page, "the end", (s) => s.phase === "finished" && s.step === STEPS && s);
  assert.deepEqual(numbers(end), expected);
  assert.ok(end.measurements >= 21, `${end.measurements} measurements: the curves are whole`);
}

const notice = (state, words) => state.notices.some((text) => words.test(text));

describe("a run goes on", { timeout: 300_000 }, () => {
  test("after a reload, where it stood", async () => {
    const { page, errors, stood, close } = await on_its_way();
    await page.reload();
    await ready(page);
    const now = await until(page, "the run of before", (s) => notice(s, /was here last time: it goes on from step/) && s.measurements > 5 && s);
    // Its curves come piece by piece, so that where it stands is in what it says of itself.
    const from = now.notices.map((text) => /it goes on from step ([\d,]+)/.exec(text)?.[1].replaceAll(",", "")).find(Boolean);
    assert.ok(from >= stood.kept[0].step, `from ${from}, it was kept at ${stood.kept[0].step}`);
    assert.equal(now.changed, false);
    await ends_as_undisturbed(page);
    assert.deepEqual(errors, []);
    await close();
  });

  test("in another tab when its own was closed, and waits where it waited", async () => {
    const { page, close } = await on_its_way();
    await send(page, { command: "pause" });
    const { step } = await until(page, "the pause to be kept", (s) => s.phase === "paused" && s.kept[0].running === false && s.kept[0].step === s.step && s);
    const context = page.context();
    await page.close();
    const next = await context.newPage();
    await next.goto(`${on.server.address}?device=cpu`);
    await ready(next);
    const now = await until(next, "the run of before", (s) => s.phase === "paused" && s);
    assert.equal(now.step, step);
    await send(next, { command: "resume" });
    await ends_as_undisturbed(next);
    await close();
  });

  test("when its thread ends without a word", async () => {
    const { page, close } = await on_its_way();
    await page.workers()[0].evaluate(() => self.close());
    await until(page, "the message", (s) => notice(s, /ended without a word.*goes on in another one, from step/), 30);
    await ends_as_undisturbed(page);
    assert.equal((await state(page)).failure, null, "a run that goes on has nothing to complain of");
    await close();
  });

  test("when its thread fails", async () => {
    const { page, close } = await on_its_way();
    await page.workers()[0].evaluate(() => { setTimeout(() => { throw new Error("on purpose"); }); });
    await until(page, "the message", (s) => notice(s, /on purpose.*goes on in another one, from step/), 30);
    await ends_as_undisturbed(page);
    await close();
  });

  test("where the browser has no files for it, as long as the page lives", async () => {
    const none = { status: 200, contentType: "text/javascript", body: "export async function files() { throw new Error('no files in here'); }" };
    const before = (page) => page.route("**/keep.js*", (route) => route.fulfill(none));
    const { page, close } = await on_its_way("?device=cpu", { before, unkept: true });
    const told = (await state(page)).messages.filter(({ text }) => text.includes("not kept (no files in here)"));
    assert.equal(told.length, 1);
    await page.workers()[0].evaluate(() => self.close());
    await until(page, "the message", (s) => notice(s, /ended without a word.*goes on in another one/), 30);
    await ends_as_undisturbed(page);
    await close();
  });

  for (const [what, kill] of [["renderer", renderer_killed], ["browser", browser_killed]]) {
    test(`when its ${what} is killed`, async () => {
      const [profile, address] = [mkdtempSync(join(tmpdir(), "basin-killed-")), `${on.server.address}?device=cpu`];
      let context = await launch_profile(profile, NO_WEBGPU);
      let page = context.pages()[0];
      await page.goto(address);
      await ready(page);
      await send(page, slow);
      await send(page, start(short));
      await until(page, "a run that is kept", (s) => s.phase === "running" && s.step > 130 && s.open_kept !== null, 120);
      ({ context, page } = await kill({ context, page, profile, address }));
      await ready(page);
      await until(page, "the run of before", (s) => notice(s, /was here last time: it goes on from step/), 60);
      await ends_as_undisturbed(page);
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  test("when its GPU is gone, on the CPU", async () => {
    const own = await launch(WEBGPU);
    const before = remember_device;
    const { page } = await on_its_way("", { browser: own, before, more: { device: "gpu" } });
    assert.match((await state(page)).device, /GPU/);
    await lose_device(page);
    const now = await until(page, "the run on the CPU", (s) => notice(s, /GPU was lost.*goes on/) && s.device === "CPU" && s.phase !== "preparing" && s, 120);
    assert.ok(now.step > 0);
    await until(page, "the end", (s) => s.phase === "finished" && s.step === STEPS, 120);
    await own.close();
  });

  test("beside another tab, which has a run of its own", async () => {
    const { page, close } = await on_its_way();
    const other = await page.context().newPage();
    await other.goto(`${on.server.address}?device=cpu`);
    await ready(other);
    const there = await until(other, "a run of its own", (s) => s.phase === "running" && s.measurements > 1 && s);
    // Set up alike, for the two share what is stored; but begun anew.
    assert.ok(there.kept.some(({ elsewhere }) => elsewhere) && !notice(there, /from step/));
    await ends_as_undisturbed(page);
    await other.close();
    await close();
  });
});

describe("what is asked for in vain", { timeout: 180_000 }, () => {
  for (const [what, path, words] of [
    ["a damaged link", "?device=cpu#1.zzz", /damaged/],
    ["a link of another version", "?device=cpu#9.e30", /starts with/],
    ["a link out of bounds", "?device=cpu#1.eyJzZWVkcyI6ODAwfQ", /seeds is 800/],
    ["a device that does not exist", "?device=bogus", /bogus/],
  ]) {
    test(`${what} stays on the screen, and nothing trains in its place`, async () => {
      const { page, errors, close } = await open(on.browser, `${on.server.address}${path}`);
      await ready(page);
      await until(page, "the message", (s) => words.test(s.failure ?? ""));
      await sleep(3_000);
      const now = await state(page);
      assert.match(now.failure ?? "", words);
      assert.deepEqual([now.phase, now.measurements], ["idle", 0]);
      assert.deepEqual(errors, []);
      await close();
    });
  }

  test("a file that is refused leaves the run that trains", async () => {
    const { page, run, errors, close } = await training();
    for (const [experiment, files, words] of [
      [on_file("one.csv"), { train: file("one.csv", rows(30, (i) => `same,text number ${i}`)) }, /one\.csv/],
      [on_file("good.csv"), { train: good, test: file("head.csv", "text,label\n") }, /head\.csv/],
    ]) {
      await send(page, start(experiment, { files }));
      const { failure } = await until(page, "the message", (s) => words.test(s.failure ?? "") && s.phase === "running" && s);
      assert.match(failure, /The run before goes on/);
      await goes_on(page, run);
    }
    await send(page, { command: "restore", bytes: base64("hello"), device: "cpu" });
    await until(page, "the message", (s) => s.failure?.includes("no saved run"));
    await goes_on(page, run);
    // A good one takes the messages off.
    await send(page, start(on_file("good.csv"), { files: { train: good } }));
    await until(page, "the run on the file", (s) => s.phase === "running" && s.data?.includes("good.csv") && s.failure === null);
    assert.deepEqual(errors, []);
    await close();
  });

  test("a data set that is not there, on a host that has an answer to everything", async () => {
    const html = { status: 200, contentType: "text/html", body: "<!doctype html>welcome" };
    const { page, close } = await open(on.browser, `${on.server.address}?device=cpu`, { before: (page) => page.route("**/data/**", (route) => route.fulfill(html)) });
    await ready(page);
    await until(page, "the first run", (s) => s.phase === "running");
    await send(page, start({ data: { source: { library: { name: "nosuch" } } } }));
    const { failure } = await until(page, "the message", (s) => s.failure?.includes("nosuch") && s);
    assert.match(failure, /There is no data set nosuch here/);
    assert.doesNotMatch(failure, /https?:|\.js/, "no trace of calls");
    await close();
  });
});

describe("what a crash leaves", { timeout: 120_000 }, () => {
  test("the setup is stored as soon as it changes", async () => {
    const { page, close } = await training();
    await send(page, start({ ...experiment, seeds: 3 }));
    const stored = () => page.evaluate(() => JSON.parse(localStorage.getItem("basin.settings")).experiment.seeds);
    await until(page, "the run", (s) => s.phase === "running" && s.link !== "");
    await within(5, "the setup in the storage", (async () => { while (await stored() !== 3) await sleep(100); })());
    await close();
  });

  test("a graphics card that is lost is found again, and the run does not notice", async () => {
    const { page, run, close } = await training();
    const lose = () => page.evaluate(() => document.getElementById("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext());
    const fresh = () => page.waitForFunction(() => !document.getElementById("canvas").getContext("webgl2").isContextLost());
    const steps = async () => (await state(page)).step;
    for (let times = 0; times < 3; times += 1) {
      const before = await steps();
      await lose();
      await fresh();
      await goes_on(page, run);
      assert.ok(await steps() > before);
      await sleep(500);
      const { number } = await colours(on.browser, await shoot(page, `lost-${times}`));
      assert.ok(number > 50, `${number} colours: the page is drawn`);
    }
    // One that is lost again and again is not found for ever; the run goes on and can be had.
    await lose();
    await page.getByText("lost its connection to the graphics card").waitFor();
    await goes_on(page, run);
    const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), page.getByRole("button", { name: "Save the run" }).click()]);
    assert.match(download.suggestedFilename(), /^basin-run-step-\d+\.safetensors$/);
    await close();
  });
});
