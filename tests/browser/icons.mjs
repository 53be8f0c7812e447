// Draws the icons of the installed page from assets/icon.svg.
//
// node tests/browser/icons.mjs   (writes assets/icons/; no built page is needed)

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "./harness.js";

const assets = new URL("../../assets/", import.meta.url);
const icon = readFileSync(new URL("icon.svg", assets), "utf8");
const inside = /<rect [^>]*fill="([^"]+)"[^>]*\/>([\s\S]*)<\/svg>/.exec(icon);
if (!inside) throw new Error("assets/icon.svg is no longer a rectangle and what lies on it");
/** Systems cut it into a shape of their own: the ground reaches to the edges, and the rest keeps to the middle four fifths. */
const uncut = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="${inside[1]}"/>
<g transform="translate(4.8 4.8) scale(0.85)">${inside[2]}</g></svg>`;

const browser = await launch([]);
try {
  mkdirSync(new URL("icons/", assets), { recursive: true });
  for (const [name, size, drawing] of [["180", 180, uncut], ["192", 192, icon], ["512", 512, icon], ["maskable", 512, uncut]]) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(`<style>body { margin: 0 } svg { display: block; width: 100vw }</style>${drawing}`);
    const file = new URL(`icons/${name}.png`, assets);
    writeFileSync(file, await page.screenshot({ omitBackground: true }));
    console.log(`${fileURLToPath(file)}: ${size} × ${size}, ${readFileSync(file).length} bytes`);
    await page.close();
  }
} finally {
  await browser.close();
}
