// SAM in TensorFlow.js and jax-js, in headless Chromium: one training step of the network of `basin bench`.
//
// Prints a line of JSON for each framework and backend: the median over repeats of the milliseconds a step, each
// repeat about a fifth of a second, or why there is none. PEERS is the folder that holds node_modules. The step
// itself is in page.js, which the browser loads from here. WebGPU runs on SwiftShader, a GPU in software.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const packages = join(process.env.PEERS, "node_modules");
const { chromium } = createRequire(join(packages, "x.js"))("playwright-core");

const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan", "--use-vulkan=swiftshader", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
const CASES = [["tensorflow.js", "cpu"], ["tensorflow.js", "wasm"], ["tensorflow.js", "webgpu"], ["jax-js", "wasm"], ["jax-js", "webgpu"]];
/** A case that has not ended by then is given up. */
const LIMIT_MILLIS = 120_000;

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
const PAGE = "<!doctype html><title>peers</title><script type=importmap>{\"imports\":{\"@jax-js/jax\":\"/@jax-js/jax/dist/index.js\"}}</script>";

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://localhost").pathname);
  if (path === "/") {
    response.setHeader("content-type", "text/html");
    response.end(PAGE);
    return;
  }
  const file = path === "/page.js" ? fileURLToPath(new URL("page.js", import.meta.url)) : join(packages, path);
  response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
  createReadStream(file).on("error", () => { response.statusCode = 404; response.end(); }).pipe(response);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

for (const [framework, backend] of CASES) {
  const peer = `${framework}, ${backend}${backend === "webgpu" ? " (software)" : ""}`;
  // A browser of its own: what one case leaves behind is nothing to the next.
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...WEBGPU], timeout: 60_000 });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const measuring = page.evaluate(async ([framework, backend]) => (await import("/page.js")).measure(framework, backend), [framework, backend]);
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`no result in ${LIMIT_MILLIS / 1000} s`)), LIMIT_MILLIS).unref());
    console.log(JSON.stringify({ peer, millis: await Promise.race([measuring, late]) }));
  } catch (error) {
    console.log(JSON.stringify({ peer, error: String(error.message ?? error).split("\n")[0].slice(0, 200) }));
  } finally {
    await browser.close();
  }
}
server.close();
