/** Help for browsers that cannot send speech twice by themselves: `repeater.js` and its worker are loaded there, and nowhere else. */

import { knowsRed } from "./lean-description.js";

/** @typedef {import("./repeater.js").Repeater} Repeater */

export class RepeatingHelp {
  /** Whether this browser is helped, or will be. */
  isPossible = "RTCRtpScriptTransform" in globalThis && !knowsRed();
  /** @type {((speech: RTCRtpTransceiver) => Repeater) | null} */ #make = null;

  constructor() {
    if (this.isPossible) void this.#load();
  }

  /** What repeats the speech of a connection; null: nothing, or nothing yet, or it has none yet. @param {RTCPeerConnection} pc */
  repeaterOf(pc) {
    const speech = pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "audio");
    return (speech && this.#make?.(speech)) ?? null;
  }

  async #load() {
    const worker = new Worker(new URL("./red-worker.js", import.meta.url), { type: "module" });
    try {
      // Both at once: what is there before the first offer is not to be negotiated later.
      const [{ Repeater }] = await Promise.all([import("./repeater.js"), ready(worker)]);
      this.#make = (speech) => new Repeater(worker, speech);
    } catch {
      worker.terminate();
      this.isPossible = false;
    }
  }
}

/** Until the worker has said that it is there: a sender without its worker would say nothing. @param {Worker} worker */
function ready(worker) {
  return new Promise((resolve, reject) => Object.assign(worker, { onmessage: resolve, onerror: reject }));
}
