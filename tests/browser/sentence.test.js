// The model `sentence` in the page, with a small encoder of random weights that is made here: fetched when a run needs it, with a bar and
// a way to stop; then the run trains, answers, and goes on without a network. Many texts are encoded by workers beside the trainer, and
// none twice, not even after a reload.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { crc32 } from "node:zlib";
import { host } from "./host.js";
import { launch, NO_WEBGPU, open, ready, send, shoot, state, until } from "./harness.js";

let site;
let browser;
before(async () => { site = await host(); browser = await launch(NO_WEBGPU); });
after(async () => { await browser?.close(); site?.stop(); });

/** The file of an encoder, as crates/encoder/src/small.rs describes it. */
function encoder_file([heads, longest, width, inner, layers]) {
  const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
  // So many that it takes a moment.
  const more = Array.from({ length: 20_000 }, (_, i) => `unused${i}`);
  const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "fine", "poor", ...letters, ...letters.map((letter) => `##${letter}`), ...more];
  let seed = 1;
  const random = () => { seed = (seed * 48_271) % 2_147_483_647; return (2 * seed) / 2_147_483_647 - 1; };
  const bytes = (array) => Buffer.from(array.buffer);
  const numbers = (count, number = () => 0) => bytes(Float32Array.from({ length: count }, number));
  const matrix = (rows, columns) => [bytes(Int8Array.from({ length: rows * columns }, () => 127 * random())), numbers(rows, () => 1.7 / Math.sqrt(columns) / 127)];
  const dense = (outputs, inputs) => [...matrix(outputs, inputs), numbers(outputs)];
  const norm = [numbers(width, () => 1), numbers(width)];
  const layer = () => [dense(3 * width, width), dense(width, width), norm, dense(inner, width), dense(width, inner), norm].flat();
  const head = Buffer.from(["basin encoder int8 1", [heads, longest, width, inner, layers, words.length].join(" "), "Tiny", "int8-tiny", ...words, ""].join("\n"));
  const body = Buffer.concat([head, ...matrix(words.length, width), numbers(longest * width, () => 0.1 * random()), ...norm, ...Array.from({ length: layers }, layer).flat()]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(body));
  return Buffer.concat([body, checksum]);
}

const ENCODER = encoder_file([2, 32, 16, 32, 1]);

/** The page with an encoder beside it. */
const with_encoder = (name, file = ENCODER, more = {}) => site.another(name, { files: {
  ...more,
  "encoder/0123456789abcdef.bin": file,
  "encoder/LICENCE.txt": "CC0",
  "encoder/index.json": JSON.stringify({ title: "Tiny", file: "0123456789abcdef.bin", bytes: file.length }),
} });

/** A run on so many texts. */
function start(count, epochs = 400) {
  const rows = Array.from({ length: count }, (_, i) => `${["good", "bad"][i % 2]}\t${["a fine lamp", "a poor lamp"][i % 2]} number ${i}\n`).join("");
  const files = { train: { name: "lamps.tsv", bytes: Buffer.from(`label\ttext\n${rows}`).toString("base64") }, test: null };
  const experiment = { seeds: 1, data: { source: { file: { name: "lamps.tsv" } }, label_noise: 0 }, model: { kind: "sentence", hidden: 16 }, training: { epochs, learning_rate: 0.05, evaluate_every: 50, sharpness_budget: 0 }, lanes: ["sgd", "sam:rho=0.05"] };
  return { command: "start", run: 0, experiment, files, device: "cpu", paused: false };
}

async function visited() {
  const opened = await open(browser, `${site.address}?device=cpu&paused`);
  await ready(opened.page);
  await opened.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  return opened;
}

/** Whether the browser keeps the encoder. */
const kept = (page) => page.evaluate(async () => {
  const lists = await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)));
  return lists.flat().filter((url) => url.endsWith(".bin")).length;
});

async function answers(page, text) {
  await send(page, { command: "classify", text });
  return until(page, "the answer", ({ answer }) => answer?.text === text && answer.lanes.map(({ probabilities }) => probabilities));
}

