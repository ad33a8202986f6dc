/** On the audio thread: gathers one packet's worth of samples and hands them over. */

// @ts-nocheck the audio thread's own global names have no types here
class Gather extends AudioWorkletProcessor {
  #samples;
  #at = 0;

  constructor({ processorOptions }) {
    super();
    this.#samples = new Float32Array(processorOptions.samples);
  }

  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.#samples[this.#at++] = sample;
      if (this.#at < this.#samples.length) continue;
      this.port.postMessage(this.#samples);
      this.#samples = new Float32Array(this.#samples.length);
      this.#at = 0;
    }
    return true;
  }
}
registerProcessor("gather", Gather);
