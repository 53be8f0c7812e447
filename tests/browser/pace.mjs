// How fast the page is: to the first falling loss, frames while it trains, a SAM step in the browser, and a sweep on one core and on two.
//
// A measurement for people, not a check: it wants a machine on which nothing else runs. web/dist must be built.
// The step is that of `basin bench` (4096 tokens, dim 64, hidden 128, 4 classes, batch 32 × 32, one member, base SGD);
// WebGPU runs on SwiftShader, a GPU in software.
//
// The sweep is that of `basin sweep --seeds 6`, 96 runs on the help desk, which is timed beside it with `--jobs 1` and `--jobs 2` where
// BASIN names the program; both begin anew each time, in turn.
//
// `encoder`: texts a second that the sentence encoder makes vectors of on one core and on all that it takes, where web/dist has one; 15
// word pieces a text.
//
// `step`: of the network that is named behind it, and on the CPU alone where that is not `bag`.
//
// Usage: node tests/browser/pace.mjs [step [bag|cnn|attention]|page|sweep|peers|encoder]     peers: the step as lines of JSON, for tests/peers/run

import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, NO_WEBGPU, open, ready, send, serve, state, until, WEBGPU } from "./harness.js";

const [VOCABULARY, CLASSES, BATCH, LENGTH] = [4096, 4, 32, 32];
// So many that no browser comes to the end of 10 000 epochs while it is measured.
const BATCHES = 64;
const REPEATS = 5;

const median = (values) => quantile(values, 0.5);
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];

/** Random texts, each word of the vocabulary about sixteen times, as a file. */
function texts() {
  const words = Array.from({ length: BATCHES * BATCH * LENGTH }, (_, i) => i % (VOCABULARY - 2));
  for (let i = words.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [words[i], words[j]] = [words[j], words[i]];
  }
  const line = (_, i) => `${words.slice(i * LENGTH, (i + 1) * LENGTH).map((word) => `w${word}`).join(" ")},class${i % CLASSES}`;
  const file = (name, lines) => ({ name, bytes: Buffer.from(lines.join("\n")).toString("base64") });
  const test = Array.from({ length: CLASSES }, (_, i) => `w${i},class${i}`);
  return { train: file("random.csv", Array.from({ length: BATCHES * BATCH }, line)), test: file("test.csv", test) };
}

const MODEL = process.argv[3] ?? "bag";

const experiment = (evaluate_every) => ({
  seeds: 1,
  data: { source: { file: { name: "random.csv" } }, columns: { header: false, text: 0, text_b: null, label: 1 }, label_noise: 0, vocabulary: VOCABULARY },
  model: { kind: MODEL, dim: 64, hidden: 128, pair: "concat" },
  training: { batch: BATCH, epochs: 10_000, base: "sgd", learning_rate: 0.1, schedule: "constant", evaluate_every, probe: 1, sharpness_budget: 0 },
  lanes: ["sam:rho=0.2"],
});

/** The step that the page has reached, looked at until it changes: events come a few times a second. */
async function nextStep(page) {
  const { step } = await state(page);
  for (;;) {
    const now = await state(page);
    if (now.step > step) return { step: now.step, at: performance.now() };
    if (now.phase !== "running") throw new Error(`the run is ${now.phase}, not running, after ${now.step} steps`);
    await sleep(5);
  }
}

/** Milliseconds a step by the clock on the wall, and of the calls alone, while nothing is drawn. */
async function measureStep(address, device) {
  const browser = await launch(WEBGPU);
  try {
    const { page } = await open(browser, `${address}?device=${device}`);
    await ready(page);
    // Rarely measured, so that steps are what takes the time; a measurement waits for the GPU.
    const every = device === "cpu" && MODEL === "bag" ? 2048 : 64;
    await send(page, { command: "start", run: 0, experiment: experiment(every), files: texts(), device, paused: false });
    await until(page, "the run", (s) => s.failure ?? (s.data === "random.csv" && s.measurements >= 2), 300);
    const { failure, device: name } = await state(page);
    if (failure) throw new Error(failure);
    // Behind another tab a page still draws once a second here, a sixth of a core in software.
    await page.evaluate(() => { window.requestAnimationFrame = () => 0; });
    const millis = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const begin = await nextStep(page);
      await sleep(2000);
      const end = await nextStep(page);
      millis.push((end.at - begin.at) / (end.step - begin.step));
    }
    const now = await state(page);
    const host = (1e3 * now.lanes[0].seconds) / ((now.measurements - 1) * every);
    return { name, millis, host };
  } finally {
    await browser.close();
  }
}

const tellStep = ({ name, millis, host }) =>
  console.log(`SAM step, ${name}: ${median(millis).toFixed(3)} ms (${millis.map((value) => value.toFixed(3)).join(", ")}); until its calls return: ${host.toFixed(3)} ms`);

