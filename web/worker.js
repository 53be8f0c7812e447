// The trainer's thread, or that of one who helps it: with the name `helper` it trains cells of sweeps, with `encoder` it encodes texts. Takes the module that the page compiled and the port
// that commands come through, and starts crates/browser on them. A message outside the port tells whoever holds it of a crash.

// Whoever holds the other end waits for this lock: a thread gives it back when it ends, even without a word. Where storage is switched
// off there are no locks, either.
const lock = `basin-trainer-${Date.now()}-${Math.random()}`;
navigator.locks?.request(lock, () => { self.postMessage({ lock }); return new Promise(() => {}); }).catch(() => {});

// These are here before the module, which takes longest. The same address as the page's own, version included.
const { search } = self.location;
const helps = ["helper", "encoder"].includes(self.name);
const glue = import(`./basin.js${search}`);
const [data, runs, threads, encoder_file] = helps ? []
  : [library(), kept_files(), import(`./thread.js${search}`), import(`./encoder.js${search}`).then(({ encoder }) => encoder())];
// Whoever waits for them, below, hears of a failure.
for (const early of [glue, data, runs, threads, encoder_file]) early?.catch(() => {});

/** Bytes that the module asked for and did not get, and bytes that it has; once it runs. */
let memory = () => ({ memory: 0 });

self.onmessage = async ({ data: { module, port, task } }) => {
  try {
    const { default: init, start_worker, start_helper, start_encoder, failed_allocation } = await glue;
    const exports = await init({ module_or_path: module });
    memory = () => ({ memory: failed_allocation(), used: exports.memory.buffer.byteLength });
    if (self.name === "helper") start_helper(port, task);
    else if (self.name === "encoder") start_encoder(port, new Uint8Array(await task.arrayBuffer()));
    else start_worker(port, await data, await encoder_file, await runs, helpers(await threads));
  } catch (error) {
    end(error);
  }
};

/** Who helps: workers of this one, and how many there may be. */
function helpers({ thread }) {
  const { hardwareConcurrency, deviceMemory, userAgent, userAgentData } = navigator;
  const small = userAgentData?.mobile || /Mobi|Android/.test(userAgent) || deviceMemory < 4;
  return { cores: hardwareConcurrency ?? 1, small, worker: thread };
}

/** The files of runs that are kept; where there can be none, why. */
function kept_files() {
  if (self.name === "embedded trainer") return Promise.resolve({ trouble: "a page within another one keeps nothing" });
  const opened = import(`./keep.js${search}`).then(({ files }) => files());
  return opened.catch((error) => ({ trouble: error instanceof Error ? error.message : String(error) }));
}

/** Says why this thread cannot go on. What has no memory left ends in a trap that does not say so. */
function end(error) {
  const lack = memory();
  self.postMessage(lack.memory > 0 ? lack : error instanceof Error ? error.message : String(error));
}

/** The data sets that the build found in the data folder: `data/index.json` maps each name to its files. Without it there are none. */
async function library() {
  const folder = new URL("data/", import.meta.url);
  const sets = await fetch(new URL(`index.json${search}`, folder)).then((index) => index.json()).catch(() => ({}));
  return {
    names: Object.keys(sets),
    has_test: (name) => sets[name].includes(`${name}.test.tsv`),
    read(file) {
      // Waits for the answer: the trainer has nothing else to do until the data is here.
      const request = new XMLHttpRequest();
      request.open("GET", new URL(encodeURIComponent(file) + search, folder), false);
      request.responseType = "arraybuffer";
      request.send();
      if (request.status !== 200) throw new Error(`${file}: status ${request.status}`);
      return new Uint8Array(request.response);
    },
  };
}

// Errors would reach the page by themselves (`Worker.onerror`), but not what memory they lacked; rejected promises would not.
self.addEventListener("error", (event) => { event.preventDefault(); end(event.error ?? event.message); });
self.addEventListener("unhandledrejection", ({ reason }) => end(reason));
