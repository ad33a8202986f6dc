import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  AT_ONCE, FAR_RTT_MS, LONGER_BY_MS, LONGER_EVERY_MS, LOOK_BACK_MS, MANY_HOLES_PCT, MUCH_LONGER_BY_MS, NOTICED_MS, PICTURE_MAX_MS, REPAIRED_MS,
  REPAIR_FROM_LOSS_PCT, SETTLES_MS, SHORTER_EVERY_MS, SOUND_AGAIN_MAX_MS, SOUND_FAR_MAX_MS, SOUND_MAX_MS, playoutDelay,
} from "../../web/static/js/rtc/playout-delay.js";

/** @typedef {import("../../web/static/js/rtc/samples.js").LegSample} LegSample */
/** @typedef {{rttMs?: number | null, inventedPct?: number | null, bufferMs?: number | null, freezes?: number[], lossPct?: number, again?: boolean, twice?: boolean}} Line */

/** @param {Line} line @returns {LegSample} */
const sample = ({ rttMs = 150, inventedPct = 0, lossPct = 0, bufferMs = 110 }) => ({
  peer: "p", role: "classroom", connection: "connected", rttMs, here: { inventedPct, lossPct, bufferMs, packets: 16 }, there: null,
});

/** Look once a second at a line that stays as it is; every delay by its second. @param {Line} line @param {number} seconds @param {import("../../web/static/js/rtc/playout-delay.js").PlayoutDelay} [from] */
function over(line, seconds, from = AT_ONCE) {
  let delay = from;
  const all = [];
  for (let second = 0; second < seconds; second += 1) {
    const now = second * 1000;
    const since = Math.max(now - LOOK_BACK_MS, delay.changedAt);
    const heard = Array.from({ length: second + 1 }, (_, at) => at * 1000).filter((at) => at > since).map(() => sample(line));
    delay = playoutDelay(delay, heard, { froze: line.freezes?.includes(second) ?? false, again: line.again ?? false, twice: line.twice ?? true }, now);
    all.push(delay);
  }
  return all;
}

