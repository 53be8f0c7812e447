// A short run, for faults to disturb, and the numbers at its end where nobody does; and how a GPU is lost.

import assert from "node:assert/strict";
import { open, ready, send, until } from "./harness.js";

/** It ends after 400 steps, in some seconds at this pace. */
export const short = { seeds: 2, data: { source: { reviews: { examples: 200 } }, label_noise: 0 }, training: { epochs: 80, evaluate_every: 20, sharpness_budget: 0 } };
export const slow = { command: "pace", steps_per_second: 60 };
export const STEPS = 400;

/** The last numbers of all lanes. */
export const numbers = (state) => state.lanes.map(({ train_loss, test_loss, test_accuracy, gap }) => ({ train_loss, test_loss, test_accuracy, gap }));

/** The numbers at the end of the short run, in a page of its own. */
export async function undisturbed(browser, address) {
  const { page, close } = await open(browser, `${address}?device=cpu`);
  await ready(page);
  await send(page, { command: "start", experiment: short, device: "cpu" });
  const end = await until(page, "the undisturbed end", (s) => s.phase === "finished" && s.step === STEPS && s.steps === STEPS && s);
  assert.ok(end.measurements >= 21);
  await close();
  return numbers(end);
}

/** Before a page is opened: its trainer's thread remembers the device of the GPU that it gets. */
export function remember_device(page) {
  const remember = "const ask = self.GPUAdapter?.prototype.requestDevice; if (ask) self.GPUAdapter.prototype.requestDevice = async function (...all) { return (self.lost = await ask.apply(this, all)); };";
  return page.route("**/worker.js*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${remember}\n${await response.text()}` });
  });
}

/** The GPU's device is gone. */
export const lose_device = (page) => page.workers()[0].evaluate(() => self.lost.destroy());
