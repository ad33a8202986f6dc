/** Voice on the wire: one binary frame for each part. Where each byte stands: PROTOCOL.md, "Below voice". */

import { fromBase64url, fromHex, join, toBase64url, toHex } from "./binary.js";

const VOICE = 1;
const ID_BYTES = 16;
const STREAM_BYTES = 4;
const PART_BYTES = 2;
const WRAPPED_KEY_BYTES = 52;

/** `keys`: one for each of `to` in part 0, none after it. @typedef {{to: string[], stream: string, part: number, keys: string[], sealed: string}} SaidVoice */
/** `key`: null after part 0. @typedef {{from: string, stream: string, part: number, key: string | null, sealed: string}} HeardVoice */

/** @param {SaidVoice} voice */
export function writeVoice({ to, stream, part, keys, sealed }) {
  const head = join(new Uint8Array([VOICE, to.length]), fromHex(stream), new Uint8Array([part >> 8, part & 255]));
  return join(head, ...to.map(fromHex), ...keys.map(fromBase64url), fromBase64url(sealed));
}

/** Throws where it is none. @param {ArrayBuffer} frame @returns {HeardVoice} */
export function readVoice(frame) {
  const bytes = new Uint8Array(frame);
  let at = 1;
  /** @param {number} length */
  const next = (length) => bytes.subarray(at, (at += length));
  const [from, stream] = [toHex(next(ID_BYTES)), toHex(next(STREAM_BYTES))];
  const [high = 0, low = 0] = next(PART_BYTES);
  const part = high * 256 + low;
  const key = part ? null : toBase64url(next(WRAPPED_KEY_BYTES));
  if (bytes[0] !== VOICE || at >= bytes.length) throw new RangeError("no voice");
  return { from, stream, part, key, sealed: toBase64url(next(bytes.length)) };
}
