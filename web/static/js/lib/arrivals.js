/** How fast frames arrive, and what round trips tell: pure. `signaling/link_check/measurement.py` does the same. */

/** First byte of a frame: a ping goes back as it is, filler is counted. */
export const PING = 1;
export const FILLER = 2;
export const FRAME_BYTES = 1000;
const IP_LAYER_FACTOR = 1.093;
const WINDOW_S = 1;
const FRAMES_LEAST = 4;

/**
 * The rate of the best second, in kbit/s at the IP layer; null when too little came. The first frame starts the clock.
 * @param {readonly [number, number][]} frames instant in seconds, length in bytes, in order @returns {number | null}
 */
export function rateKbps(frames) {
  const [first, last] = [frames[0], frames[frames.length - 1]];
  if (!first || !last || frames.length < FRAMES_LEAST) return null;
  const rest = frames.slice(1);
  const seconds = last[0] - first[0];
  if (seconds <= WINDOW_S) {
    const carried = rest.reduce((sum, [, length]) => sum + length, 0);
    return ((carried * 8) / 1000 / Math.max(seconds, 0.001)) * IP_LAYER_FACTOR;
  }
  let best = 0;
  let inside = 0;
  let oldest = 0;
  for (const [instant, length] of rest) {
    inside += length;
    for (let old = rest[oldest]; old && old[0] <= instant - WINDOW_S; old = rest[oldest]) {
      inside -= old[1];
      oldest += 1;
    }
    best = Math.max(best, inside);
  }
  return ((best * 8) / 1000 / WINDOW_S) * IP_LAYER_FACTOR;
}

/** @param {readonly number[]} rtts in ms, in order of sending @returns {{rttMs: number | null, jitterMs: number | null}} */
export function roundTrips(rtts) {
  if (rtts.length === 0) return { rttMs: null, jitterMs: null };
  const sorted = [...rtts].sort((a, b) => a - b);
  const steps = rtts.slice(1).map((rtt, at) => Math.abs(rtt - (rtts[at] ?? rtt)));
  const jitterMs = steps.length ? steps.reduce((sum, step) => sum + step, 0) / steps.length : null;
  return { rttMs: sorted[Math.floor(sorted.length / 2)] ?? null, jitterMs };
}
