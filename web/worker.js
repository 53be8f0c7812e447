// The trainer's thread: takes the module that the page compiled and the port that commands come through,
// and starts crates/browser on them. A message to the page outside the port tells of a crash.

self.onmessage = async ({ data: { module, port } }) => {
  try {
    // The same address as the page's own, version included.
    const { default: init, start_worker } = await import(`./basin.js${self.location.search}`);
    await init({ module_or_path: module });
    start_worker(port);
  } catch (error) {
    self.postMessage(describe(error));
  }
};

// Errors reach the page by themselves (`Worker.onerror`); rejected promises do not.
self.addEventListener("unhandledrejection", ({ reason }) => self.postMessage(describe(reason)));

function describe(error) {
  return error instanceof Error ? `${error}\n${error.stack ?? ""}` : String(error);
}
