/**
 * From the microphone to Opus packets of 60 ms: while a button is held, or while no connection carries the voice, and not a moment
 * longer. Packets go to whoever asked and are kept nowhere here.
 */

export const PACKET_MS = 60;
export const SAMPLE_RATE = 16_000;
export const BITRATE = 8_000;
/** For a voice that goes beside the handshakes of connections: less is hardly understood. */
export const LEAST_BITRATE = 6_000;

const PACKET_US = PACKET_MS * 1000;
const SAMPLES = (SAMPLE_RATE * PACKET_MS) / 1000;
const FORMAT = /** @type {const} */ ({ codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels: 1 });
const ENCODING = { ...FORMAT, opus: { frameDuration: PACKET_US, application: "voip", signal: "voice" } };

/** How the other side must decode. */
export const DECODING = FORMAT;

/** Whether this browser can say and hear clips; without it there are pictures and words. */
export async function canClip() {
  if (typeof AudioEncoder === "undefined" || typeof AudioDecoder === "undefined" || typeof AudioWorkletNode === "undefined") return false;
  try {
    const [out, back] = await Promise.all([AudioEncoder.isConfigSupported(/** @type {any} */ ({ ...ENCODING, bitrate: BITRATE })), AudioDecoder.isConfigSupported(FORMAT)]);
    return Boolean(out.supported && back.supported);
  } catch {
    return false;
  }
}

export class Capture {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {Promise<void> | null} */ #ready = null;
  /** @type {{copy: MediaStreamTrack | null, source: MediaStreamAudioSourceNode, gather: AudioWorkletNode, encoder: AudioEncoder} | null} */ #running = null;
  /** Counts starts and stops, so that a start which was overtaken by its stop comes to nothing. */
  #turn = 0;

  /** @param {(packet: Uint8Array<ArrayBuffer>) => void} onPacket @param {number} [bitrate] */
  constructor(onPacket, bitrate = BITRATE) {
    this.onPacket = onPacket;
    this.bitrate = bitrate;
  }

  /** Make ready what takes time. */
  prepare() {
    this.#context ??= new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
    this.#ready ??= this.#context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url).href).catch((fault) => {
      this.#ready = null;
      throw fault;
    });
    return this.#ready;
  }

  /** Begin. With `evenIfOff` a switched-off microphone speaks too: of a copy of its track. @param {MediaStreamTrack} microphone @param {boolean} evenIfOff */
  async start(microphone, evenIfOff) {
    const turn = ++this.#turn;
    await this.prepare();
    const context = /** @type {AudioContext} */ (this.#context);
    await context.resume();
    if (turn !== this.#turn) return;
    const track = evenIfOff ? microphone.clone() : microphone;
    if (evenIfOff) track.enabled = true;
    const encoder = new AudioEncoder({ output: (chunk) => this.#take(chunk), error: (fault) => console.warn("clip:", fault) });
    encoder.configure(/** @type {any} */ ({ ...ENCODING, bitrate: this.bitrate }));
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const gather = new AudioWorkletNode(context, "gather", {
      numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit", processorOptions: { samples: SAMPLES },
    });
    let timestamp = 0;
    gather.port.onmessage = ({ data }) => {
      if (encoder.state !== "configured") return;
      const sound = new AudioData({ format: "f32-planar", sampleRate: SAMPLE_RATE, numberOfFrames: SAMPLES, numberOfChannels: 1, timestamp, data });
      timestamp += PACKET_US;
      encoder.encode(sound);
      sound.close();
    };
    source.connect(gather);
    this.#running = { copy: evenIfOff ? track : null, source, gather, encoder };
  }

  /** End, after the last packet has been handed on. */
  async stop() {
    this.#turn++;
    const running = this.#running;
    this.#running = null;
    if (!running) return;
    running.source.disconnect();
    running.gather.port.onmessage = null;
    running.copy?.stop();
    if (running.encoder.state === "configured") await running.encoder.flush();
    running.encoder.close();
    if (!this.#running) await this.#context?.suspend();
  }

  /** End for good. */
  async close() {
    await this.stop();
    await this.#context?.close();
    this.#context = this.#ready = null;
  }

  /** @param {EncodedAudioChunk} chunk */
  #take(chunk) {
    const packet = new Uint8Array(chunk.byteLength);
    chunk.copyTo(packet);
    this.onPacket(packet);
  }
}
