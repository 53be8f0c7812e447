// A sweep on several cores: workers of the trainer's worker, which are there for as long as it takes, give the same numbers however
// many they are and whoever of them ends on the way, and end at once when they are told to.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_WEBGPU, open, ready, send, shoot, stage, state, until } from "./harness.js";

const on = stage(NO_WEBGPU);

const experiment = {
  seeds: 4,
  data: { source: { films: { examples: 400 } }, validation: true },
  model: { dim: 16, hidden: 16 },
  training: { epochs: 60 },
  lanes: ["sgd", "sam:rho=0", "per-instance:rho=0"],
};
const grid = { experiment, radii: [0.05, 0.2, 0.8], validation: 0.2 };
const RUNS = 4 * (1 + 3 + 3);
/** It does not end by itself while it is looked at. */
const long = { ...grid, experiment: { ...experiment, training: { epochs: 2000 } } };

/** A page that waits; its trainer's thread has the helpers that it starts in `self.helpers`, those that have ended too. */
async function waiting(path = "?device=cpu&paused") {
  const note = "self.helpers = []; const Started = self.Worker; self.Worker = class extends Started { constructor(...all) { super(...all); self.helpers.push(this); const end = this.terminate.bind(this); this.terminate = () => { this.over = true; end(); }; } };";
  const before = (page) => page.route("**/worker.js*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${note}\n${await response.text()}` });
  });
  const opened = await open(on.browser, `${on.server.address}${path}`, { before });
  await ready(opened.page);
  await until(opened.page, "the run", (s) => s.phase === "paused" && s);
  return opened;
}

/** The trainer's worker is the first one of the page. */
const in_trainer = (page, work, word) => page.workers()[0].evaluate(work, word);
const helpers = (page) => in_trainer(page, () => ({ begun: self.helpers.length, alive: self.helpers.filter(({ over }) => !over).length }));

/** A sweep to its end, disturbed by whoever wants to once some of it is there. */
async function swept(page, cores, disturb = async () => {}) {
  await send(page, { command: "sweep", grid, cores });
  await until(page, "some of the sweep", (s) => s.sweep?.cores === cores && s.sweep.done > 0 && s.sweep.done < s.sweep.runs);
  await disturb();
  const { sweep } = await until(page, "its end", (s) => s.sweep.done === s.sweep.runs && s, 180);
  assert.equal(sweep.runs, RUNS);
  const numbers = sweep.points.flatMap(({ rho, title, ...means }) => Object.values(means));
  assert.ok(numbers.length === 4 * 7 && numbers.every(Number.isFinite), JSON.stringify(sweep.points));
  return sweep;
}

/** Nothing is left of the helpers. */
async function ends(page) {
  for (let tries = 0; (await helpers(page)).alive > 0; tries += 1) {
    assert.ok(tries < 50, "the helpers have ended");
    await sleep(100);
  }
}

describe("a sweep on several cores", { timeout: 600_000 }, () => {
  test("gives the same on one worker and on two, and when one of them is ended, and says what it takes", async () => {
    // Each in a page of its own: one trains nothing twice.
    const in_new_page = async (cores, disturb) => {
      const { page, errors, close } = await waiting();
      const sweep = await swept(page, cores, () => disturb?.(page));
      await ends(page);
      const [{ begun }, { failure, notices }] = [await helpers(page), await state(page)];
      assert.ok(failure === null, JSON.stringify(notices));
      assert.deepEqual(errors, []);
      await close();
      return { ...sweep, begun };
    };
    const one = await in_new_page(1);
    const two = await in_new_page(2);
    assert.deepEqual([one.begun, two.begun], [1, 2]);
    assert.deepEqual(two.points, one.points);
    assert.deepEqual(two.best, one.best);
    assert.ok(one.memory > 2 ** 20 && two.memory === 2 * one.memory, `${one.memory}, ${two.memory} bytes`);
    // Without a word, in the middle of its cells.
    const disturbed = await in_new_page(2, (page) => in_trainer(page, () => self.helpers.at(-2).terminate()));
    assert.equal(disturbed.begun, 3, "another has taken its place");
    assert.deepEqual(disturbed.points, one.points);
  });

  test("trains nothing again that it has trained", async () => {
    const { page, errors, close } = await waiting();
    const { points } = await swept(page, 2);
    await ends(page);
    const { begun } = await helpers(page);
    await send(page, { command: "sweep", grid, cores: 1 });
    const { sweep, messages } = await until(page, "the same at once", (s) => s.sweep.cores === 1 && s.sweep.done === RUNS && s, 20);
    assert.deepEqual(sweep.points, points);
    assert.equal((await helpers(page)).begun, begun);
    assert.ok(messages.some(({ text }) => text.includes(`${RUNS} runs of this sweep are known from before`)), JSON.stringify(messages));
    assert.deepEqual(errors, []);
    await close();
  });

  test("stops all of them at once, and they end with the trainer, too", async () => {
    const { page, errors, close } = await waiting();
    await send(page, { command: "sweep", grid: long, cores: 2 });
    for (let tries = 0; (await helpers(page)).alive < 2; tries += 1) {
      assert.ok(tries < 100, "two helpers have begun");
      await sleep(100);
    }
    await page.keyboard.press("9");
    await shoot(page, "sweep-on-two-cores");
    await send(page, { command: "stop-sweep" });
    await ends(page);
    await send(page, { command: "classify", text: "a fine film" });
    await until(page, "the answer", (s) => s.answer?.text === "a fine film" && s, 10);
    assert.equal((await state(page)).sweep.done, 0);
    // What was begun and not ended is no burden for the next one.
    await swept(page, 2);
    assert.deepEqual(errors, []);
    await close();
  });

  test("is trained by the trainer itself where a page may have no more workers", async () => {
    const none = "self.Worker = class { constructor() { throw new Error('no more workers'); } };";
    const before = (page) => page.route("**/worker.js*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${none}\n${await response.text()}` });
    });
    const { page, close } = await open(on.browser, `${on.server.address}?device=cpu&paused`, { before });
    await ready(page);
    await until(page, "the run", (s) => s.phase === "paused" && s);
    const { points } = await swept(page, 2);
    assert.ok((await state(page)).messages.some(({ text }) => /could not begin \(no more workers\).*where the run trains/.test(text)), JSON.stringify((await state(page)).messages));
    await close();
    const other = await waiting();
    assert.deepEqual((await swept(other.page, 2)).points, points);
    await other.close();
  });

  test("leaves a core for the picture where nobody has chosen", async () => {
    const { page, close } = await waiting();
    const there = await page.evaluate(() => navigator.hardwareConcurrency);
    await send(page, { command: "sweep", grid });
    const { sweep } = await until(page, "the sweep", (s) => s.sweep && s);
    assert.equal(sweep.cores, Math.min(Math.max(there - 1, 1), 16, RUNS));
    await close();
  });
});
