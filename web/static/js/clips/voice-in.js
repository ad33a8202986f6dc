/** What others say now, opened part by part in the order in which it came; what was lost is not waited for. */

import { unpackPart } from "./binary.js";
import { voiceName } from "./voice-out.js";

/** @typedef {import("./sealing.js").Sealing} Sealing */
/** @typedef {import("./voice-frames.js").HeardVoice} HeardVoice */

export class VoiceIn {
  /** The newest of each sender. @type {Map<string, {id: string, open: Awaited<ReturnType<Sealing["openClip"]>>, next: number}>} */ #streams = new Map();
  #work = Promise.resolve();

  /** @param {(from: string, packets: Uint8Array[]) => void} onPackets */
  constructor(onPackets) {
    this.onPackets = onPackets;
  }

  /** @param {Sealing} sealing @param {HeardVoice} message */
  take(sealing, message) {
    this.#work = this.#work.then(() => this.#open(sealing, message)).catch((fault) => console.warn("voice:", fault));
    return this.#work;
  }

  /** @param {Sealing} sealing @param {HeardVoice} message */
  async #open(sealing, { from, stream: id, part, key, sealed }) {
    if (key !== null) this.#streams.set(from, { id, open: await sealing.openClip(from, voiceName(id), key), next: part });
    const stream = this.#streams.get(from);
    if (stream?.id !== id || part < stream.next) return;
    stream.next = part + 1;
    this.onPackets(from, unpackPart(await stream.open(part, false, sealed), false).packets);
  }
}
