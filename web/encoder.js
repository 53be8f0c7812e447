// The encoder of the model `sentence`, beside the page where the build found one: fetched when a run first needs it, and kept by the
// browser for the next time, with a network or without. What is in the file is for crates/encoder to say.

const SCOPE = new URL("./", import.meta.url);
const version = new URL(import.meta.url).search;

/** Resolves to the encoder that there is, or to one without a title where there is none. */
export async function encoder() {
  const { title, file, bytes } = await fetch(new URL(`encoder/index.json${version}`, SCOPE)).then((index) => index.json()).catch(() => ({}));
  const url = new URL(`encoder/${encodeURIComponent(file ?? "")}`, SCOPE);
  return new Encoder(title, url, bytes ?? 0);
}

class Encoder {
  /** Bytes that have arrived, and all of them at the end. */
  #arrived = 0;
  #whole = null;
  #blob = undefined;
  #trouble = undefined;
  #fetching = null;
  #keeping = Promise.resolve();
  /** Whether a copy was of no use, once it is gone. */
  #forgotten = false;

  constructor(title, url, bytes) {
    Object.assign(this, { title, url, bytes });
  }

  get arrived() { return this.#arrived; }
  get trouble() { return this.#trouble; }
  /** The file, for other workers, once it has arrived. */
  get blob() { return this.#blob; }

  /** Begins to fetch it, unless that is on its way; what went wrong before is tried again. */
  begin() {
    if (this.#fetching || this.#whole) return;
    this.#fetching = new AbortController();
    [this.#arrived, this.#trouble] = [0, undefined];
    const { signal } = this.#fetching;
    this.#fetch(signal).catch((error) => {
      if (signal.aborted) return;
      [this.#trouble, this.#fetching] = [error instanceof Error ? error.message : String(error), null];
    });
  }

  /** Leaves off, and forgets what went wrong. */
  stop() {
    this.#fetching?.abort();
    [this.#fetching, this.#trouble] = [null, undefined];
  }

  /** The file, once and whole; until then nothing. */
  take() {
    const whole = this.#whole;
    this.#whole = null;
    return whole ?? undefined;
  }

  /** It was of no use: whoever asks again does not get the same copy. */
  forget() {
    this.#blob = undefined;
    this.#forgotten = this.#keeping.then(() => this.#cache()).then((cache) => cache?.delete(this.url.href)).catch(() => {}).then(() => true);
    return this.#forgotten;
  }

  async #fetch(signal) {
    // Its name has its hash, so what the browser remembers of it is as good as new.
    const response = await fetch(this.url, { signal, cache: await this.#forgotten ? "reload" : "force-cache" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const parts = [];
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) break;
      parts.push(value);
      this.#arrived += value.length;
    }
    if (this.#arrived !== this.bytes) throw new Error(`${this.#arrived} bytes arrived of ${this.bytes}`);
    const blob = new Blob(parts);
    const whole = new Uint8Array(await blob.arrayBuffer());
    if (signal.aborted) return;
    [this.#whole, this.#blob, this.#fetching] = [whole, blob, null];
    // Without room it is fetched again the next time.
    this.#keeping = this.#keep(blob).catch(() => {});
  }

  /** Where service.js keeps the files of this version; none where it keeps nothing. */
  async #cache() {
    const name = `basin ${SCOPE} ${new URLSearchParams(version).get("v")}`;
    return await self.caches?.has(name).catch(() => false) ? self.caches.open(name) : null;
  }

  async #keep(blob) {
    const cache = await this.#cache();
    if (!cache || await cache.match(this.url.href)) return;
    await cache.put(this.url.href, new Response(blob, { headers: { "Content-Type": "application/octet-stream" } }));
  }
}
