import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { SOUND_FRESH_MS } from "../../web/static/js/lib/sound-arrival.js";
import { CARRIES_MS, DOUBTFUL_MS, HURRY_MS, Liveness, SILENT_MS } from "../../web/static/js/rtc/liveness.js";

/** @param {(given: {liveness: Liveness, ice: (state: string, connection?: string) => void, plays: (agoMs: number) => void}) => void} check */
function withLiveness(check) {
  mock.timers.enable({ apis: ["Date"] });
  let playedAt = -Infinity;
  const receiver = { track: { kind: "audio" }, getSynchronizationSources: () => [{ timestamp: playedAt }] };
  const pc = { connectionState: "connected", iceConnectionState: "connected", getReceivers: () => [receiver] };
  try {
    check({
      liveness: new Liveness(/** @type {any} */ (pc)),
      plays: (agoMs) => (playedAt = performance.timeOrigin + performance.now() - agoMs),
      ice: (state, connection = state) => Object.assign(pc, { iceConnectionState: state, connectionState: connection }),
    });
  } finally {
    mock.timers.reset();
  }
}

test("lost checks are no trouble while something comes", () =>
  withLiveness(({ liveness, ice }) => {
    liveness.noteArrival();
    ice("disconnected");
    assert.deepEqual([liveness.state, liveness.trouble], ["connected", null]);
    mock.timers.tick(CARRIES_MS);
    assert.deepEqual([liveness.state, liveness.trouble], ["disconnected", "troubled"]);
  }));

test("sound that is played tells the same before anybody looks", () =>
  withLiveness(({ liveness, ice, plays }) => {
    ice("disconnected");
    plays(SOUND_FRESH_MS / 2);
    assert.deepEqual([liveness.state, liveness.trouble], ["connected", null]);
    plays(SOUND_FRESH_MS);
    assert.deepEqual([liveness.state, liveness.trouble], ["disconnected", "troubled"]);
  }));

test("what has failed is told as it is, whatever came just before", () =>
  withLiveness(({ liveness, ice }) => {
    liveness.noteArrival();
    ice("disconnected", "failed");
    assert.deepEqual([liveness.state, liveness.trouble], ["failed", "failed"]);
  }));

test("long silence is trouble, and a short one after coming back", () =>
  withLiveness(({ liveness }) => {
    liveness.silentMs = DOUBTFUL_MS;
    assert.equal(liveness.trouble, null);
    liveness.hurry();
    assert.equal(liveness.trouble, "troubled");
    liveness.silentMs = DOUBTFUL_MS;
    mock.timers.tick(HURRY_MS);
    liveness.doubt();
    assert.equal(liveness.trouble, null);
    liveness.silentMs = SILENT_MS;
    assert.equal(liveness.trouble, "troubled");
  }));
