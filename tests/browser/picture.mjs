// Takes the picture of the README from the built page: the run of a first visit, at its end.
//
// node tests/browser/picture.mjs [FILE]   (default: assets/page.webp; the page must be built: cargo web)

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch, NO_WEBGPU, open, ready, serve, until } from "./harness.js";

const file = process.argv[2] ?? fileURLToPath(new URL("../../assets/page.webp", import.meta.url));
const server = await serve();
const browser = await launch(NO_WEBGPU);
try {
  const { page } = await open(browser, `${server.address}?device=cpu`, { size: { width: 1440, height: 900 } });
  await ready(page);
  // The doors of a first visit close; the run goes on behind them.
  await page.keyboard.press("Escape");
  await until(page, "the end of the run", (state) => state.phase === "finished", 120);
  await page.evaluate(() => window.basin.send({ command: "classify", text: "A dull script, but the actress is wonderful." }));
  await until(page, "an answer", (state) => state.answers?.length > 0 || state.answer);
  // The last frames settle.
  await page.waitForTimeout(1500);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 70 });
  writeFileSync(file, Buffer.from(data, "base64"));
  console.log(`${file}: ${Math.round(Buffer.from(data, "base64").length / 1000)} kB`);
} finally {
  await browser.close();
  server.stop();
}
