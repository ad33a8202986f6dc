/**
 * A still as it goes over the data channel: in pieces, each with a header of its own. Pure; knows neither page nor connection.
 *
 * Header: the still's number (16 bits, from 1, round again), the piece's place from 0 (8 bits), 1 in the last piece (8 bits).
 */

import { STILL_BYTES } from "./rungs.js";

/** With what DTLS, SCTP and TURN add, a piece still fits the narrowest way. */
export const PIECE_BYTES = 1_100;
export const HEADER_BYTES = 4;
/** IP 20, UDP 8, TURN channel 4, DTLS 29, SCTP 28, rounded up. */
export const WIRE_BYTES = 90;
/** What a picture may weigh, so that all that goes over the line for it is `STILL_BYTES`. */
export const PICTURE_BYTES = Math.floor(STILL_BYTES / (PIECE_BYTES + WIRE_BYTES)) * (PIECE_BYTES - HEADER_BYTES);
/** What comes from others is believed up to this: somebody's newer page may send more than ours. */
export const RECEIVED_BYTES_MAX = 16_000;
/** No camera of ours sends more; a few bytes can claim a picture that fills a telephone's memory. */
export const SIDE_MAX_PX = 640;
const NUMBERS = 2 ** 16;

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {"image/webp" | "image/jpeg"} PictureType */

/** @param {Bytes} picture @param {number} number @returns {Bytes[]} */
export function cut(picture, number) {
  const room = PIECE_BYTES - HEADER_BYTES;
  const count = Math.ceil(picture.length / room);
  return Array.from({ length: count }, (_, place) => {
    const part = picture.subarray(place * room, (place + 1) * room);
    const piece = new Uint8Array(HEADER_BYTES + part.length);
    piece.set([number >> 8, number & 0xff, place, place === count - 1 ? 1 : 0]);
    piece.set(part, HEADER_BYTES);
    return piece;
  });
}

/** The number after this one; 0 is none. @param {number} number */
export const nextNumber = (number) => (number % (NUMBERS - 1)) + 1;

/** Puts one sender's pieces together, one still at a time: a newer one takes the place of one that is not whole. */
export class StillCollector {
  #number = 0;
  /** @type {Bytes[]} */ #parts = [];
  #bytes = 0;
  /** Whether pieces of `#number` are still waited for. */
  #open = false;

  /** The picture, once its last piece is there; null for all else, nonsense included. @param {unknown} data @returns {Blob | null} */
  take(data) {
    if (!(data instanceof ArrayBuffer) || data.byteLength <= HEADER_BYTES || data.byteLength > PIECE_BYTES) return null;
    const piece = new Uint8Array(data);
    const [high = 0, low = 0, place = 0, last = 0] = piece;
    const number = high * 256 + low;
    if (!number || last > 1) return null;
    if (number !== this.#number) {
      if (!this.#isNewer(number)) return null;
      this.#begin(number);
    }
    if (!this.#open) return null;
    this.#bytes += piece.length - HEADER_BYTES;
    this.#open = place === this.#parts.length && this.#bytes <= RECEIVED_BYTES_MAX;
    if (!this.#open) return this.#forget();
    this.#parts.push(piece.subarray(HEADER_BYTES));
    if (!last) return null;
    this.#open = false;
    const whole = this.#parts;
    this.#forget();
    return pictureOf(whole);
  }

  /** Half of the round is newer, the other half is late. @param {number} number */
  #isNewer(number) {
    return !this.#number || (number - this.#number + NUMBERS) % NUMBERS < NUMBERS / 2;
  }

  /** @param {number} number */
  #begin(number) {
    this.#forget();
    this.#number = number;
    this.#open = true;
  }

  /** @returns {null} */
  #forget() {
    this.#parts = [];
    this.#bytes = 0;
    return null;
  }
}

/** A picture by its own first bytes, and of a size that a camera makes; null for all else. @param {Bytes[]} parts @returns {Blob | null} */
function pictureOf(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  const seen = webpSize(bytes) ?? jpegSize(bytes);
  if (!seen || !seen.width || !seen.height || Math.max(seen.width, seen.height) > SIDE_MAX_PX) return null;
  return new Blob([bytes], { type: seen.type });
}

/** @typedef {{type: PictureType, width: number, height: number}} Seen */

/**
 * The plain lossy form, and the extended one, in which Chromium tells the colours; a decoder refuses frames that exceed what its header says.
 * @param {Bytes} bytes @returns {Seen | null}
 */
function webpSize(bytes) {
  if (bytes.length < 30 || letters(bytes, 0) !== "RIFF" || letters(bytes, 8) !== "WEBP") return null;
  const view = new DataView(bytes.buffer);
  switch (letters(bytes, 12)) {
    case "VP8 ":
      return { type: "image/webp", width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case "VP8X":
      return { type: "image/webp", width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >> 8) };
    default:
      return null;
  }
}

/** The frame's header says it; the segments before it are passed over. @param {Bytes} bytes @returns {Seen | null} */
function jpegSize(bytes) {
  const view = new DataView(bytes.buffer);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker >= 0xffc0 && marker <= 0xffc2) return { type: "image/jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker < 0xffc4 || marker > 0xfffe) return null;
  }
  return null;
}

/** @param {Bytes} bytes @param {number} at */
const letters = (bytes, at) => String.fromCharCode(...bytes.subarray(at, at + 4));
