/** From Opus packets to the loudspeaker, one behind the other. */

import { DECODING, PACKET_MS } from "./capture.js";

/** Put before the first packet, and again where the line was too slow for the next one. */
export const LEAD_S = 0.25;

export class Speaker {
  /** @type {AudioDecoder | null} */ #decoder = null;
  #timestamp = 0;
  /** Packets given to the decoder that it has not given back. */
  #decoding = 0;
  /** Until when sound is scheduled, in seconds of the context. */
  #until = 0;
  #out;

  /** @param {AudioContext} context */
  constructor(context) {
    this.context = context;
    this.#out = context.createGain();
    this.#out.connect(context.destination);
  }

  /** Whether anything is heard, or will be. */
  get isSounding() {
    return this.#decoding > 0 || this.aheadS > 0;
  }

  /** How much is scheduled and was not heard yet, in seconds. */
  get aheadS() {
    return Math.max(0, this.#until - this.context.currentTime);
  }

  /** @param {Uint8Array} packet */
  play(packet) {
    if (this.#decoder?.state !== "configured") {
      this.#decoder = new AudioDecoder({ output: (sound) => this.#schedule(sound), error: (fault) => console.warn("speaker:", fault) });
      this.#decoder.configure(DECODING);
      this.#decoding = 0;
    }
    this.#decoding++;
    this.#timestamp += PACKET_MS * 1000;
    this.#decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: this.#timestamp, data: packet }));
  }

  /** Be silent at once, for good. */
  close() {
    this.#out.disconnect();
    if (this.#decoder?.state === "configured") this.#decoder.close();
    this.#decoder = null;
  }

  /** @param {AudioData} sound */
  #schedule(sound) {
    this.#decoding = Math.max(0, this.#decoding - 1);
    const { context } = this;
    if (context.state !== "closed") {
      const buffer = context.createBuffer(1, sound.numberOfFrames, sound.sampleRate);
      sound.copyTo(buffer.getChannelData(0), { planeIndex: 0, format: "f32-planar" });
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(this.#out);
      if (this.#until < context.currentTime) this.#until = context.currentTime + LEAD_S;
      source.start(this.#until);
      this.#until += buffer.duration;
    }
    sound.close();
  }
}
