// What is written and how it is typed: letters of the user's data, and the keyboard on the screen.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { click, NO_WEBGPU, open, ready, send, shoot, stage, until } from "./harness.js";

const base64 = (text) => Buffer.from(text).toString("base64");

/** Notes what the page draws on canvases of its own. */
const listen = (page) => page.addInitScript(() => {
  window.drawn = [];
  const draw = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    // Squeezed, where it is given less room than it takes.
    window.drawn.push({ text, direction: this.direction, squeezed: rest.length > 2 && this.measureText(text).width > rest[2] + 1 });
    return draw.call(this, text, ...rest);
  };
});

describe("letters", { timeout: 300_000 }, () => {
  const on = stage(NO_WEBGPU);

  test("Arabic is drawn in whole words, Chinese letter by letter", async () => {
    const opened = await open(on.browser, `${on.server.address}?device=cpu&paused`, { before: listen });
    await ready(opened.page);
    // Each sentence often enough to be held out, too; the most frequent class stands in the table of results.
    const rows = Array.from({ length: 40 }, (_, i) => (i % 4 ? `الفاتورة خاطئة ${i},شكوى` : `谢谢你们 ${i},表扬`));
    const file = { name: "كتاب.csv", bytes: base64(["text,label", ...rows].join("\n")) };
    const experiment = { seeds: 1, lanes: ["sgd"], data: { source: { file: { name: file.name } }, label_noise: 0 }, training: { epochs: 5 } };
    await send(opened.page, { command: "start", run: 0, experiment, files: { train: file } });
    await until(opened.page, "the classes", (s) => s.classes?.includes("شكوى") && s.measurements > 0);
    const whole = await opened.page.waitForFunction(() => window.drawn.filter(({ text }) => text.includes("شكوى")), null, { timeout: 30_000 }).then((found) => found.jsonValue());
    assert.ok(whole.length > 0, "the word is drawn as one");
    // egui shapes such words from their end, and the letters that it gives back are in that order.
    const drawn = await opened.page.waitForFunction(() => {
      const texts = window.drawn.map(({ text }) => text).filter((text) => /\p{Script=Arabic}{2}/u.test(text));
      return texts.some((text) => text.startsWith("الفاتورة")) && texts;
    }, null, { timeout: 30_000 }).then((found) => found.jsonValue());
    const backwards = ["الفاتورة", "خاطئة", "شكوى"].map((word) => [...word].reverse().join(""));
    assert.deepEqual(drawn.filter((text) => backwards.some((word) => text.includes(word))), []);
    const letters = await opened.page.evaluate(() => window.drawn.map(({ text }) => text));
    assert.ok(letters.includes("表") || letters.some((text) => text.includes("谢")), JSON.stringify(letters.slice(0, 50)));
    await shoot(opened.page, "letters");
    assert.deepEqual(opened.errors, []);
    await opened.close();
  });

  test("beside Arabic, a word that is longer than its line is broken, and other lines stay as they are", async () => {
    const opened = await open(on.browser, `${on.server.address}?device=cpu&paused&accessible`, { before: listen });
    await ready(opened.page);
    await until(opened.page, "the run", (s) => s.measurements > 0);
    await click(opened.page, "Many texts");
    const list = opened.page.getByRole("textbox", { name: "List of texts", exact: true });
    await list.waitFor({ state: "attached", timeout: 10_000 });
    const long = "abcdefghij".repeat(20);
    await list.focus();
    await opened.page.keyboard.insertText(`الفاتورة خاطئة ${long} شكوى\nplain and simple`);
    await opened.page.waitForFunction(() => window.drawn.some(({ text }) => text.startsWith("الفاتورة")), null, { timeout: 30_000 });
    await opened.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    const drawn = await opened.page.evaluate(() => window.drawn);
    assert.deepEqual(drawn.filter(({ squeezed }) => squeezed).map(({ text }) => text), []);
    assert.ok(drawn.some(({ text }) => text.startsWith("abcdefghij") && text.length < long.length), "the word goes over several lines");
    assert.ok(!drawn.some(({ text }) => text.includes("plain and simple")), "a line without such letters is not drawn anew");
    await shoot(opened.page, "letters-long");
    assert.deepEqual(opened.errors, []);
    await opened.close();
  });

  test("a number field asks for a keyboard with digits", async () => {
    const opened = await open(on.browser, `${on.server.address}?device=cpu&paused`);
    await ready(opened.page);
    await until(opened.page, "the run", (s) => s.measurements > 0);
    const mode = () => opened.page.evaluate(() => document.querySelector("#canvas + input").inputMode);
    const seen = new Set([await mode()]);
    for (let i = 0; i < 80 && seen.size < 2; i++) {
      await opened.page.keyboard.press("Tab");
      await opened.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
      seen.add(await mode());
    }
    assert.ok(seen.has("decimal"), `a number field is among the first 80: ${[...seen]}`);
    await opened.page.keyboard.press("Tab");
    await opened.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    await opened.close();
  });
});
