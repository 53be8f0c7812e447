// The page when something breaks: what is left of the run, the setup and the message. Beside basin.test.js, which needs
// the same build.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, NO_WEBGPU, open, ready, send, serve, state, until, within } from "./harness.js";

let server;
let browser;
before(async () => { server = await serve(); browser = await launch(NO_WEBGPU); });
after(async () => { await browser?.close(); server?.stop(); });

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
  const opened = await open(browser, `${server.address}${path}`);
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

describe("a trainer that ends", { timeout: 180_000 }, () => {
  test("without a word is missed, and another takes its place", async () => {
    const { page, close } = await training();
    await page.workers()[0].evaluate(() => self.close());
    const { failure } = await until(page, "the message", (s) => s.failure?.includes("ended without a word") && s.phase === "idle" && s, 20);
    assert.match(failure, /the setup is kept/);
    await send(page, start(experiment));
    await until(page, "the next run", (s) => s.phase === "running" && s.measurements >= 2);
    assert.equal((await state(page)).failure, null, "a run that trains has nothing to complain of");
    await close();
  });

  test("with an error is told of by that error", async () => {
    const { page, close } = await training();
    await page.workers()[0].evaluate(() => { setTimeout(() => { throw new Error("on purpose"); }); });
    await until(page, "the message", (s) => s.failure?.includes("on purpose") && s.phase === "idle", 20);
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
      const { page, errors, close } = await open(browser, `${server.address}${path}`);
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
    const { page, close } = await open(browser, `${server.address}?device=cpu`, { before: (page) => page.route("**/data/**", (route) => route.fulfill(html)) });
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

  test("a graphics card that is lost ends the drawing alone", async () => {
    const { page, run, close } = await training();
    await page.evaluate(() => document.getElementById("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext());
    await page.getByText("lost its connection to the graphics card").waitFor();
    await goes_on(page, run);
    const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), page.getByRole("button", { name: "Save the run" }).click()]);
    assert.match(download.suggestedFilename(), /^basin-run-step-\d+\.safetensors$/);
    await close();
  });
});
