/**
 * Plays clips one after another, never two at once, each from its first part on while the rest still comes. While this side
 * speaks it waits, so that nothing is missed and nothing comes back through the microphone.
 */

import { DECODING, PACKET_MS } from "./capture.js";

/** @typedef {{from: string, id: string, packets: Uint8Array[], last: boolean, heardAt: number}} Utterance */

/** Put before a clip, and again where the line was too slow for it. */
export const LEAD_S = 0.25;
/** A clip whose rest does not come lets others speak. */
export const STARVED_MS = 5_000;
/** How often it is looked who speaks. */
const LOOK_MS = 100;

export class Playback {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {AudioDecoder | null} */ #decoder = null;
  /** First the one that is being played. @type {Utterance[]} */ #queue = [];
  #timestamp = 0;
  /** Packets given to the decoder that it has not given back. */
  #decoding = 0;
  /** Until when sound is scheduled, in seconds of the context. */
  #until = 0;
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
    if (this.#decoder?.state === "configured") this.#decoder.close();
    this.#decoder = null;
    void this.#context?.close();
    this.#context = null;
    this.#until = this.#decoding = 0;
    this.#tell("");
  }

  #play() {
    if (this.#held) return;
    const context = (this.#context ??= new AudioContext());
    const now = this.#queue[0];
    for (const packet of now?.packets.splice(0) ?? []) this.#decode(packet);
    const isSounding = this.#decoding > 0 || context.currentTime < this.#until;
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

  /** @param {Uint8Array} packet */
  #decode(packet) {
    if (this.#decoder?.state !== "configured") {
      this.#decoder = new AudioDecoder({ output: (sound) => this.#schedule(sound), error: (fault) => console.warn("clip:", fault) });
      this.#decoder.configure(DECODING);
      this.#decoding = 0;
    }
    this.#decoding++;
    this.#timestamp += PACKET_MS * 1000;
    this.#decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: this.#timestamp, data: packet }));
  }

  /** @param {AudioData} sound */
  #schedule(sound) {
    this.#decoding = Math.max(0, this.#decoding - 1);
    const context = this.#context;
    if (context) {
      const buffer = context.createBuffer(1, sound.numberOfFrames, sound.sampleRate);
      sound.copyTo(buffer.getChannelData(0), { planeIndex: 0, format: "f32-planar" });
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(context.destination);
      if (this.#until < context.currentTime) this.#until = context.currentTime + LEAD_S;
      source.start(this.#until);
      this.#until += buffer.duration;
    }
    sound.close();
  }

  /** @param {string} from */
  #tell(from) {
    if (from === this.#speaking) return;
    this.#speaking = from;
    this.onSpeaking(from);
  }
}
