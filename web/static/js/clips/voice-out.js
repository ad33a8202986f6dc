/** What is said now, part by part, sealed once for all who can not hear it otherwise. Knows neither microphone nor socket, and keeps nothing. */

import { packPart, toHex } from "./binary.js";

/** @typedef {Awaited<ReturnType<import("./sealing.js").Sealing["beginClip"]>>} Seal */
/** @typedef {import("./voice-frames.js").SaidVoice} SaidVoice */

/** Packets in a stream's first parts, and in all later ones: each part costs some 150 bytes beside what is said, and the first is to be heard soon. */
export const PART_PACKETS = Object.freeze([2, 4, 6]);
const PARTS_MAX = 1_000;

/** What a stream's key is bound to, so that no voice can be passed off as a clip. @param {string} id */
export const voiceName = (id) => `voice ${id}`;

export class VoiceOut {
  /** @type {Uint8Array[]} */ #packets = [];
  /** @type {{id: string, to: string[], part: number, seal: Seal} | null} */ #stream = null;
  /** Counts endings: what was said before one is not sent after it. */
  #turn = 0;
  /** Since somebody began to speak. */
  #parts = 0;
  #work = Promise.resolve();

  /**
   * @param {object} wiring
   * @param {() => string[]} wiring.receivers who is to hear it now
   * @param {(name: string, peers: string[]) => Promise<Seal>} wiring.begin
   * @param {(voice: SaidVoice) => void} wiring.send
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /** @param {Uint8Array} packet */
  add(packet) {
    this.#packets.push(packet);
    if (this.#packets.length < (PART_PACKETS[this.#parts] ?? PART_PACKETS.at(-1) ?? 1)) return;
    this.#parts++;
    const packets = this.#packets.splice(0);
    const turn = this.#turn;
    this.#work = this.#work.then(() => this.#say(packets, turn)).catch((fault) => console.warn("voice:", fault));
  }

  /** Nobody is to hear any more; what was not sent yet is forgotten. */
  end() {
    this.#turn++;
    this.#packets = [];
    this.#parts = 0;
    this.#stream = null;
  }

  /** @param {Uint8Array[]} packets @param {number} turn */
  async #say(packets, turn) {
    const stream = await this.#streamFor(this.wiring.receivers(), turn);
    if (!stream) return;
    // A part's number is its nonce: it goes up whether or not the part is sent.
    const part = stream.part++;
    const sealed = await stream.seal.seal(part, false, packPart(null, packets));
    const still = this.wiring.receivers();
    if (turn !== this.#turn || !still.length) return;
    const to = part ? stream.to.filter((peer) => still.includes(peer)) : stream.to;
    if (to.length) this.wiring.send({ to, stream: stream.id, part, sealed, keys: part ? [] : stream.seal.keys });
  }

  /** @param {string[]} receivers @param {number} turn */
  async #streamFor(receivers, turn) {
    if (turn !== this.#turn || !receivers.length) return null;
    const { part = PARTS_MAX, to = [] } = this.#stream ?? {};
    if (part < PARTS_MAX && receivers.every((peer) => to.includes(peer))) return this.#stream;
    const id = toHex(crypto.getRandomValues(new Uint8Array(4)));
    const seal = await this.wiring.begin(voiceName(id), receivers);
    if (turn !== this.#turn) return null;
    return (this.#stream = { id, to: receivers, part: 0, seal });
  }
}
