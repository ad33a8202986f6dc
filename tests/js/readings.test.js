import assert from "node:assert/strict";
import { test } from "node:test";

import { hearing, read } from "../../web/static/js/rtc/readings.js";

/** A connection whose statistics are these. */
const connection = (...entries) => /** @type {any} */ ({
  pc: { getStats: async () => new Map(entries.map((entry, index) => [String(index), { id: String(index), ...entry }])) }, state: "connected",
});
const pair = (currentRoundTripTime) => ({ type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime });
const told = (roundTripTime, kind = "audio") => ({ type: "remote-inbound-rtp", kind, roundTripTime });

test("the way is as long as the shorter of what ICE and RTCP have measured", async () => {
  assert.equal((await read(connection(pair(0.373), told(0.004)))).rttMs, 4);
  assert.equal((await read(connection(told(0.9), pair(0.12)))).rttMs, 120);
});

test("where only one has measured, that one counts, and where none has, nothing is known", async () => {
  assert.equal((await read(connection(pair(0.05), told(undefined)))).rttMs, 50);
  assert.equal((await read(connection(pair(undefined), told(0.05)))).rttMs, 50);
  assert.equal((await read(connection(pair(undefined), told(0.05, "video")))).rttMs, null);
});

test("a way of no length at all has not been measured: nothing could ever be compared with it", async () => {
  assert.equal((await read(connection(pair(0.356), told(0)))).rttMs, 356);
  assert.equal((await read(connection(pair(0), told(0)))).rttMs, null);
});

test("what has arrived is counted over every way that was ever tried", async () => {
  const all = await read(connection({ type: "candidate-pair", bytesReceived: 300 }, { type: "candidate-pair", state: "frozen" }, { ...pair(0.1), bytesReceived: 40 }));
  assert.equal(all.arrived, 340);
});

test("what is heard is the difference of two readings", async () => {
  const sound = (facts) => ({ type: "inbound-rtp", kind: "audio", ...facts });
  const last = await read(connection(sound({ packetsReceived: 100, packetsLost: 1, totalSamplesReceived: 48_000, concealedSamples: 0, jitterBufferDelay: 10, jitterBufferEmittedCount: 100 })));
  const now = await read(connection(sound({ packetsReceived: 140, packetsLost: 11, totalSamplesReceived: 96_000, concealedSamples: 600, silentConcealedSamples: 120, jitterBufferDelay: 20, jitterBufferEmittedCount: 200 })));
  assert.deepEqual(hearing(last, now), { inventedPct: 1, lossPct: 20, bufferMs: 100, packets: 40 });
});
