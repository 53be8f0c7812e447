// The page for those who do not see it or have no pointer: what Chromium's accessibility tree holds, a run by keyboard
// alone, and what is read out.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_WEBGPU, open, ready, send, stage, state, until } from "./harness.js";

const on = stage(NO_WEBGPU);

/** Short runs, measured often. */
const experiment = { seeds: 2, data: { source: { reviews: { examples: 400 } }, label_noise: 0 }, training: { epochs: 300, evaluate_every: 100, sharpness_budget: 0 } };

/** Roles of what people operate or stop at. */
const CONTROLS = new Set(["button", "checkbox", "combobox", "img", "image", "link", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "radio", "slider", "spinbutton", "textbox", "ToggleButton", "DisclosureTriangle"]);

/** Chromium's accessibility tree: role, name and value of each node. */
async function tree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return nodes.filter((node) => !node.ignored).map((node) => ({ role: node.role?.value, name: node.name?.value ?? "", value: node.value?.value }));
}

/** Waits until the tree has something. */
async function found(page, what, test) {
  for (let i = 0; i < 100; i += 1) {
    const node = (await tree(page)).find(test);
    if (node) return node;
    await sleep(100);
  }
  const all = await tree(page);
  return assert.fail(`no ${what} in ${JSON.stringify(all.map(({ role, name }) => `${role}: ${name}`), null, 1)}`);
}

/** The name of what the page's focus is on. */
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id);

/** Presses Tab until the focus is on this. */
async function tab_to(page, name) {
  if (await focused(page) === name) return;
  const seen = [];
  for (let i = 0; i < 150; i += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (now === name) return;
    seen.push(now);
  }
  assert.fail(`Tab does not come to ${name}: ${seen.join(", ")}`);
}

const live = (page) => page.evaluate(() => [...document.querySelectorAll("#mirror [aria-live]")].map((element) => element.textContent));

/** Waits until something is read out. */
async function announced(page, pattern) {
  for (let i = 0; i < 100; i += 1) {
    const words = (await live(page)).find((words) => pattern.test(words));
    if (words) return words;
    await sleep(100);
  }
  return assert.fail(`${pattern} is not announced: ${JSON.stringify(await live(page))}`);
}

