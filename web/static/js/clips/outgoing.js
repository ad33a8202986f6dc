/**
 * What is being said and what still waits for the line: in parts, in order, at a pace that leaves the line room. At most the
 * last minute waits; what is older is forgotten. Knows neither microphone nor socket.
 */

import { packPart } from "./binary.js";
import { PACKET_MS } from "./capture.js";

/** @typedef {Awaited<ReturnType<import("./sealing.js").Sealing["beginClip"]>>} Seal */
/** @typedef {{type: "clip", to: string[], clip: string, part: number, last: boolean, keys: string[], sealed: string}} ClipMessage */
/** @typedef {{id: string, number: number, packets: Uint8Array<ArrayBuffer>[], sent: number, part: number, ended: boolean, doneAt: number, to: string[], seal: Seal | null}} Clip */

export const WAITING_MAX_MS = 60_000;
/** A part is this long while somebody speaks, and at most so long: 4 KiB on the wire. */
export const PART_MS = 1_200;
export const PART_MAX_BYTES = 3_000;
/** Pause between two parts that wait: a minute of speech takes ten seconds and the line keeps room for all else. */
export const PACE_MS = 200;
/** A finger that slipped has said nothing. */
export const SHORTEST_MS = 300;
/** So long a clip may come back refused and is then said again. */
export const RECENT_MS = 10_000;
/** After the server has had too much. */
export const REST_MS = 3_000;

const PARTS_MAX = 1000;

export class Outgoing {
  /** Not wholly sent yet, oldest first. @type {Clip[]} */ #clips = [];
  /** Sent a moment ago. @type {Clip[]} */ #recent = [];
  #number = 0;
  #timer = 0;
  #sending = false;

  /**
   * @param {object} wiring
   * @param {() => string[]} wiring.receivers whom a clip may go to now: connected, in a live room, with known keys; or none
   * @param {(id: string, peers: string[]) => Promise<Seal>} wiring.begin
   * @param {(message: ClipMessage) => boolean} wiring.send
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /** How much waits, in ms of speech. */
  get waitingMs() {
    return this.#clips.reduce((sum, clip) => sum + clip.packets.length - clip.sent, 0) * PACKET_MS;
  }

  /** Somebody begins to speak. */
  begin() {
    this.end();
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#clips.push({ id, number: ++this.#number, packets: [], sent: 0, part: 0, ended: false, doneAt: 0, to: [], seal: null });
  }

  /** @param {Uint8Array<ArrayBuffer>} packet */
  add(packet) {
    this.#clips.at(-1)?.packets.push(packet);
    while (this.waitingMs > WAITING_MAX_MS) this.#forgetOldest();
    this.pump();
  }

  /** Somebody has spoken. */
  end() {
    const clip = this.#clips.at(-1);
    if (!clip || clip.ended) return;
    clip.ended = true;
    if (clip.packets.length * PACKET_MS < SHORTEST_MS && !clip.part) this.#clips.pop();
    this.pump();
  }

  /** Forget everything that has not been sent. */
  drop() {
    this.#clips = [];
    this.#recent = [];
    clearTimeout(this.#timer);
  }

  /** The server has passed on no more, or has forgotten us: what may not have arrived is said again. @param {boolean} [rest] after a pause */
  again(rest = false) {
    const since = Date.now() - RECENT_MS;
    this.#clips = [...this.#recent.filter(({ doneAt }) => doneAt > since), ...this.#clips];
    this.#recent = [];
    for (const clip of this.#clips) Object.assign(clip, { sent: 0, part: 0, seal: null });
    this.#later(rest ? REST_MS : PACE_MS);
  }

  /** Send what may go now. Call it whenever anything has changed. */
  pump() {
    if (!this.#timer) this.#later(0);
  }

  /** @param {number} pause */
  #later(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#next(), pause);
  }

  async #next() {
    this.#timer = 0;
    const clip = this.#clips[0];
    if (this.#sending || !clip) return;
    const waiting = clip.packets.length - clip.sent;
    if (!clip.ended && waiting * PACKET_MS < PART_MS) return;
    this.#sending = true;
    try {
      if (await this.#sendPart(clip)) this.#later(PACE_MS);
    } catch (fault) {
      console.warn("clip:", fault);
      this.#clips.shift();
    } finally {
      this.#sending = false;
    }
  }

  /** @param {Clip} clip @returns {Promise<boolean>} whether it went */
  async #sendPart(clip) {
    const receivers = this.wiring.receivers();
    if (!receivers.length) return false;
    // The receivers of a clip stay those of its beginning; with none of them left it begins anew.
    if (!clip.seal || !clip.to.some((peer) => receivers.includes(peer))) {
      Object.assign(clip, { to: receivers, sent: 0, part: 0, seal: null });
      clip.seal = await this.wiring.begin(clip.id, receivers);
    }
    const { seal, part } = clip;
    const packets = fitting(clip.packets.slice(clip.sent));
    const last = (clip.ended && clip.sent + packets.length === clip.packets.length) || part === PARTS_MAX - 1;
    const sealed = await seal.seal(part, last, packPart(part ? null : clip.number, packets));
    // Meanwhile it may have been dropped, or has to begin anew.
    if (clip.seal !== seal || this.#clips[0] !== clip) return true;
    const message = { type: /** @type {const} */ ("clip"), to: clip.to, clip: clip.id, part, last, keys: part ? [] : seal.keys, sealed };
    if (!this.wiring.receivers().length || !this.wiring.send(message)) {
      // A part's number is its nonce, so nothing else may be sealed under it with this key.
      Object.assign(clip, { sent: 0, part: 0, seal: null });
      return false;
    }
    clip.part++;
    clip.sent += packets.length;
    if (last) {
      this.#clips.shift();
      clip.doneAt = Date.now();
      this.#recent = [...this.#recent.filter(({ doneAt }) => doneAt > clip.doneAt - RECENT_MS), clip];
    }
    return true;
  }

  #forgetOldest() {
    const [oldest] = this.#clips;
    if (oldest && oldest.packets.length > oldest.sent) oldest.packets.splice(oldest.sent, 1);
    else this.#clips.shift();
  }
}

/** As many of these packets as go into one part. @param {Uint8Array<ArrayBuffer>[]} packets */
function fitting(packets) {
  const most = Math.floor((2 * PART_MS) / PACKET_MS);
  let bytes = 0;
  const count = packets.slice(0, most).findIndex((packet) => (bytes += packet.length + 2) > PART_MAX_BYTES - 20);
  return packets.slice(0, count < 0 ? most : Math.max(1, count));
}