test("is fetched, encodes, trains, answers, and does so without a network", { timeout: 300_000 }, async () => {
  site.serve(with_encoder("with an encoder"));
  const { page, errors, close } = await visited();
  try {
    const { encoder } = await state(page);
    assert.deepEqual(encoder, { ready: { title: "Tiny", bytes: ENCODER.length } });
    assert.equal(site.asked().some((path) => path.endsWith(".bin")), false, "nobody needs it yet");

    site.slow(".bin", 60_000);
    await send(page, start(600));
    await until(page, "the bar", ({ preparing }) => /^Fetching the encoder: 0\.\d of 0\.\d MB$/.test(preparing ?? ""));
    await shoot(page, "encoder-on-its-way");
    await send(page, { command: "stop" });
    const { failure: trouble } = await until(page, "the end of it", (s) => s.notices.some((text) => /^Stopped before the run began/.test(text)) && s.phase !== "preparing" && s);
    assert.equal(trouble, null, "whoever stops it himself has nothing to complain of");

    site.slow(null, 0);
    await send(page, start(600));
    await until(page, "the end of the run", ({ phase, data }) => phase === "finished" && data?.includes("lamps"), 120);
    const { lanes, failure } = await state(page);
    assert.equal(failure, null);
    assert.ok(lanes.every(({ test_accuracy }) => test_accuracy > 0.9), JSON.stringify(lanes));
    const before = await answers(page, "a fine lamp, really");
    assert.ok(before.every(([first, second]) => Math.abs(first + second - 1) < 1e-6), JSON.stringify(before));
    await until(page, "the encoder to be kept", async () => await kept(page) === 1);

    // At its end, not only on the way there.
    const { open_kept, step } = await until(page, "a run that is kept", (s) => s.kept.some(({ number, step }) => number === s.open_kept && step === s.step) && s);
    site.lose();
    await page.reload();
    await ready(page);
    await until(page, "the run of before, at its end", (s) => s.phase === "finished" && s.open_kept === open_kept && s.step === step);
    const again = await answers(page, "a fine lamp, really");
    assert.deepEqual(again, before, "the same weights and the same vectors");
    assert.deepEqual(errors.filter((text) => !/ERR_(CONNECTION|INTERNET)/.test(text)), []);
  } finally {
    await site.find();
    await close();
    site.serve(site.folder);
  }
});

test("is told where it cannot be had, and the run before goes on", { timeout: 300_000 }, async () => {
  site.serve(site.another("without an encoder", { files: { "encoder/index.json": "{}" } }));
  const { page, close } = await visited();
  try {
    await send(page, { command: "start", run: 0, experiment: { seeds: 1, training: { epochs: 1000 } }, device: "cpu", paused: false });
    await until(page, "a run", ({ phase, measurements }) => phase === "running" && measurements > 1);
    await send(page, start(100));
    await until(page, "why not", ({ failure, phase }) => /without an encoder.*basin data get minilm.*The run before goes on/.test(failure ?? "") && phase === "running");
  } finally {
    await close();
    site.serve(site.folder);
  }
});

test("one that arrives damaged is not used, and the next one is", { timeout: 300_000 }, async () => {
  const damaged = Buffer.from(ENCODER);
  damaged[damaged.length >> 1] ^= 1;
  site.serve(with_encoder("damaged", damaged));
  const { page, close } = await visited();
  try {
    await send(page, start(100));
    await until(page, "why not", ({ failure }) => /arrived, but .*damaged/.test(failure ?? ""));
    site.serve(with_encoder("whole again"));
    await until(page, "the damaged one to be forgotten", async () => await kept(page) === 0);
    await send(page, start(100));
    await until(page, "a run on it", ({ phase, data, measurements }) => phase !== "preparing" && data?.includes("lamps") && measurements > 1);
  } finally {
    await close();
    site.serve(site.folder);
  }
});

