/**
 * Plays clips one after another, never two at once, each from its first part on while the rest still comes. While this side
 * speaks it waits, so that nothing is missed and nothing comes back through the microphone.
 */

import { Speaker } from "./speaker.js";

/** @typedef {{from: string, id: string, packets: Uint8Array[], last: boolean, heardAt: number}} Utterance */

/** A clip whose rest does not come lets others speak. */
export const STARVED_MS = 5_000;
/** How often it is looked who speaks. */
const LOOK_MS = 100;

export class Playback {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {Speaker | null} */ #speaker = null;
  /** First the one that is being played. @type {Utterance[]} */ #queue = [];
  #speaking = "";
  #held = false;
  #timer = 0;

  /** @param {(from: string) => void} onSpeaking who is heard now; "" for nobody */
  constructor(onSpeaking) {
    this.onSpeaking = onSpeaking;
  }

  /** @param {{from: string, id: string, packets: Uint8Array[], last: boolean}} clip */
  add({ from, id, packets, last }) {
    const known = this.#queue.find((utterance) => utterance.id === id);
    if (known) {
      known.packets.push(...packets);
      known.last ||= last;
      known.heardAt = Date.now();
    } else this.#queue.push({ from, id, packets: [...packets], last, heardAt: Date.now() });
    this.#timer ||= setInterval(() => this.#play(), LOOK_MS);
    this.#play();
  }

  /** Wait while this side speaks, then go on where it stopped. @param {boolean} held */
  hold(held) {
    this.#held = held;
    if (held) void this.#context?.suspend();
    else {
      void this.#context?.resume();
      this.#play();
    }
  }

  /** Be silent and forget what was not heard yet. */
  clear() {
    this.#queue = [];
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#speaker?.close();
    this.#speaker = null;
    void this.#context?.close();
    this.#context = null;
    this.#tell("");
  }

  #play() {
    if (this.#held) return;
    const context = (this.#context ??= new AudioContext());
    const speaker = (this.#speaker ??= new Speaker(context));
    const now = this.#queue[0];
    for (const packet of now?.packets.splice(0) ?? []) speaker.play(packet);
    const { isSounding } = speaker;
    this.#tell(isSounding ? (now?.from ?? this.#speaking) : "");
    if (!now) {
      if (isSounding) return;
      clearInterval(this.#timer);
      this.#timer = 0;
    } else if (!isSounding && (now.last || (this.#queue.length > 1 && Date.now() - now.heardAt > STARVED_MS))) {
      this.#queue.shift();
      this.#play();
    }
  }

  /** @param {string} from */
  #tell(from) {
    if (from === this.#speaking) return;
    this.#speaking = from;
    this.onSpeaking(from);
  }
}
