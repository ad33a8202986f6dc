import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { SOUND_AGAIN_MAX_MS, SOUND_FAR_MAX_MS, SOUND_MAX_MS } from "../../web/static/js/rtc/playout-delay.js";
import { AGAIN_RTT_MAX_MS, LOOK_EVERY_MS, Quality } from "../../web/static/js/rtc/quality.js";

// A browser that tells nothing of its battery; Node's own object, where there is one, can not be replaced by assignment.
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });

/** Have a browser that knows these formats of speech while something is done. @template T @param {string[]} names @param {() => Promise<T>} act */
async function knowing(names, act) {
  Object.assign(globalThis, { RTCRtpReceiver: { getCapabilities: () => ({ codecs: names.map((name) => ({ mimeType: `audio/${name}` })) }) } });
  try {
    return await act();
  } finally {
    Reflect.deleteProperty(globalThis, "RTCRtpReceiver");
  }
}

/** What a second of the line brings. @typedef {{lost?: number, packets?: number, holes?: number, rttMs?: number, pictureBytes?: number}} Second */

/** Look at one connection for as many seconds as are told. @param {Second[]} seconds @param {boolean} [asksAgain] whether it was agreed that lost sound is sent again @param {boolean} [repeats] or sent twice at once @param {number} [packetMs] as the other side asks @param {boolean} [isThin] whether the way to the server is a long one @param {boolean} [isSpare] whether an older connection carries @param {number | null} [firstDelayMs] how long sound waits before anything is known */
async function over(seconds, asksAgain = false, repeats = true, packetMs = 60, isThin = false, isSpare = false, firstDelayMs = /** @type {number | null} */ (null)) {
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] });
  let clock = 0;
  const real = performance.now;
  performance.now = () => clock;
  const sum = { packetsReceived: 0, packetsLost: 0, concealedSamples: 0, totalSamplesReceived: 0, jitterBufferDelay: 0, jitterBufferEmittedCount: 0 };
  let rtt = 0.1;
  let pictureBytes = 0;
  const stats = () => new Map([
    ["sound", { id: "sound", type: "inbound-rtp", kind: "audio", ...sum }],
    ["picture", { id: "picture", type: "inbound-rtp", kind: "video", bytesReceived: pictureBytes }],
    ["pair", { id: "pair", type: "candidate-pair", bytesReceived: sum.packetsReceived, nominated: true, state: "succeeded", localCandidateId: "own" }],
    ["own", { id: "own", type: "local-candidate", candidateType: "relay" }],
    ["way", { id: "way", type: "remote-inbound-rtp", kind: "audio", roundTripTime: rtt }],
  ]);
  /** @type {any[]} */ const delays = [];
  /** @type {any[]} */ const looks = [];
  /** @type {any[]} */ const caps = [];
  const peer = {
    pc: { getStats: async () => stats() }, state: "connected", asksAgain, repeats, isRepeated: repeats, packetMs, liveness: { silentMs: 0 },
    /** @param {unknown} found */ noteLook: (found) => looks.push(found),
    /** @param {unknown} delay */ setPlayoutDelay: (delay) => delays.push(delay),
  };
  const mesh = {
    isThin, firstDelayMs,
    legs: () => [{ id: "p", negotiation: 1, peer, report: null, isSpare }],
    /** @param {unknown[]} given */ setCap: (...given) => caps.push(given),
  };
  const quality = new Quality(/** @type {any} */ ({
    mesh, role: () => "psychologist", roleOf: () => "classroom", speaks: () => true, visitLeftMs: () => 600_000, online: () => true,
    live: () => true, onView() {}, onSilence() {},
  }));
  try {
    for (const { lost = 0, packets = 16, holes = 0, rttMs = 100, pictureBytes: bytes = 0 } of seconds) {
      clock += LOOK_EVERY_MS;
      rtt = rttMs / 1000;
      pictureBytes = bytes;
      sum.packetsReceived += packets;
      sum.packetsLost += lost;
      sum.concealedSamples += holes * 480;
      sum.totalSamplesReceived += 48_000;
      sum.jitterBufferDelay += 0.1 * 48_000;
      sum.jitterBufferEmittedCount += 48_000;
      mock.timers.tick(LOOK_EVERY_MS);
      for (let turn = 0; turn < 30; turn++) await Promise.resolve();
    }
  } finally {
    quality.stop();
    performance.now = real;
    mock.timers.reset();
  }
  return { delay: delays.at(-1), again: caps.at(-1)?.[3], repaired: caps.at(-1)?.[4], bps: caps.at(-1)?.[1].audioBps, spent: quality.spentBytes, arrived: looks.map(({ arrived }) => arrived), silentMs: looks.at(-1)?.silentMs };
}

/** @param {number} seconds @param {Second} second */
const all = (seconds, second) => Array.from({ length: seconds }, () => second);

