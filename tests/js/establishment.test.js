import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import {
  Establishment, FIRST_DESCRIPTION_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MAX_MS, HANDSHAKE_TIMEOUT_MS,
} from "../../web/static/js/rtc/establishment.js";

/** A connection whose states the test sets, and how often it was said to look. @param {number} [tries] */
function made(tries = 0) {
  const pc = { connectionState: "new", iceConnectionState: "new", remoteDescription: /** @type {object | null} */ ({}) };
  const it = { pc, looks: 0 };
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
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

test("a handshake that takes too long is stuck, counted from when ICE stands, and a look is asked for then", () => {
  for (const [tries, patience] of [[0, HANDSHAKE_TIMEOUT_MS], [1, 2 * HANDSHAKE_TIMEOUT_MS], [9, HANDSHAKE_TIMEOUT_MAX_MS]]) {
    const it = made(tries);
    it.becomes("checking", "connecting");
    mock.timers.tick(FIRST_DESCRIPTION_TIMEOUT_MS);
    const looks = it.looks;
    it.becomes("connected", "connecting");
    it.becomes("completed", "connecting");
    mock.timers.tick((patience ?? 0) - 1);
    assert.deepEqual([it.establishment.isStuck, it.looks], [false, looks]);
    mock.timers.tick(1);
    assert.deepEqual([it.establishment.isStuck, it.looks], [true, looks + 1]);
  }
});

test("a handshake that is through is not stuck, nor one whose way is lost", () => {
  for (const [ice, connection] of [["connected", "connected"], ["disconnected", "connecting"]]) {
    const it = made();
    it.becomes("connected", "connecting");
    assert.equal(it.establishment.isShakingHands, true);
    it.becomes(ice ?? "", connection ?? "");
    mock.timers.tick(10 * HANDSHAKE_TIMEOUT_MS);
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

test("once stopped it asks for no look", () => {
  const it = made();
  it.becomes("connected", "connecting");
  it.establishment.stop();
  mock.timers.tick(60_000);
  assert.equal(it.looks, 0);
});
