/** This device's own camera, microphone and loudspeaker, tried out here: nothing leaves the page and nothing is kept. */

/** How long one's own voice takes to come back, in seconds. */
const ECHO_AFTER_S = 3;
const ECHO_GAIN = 0.8;
const NOTES_HZ = [523.25, 659.25, 783.99];
const NOTE_S = 0.35;

/** @typedef {"works" | "refused" | "missing" | "silent" | "skipped"} Outcome */

/** @param {MediaStreamConstraints} constraints @returns {Promise<{stream: MediaStream | null, outcome: Outcome}>} */
export async function openDevice(constraints) {
  try {
    return { stream: await navigator.mediaDevices.getUserMedia(constraints), outcome: "works" };
  } catch (error) {
    const refused = error instanceof DOMException && error.name === "NotAllowedError";
    return { stream: null, outcome: refused ? "refused" : "missing" };
  }
}

/** @param {MediaStream | null} stream */
export function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Hears a microphone: tells how loud it is, and gives the voice back three seconds later. */
export class VoiceLoop {
  /** @param {AudioContext} context @param {MediaStream} stream */
  constructor(context, stream) {
    this.source = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.delay = context.createDelay(ECHO_AFTER_S);
    this.delay.delayTime.value = ECHO_AFTER_S;
    this.gain = context.createGain();
    this.gain.gain.value = ECHO_GAIN;
    this.source.connect(this.analyser);
    this.source.connect(this.delay).connect(this.gain).connect(context.destination);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  /** How loud it is now, 0 to 1 (root mean square, spread so that speech fills the bar). */
  level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    return Math.min(1, Math.sqrt(power) * 5);
  }

  close() {
    for (const node of [this.source, this.delay, this.gain]) node.disconnect();
  }
}

/** Three notes going up. @param {AudioContext} context */
export function playNotes(context) {
  NOTES_HZ.forEach((hz, at) => {
    const begins = context.currentTime + 0.05 + at * NOTE_S;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, begins);
    gain.gain.linearRampToValueAtTime(0.3, begins + 0.04);
    gain.gain.linearRampToValueAtTime(0, begins + NOTE_S);
    tone.connect(gain).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + NOTE_S);
  });
}