describe("assistive technology", { timeout: 300_000 }, () => {
  let opened;
  const page = () => opened.page;
  before(async () => {
    opened = await open(on.browser, `${on.server.address}?device=cpu&paused`);
    await ready(page());
    await send(page(), { command: "start", run: 0, experiment, device: "cpu", paused: true });
    await until(page(), "the run", (s) => s.phase === "paused" && s.measurements === 1);
  });
  after(() => opened?.close());

  test("while nobody listens there is one button that says so, and no mirror", async () => {
    const nodes = await tree(page());
    assert.ok(nodes.some(({ role, name }) => role === "button" && name === "Turn on the view for screen readers"), JSON.stringify(nodes));
    assert.equal(await page().locator("#mirror *").count(), 0);
  });

  test("after the first Tab every control has a role and a name", async () => {
    await page().keyboard.press("Tab");
    await found(page(), "button Restart", ({ role, name }) => role === "button" && name === "Restart");
    for (const [roles, name] of [[["slider"], /^Label noise$/], [["slider"], /^Step that is shown$/], [["combobox"], /^Source$/], [["textbox"], /^Sentence$/],
      [["img", "image"], /^Chart of Test accuracy: SGD .*%/], [["status"], /^$/], [["alert"], /^$/], [["table"], /^Results$/], [["region"], /^Setup panel$/]]) {
      await found(page(), `${roles} ${name}`, (node) => roles.includes(node.role) && name.test(node.name));
    }
    const nodes = (await tree(page())).filter(({ role }) => CONTROLS.has(role));
    console.log(`controls: ${nodes.length}`);
    assert.ok(nodes.length > 40, `${nodes.length} controls`);
    assert.deepEqual(nodes.filter(({ name }) => name.trim() === ""), []);
    assert.notEqual(await focused(page()), "canvas");
  });

  test("a run goes by keyboard alone", async () => {
    await tab_to(page(), "Resume");
    await page().keyboard.press("Enter");
    await until(page(), "the run", (s) => s.phase === "running");
    await announced(page(), /^The run trains$/);
    await tab_to(page(), "Pause");
    await page().keyboard.press("Space");
    await until(page(), "the pause", (s) => s.phase === "paused");
    await announced(page(), /^The run is paused at step \d+ of /);
    // Letters are commands where nobody writes.
    const { step } = await state(page());
    await page().keyboard.press("s");
    await until(page(), "one step", (s) => s.step === step + 1);
    await tab_to(page(), "Step that is shown");
    await page().keyboard.press("Home");
    await until(page(), "the beginning", (s) => s.step === 0);
    await tab_to(page(), "Resume");
    await page().keyboard.press("Enter");
    const { step: end } = await until(page(), "the end", (s) => s.phase === "finished" && s, 120);
    const words = await announced(page(), /^The run is finished/);
    // Thousands are apart.
    assert.match(words.replace(/(?<=\d)\s(?=\d)/g, ""), new RegExp(`at step ${end} of ${end}\\. SGD .*%`));
  });

  test("sliders, numbers and lists are set by keys", async () => {
    const value = (name) => page().evaluate((name) => document.querySelector(`#mirror input[aria-label="${name}"]`).value, name);
    await tab_to(page(), "Label noise");
    const before = Number(await value("Label noise"));
    await page().keyboard.press("ArrowRight");
    await found(page(), "the word that the setup has changed", ({ name }) => name.startsWith("changed"));
    assert.ok(Number(await value("Label noise")) > before);
    await tab_to(page(), "Training");
    await page().keyboard.press("Enter");
    await found(page(), "the section", ({ role, name }) => role === "spinbutton" && name === "Epochs");
    await tab_to(page(), "Epochs");
    await page().keyboard.type("7");
    await page().keyboard.press("Tab");
    await found(page(), "seven epochs", ({ role, name, value }) => role === "spinbutton" && name === "Epochs" && String(value) === "7");
    await tab_to(page(), "Schedule");
    await page().keyboard.press("Enter");
    await found(page(), "an open list", ({ role }) => role === "option");
    await page().keyboard.press("Escape");
    await sleep(500);
    assert.equal(await focused(page()), "Schedule", "the focus comes back from a list that has closed");
  });

  test("the answer to a typed sentence is read out", async () => {
    await tab_to(page(), "Sentence");
    await page().keyboard.type("this lamp bröke after two days, 😀");
    await page().keyboard.press("Enter");
    const { answer } = await until(page(), "the answer", (s) => s.answer && s);
    assert.equal(answer.text, "this lamp bröke after two days, 😀");
    const words = await announced(page(), /^“this lamp bröke after two days, 😀”: SGD (positive|negative) \d/);
    assert.match(words, /SAM/);
  });

  test("a failure is read out at once", async () => {
    await send(page(), { command: "inspect", files: { train: { name: "empty.csv", bytes: "" } } });
    await announced(page(), /empty\.csv is empty/);
    assert.equal(await page().evaluate(() => document.querySelector("#mirror [role=alert]").getAttribute("aria-live")), "assertive");
  });

  test("Tab leaves the page, and the mouse goes through the mirror", async () => {
    await page().evaluate(() => [...document.querySelectorAll("#mirror [tabindex='0']")].at(-1).focus());
    await page().keyboard.press("Tab");
    assert.equal(await page().evaluate(() => document.querySelector("#mirror").contains(document.activeElement)), false);
    const at = await page().evaluate(() => {
      const { x, y, width, height } = document.querySelector("#mirror button[aria-label='Help']").getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2, top: document.elementFromPoint(x + width / 2, y + height / 2).id };
    });
    assert.equal(at.top, "canvas");
    await page().mouse.click(at.x, at.y);
    await found(page(), "the help", ({ name }) => name === "Close the help");
  });

  test("names that people give are text", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 2 ? "<b id=bad>yes</b>" : "<img src=x onerror=bad>"},text number ${i}`).join("\n");
    const files = { train: { name: "names.csv", bytes: Buffer.from(`label,text\n${rows}`).toString("base64") } };
    const data = { source: { file: { name: "names.csv" } }, label_noise: 0 };
    await send(page(), { command: "start", run: 0, experiment: { ...experiment, data }, files, device: "cpu", paused: true });
    await until(page(), "the run", (s) => s.phase === "paused" && s.measurements === 1);
    await found(page(), "the class", ({ name }) => name.includes("<b id=bad>") || name.includes("<img"));
    assert.equal(await page().locator("#mirror img, #mirror b").count(), 0);
  });

  test("who asked for it gets it at once the next time", async () => {
    const again = await page().context().newPage();
    await again.goto(`${on.server.address}?device=cpu&paused&accessible`);
    await ready(again);
    await found(again, "a button", ({ role, name }) => role === "button" && name === "Help");
    await again.goto(`${on.server.address}?device=cpu&paused`);
    await ready(again);
    await found(again, "a button", ({ role, name }) => role === "button" && name === "Help");
    await again.goto(`${on.server.address}?device=cpu&paused&accessible=false`);
    await ready(again);
    assert.equal(await again.locator("#mirror *").count(), 0);
    await again.close();
  });

  test("the console stayed free of errors", () => {
    assert.deepEqual(opened.errors, []);
  });
});
