// A sweep in the real page: it tells its cells as they come, the run waits, messages get through, and it stops when asked to.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, NO_WEBGPU, open, ready, send, serve, shoot, state, until } from "./harness.js";

let server;
before(async () => { server = await serve(); });
after(() => server?.stop());

const experiment = {
  seeds: 2,
  data: { source: { films: { examples: 400 } }, validation: true },
  model: { dim: 16, hidden: 16 },
  training: { epochs: 3 },
  lanes: ["sgd", "sam:rho=0", "per-instance:rho=0"],
};
const grid = { experiment, radii: [0.05, 0.2, 0.8], validation: 0.2 };

describe("a sweep", { timeout: 300_000 }, () => {
  let browser;
  let page;
  before(async () => {
    browser = await launch(NO_WEBGPU);
    ({ page } = await open(browser, `${server.address}?device=cpu`));
    await ready(page);
    await until(page, "the run", (s) => s.phase === "running" && s);
  });
  after(() => browser?.close());

  test("tells its cells while the run waits, and a question is answered meanwhile", async () => {
    await send(page, { command: "sweep", grid });
    const begun = await until(page, "the sweep", (s) => s.sweep && s.phase === "paused" && s);
    assert.equal(begun.sweep.runs, 2 * (1 + 3 + 3));
    await send(page, { command: "classify", text: "a fine film" });
    await until(page, "the answer", (s) => s.answer?.text === "a fine film" && s);
    const over = await until(page, "its end", (s) => s.sweep.done === s.sweep.runs && s);
    assert.deepEqual(over.sweep.best.map((best) => best.title), ["SGD (AdamW)", "SAM", "per-instance SAM"]);
    assert.ok(over.sweep.best.slice(1).every((best) => grid.radii.includes(best.rho)), JSON.stringify(over.sweep.best));
    await page.keyboard.press("9");
    await shoot(page, "sweep-1440x900");
    await send(page, { command: "resume" });
    await until(page, "the run goes on", (s) => s.phase !== "paused" && s);
  });

  test("stops when it is asked to", async () => {
    await send(page, { command: "sweep", grid: { ...grid, experiment: { ...experiment, seeds: 8, training: { epochs: 200 } } } });
    await until(page, "the sweep", (s) => s.sweep.runs === 8 * 7 && s);
    await send(page, { command: "stop-sweep" });
    await send(page, { command: "resume" });
    await until(page, "the run", (s) => s.phase === "running" || s.phase === "finished");
    const { sweep } = await state(page);
    assert.ok(sweep.done < sweep.runs, JSON.stringify(sweep));
  });
});
