/**
 * Puts the speech of the packet before beside that of each packet, in a browser that encodes Opus and knows no RED (RFC 2198).
 * Runs in a worker of its own, between the browser's encoder and its packets (W3C WebRTC Encoded Transform).
 */

/** What a block's header can say of how long ago it was, in RTP's ticks, and of its bytes (RFC 2198, section 3). */
export const OFFSET_MAX = 2 ** 14 - 1;
export const LENGTH_MAX = 2 ** 10 - 1;

/** @typedef {{red: number, opus: number}} Numbers payload types: under which packets go out, and of the speech within them */

export class RedPayloads {
  /** @type {{speech: Uint8Array, timestamp: number} | null} */ #before = null;

  /** @param {number} opus payload type of the speech within */
  constructor(opus) {
    this.opus = opus;
  }

  /**
   * What a packet of this speech carries. After a pause that no header can tell, this speech alone.
   * @param {Uint8Array} speech @param {number} timestamp of RTP: 48 kHz, modulo 2^32
   */
  next(speech, timestamp) {
    const before = this.#before;
    this.#before = { speech, timestamp };
    const offset = before ? (timestamp - before.timestamp) >>> 0 : Infinity;
    if (!before || offset > OFFSET_MAX || before.speech.length > LENGTH_MAX) return Uint8Array.of(this.opus, ...speech);
    const { length } = before.speech;
    const header = [0x80 | this.opus, offset >> 6, ((offset & 0x3f) << 2) | (length >> 8), length & 0xff, this.opus];
    return Uint8Array.of(...header, ...before.speech, ...speech);
  }
}

/** Whatever goes out under another payload type was agreed to be plain. @param {{readable: ReadableStream, writable: WritableStream, options: Numbers}} transformer */
export function repeatSpeech({ readable, writable, options: { red, opus } }) {
  const payloads = new RedPayloads(opus);
  const repeating = new TransformStream({
    transform(frame, controller) {
      const { payloadType, rtpTimestamp = frame.timestamp } = frame.getMetadata();
      if (payloadType === red) frame.data = payloads.next(new Uint8Array(frame.data), rtpTimestamp).buffer;
      controller.enqueue(frame);
    },
  });
  return readable.pipeThrough(repeating).pipeTo(writable);
}

Object.assign(globalThis, {
  /** A sender of the page's has been given to this worker. @param {{transformer: Parameters<typeof repeatSpeech>[0]}} event */
  onrtctransform: ({ transformer }) => void repeatSpeech(transformer).catch(() => undefined),
});
// The page waits for this.
globalThis.postMessage?.("ready");
