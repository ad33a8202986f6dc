/**
 * What is heard, held back until the next packet is there: where one between was lost, the next repeats it (RFC 2198), and the one
 * held is made to say both. A browser that knows no RED plays that as if nothing had been lost. Pure.
 */

import { joined, PACKET_MAX_TICKS, ticksOf } from "./opus-packets.js";

/** Beyond the packet that is missing and the one that repeats it: how unevenly they may come. */
export const SPREAD_MS = 60;
const TICKS_PER_MS = 48;

/** @template Item @typedef {{item: Item, speech: Uint8Array}} Ready what to play, and in which packet of the browser's */

/** @template Item */
export class HeldSpeech {
  /** @type {(Ready<Item> & {timestamp: number, ticks: number}) | null} */ #held = null;

  /** What is held; null: nothing. */
  get item() {
    return this.#held?.item ?? null;
  }

  /** For how long in all, in ms, where nothing comes. */
  get waitMs() {
    return (2 * (this.#held?.ticks ?? 0)) / TICKS_PER_MS + SPREAD_MS;
  }

  /**
   * A packet has come. Returns what can be played now, in order.
   * @param {Item} item @param {number} timestamp of RTP: 48 kHz, modulo 2^32 @param {import("./red-payloads.js").Spoken} spoken @returns {Ready<Item>[]}
   */
  take(item, timestamp, { speech, before }) {
    const held = this.#held;
    const since = held ? (timestamp - held.timestamp) | 0 : 0;
    // Come late, behind what was sent after it: the browser knows its place.
    if (since < 0) return [{ item, speech }];
    const isRightBehind = held && before && since - before.offset === held.ticks && before.offset;
    const repaired = isRightBehind ? joined(held.speech, before.speech) : null;
    const ready = this.release().map((each) => ({ ...each, speech: repaired ?? each.speech }));
    const ticks = ticksOf(speech);
    // Nothing fits beside what is so long.
    if (!ticks || 2 * ticks > PACKET_MAX_TICKS) return [...ready, { item, speech }];
    this.#held = { item, speech, timestamp, ticks };
    return ready;
  }

  /** Nothing has come: what is held is played as it is. @returns {Ready<Item>[]} */
  release() {
    const held = this.#held;
    this.#held = null;
    return held ? [{ item: held.item, speech: held.speech }] : [];
  }
}
