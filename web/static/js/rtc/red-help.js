/** Help for browsers that know no RED by themselves: `red-translator.js` and its worker are loaded there, and nowhere else. */

import { knowsRed } from "./lean-description.js";

/** @typedef {import("./red-translator.js").RedTranslator} RedTranslator */

/** How long a connection's first description waits for what is on its way already: without it speech is plain for the whole connection. */
export const WAIT_MS = 3_000;

export class RedHelp {
  /** @type {(() => RedTranslator) | null} */ #make = null;
  #loading = "RTCRtpScriptTransform" in globalThis && !knowsRed() ? this.#load() : null;

  /** For one connection; null: this browser needs none, or has none. @returns {Promise<RedTranslator | null>} */
  async translator() {
    if (this.#loading && !this.#make) await Promise.race([this.#loading, new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
    return this.#make?.() ?? null;
  }

  async #load() {
    const worker = new Worker(new URL("./red-worker.js", import.meta.url), { type: "module" });
    try {
      const [{ RedTranslator }] = await Promise.all([import("./red-translator.js"), ready(worker)]);
      this.#make = () => new RedTranslator(worker);
    } catch {
      worker.terminate();
      this.#loading = null;
    }
  }
}

/** Until the worker has said that it is there: whoever speaks or hears through it would be dumb or deaf without. @param {Worker} worker */
function ready(worker) {
  return new Promise((resolve, reject) => Object.assign(worker, { onmessage: resolve, onerror: reject }));
}
