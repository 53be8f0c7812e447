// What the page says of its answers: the judgement of the run that is there, and the answers to a list of texts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_WEBGPU, open, ready, send, stage, state, until } from "./harness.js";

const on = stage(NO_WEBGPU);

const experiment = { seeds: 2, data: { source: { films: { examples: 400 } } }, training: { epochs: 3, evaluate_every: 50, sharpness_budget: 0 } };

test("answers are judged, and a list is answered", { timeout: 120_000 }, async () => {
  const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu&paused`);
  try {
    await ready(page);
    await send(page, { command: "start", run: 0, experiment, device: "cpu" });
    await until(page, "the end of the run", (s) => s.phase === "finished");
    await send(page, { command: "judge" });
    await until(page, "the judgement", (s) => s.judgement !== null);
    const { judgement, lanes, predictions } = await state(page);
    assert.equal(predictions, null);
    assert.equal(judgement.examples, 120);
    for (const [i, lane] of judgement.lanes.entries()) {
      const mean = (lane.members[0].accuracy + lane.members[1].accuracy) / 2;
      assert.ok(Math.abs(mean - lanes[i].test_accuracy) < 1e-5, `${mean} ${lanes[i].test_accuracy}`);
      assert.ok(lane.together.log_loss > 0 && lane.together.temperature > 0);
      assert.ok(lane.precision.length > 0, "30 % of the labels are wrong");
    }
    assert.ok(judgement.linear.accuracy > 0.5);

    const bytes = Buffer.from("what a wonderful film\ndull and far too long\n").toString("base64");
    await send(page, { command: "predict", file: { name: "list.txt", bytes } });
    await until(page, "the answers", (s) => s.predictions !== null);
    const answered = (await state(page)).predictions;
    assert.equal(answered.texts, 2);
    assert.equal(answered.lanes.length, lanes.length);
    assert.ok(answered.lanes.every((lane) => lane.length === 2 && lane.every(({ probability }) => probability >= 0.5 && probability <= 1)));
    assert.deepEqual(errors, []);
  } finally {
    await close();
  }
});
