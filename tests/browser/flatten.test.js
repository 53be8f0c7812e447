// How SAM flattens, in the real page: the dots go by themselves to three places, and nothing is trained for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_WEBGPU, open, ready, shoot, stage, state } from "./harness.js";

const on = stage(NO_WEBGPU);

/** What the page says to screen readers. */
const told = (page) => page.evaluate(() => [...document.querySelectorAll("#mirror *")].map((element) => element.getAttribute("aria-label") ?? element.textContent));

async function says(page, what, seconds = 90) {
  for (let i = 0; i < 5 * seconds; i += 1) {
    const words = (await told(page)).find((words) => words.includes(what));
    if (words) return words;
    await sleep(200);
  }
  return assert.fail(`nothing says “${what}”: ${JSON.stringify(await told(page))}`);
}

for (const [name, size] of [["1440x900", { width: 1440, height: 900 }], ["390x844", { width: 390, height: 844 }]]) {
  test(`three dots go to three places, ${name}`, { timeout: 240_000 }, async () => {
    const { page, errors, close } = await open(on.browser, `${on.server.address}?embed=flatten&accessible&device=cpu&paused`, { size });
    try {
      await ready(page);
      await says(page, "P5, met within 0.0");
      await says(page, "SAM, whole batch: a = 0.98, to 1");
      await says(page, "SAM, one example: a = 0.0");
      await says(page, "ascent direction: a = −0.98, to −1");
      assert.equal((await state(page)).step ?? 0, 0);
      await shoot(page, `flatten-${name}`);
      assert.deepEqual(errors, []);
    } finally {
      await close();
    }
  });
}
