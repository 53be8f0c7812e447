// A thread of the page: worker.js in a worker, which is missed when it ends. The page has one, the trainer's, and that has others for its
// sweeps and its encoder; they share the one compiled module.

const { href, search } = new URL(import.meta.url);

/** Starts one, which gets the module in its first message. Its name says what it is for: what stands behind `#` in its address is lost
    where a service worker answers. */
export function thread(name) {
  const started = new Worker(new URL(`worker.js${search}`, href), { type: "module", name });
  // It holds a lock for as long as it lives: one that ends without a word is missed by that alone.
  started.addEventListener("message", ({ data }) => {
    if (!data.lock) return;
    navigator.locks.request(data.lock, () => { started.dispatchEvent(new ErrorEvent("error", { message: "it ended without a word" })); });
  });
  return started;
}
