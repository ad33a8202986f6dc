/** Others' clips, opened part by part in the order in which they came. Knows neither loudspeaker nor socket. */

import { unpackPart } from "./binary.js";

/** @typedef {import("./sealing.js").Sealing} Sealing */
/** @typedef {{type: "clip", from: string, clip: string, part: number, last: boolean, key: string | null, sealed: string}} ClipMessage */
/** @typedef {{open: Awaited<ReturnType<Sealing["openClip"]>>, next: number, skip: number, taken: number}} Opening */

/** Clips remembered from one visit, so that one that is said again is heard once. */
const REMEMBERED_MAX = 500;

export class Incoming {
  /** By sender and clip. @type {Map<string, Opening>} */ #openings = new Map();
  /** How many packets of each clip were taken, over all tries. @type {Map<string, number>} */ #taken = new Map();
  #work = Promise.resolve();

  /** @param {(clip: {from: string, id: string, packets: Uint8Array[], last: boolean}) => void} onPackets */
  constructor(onPackets) {
    this.onPackets = onPackets;
  }

  /** @param {Sealing} sealing @param {ClipMessage} message */
  take(sealing, message) {
    this.#work = this.#work.then(() => this.#open(sealing, message)).catch((fault) => console.warn("clip:", fault));
    return this.#work;
  }

  /** @param {Sealing} sealing @param {ClipMessage} message */
  async #open(sealing, { from, clip: id, part, last, key, sealed }) {
    // The same clip may come again from a peer that is new since: ids are made by chance, one never comes from two people.
    if (key !== null) {
      const open = await sealing.openClip(from, id, key);
      this.#openings.set(`${from} ${id}`, { open, next: 0, skip: this.#taken.get(id) ?? 0, taken: 0 });
    }
    const opening = this.#openings.get(`${from} ${id}`);
    if (!opening || part < opening.next) return;
    opening.next = part + 1;
    const { packets } = unpackPart(await opening.open(part, last, sealed), part === 0);
    const fresh = packets.slice(Math.max(0, opening.skip - opening.taken));
    opening.taken += packets.length;
    this.#remember(id, opening.taken);
    if (last) this.#openings.delete(`${from} ${id}`);
    if (fresh.length || last) this.onPackets({ from, id, packets: fresh, last });
  }

  /** @param {string} id @param {number} taken */
  #remember(id, taken) {
    this.#taken.set(id, Math.max(taken, this.#taken.get(id) ?? 0));
    if (this.#taken.size > REMEMBERED_MAX) this.#taken.delete(/** @type {string} */ (this.#taken.keys().next().value));
  }
}
