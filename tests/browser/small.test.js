// The page of a classifier alone, opened from the disk: one file of `basin export --format page`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch, NO_WEBGPU, open, shoot } from "./harness.js";

// Beside the server that the other tests use.
const program = process.env.BASIN ?? (process.env.BASIN_BUNDLE ? join(dirname(process.env.BASIN_BUNDLE), "basin") : "basin");

describe("the page of a classifier", { timeout: 300_000 }, () => {
  let folder;
  let browser;
  let address;
  const basin = (...words) => execFileSync(program, words, { cwd: folder, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "basin-small-"));
    basin("train", "--preset", "lesson", "--seeds", "1", "--epochs", "4", "--lanes", "sam:rho=0.25", "--out", "run");
    basin("export", "run", "--format", "page", "--out", "page");
    address = pathToFileURL(join(folder, "page", "index.html")).href;
    browser = await launch(NO_WEBGPU);
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const answer = (page) => page.locator("#answer").textContent();
  const bars = (page) => page.evaluate(() => [...document.querySelectorAll("#classes tr")].map((row) => [row.cells[0].textContent, row.cells[2].textContent, row.className]));

  test("it answers as somebody writes, and asks nobody", async () => {
    const asked = [];
    const opened = await open(browser, address, { before: (page) => page.on("request", (request) => asked.push(request.url())) });
    const { page } = opened;
    assert.match(await answer(page), /Write a text/);
    await page.getByLabel("Text", { exact: true }).fill("a wonderful film with great actors, I loved it");
    await page.waitForFunction(() => /%/.test(document.querySelector("#answer").textContent));
    const shown = await bars(page);
    const said = JSON.parse(execFileSync(program, ["predict", "run", "--json", "--top", "9"], { cwd: folder, input: "a wonderful film with great actors, I loved it\n", encoding: "utf8" }));
    for (const { class: name, probability } of said.lanes[0].answers) {
      const row = shown.find(([title]) => title === name);
      assert.ok(Math.abs(parseFloat(row[1]) - 100 * probability) < 0.06, `${name}: ${row[1]} in the page, ${100 * probability} % by the program`);
    }
    assert.equal(shown.filter(([, , style]) => style === "first").length, 1);
    const first = said.lanes[0].answers[0].class;
    assert.ok((await answer(page)).startsWith(`${first}, `), await answer(page));
    await shoot(page, "small");
    await page.getByLabel("Text", { exact: true }).fill("zyzzyva");
    await page.waitForFunction(() => /0 of 1 tokens/.test(document.querySelector("#answer").textContent));
    await page.getByLabel("Text", { exact: true }).fill("  ");
    assert.equal(await page.locator("#classes").isVisible(), false);
    assert.deepEqual(asked, [address], "nothing but the file itself is fetched");
    assert.deepEqual(opened.errors, []);
    await opened.close();
  });

  test("a phone has room for it, in the dark too, and the keyboard reaches all", async () => {
    const opened = await open(browser, address, { size: { width: 390, height: 844 }, touch: true });
    const { page } = opened;
    await page.emulateMedia({ colorScheme: "dark" });
    await page.getByLabel("Text", { exact: true }).fill("boring");
    await page.getByText("About this model").click();
    await page.waitForFunction(() => /%/.test(document.querySelector("#answer").textContent));
    const { width, ground, ink } = await page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return { width: document.documentElement.scrollWidth, ground: backgroundColor, ink: color };
    });
    assert.ok(width <= 390, `${width} wide: it would have to be moved sideways`);
    const light = (color) => Math.max(...color.match(/\d+/g).slice(0, 3).map(Number));
    assert.ok(light(ground) < 60 && light(ink) > 200, `${ink} on ${ground}`);
    await shoot(page, "small-phone");
    // From the summary that was pressed back to the field, and forth again.
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "text");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
    assert.match(await page.locator("details").textContent(), /Accuracy on the test set/);
    assert.deepEqual(opened.errors, []);
    await opened.close();
  });
});
