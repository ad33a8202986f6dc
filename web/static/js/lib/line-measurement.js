/** One measurement of a line over anything that carries frames: pings first, on a quiet line, then growing bursts. */

import { FILLER, FRAME_BYTES, PING, rateKbps, roundTrips } from "./arrivals.js";

/**
 * @typedef {object} Carrier what carries frames
 * @property {(frame: Uint8Array<ArrayBuffer>) => void} send
 * @property {() => number} waiting bytes that wait on this side
 * @property {((frame: Uint8Array) => void) | null} onframe
 */
/** @typedef {{pings: number, bytes: number, kbps: number | null}} Told what the server says has arrived */
/** @typedef {{down: (length: number) => void, tell: () => Promise<Told>}} Control words that never get lost */
/** @typedef {{upKbps: number | null, downKbps: number | null, rttMs: number | null, jitterMs: number | null, lossUpPct: number | null, lossDownPct: number | null}} Measured */

const PINGS = 40;
const PING_EVERY_MS = 45;
const PING_BYTES = 64;
const BURSTS = [4_000, 8_000, 16_000, 32_000, 64_000, 128_000];
/** A burst that took this long tells enough. */
const LONG_ENOUGH_MS = 1_300;
const DIRECTION_MS = 2_600;
const QUIET_MS = 900;
/** A burst that came in less time may have waited somewhere and come at once; only the longest needs no more. */
const SPREAD_LEAST_MS = 200;
const WAITING_MAX_BYTES = 8_000;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {Carrier} carrier @param {Control} control @param {{lossy: boolean, until: number}} terms
 * `lossy`: what is lost stays lost, so loss can be told; `until`: when to stop (`performance.now()`)
 * @returns {Promise<Measured>}
 */
export async function measure(carrier, control, { lossy, until }) {
  const { rtts, told } = await pings(carrier, control, until);
  const lossUpPct = lossy && told ? 100 * Math.max(0, 1 - told.pings / PINGS) : null;
  const lossDownPct = lossy && told?.pings ? 100 * Math.max(0, 1 - rtts.length / told.pings) : null;
  const downKbps = await bursts(until, (length, stop) => burstDown(carrier, control, length, stop));
  const upKbps = await bursts(until, (length, stop) => burstUp(carrier, control, length, stop));
  return { upKbps, downKbps, ...roundTrips(rtts), lossUpPct, lossDownPct };
}

/** @param {Carrier} carrier @param {Control} control @param {number} until */
async function pings(carrier, control, until) {
  /** @type {number[]} */
  const sent = [];
  /** @type {(number | undefined)[]} */
  const rtts = [];
  let heardAt = performance.now();
  carrier.onframe = (frame) => {
    const number = frame[1];
    if (frame[0] !== PING || number === undefined) return;
    heardAt = performance.now();
    rtts[number] = heardAt - (sent[number] ?? heardAt);
  };
  for (let number = 0; number < PINGS && performance.now() < until; number += 1) {
    const frame = new Uint8Array(PING_BYTES);
    frame[0] = PING;
    frame[1] = number;
    sent[number] = performance.now();
    carrier.send(frame);
    await pause(PING_EVERY_MS);
  }
  const known = () => rtts.filter((rtt) => rtt !== undefined);
  // The last answers are still on their way: twice the usual time, and no more.
  heardAt = performance.now();
  while (known().length < PINGS && performance.now() - heardAt < Math.max(250, 1.2 * (roundTrips(known()).rttMs ?? 600))) {
    if (performance.now() > until) break;
    await pause(20);
  }
  const told = await control.tell();
  return { rtts: known(), told };
}

/** @param {number} until @param {(length: number, stop: number) => Promise<{kbps: number | null, spread: number}>} burst @returns {Promise<number | null>} */
async function bursts(until, burst) {
  const stop = Math.min(until, performance.now() + DIRECTION_MS);
  /** @type {number | null} */
  let best = null;
  for (const length of BURSTS) {
    if (performance.now() > stop) break;
    const { kbps, spread } = await burst(length, stop);
    // The longest burst tells best; a short one only starts the line up.
    if (spread > SPREAD_LEAST_MS || length === BURSTS[BURSTS.length - 1]) best = kbps ?? best;
    if (spread > LONG_ENOUGH_MS) break;
  }
  return best;
}

/** @param {Carrier} carrier @param {Control} control @param {number} length @param {number} stop */
async function burstDown(carrier, control, length, stop) {
  /** @type {[number, number][]} */
  const frames = [];
  let bytes = 0;
  const began = performance.now();
  let heardAt = began;
  carrier.onframe = (frame) => {
    if (frame[0] !== FILLER) return;
    heardAt = performance.now();
    bytes += frame.byteLength;
    frames.push([heardAt / 1000, frame.byteLength]);
  };
  control.down(length);
  const isQuiet = () => performance.now() - heardAt > (bytes ? QUIET_MS : 2 * QUIET_MS);
  while (bytes < length && !isQuiet() && performance.now() < stop) await pause(10);
  const first = frames[0];
  return { kbps: rateKbps(frames), spread: first ? heardAt - first[0] * 1000 : 0 };
}

/** @param {Carrier} carrier @param {Control} control @param {number} length @param {number} stop */
async function burstUp(carrier, control, length, stop) {
  const began = performance.now();
  for (let sent = 0; sent < length; sent += FRAME_BYTES) {
    const frame = crypto.getRandomValues(new Uint8Array(FRAME_BYTES));
    frame[0] = FILLER;
    while (carrier.waiting() > WAITING_MAX_BYTES) {
      if (performance.now() > stop) break;
      await pause(5);
    }
    if (performance.now() > stop) break;
    carrier.send(frame);
  }
  while (carrier.waiting() > 0 && performance.now() < stop) await pause(5);
  const told = await control.tell();
  // Counted here with the way there and back, so a little too long: one burst less is sent, and none too many.
  return { kbps: told.kbps, spread: performance.now() - began };
}
