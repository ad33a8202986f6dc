/**
 * How long sound and picture wait before they are played, so that what comes late or is sent again comes in time. The browser
 * waits as briefly as it can and bears a few holes in a hundred; a child does not. Pure; one decision for each look.
 *
 * On a line that loses, sound waits for the packet after the missing one, which repeats it (RED, RFC 2198); longer while
 * speech has holes, step by step, and shorter again after a good minute. A picture that has stood still there waits for what is
 * sent again: a round trip, and a frame until its absence is noticed. They belong to different streams, so that neither waits
 * for the other.
 */

/** Share of speech invented that is worth a longer wait, and so little that a shorter one may do. */
export const HOLES_PCT = 0.8;
export const WHOLE_PCT = 0.2;
/** Over how long speech is looked at, and how long a wait takes to show what it does. */
export const LOOK_BACK_MS = 8_000;
export const LONGER_EVERY_MS = 5_000;
export const LONGER_BY_MS = 80;
/** So many holes are not worth small steps. */
export const MANY_HOLES_PCT = 4;
export const MUCH_LONGER_BY_MS = 160;
export const SHORTER_EVERY_MS = 60_000;
export const SHORTER_BY_MS = 40;
/**
 * People who talk over such a way already wait for each other: a little more is worth whole words. Not where Opus alone repairs:
 * what it has left open by then no wait brings.
 */
export const FAR_RTT_MS = 350;
export const SOUND_MAX_MS = 200;
/** What repeats a missing packet comes in time: two packets of 60 ms, and what they spread on their way. Worth it from so much loss on. */
export const REPAIRED_MS = 160;
export const REPAIR_FROM_LOSS_PCT = 1;
/** What is sent again needs a round trip more, and so does what is lost once more. */
export const SOUND_AGAIN_MAX_MS = 360;
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
 * @param {{froze: boolean, again: boolean, twice: boolean}} line whether its picture has stood still since the last look, whether lost sound is sent again, and whether all is sent twice
 * @param {number} now ms
 * @returns {PlayoutDelay}
 */
export function playoutDelay(delay, heard, { froze, again, twice }, now) {
  if (delay.changedAt === -Infinity) return { ...delay, changedAt: now + SETTLES_MS };
  const latest = heard.at(-1);
  if (!latest || latest.rttMs === null) return delay;
  const losses = heard.flatMap(({ here }) => here.lossPct ?? []);
  const pictureMs = froze && losses.some(Boolean) ? Math.min(PICTURE_MAX_MS, latest.rttMs + NOTICED_MS) : delay.pictureMs;
  const inventedPct = mean(heard.flatMap(({ here }) => here.inventedPct ?? []));
  const waited = now - delay.changedAt;
  const farMs = twice && latest.rttMs > FAR_RTT_MS ? SOUND_FAR_MAX_MS : SOUND_MAX_MS;
  const atMostMs = again ? Math.max(farMs, SOUND_AGAIN_MAX_MS) : farMs;
  const leastMs = mean(losses) >= REPAIR_FROM_LOSS_PCT ? REPAIRED_MS : null;
  const soundMs = leastMs === null ? delay.soundMs : Math.max(leastMs, delay.soundMs ?? 0);
  if (inventedPct > HOLES_PCT && waited >= LONGER_EVERY_MS && (soundMs ?? 0) < atMostMs) {
    const present = Math.max(soundMs ?? 0, latest.here.bufferMs ?? 0);
    const byMs = inventedPct > MANY_HOLES_PCT ? MUCH_LONGER_BY_MS : LONGER_BY_MS;
    return { soundMs: Math.min(atMostMs, present + byMs), pictureMs, changedAt: now };
  }
  if (soundMs !== null && soundMs !== leastMs && inventedPct < WHOLE_PCT && waited >= SHORTER_EVERY_MS) {
    return { soundMs: soundMs > SHORTER_BY_MS ? Math.max(leastMs ?? 0, soundMs - SHORTER_BY_MS) : null, pictureMs, changedAt: now };
  }
  return { ...delay, soundMs, pictureMs };
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
