// The files of runs that are kept, and of vectors of texts: in the browser's own file system for this page, which only its workers may
// write to at once. What is kept, where and when is for crates/train/src/keep to say.

/** Bytes that all runs may take, and the share of what the browser allows this page that they may. */
const MOST = 512 * 2 ** 20;
const SHARE = 0.2;

/** Texts whose hashes are made at once. */
const AT_ONCE = 1000;

/** Opens the folder. Rejects where there is none: in private windows of some browsers, or where storage is switched off. */
export async function files() {
  if (!navigator.storage?.getDirectory || !("createSyncAccessHandle" in (self.FileSystemFileHandle?.prototype ?? {}))) {
    throw new Error("this browser has no file system for pages");
  }
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("runs", { create: true });
  const { quota = MOST } = await navigator.storage.estimate().catch(() => ({}));
  /** What gives each run back that this worker has, and of those that it gave back, when they are free. */
  const held = new Map();
  const given_back = new Map();
  return {
    space: Math.min(MOST, SHARE * quota),
    async room() {
      const { quota, usage } = await navigator.storage.estimate();
      return quota - usage;
    },
    async names() {
      const names = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
    async read(name) {
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    },
    async open(name) {
      const file = await (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
      return {
        put(bytes) {
          try {
            file.truncate(0);
            if (file.write(bytes, { at: 0 }) !== bytes.length) throw new DOMException("the browser allows this page no more storage", "QuotaExceededError");
            file.flush();
          } finally {
            file.close();
          }
        },
      };
    },
    remove: (name) => folder.removeEntry(name).catch((error) => { if (error.name !== "NotFoundError") throw error; }),
    /** The first half of each text's SHA-256: a browser that gives a page these files computes that for it, too. */
    async keys(texts) {
      const [utf8, keys] = [new TextEncoder(), new Uint8Array(16 * texts.length)];
      for (let from = 0; from < texts.length; from += AT_ONCE) {
        const some = texts.slice(from, from + AT_ONCE).map((text) => crypto.subtle.digest("SHA-256", utf8.encode(text)));
        (await Promise.all(some)).forEach((digest, i) => keys.set(new Uint8Array(digest, 0, 16), 16 * (from + i)));
      }
      return keys;
    },
    claim: (run, patience) => claim(held, given_back, run, patience),
    release(run) {
      const lock = held.get(run);
      held.delete(run);
      if (lock) given_back.set(run, lock.give_back());
    },
  };
}

/** A lock for as long as this worker lives, or until it gives it back; browsers without locks have one worker a run all the same. */
async function claim(held, given_back, run, patience) {
  if (held.has(run)) return false;
  if (!navigator.locks) return true;
  // What was given back a moment ago is free a moment later: else this worker would meet its own lock.
  await given_back.get(run);
  given_back.delete(run);
  return new Promise((resolve, reject) => {
    const options = patience > 0 ? { signal: AbortSignal.timeout(1000 * patience) } : { ifAvailable: true };
    const whole = navigator.locks.request(`basin-run-${run}`, options, (lock) => {
      resolve(lock !== null);
      return lock && new Promise((release) => held.set(run, { give_back: () => { release(); return over; } }));
    });
    const over = whole.catch((error) => (error.name === "AbortError" || error.name === "TimeoutError" ? resolve(false) : reject(error)));
  });
}