/** Seconds from the navigation until the training loss of the first lane has fallen below where it began; climbs wait for a while. */
function firstFallingLoss(page) {
  return page.evaluate(async () => {
    await window.basin.ready;
    const ready = performance.now();
    let first;
    for (;;) {
      const { measurements, lanes } = window.basin.state();
      const loss = lanes[0]?.train_loss;
      if (measurements >= 1) first ??= loss;
      if (loss < first) return { ready: ready / 1e3, fell: performance.now() / 1e3 };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
}

/** For `seconds`: the time between two frames, and the work of the page in each, in milliseconds. */
function frames(page, seconds) {
  return page.evaluate(async (seconds) => {
    const [work, between] = [[], []];
    const ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (callback) => ask((time) => {
      const begin = performance.now();
      callback(time);
      work.push(performance.now() - begin);
    });
    let last = performance.now();
    const tick = () => { between.push(performance.now() - last); last = performance.now(); ask(tick); };
    ask(tick);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1e3));
    window.requestAnimationFrame = ask;
    return { work, between };
  }, seconds);
}

async function measurePage(address, name, flags) {
  const browser = await launch(flags);
  try {
    const { page } = await open(browser, `${address}?device=cpu`);
    const tell = (when, { ready, fell }) => console.log(`${name}, ${when}: ready after ${ready.toFixed(2)} s, loss fell after ${fell.toFixed(2)} s`);
    tell("first visit", await firstFallingLoss(page));
    // The browser keeps compiled code some seconds after it has seen it.
    await sleep(15_000);
    const { link } = await state(page);
    for (let visit = 0; visit < 3; visit++) {
      // By a link: else the run of the visit before would go on.
      await page.goto(`${address}?device=cpu&visit=${visit}#${link}`);
      tell("again", await firstFallingLoss(page));
    }
    await send(page, { command: "start", run: 0, experiment: { training: { epochs: 2000 } }, device: "cpu", paused: false });
    await until(page, "the run", (s) => s.phase === "running" && s.measurements >= 2);
    await sleep(2000);
    const { work, between } = await frames(page, 10);
    const say = (values) => `median ${median(values).toFixed(1)}, 95 % ${quantile(values, 0.95).toFixed(1)} ms`;
    console.log(`${name}, 1440×900, while it trains: ${between.length / 10} frames/s; between frames ${say(between)}; work in one ${say(work)}`);
  } finally {
    await browser.close();
  }
}

const SWEEP = { experiment: { seeds: 6, data: { validation: true }, lanes: ["sgd", "sam:rho=0", "per-instance:rho=0", "delta-sam:rule=noise:rho=0"] }, radii: [0.05, 0.1, 0.2, 0.4, 0.8], validation: 0.2 };
const SWEEPS = 3;

/** Seconds from the command to the last of the cells, in a new page, which has trained none of them, and whose run waits. */
async function sweepSeconds(browser, address, cores) {
  const { page, close } = await open(browser, `${address}?device=cpu&paused`);
  await ready(page);
  await until(page, "the run", (s) => s.phase === "paused");
  const begun = performance.now();
  await send(page, { command: "sweep", grid: SWEEP, cores });
  await until(page, "the sweep", (s) => s.sweep?.cores === cores && s.sweep.done < s.sweep.runs);
  const { sweep, failure } = await until(page, "its end", (s) => (s.failure !== null || s.sweep.done === s.sweep.runs) && s, 600);
  const seconds = (performance.now() - begun) / 1e3;
  if (failure !== null) throw new Error(failure);
  if (sweep.runs !== 96) throw new Error(`${sweep.runs} runs`);
  const there = await page.evaluate(() => navigator.hardwareConcurrency);
  console.log(`96 runs in the page, ${cores} of ${there} cores: ${seconds.toFixed(1)} s, up to ${(sweep.memory / 1e6).toFixed(0)} MB`);
  await close();
  return { seconds, points: JSON.stringify(sweep.points) };
}

/** A sweep on one core and on two, in the page and by the program. */
async function measureSweep(address) {
  const browser = await launch(NO_WEBGPU);
  try {
    const took = { 1: [], 2: [] };
    let points;
    for (let repeat = 0; repeat < SWEEPS; repeat++) {
      for (const cores of [1, 2]) {
        const found = await sweepSeconds(browser, address, cores);
        points ??= found.points;
        if (found.points !== points) throw new Error("the results differ");
        took[cores].push(found.seconds);
      }
    }
    tellSweep("in the page", took);
  } finally {
    await browser.close();
  }
  const program = process.env.BASIN;
  if (!program) return;
  const took = { 1: [], 2: [] };
  for (let repeat = 0; repeat < SWEEPS; repeat++) {
    for (const cores of [1, 2]) {
      const begun = performance.now();
      execFileSync(program, ["sweep", "--seeds", "6", "--jobs", String(cores), "--json"], { stdio: ["ignore", "ignore", "ignore"], maxBuffer: 1 << 26 });
      took[cores].push((performance.now() - begun) / 1e3);
    }
  }
  tellSweep("basin sweep --seeds 6", took);
}

function tellSweep(where, took) {
  const [one, two] = [median(took[1]), median(took[2])];
  const all = [1, 2].map((cores) => took[cores].map((seconds) => seconds.toFixed(1)).join(", "));
  console.log(`96 runs, ${where}: ${one.toFixed(1)} s on one core (${all[0]}), ${two.toFixed(1)} s on two (${all[1]}), ${(two / one).toFixed(2)} of it`);
}

/** Words that are one piece each; with the signs at both ends thirteen of them are fifteen pieces. */
const PLAIN = "the film was good but long and i did not like how it all came to an end for me at first we had time".split(" ");

/** So many different texts, as a file. */
function sentences(count) {
  const pick = (i, place) => PLAIN[Math.floor(i / PLAIN.length ** (place % 3) + 7 * place) % PLAIN.length];
  const line = (_, i) => `${["good", "bad"][i % 2]}\t${Array.from({ length: 13 }, (_, place) => pick(i, place)).join(" ")}`;
  const bytes = Buffer.from(Array.from({ length: count }, line).join("\n")).toString("base64");
  return { train: { name: "sentences.tsv", bytes }, test: null };
}

/** From some texts after the first to the last; the encoder is fetched before that. With `cores` the page believes that there are so many. */
async function measureEncoder(address, cores) {
  const browser = await launch(NO_WEBGPU);
  try {
    const before = async (page) => cores && page.route("**/worker.js*", async (route) => {
      const response = await route.fetch();
      const note = `Object.defineProperty(navigator, "hardwareConcurrency", { value: ${cores} });`;
      await route.fulfill({ response, body: `${note}\n${await response.text()}` });
    });
    const { page } = await open(browser, `${address}?device=cpu`, { before });
    await ready(page);
    const { encoder } = await until(page, "the trainer's greeting", (s) => s.encoder !== null && s);
    if (!encoder.ready) throw new Error(`web/dist has no encoder: ${JSON.stringify(encoder)}`);
    const count = 2000;
    const columns = { header: false, label: 0, text: 1, text_b: null };
    const experiment = { seeds: 1, data: { source: { file: { name: "sentences.tsv" } }, columns, label_noise: 0 }, model: { kind: "sentence", hidden: 4 }, training: { epochs: 1, sharpness_budget: 0 }, lanes: ["sgd"] };
    await send(page, { command: "start", run: 0, experiment, files: sentences(count), device: "cpu", paused: true });
    const looks = [];
    for (let first = performance.now(); performance.now() - first < 300_000; ) {
      const { preparing, failure } = await state(page);
      if (failure) throw new Error(failure);
      const done = Number(/^Encoded (\d+)/.exec(preparing ?? "")?.[1] ?? 0);
      if (done > 0 && done !== looks.at(-1)?.done) looks.push({ done, at: performance.now() });
      if (looks.length > 0 && done === 0) break;
      await sleep(200);
    }
    // The first slices are small, so that they say how long a text takes.
    const [begin, end] = [looks[Math.min(3, looks.length - 2)], looks.at(-1)];
    const [count_of, seconds] = [end.done - begin.done, (end.at - begin.at) / 1e3];
    console.log(`${encoder.ready.title}: ${(count_of / seconds).toFixed(0)} texts of 15 word pieces a second in wasm, ${cores ? `cores: ${cores}` : "on the cores that the page takes"} (${count_of} texts in ${seconds.toFixed(1)} s)`);
  } finally {
    await browser.close();
  }
}

const what = process.argv[2];
const server = await serve();
try {
  for (const cores of what === "encoder" ? [1, null, 1, null] : []) await measureEncoder(server.address, cores);
  for (const device of ["page", "sweep", "encoder"].includes(what) ? [] : MODEL === "bag" ? ["cpu", "gpu"] : ["cpu"]) {
    const step = await measureStep(server.address, device);
    if (what === "peers") console.log(JSON.stringify({ peer: `Basin's page, ${device === "cpu" ? "wasm" : "webgpu (software)"}`, millis: median(step.millis) }));
    else tellStep(step);
  }
  if (what === undefined || what === "sweep") await measureSweep(server.address);
  if (what === undefined || what === "page") {
    await measurePage(server.address, "without WebGPU", NO_WEBGPU);
    await measurePage(server.address, "with WebGPU", WEBGPU);
  }
} finally {
  server.stop();
}
