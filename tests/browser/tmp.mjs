import { launch, NO_WEBGPU, open, ready, send, serve, state, until } from "./harness.js";
import { setTimeout as sleep } from "node:timers/promises";
const server = await serve(); const browser = await launch(NO_WEBGPU);
const experiment = { seeds: 3, data: { source: { films: { examples: 800 } } }, lanes: ["sgd", "sam:rho=0.25", "delta-sam:rule=noise:rho=0.3"], training: { epochs: 6 } };
for (const [name, size, touch] of [["desk", { width: 1440, height: 900 }, false], ["phone", { width: 390, height: 844 }, true]]) {
  const { page, errors, close } = await open(browser, `${server.address}?device=cpu`, { size, touch });
  await ready(page);
  await send(page, { command: "start", experiment, device: "cpu" });
  await until(page, "end", (s) => s.phase === "finished", 120);
  await page.screenshot({ path: `/tmp/shots/tmp-${name}-curves.png` });
  await page.keyboard.press("9"); await sleep(700);
  await page.screenshot({ path: `/tmp/shots/tmp-${name}-sweep0.png` });
  const s = await state(page); console.log(name, Object.keys(s).join(" "), JSON.stringify(s.sweep ?? null).slice(0, 300), errors);
  await page.keyboard.press("0"); await sleep(2500);
  await page.screenshot({ path: `/tmp/shots/tmp-${name}-judge.png` });
  await close();
}
await browser.close(); server.stop();
