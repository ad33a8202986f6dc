/**
 * Stills where no moving picture lives: every few seconds one frame of the camera, in pieces, to each connection whose rung
 * has them. Speech first: one piece at a time from this browser, never to a connection that still has one to send.
 */

import { cut, nextNumber, PICTURE_BYTES, StillCollector } from "./still-pieces.js";

/** At this pace four receivers' five pieces are out in 3 s, and what goes out meanwhile stays below 64 kbit/s. */
export const PIECE_EVERY_MS = 150;
/** Whoever has not got all of a still by then is given a newer one. */
export const STALE_MS = 12_000;
/** Looks are a second apart: a still is due half a look early rather than half a look late. */
const EARLY_MS = 500;

/** @typedef {{id: string, everyS: number, send: (piece: import("./still-pieces.js").Bytes) => boolean}} Receiver `everyS` 0: none; `send` is false where it can not be now */
/** @typedef {{pieces: import("./still-pieces.js").Bytes[], at: number}} Rest what somebody has not got yet of a still taken at `at` */

export class StillSender {
  #number = 0;
  #takenAt = -Infinity;
  #taking = false;
  #timer = 0;
  /** By receiver; whose turn is next stands first. @type {Map<string, Rest>} */ #rests = new Map();

  /**
   * @param {object} wiring
   * @param {() => MediaStreamTrack | null} wiring.picture the camera's track while it may be seen; null: nothing may go out
   * @param {() => Receiver[]} wiring.receivers every connection
   * @param {(track: MediaStreamTrack, bytes: number) => Promise<Blob | null>} wiring.grab one frame, of at most so many bytes
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /** Take a still when one is due. To be called about once a second. */
  look() {
    const track = this.wiring.picture();
    const everyS = this.#wanting().map((receiver) => receiver.everyS);
    if (!track || !everyS.length || this.#taking) return;
    if (performance.now() - this.#takenAt >= Math.min(...everyS) * 1_000 - EARLY_MS) void this.#take(track);
  }

  #wanting() {
    return this.wiring.receivers().filter(({ everyS }) => everyS > 0);
  }

  /** @param {MediaStreamTrack} track */
  async #take(track) {
    this.#taking = true;
    this.#takenAt = performance.now();
    try {
      const still = await this.wiring.grab(track, PICTURE_BYTES);
      if (still && still.size <= PICTURE_BYTES) this.#give(track, new Uint8Array(await still.arrayBuffer()));
    } catch (error) {
      console.warn("still:", error);
    } finally {
      this.#taking = false;
    }
  }

  /** @param {MediaStreamTrack} track @param {import("./still-pieces.js").Bytes} picture */
  #give(track, picture) {
    // Taken before the child's pause, ready after it.
    if (this.wiring.picture() !== track) return;
    const at = this.#takenAt;
    this.#number = nextNumber(this.#number);
    const pieces = cut(picture, this.#number);
    for (const { id } of this.#wanting()) {
      if (at - (this.#rests.get(id)?.at ?? -Infinity) >= STALE_MS) this.#rests.set(id, { pieces: [...pieces], at });
    }
    this.#timer ||= setTimeout(() => this.#sendOne(), PIECE_EVERY_MS);
  }

  /** One piece to whom it can go; all is forgotten as soon as nothing may go out. */
  #sendOne() {
    this.#timer = 0;
    if (!this.wiring.picture()) this.#rests.clear();
    const wanting = new Map(this.#wanting().map((receiver) => [receiver.id, receiver]));
    for (const id of this.#rests.keys()) if (!wanting.has(id)) this.#rests.delete(id);
    for (const [id, rest] of this.#rests) {
      const [piece] = rest.pieces;
      if (!piece || !wanting.get(id)?.send(piece)) continue;
      this.#rests.delete(id);
      if (rest.pieces.length > 1) this.#rests.set(id, { ...rest, pieces: rest.pieces.slice(1) });
      break;
    }
    if (this.#rests.size) this.#timer = setTimeout(() => this.#sendOne(), PIECE_EVERY_MS);
  }
}

/** Puts together what comes over each connection. */
export class StillReceiver {
  /** @type {WeakMap<object, StillCollector>} */ #collectors = new WeakMap();

  /** The picture, once it is whole. @param {object} connection @param {unknown} data @returns {Blob | null} */
  take(connection, data) {
    const collector = this.#collectors.get(connection) ?? new StillCollector();
    this.#collectors.set(connection, collector);
    return collector.take(data);
  }
}
