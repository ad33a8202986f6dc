/** Payloads of RED (RFC 2198, section 3), which carry what was said before beside what is said. */

/** What a block's header can say of how long ago it was, in RTP's ticks, and of its bytes. */
export const OFFSET_MAX = 2 ** 14 - 1;
export const LENGTH_MAX = 2 ** 10 - 1;
/** Another block follows. */
const GOES_ON = 0x80;

/** @typedef {{speech: Uint8Array, before: {speech: Uint8Array, offset: number} | null}} Spoken what is said, and what was said so many ticks before */

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
    const header = [GOES_ON | this.opus, offset >> 6, ((offset & 0x3f) << 2) | (length >> 8), length & 0xff, this.opus];
    return Uint8Array.of(...header, ...before.speech, ...speech);
  }
}

/**
 * What a payload says; of several that were said before, the latest. null: it is no RED with this speech within, and nothing of it
 * is fit to be heard.
 * @param {Uint8Array} payload @param {number} opus payload type of the speech within @returns {Spoken | null}
 */
export function readRed(payload, opus) {
  /** @type {{offset: number, length: number}[]} */ const blocks = [];
  let at = 0;
  for (; (payload[at] ?? 0) & GOES_ON; at += 4) {
    const [type = 0, high = 0, middle = 0, low = 0] = payload.subarray(at, at + 4);
    if ((type & ~GOES_ON) !== opus) return null;
    blocks.push({ offset: (high << 6) | (middle >> 2), length: ((middle & 3) << 8) | low });
  }
  if (payload[at] !== opus) return null;
  at += 1;
  /** @type {Spoken["before"]} */ let before = null;
  for (const { offset, length } of blocks) {
    before = { offset, speech: payload.subarray(at, at + length) };
    at += length;
  }
  return at > payload.length ? null : { speech: payload.subarray(at), before };
}