describe("sound", () => {
  it("is played as soon as the browser finds right while speech is whole", () => {
    assert.ok(over({ inventedPct: 0.5 }, 120).every(({ soundMs }) => soundMs === null));
  });

  it("waits longer step by step while speech has holes, from what it waits already, and never longer than may be", () => {
    const all = over({ inventedPct: 3, bufferMs: 110 }, 60).map(({ soundMs }) => soundMs);
    assert.deepEqual([...new Set(all)], [null, 110 + LONGER_BY_MS, SOUND_MAX_MS]);
  });

  it("takes one great step where there are many holes", () => {
    const all = over({ inventedPct: MANY_HOLES_PCT + 1, rttMs: FAR_RTT_MS + 1, bufferMs: 110 }, 60).map(({ soundMs }) => soundMs);
    assert.deepEqual([...new Set(all)], [null, 110 + MUCH_LONGER_BY_MS, SOUND_FAR_MAX_MS]);
  });

  it("waits no longer on a long way where nothing is sent twice or again: Opus repairs from the next packet or not at all", () => {
    const longest = (/** @type {Line} */ line) => over({ inventedPct: 3, rttMs: FAR_RTT_MS + 1, ...line }, 60).at(-1)?.soundMs;
    assert.deepEqual([longest({}), longest({ twice: false }), longest({ twice: false, again: true })], [SOUND_FAR_MAX_MS, SOUND_MAX_MS, SOUND_AGAIN_MAX_MS]);
  });

  it("waits for what repeats a missing packet, as soon as the line is known to lose, and no longer while speech is whole", () => {
    const all = over({ lossPct: REPAIR_FROM_LOSS_PCT }, 200).map(({ soundMs }) => soundMs);
    assert.deepEqual([...new Set(all)], [null, REPAIRED_MS]);
    assert.ok(all.indexOf(REPAIRED_MS) * 1000 <= SETTLES_MS + 1000);
  });

  it("does not wait for a packet that got lost once in a while", () => {
    assert.ok(over({ lossPct: REPAIR_FROM_LOSS_PCT / 2 }, 60).every(({ soundMs }) => soundMs === null));
  });

  it("is played sooner again down to what repairs, where the line goes on losing", () => {
    const all = over({ lossPct: 2 }, 200, { soundMs: 180, pictureMs: null, changedAt: 0 }).map(({ soundMs }) => soundMs);
    assert.deepEqual([...new Set(all)], [180, REPAIRED_MS]);
  });

  it("may wait longer where lost packets are sent again", () => {
    assert.equal(over({ inventedPct: 3, again: true }, 60).at(-1)?.soundMs, SOUND_AGAIN_MAX_MS);
  });

  it("leaves each step the time to show what it does", () => {
    const all = over({ inventedPct: 3 }, 60);
    const changes = all.flatMap(({ soundMs }, second) => (second && soundMs !== all[second - 1]?.soundMs ? [second * 1000] : []));
    assert.ok((changes[0] ?? 0) >= SETTLES_MS + LONGER_EVERY_MS);
    for (const [index, at] of changes.slice(1).entries()) assert.ok(at - (changes[index] ?? 0) >= LONGER_EVERY_MS);
  });

  it("may wait longer on a far way, where people wait for each other anyway", () => {
    const last = over({ inventedPct: 3, rttMs: FAR_RTT_MS + 1, bufferMs: 400 }, 60).at(-1);
    assert.equal(last?.soundMs, SOUND_FAR_MAX_MS);
  });

  it("does not wait for the holes of a connection's first seconds", () => {
    let delay = AT_ONCE;
    for (let second = 0; second < 30; second += 1) {
      const heard = [sample({ inventedPct: second * 1000 <= SETTLES_MS ? 60 : 0 })];
      delay = playoutDelay(delay, second * 1000 > delay.changedAt ? heard : [], { froze: false, again: false }, second * 1000);
    }
    assert.equal(delay.soundMs, null);
  });

  it("is played sooner again after whole minutes, as far as the browser's own measure", () => {
    const waiting = { soundMs: 60, pictureMs: null, changedAt: 0 };
    const all = over({ inventedPct: 0 }, 200, waiting).map(({ soundMs }) => soundMs);
    assert.deepEqual([...new Set(all)], [60, 20, null]);
    assert.equal(all.indexOf(20) * 1000, SHORTER_EVERY_MS);
  });

  it("keeps its wait where speech is neither whole nor full of holes", () => {
    const waiting = { soundMs: 190, pictureMs: null, changedAt: 0 };
    assert.equal(over({ inventedPct: 0.5 }, 200, waiting).at(-1)?.soundMs, 190);
  });

  it("is left as it is while nothing is known of the way, or nobody is heard", () => {
    const waiting = { soundMs: 190, pictureMs: null, changedAt: 0 };
    assert.equal(over({ rttMs: null, inventedPct: 9 }, 60, waiting).at(-1)?.soundMs, 190);
    assert.equal(over({ inventedPct: null }, 59, waiting).at(-1)?.soundMs, 190);
  });
});

describe("a picture", () => {
  it("is shown at once until it has stood still, then waits for what is sent again", () => {
    const all = over({ rttMs: 165, lossPct: 2, freezes: [20] }, 40).map(({ pictureMs }) => pictureMs);
    assert.equal(all[19], null);
    assert.equal(all[20], 165 + NOTICED_MS);
    assert.equal(all.at(-1), 165 + NOTICED_MS);
  });

  it("does not wait on a line that loses nothing: there it is a machine that stutters", () => {
    assert.equal(over({ freezes: [20] }, 40).at(-1)?.pictureMs, null);
  });

  it("never waits longer than may be, and sound does not wait with it", () => {
    const last = over({ rttMs: 900, lossPct: 2, freezes: [20] }, 40).at(-1);
    assert.deepEqual([last?.pictureMs, last?.soundMs], [PICTURE_MAX_MS, REPAIRED_MS]);
  });
});
