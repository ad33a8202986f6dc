/** Tells whether any of the live voices is heard now, for a button that says so. Looks at loudness alone. */

export const LOOK_MS = 150;
/** Root mean square of a sample that counts as speech; a quiet classroom is far below. */
export const LOUD = 0.02;
/** Between two words it is still speech. */
export const PAUSE_MS = 600;

export class OthersSpeaking {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {Map<string, {stream: MediaStream, source: MediaStreamAudioSourceNode, analyser: AnalyserNode, loudAt: number}>} */ #ears = new Map();
  #timer = 0;
  #speaking = "";

  /** @param {(peer: string) => void} onSpeaking "" for nobody */
  constructor(onSpeaking) {
    this.onSpeaking = onSpeaking;
  }

  /** Listen to these streams from now on; to none with an empty map. @param {Map<string, {stream: MediaStream | null}>} links */
  listen(links) {
    for (const [peer, ear] of this.#ears) {
      if (links.get(peer)?.stream === ear.stream) continue;
      ear.source.disconnect();
      this.#ears.delete(peer);
    }
    for (const [peer, { stream }] of links) {
      if (!stream?.getAudioTracks().length || this.#ears.has(peer)) continue;
      const context = (this.#context ??= new AudioContext());
      const source = context.createMediaStreamSource(stream);
      const analyser = context.createAnalyser();
      source.connect(analyser);
      this.#ears.set(peer, { stream, source, analyser, loudAt: 0 });
    }
    if (this.#ears.size) this.#timer ||= setInterval(() => this.#look(), LOOK_MS);
    else {
      clearInterval(this.#timer);
      this.#timer = 0;
      this.#tell("");
    }
  }

  #look() {
    const now = Date.now();
    let speaking = "";
    for (const [peer, ear] of this.#ears) {
      const samples = new Float32Array(ear.analyser.fftSize);
      ear.analyser.getFloatTimeDomainData(samples);
      if (Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length) > LOUD) ear.loudAt = now;
      if (now - ear.loudAt < PAUSE_MS) speaking = peer;
    }
    this.#tell(speaking);
  }

  /** @param {string} peer */
  #tell(peer) {
    if (peer === this.#speaking) return;
    this.#speaking = peer;
    this.onSpeaking(peer);
  }
}
