import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import {
  Establishment, FIRST_DESCRIPTION_TIMEOUT_MS, HANDSHAKE_SILENCE_MAX_MS, HANDSHAKE_SILENCE_MS, LOOK_EVERY_MS,
} from "../../web/static/js/rtc/establishment.js";

/** Time goes on, and with it what is asked of the browser. @param {number} ms */
async function pass(ms) {
  for (let gone = 0; gone < ms; gone += LOOK_EVERY_MS) {
    mock.timers.tick(Math.min(LOOK_EVERY_MS, ms - gone));
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

/** A connection whose states the test sets, what has come of the other side's handshake, and how often it was said to look. @param {number} [tries] */
function made(tries = 0) {
  const pc = { connectionState: "new", iceConnectionState: "new", remoteDescription: /** @type {object | null} */ ({}) };
  const it = { pc, looks: 0, bytesReceived: 0 };
  Object.assign(pc, {
    getStats: async () => new Map(Object.entries({
      spare: { type: "candidate-pair", bytesReceived: 0 }, used: { type: "candidate-pair", bytesReceived: it.bytesReceived }, other: { type: "transport", bytesReceived: performance.now() },
    })),
  });
  // @ts-ignore only what it looks at
  const establishment = new Establishment(pc, tries, () => (it.looks += 1));
  /** @param {string} ice @param {string} connection */
  const becomes = (ice, connection) => {
    Object.assign(pc, { iceConnectionState: ice, connectionState: connection });
    establishment.observe();
  };
  return Object.assign(it, { establishment, becomes });
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"], now: 1_000_000 });
});

test("a handshake of which nothing comes is stuck, counted from when ICE stands, and a look is asked for then", async () => {
  for (const [tries, patience = 0] of [[0, HANDSHAKE_SILENCE_MS], [1, 2 * HANDSHAKE_SILENCE_MS], [9, HANDSHAKE_SILENCE_MAX_MS]]) {
    const it = made(tries);
    it.becomes("checking", "connecting");
    mock.timers.tick(FIRST_DESCRIPTION_TIMEOUT_MS);
    const looks = it.looks;
    it.becomes("connected", "connecting");
    it.becomes("completed", "connecting");
    await pass(patience - LOOK_EVERY_MS);
    assert.deepEqual([it.establishment.isStuck, it.looks], [false, looks]);
    await pass(LOOK_EVERY_MS);
    assert.deepEqual([it.establishment.isStuck, it.looks], [true, looks + 1]);
    await pass(4 * LOOK_EVERY_MS);
    assert.equal(it.looks, looks + 1, "once is enough");
  }
});

test("a handshake of which something comes goes on, and is given up when nothing more does", async () => {
  const it = made();
  it.becomes("connected", "connecting");
  for (let flight = 0; flight < 4; flight++) {
    it.bytesReceived += 900;
    await pass(HANDSHAKE_SILENCE_MS - LOOK_EVERY_MS);
    assert.equal(it.establishment.isStuck, false);
  }
  await pass(2 * LOOK_EVERY_MS);
  assert.equal(it.establishment.isStuck, true);
});

test("a handshake that is through is not stuck, nor one whose way is lost", async () => {
  for (const [ice, connection] of [["connected", "connected"], ["disconnected", "connecting"]]) {
    const it = made();
    it.becomes("connected", "connecting");
    assert.equal(it.establishment.isShakingHands, true);
    it.becomes(ice ?? "", connection ?? "");
    await pass(2 * HANDSHAKE_SILENCE_MS);
    assert.deepEqual([it.establishment.isShakingHands, it.establishment.isStuck], [false, false]);
  }
});

test("without a description of the other side it is stuck after a while, and a look is asked for then", () => {
  const it = made();
  it.pc.remoteDescription = null;
  mock.timers.tick(FIRST_DESCRIPTION_TIMEOUT_MS - 1);
  assert.deepEqual([it.establishment.isStuck, it.looks], [false, 0]);
  mock.timers.tick(1);
  assert.deepEqual([it.establishment.isStuck, it.looks], [true, 1]);
});

test("once stopped it asks for no look", async () => {
  const it = made();
  it.becomes("connected", "connecting");
  it.establishment.stop();
  await pass(2 * HANDSHAKE_SILENCE_MS);
  mock.timers.tick(60_000);
  assert.equal(it.looks, 0);
});
