/**
 * How long sound and picture wait before they are played, so that what comes late or is sent again comes in time. The browser
 * waits as briefly as it can and bears a few holes in a hundred; a child does not. Pure; one decision for each look.
 *
 * Sound waits longer while speech has holes, step by step, and shorter again after a good minute. A picture that has
 * stood still on a line that loses waits for what is sent again: a round trip, and a frame until its absence is noticed. They belong to
 * different streams, so that neither waits for the other.
 */

/** Share of speech invented that is worth a longer wait, and so little that a shorter one may do. */
export const HOLES_PCT = 0.8;
export const WHOLE_PCT = 0.2;
/** Over how long speech is looked at, and how long a wait takes to show what it does. */
export const LOOK_BACK_MS = 8_000;
export const LONGER_EVERY_MS = 5_000;
export const LONGER_BY_MS = 80;
export const SHORTER_EVERY_MS = 60_000;
export const SHORTER_BY_MS = 40;
/** People who talk over such a way already wait for each other: a little more is worth whole words. */
export const FAR_RTT_MS = 350;
export const SOUND_MAX_MS = 200;
/** What is sent again needs a round trip more. */
export const SOUND_AGAIN_MAX_MS = 280;
export const SOUND_FAR_MAX_MS = 400;
/** From a frame that is missing to the next, which tells; and what its packets wait at the sender. */
export const NOTICED_MS = 160;
export const PICTURE_MAX_MS = 400;

/** `soundMs`, `pictureMs`: at least; null: as the browser finds right. @typedef {{soundMs: number | null, pictureMs: number | null, changedAt: number}} PlayoutDelay */
/** @typedef {import("./samples.js").LegSample} LegSample */

/** @type {Readonly<PlayoutDelay>} */
export const AT_ONCE = Object.freeze({ soundMs: null, pictureMs: null, changedAt: -Infinity });
/** A new connection's first seconds are full of holes that nobody hears. */
export const SETTLES_MS = 3_000;

/**
 * @param {PlayoutDelay} delay what the last look returned; AT_ONCE at the first
 * @param {readonly LegSample[]} heard this connection's samples of the last LOOK_BACK_MS and since the last change, newest last
 * @param {{froze: boolean, again: boolean}} line whether its picture has stood still since the last look, and whether lost sound is sent again
 * @param {number} now ms
 * @returns {PlayoutDelay}
 */
export function playoutDelay(delay, heard, { froze, again }, now) {
  if (delay.changedAt === -Infinity) return { ...delay, changedAt: now + SETTLES_MS };
  const latest = heard.at(-1);
  if (!latest || latest.rttMs === null) return delay;
  const loses = heard.some(({ here }) => here.lossPct);
  const pictureMs = froze && loses ? Math.min(PICTURE_MAX_MS, latest.rttMs + NOTICED_MS) : delay.pictureMs;
  const holes = heard.flatMap(({ here }) => here.inventedPct ?? []);
  const inventedPct = holes.reduce((sum, pct) => sum + pct, 0) / Math.max(1, holes.length);
  const waited = now - delay.changedAt;
  const atMostMs = latest.rttMs > FAR_RTT_MS ? SOUND_FAR_MAX_MS : again ? SOUND_AGAIN_MAX_MS : SOUND_MAX_MS;
  const { soundMs } = delay;
  if (inventedPct > HOLES_PCT && waited >= LONGER_EVERY_MS && (soundMs ?? 0) < atMostMs) {
    const present = Math.max(soundMs ?? 0, latest.here.bufferMs ?? 0);
    return { soundMs: Math.min(atMostMs, present + LONGER_BY_MS), pictureMs, changedAt: now };
  }
  if (soundMs !== null && inventedPct < WHOLE_PCT && waited >= SHORTER_EVERY_MS) {
    return { soundMs: soundMs > SHORTER_BY_MS ? soundMs - SHORTER_BY_MS : null, pictureMs, changedAt: now };
  }
  return { ...delay, pictureMs };
}
