// The report on a run that the page saves, opened as whoever is given it opens it. Beside basin.test.js, which needs the same build.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { click, NO_WEBGPU, open, ready, send, shoot, stage, until, watch } from "./harness.js";

const on = stage(NO_WEBGPU);

test("a run is saved as a page that shows its figures and asks nobody", { timeout: 120_000 }, async () => {
  const { page, errors, close } = await open(on.browser, `${on.server.address}?device=cpu&accessible`);
  await ready(page);
  await send(page, { command: "start", device: "cpu", experiment: { seeds: 3, data: { source: { reviews: { examples: 200 } }, label_noise: 0 }, training: { epochs: 6, evaluate_every: 5 } } });
  await until(page, "the end of the run", (s) => s.phase === "finished");
  await click(page, "Save");
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), click(page, "Report…", "menuitem")]);
  assert.equal(download.suggestedFilename(), "basin-report.html");
  const text = readFileSync(await download.path(), "utf8");
  assert.deepEqual(errors, []);
  await close();

  const context = await on.browser.newContext({ viewport: { width: 390, height: 844 }, offline: true });
  const reader = await context.newPage();
  const complaints = watch(reader);
  await reader.setContent(text);
  await reader.waitForFunction(() => [...document.images].length > 0 && [...document.images].every((image) => image.complete && image.naturalWidth > 0));
  for (const words of ["Finished at step", "accuracy against SAM", "linear model", "To do it again"]) assert.ok(text.includes(words), words);
  assert.equal(await reader.evaluate(() => document.documentElement.scrollWidth), 390, "a phone has room for it");
  await shoot(reader, "report-390");
  await reader.setViewportSize({ width: 1440, height: 900 });
  await shoot(reader, "report-1440");
  assert.deepEqual(complaints, []);
  await context.close();
});