test("each look tells the connection whether anything has come since the last", async () => {
  const { arrived } = await over([{ packets: 16 }, { packets: 16 }, { packets: 0 }, { packets: 16 }]);
  assert.deepEqual(arrived, [false, true, false, true]);
});

test("speech with holes is told to wait, whole speech is not", async () => {
  assert.ok((await over(all(30, { holes: 3 }))).delay.audioMs > 100);
  assert.equal((await over(all(30, {}))).delay.audioMs, null);
});

test("what the other side had sent again is waited for on this side too, which loses little by that", async () => {
  const [agreed, not] = [await over(all(40, { holes: 5 }), true), await over(all(40, { holes: 5 }))];
  assert.deepEqual([agreed.delay.audioMs, not.delay.audioMs], [SOUND_AGAIN_MAX_MS, SOUND_MAX_MS]);
});

test("lost sound is asked for again on a short way that goes on losing", async () => {
  assert.equal((await over(all(20, { lost: 4 }))).again, true);
  assert.equal((await over(all(20, {}))).again, false);
  assert.equal((await over(all(20, { lost: 4, rttMs: AGAIN_RTT_MAX_MS + 1 }))).again, false);
});

test("an outage, told all at once when it is over, is no line that goes on losing", async () => {
  const outage = [...all(12, {}), ...all(8, { packets: 0 }), { lost: 160, packets: 16 }, ...all(8, {})];
  assert.equal((await over(outage)).again, false);
});

test("the wait with which a connection begins stays until there is reason for another", async () => {
  assert.equal((await over(all(5, {}), false, true, 60, true, false, 320)).delay.audioMs, 320);
  assert.equal((await over(all(5, {}))).delay.audioMs, null);
});

test("silence of a connection that is yet to take an older one's place is no trouble", async () => {
  const silent = all(8, { packets: 0 });
  assert.ok((await over(silent)).silentMs > 0);
  assert.equal((await over(silent, false, true, 60, false, true)).silentMs, 0);
});

test("on a line that goes on losing, speech that is not sent twice is asked for within what Opus repairs", async () => {
  assert.equal((await over(all(20, { lost: 1 }), false, false)).repaired, true);
  assert.equal((await over(all(20, { lost: 1 }))).repaired, false);
  assert.equal((await over(all(20, {}), false, false)).repaired, false);
  assert.equal((await over([...all(8, {}), { lost: 160 }, ...all(12, {})], false, false)).repaired, false, "an outage says nothing of the line");
  assert.equal((await over([...all(10, { lost: 1 }), ...all(20, {})], false, false)).repaired, true, "and it stays so: an offer costs more");
  assert.equal((await over(all(5, { lost: 1 }), false, false)).repaired, true, "as soon as something is lost");
});

test("a picture's counter that begins again takes nothing back of what was spent", async () => {
  const { spent } = await over([{}, { pictureBytes: 9_000 }, { pictureBytes: 100 }, { pictureBytes: 200 }]);
  assert.ok(spent >= 9_000, String(spent));
});

test("speech that is not sent twice has the rate of its own repair", async () => {
  assert.deepEqual([(await over(all(3, {}))).bps, (await over(all(3, {}), false, false)).bps], [8_000, 24_000]);
});

test("speech that nothing repeats waits less on a long way", async () => {
  const longest = async (/** @type {boolean} */ repeats) => (await over(all(40, { holes: 5, rttMs: 400 }), false, repeats)).delay.audioMs;
  assert.deepEqual([await longest(true), await longest(false)], [SOUND_FAR_MAX_MS, SOUND_MAX_MS]);
});

test("on a thin line speech has what the agreed packets leave of it, and what a relay without a channel does", async () => {
  const bps = async (/** @type {string[]} */ names, /** @type {number} */ packetMs) => (await knowing(names, () => over(all(3, {}), false, false, packetMs, true))).bps;
  assert.deepEqual([await bps(["red", "opus"], 60), await bps(["opus"], 60)], [24_000, 24_000]);
  assert.deepEqual([await bps(["red", "opus"], 10), await bps(["opus"], 10)], [8_000, 8_000]);
  assert.deepEqual([await bps(["red", "opus"], 16), await bps(["opus"], 16)], [24_000, 8_000]);
});

test("speech shares the room of a thin line only where the way is long or something waits on it", async () => {
  const bps = async (/** @type {Second[]} */ seconds, isThin = false) => (await knowing(["opus"], () => over(seconds, false, false, 14, isThin))).bps;
  assert.deepEqual([await bps(all(3, {})), await bps(all(3, {}), true)], [24_000, 8_000]);
  assert.equal(await bps([...all(5, { rttMs: 100, lost: 8 }), ...all(6, { rttMs: 900, holes: 20, lost: 8 })]), 8_000);
  assert.equal(await bps([...all(5, { rttMs: 100, lost: 8 }), ...all(6, { rttMs: 100, holes: 20, lost: 8 })]), 24_000);
});