test("many texts are encoded by a worker beside the trainer, to the same answers", { timeout: 300_000 }, async () => {
  // One that takes a millisecond or so for each text.
  const slow = encoder_file([4, 32, 128, 512, 6]);
  /** The answers of a run in a page that believes that there are so many cores, and how long each message of a worker is that encodes. */
  const on = async (cores) => {
    const note = `Object.defineProperty(navigator, "hardwareConcurrency", { value: ${cores} }); if (self.name === "encoder") { const said = new BroadcastChannel("said"); const post = MessagePort.prototype.postMessage; MessagePort.prototype.postMessage = function (...all) { said.postMessage(all[0].length); return post.apply(this, all); }; }`;
    const worker = `${note}\n${readFileSync(join(site.folder, "worker.js"), "utf8")}`;
    site.serve(with_encoder(`a slow encoder and ${cores} cores`, slow, { "worker.js": worker }));
    const { page, errors, close } = await visited();
    try {
      await page.evaluate(() => { self.said = []; new BroadcastChannel("said").onmessage = ({ data }) => self.said.push(data); });
      await send(page, start(5000, 1));
      await until(page, "the end of the run", ({ phase, data }) => phase === "finished" && data?.includes("lamps"), 120);
      const found = await answers(page, "a fine lamp, really");
      assert.deepEqual(errors, []);
      return [found, await page.evaluate(() => self.said)];
    } finally {
      await close();
    }
  };
  const [alone, nobody] = await on(1);
  const [helped, said] = await on(2);
  site.serve(site.folder);
  assert.deepEqual(nobody, []);
  // That it is ready, and then vectors: 128 numbers for each text.
  assert.ok(said.length > 1 && said[0] === "null".length && said.slice(1).every((length) => length > 128), said.join(", "));
  assert.deepEqual(helped, alone);
});

test("texts are not encoded again after a reload", { timeout: 300_000 }, async () => {
  // What the trainer says of how far it is, for the page to count.
  const note = `const said = new BroadcastChannel("encoded"); const post = MessagePort.prototype.postMessage; MessagePort.prototype.postMessage = function (...all) { const words = /Encoded \\d+ of \\d+ texts/.exec(all[0]); if (words) said.postMessage(words[0]); return post.apply(this, all); };`;
  const worker = `${note}\n${readFileSync(join(site.folder, "worker.js"), "utf8")}`;
  site.serve(with_encoder("an encoder that is asked once", ENCODER, { "worker.js": worker }));
  const before = (page) => page.addInitScript(() => { self.said = []; new BroadcastChannel("encoded").onmessage = ({ data }) => self.said.push(data); });
  const { page, errors, close } = await open(browser, `${site.address}?device=cpu&paused`, { before });
  const said = () => page.evaluate(() => self.said);
  try {
    await ready(page);
    await send(page, start(600, 2));
    const { open_kept, step } = await until(page, "a run that is kept, at its end", (s) => s.phase === "finished" && s.data?.includes("lamps") && s.kept.some(({ number, step }) => number === s.open_kept && step === s.step) && s, 120);
    assert.equal((await said())[0], "Encoded 0 of 600 texts");
    const files = await page.evaluate(async () => Array.fromAsync((await (await navigator.storage.getDirectory()).getDirectoryHandle("runs")).keys()));
    assert.equal(files.filter((name) => name.startsWith("vectors.")).length, 1, files.join(", "));

    await page.reload();
    await ready(page);
    await until(page, "the run of before, at its end", (s) => s.phase === "finished" && s.open_kept === open_kept && s.step === step);
    // Of more texts those that are new are encoded, and no others since the page was loaded.
    await send(page, start(700, 2));
    await until(page, "the end of the run on more", (s) => s.phase === "finished" && s.open_kept !== open_kept && s.data?.includes("lamps"), 120);
    await until(page, "what was said of it", async () => (await said()).length > 0);
    const again = await said();
    assert.equal(again[0], "Encoded 0 of 100 texts");
    assert.ok(again.every((words) => words.endsWith(" of 100 texts")), again.join(", "));
    assert.deepEqual(errors, []);
  } finally {
    await close();
    site.serve(site.folder);
  }
});
