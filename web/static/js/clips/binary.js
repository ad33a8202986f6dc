/** Bytes and text: base64url without padding, hexadecimal, and the packets of a part. */

export const NUMBER_BYTES = 4;
const LENGTH_BYTES = 2;

/** @param {Uint8Array} bytes */
export function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Throws where `text` is no base64url. @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** @param {string} text pairs of `0-9 a-f` @returns {Uint8Array<ArrayBuffer>} */
export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {number} value @returns {Uint8Array<ArrayBuffer>} 4 bytes, big end first */
export function fourBytes(value) {
  const bytes = new Uint8Array(NUMBER_BYTES);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** @param {...Uint8Array} pieces @returns {Uint8Array<ArrayBuffer>} */
export function join(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A part as it is sealed: the clip's number before the first one, each packet after its length. @param {number | null} number @param {Uint8Array[]} packets */
export function packPart(number, packets) {
  const framed = packets.flatMap((packet) => [new Uint8Array([packet.length >> 8, packet.length & 255]), packet]);
  return join(...(number === null ? [] : [fourBytes(number)]), ...framed);
}

/** What {@link packPart} has packed; throws where it is cut short. @param {Uint8Array} part @param {boolean} first @returns {{number: number | null, packets: Uint8Array[]}} */
export function unpackPart(part, first) {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  const number = first ? view.getUint32(0) : null;
  /** @type {Uint8Array[]} */ const packets = [];
  for (let at = first ? NUMBER_BYTES : 0; at < part.length;) {
    const end = at + LENGTH_BYTES + view.getUint16(at);
    if (end > part.length) throw new RangeError("part cut short");
    packets.push(part.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return { number, packets };
}
