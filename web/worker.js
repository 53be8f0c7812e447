// The trainer's thread: takes the module that the page compiled and the port that commands come through,
// and starts crates/browser on them. A message to the page outside the port tells of a crash.

// Both are here before the module, which takes longest. The same address as the page's own, version included.
const [glue, data] = [import(`./basin.js${self.location.search}`), library()];
// Whoever waits for them, below, hears of a failure.
for (const early of [glue, data]) early.catch(() => {});

self.onmessage = async ({ data: { module, port } }) => {
  try {
    const { default: init, start_worker } = await glue;
    await init({ module_or_path: module });
    start_worker(port, await data);
  } catch (error) {
    self.postMessage(describe(error));
  }
};

/** The data sets that the build found in the data folder: `data/index.json` maps each name to its files. */
async function library() {
  const folder = new URL("data/", import.meta.url);
  const sets = await (await fetch(new URL(`index.json${self.location.search}`, folder))).json();
  return {
    names: Object.keys(sets),
    has_test: (name) => sets[name].includes(`${name}.test.tsv`),
    read(file) {
      // Waits for the answer: the trainer has nothing else to do until the data is here.
      const request = new XMLHttpRequest();
      request.open("GET", new URL(encodeURIComponent(file) + self.location.search, folder), false);
      request.responseType = "arraybuffer";
      request.send();
      if (request.status !== 200) throw new Error(`${file}: status ${request.status}`);
      return new Uint8Array(request.response);
    },
  };
}

// Errors reach the page by themselves (`Worker.onerror`); rejected promises do not.
self.addEventListener("unhandledrejection", ({ reason }) => self.postMessage(describe(reason)));

function describe(error) {
  return error instanceof Error ? `${error}\n${error.stack ?? ""}` : String(error);
}
