/** What holds on every line: the recorded and composed traces of tests/contract/ladder_traces. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, hasPicture, isVoice, mainOf, peersOf, readTrace, replay, traceNames } from "./replay.js";

const WORDS = new Set([
  "line-good", "starting", "uplink-weak", "downlink-weak", "other-side-weak", "long-way", "no-path", "line-lost", "data-budget",
  "device-slow", "battery-low", "held", "signing",
]);

test("there are at least twelve traces", () => assert.ok(traceNames().length >= 12));

for (const name of traceNames()) {
  const steps = replay(readTrace(name));

  test(`${name}: at most two changes a minute, on the page and on each connection`, () => {
    const all = [changesOf(steps, ({ rung }) => rung), ...peersOf(steps).map((peer) => changesOf(steps, ({ legs }) => legs[peer]?.rung))];
    for (const changes of all) {
      for (const { at } of changes) {
        const within = changes.filter((other) => other.at > at - 60_000 && other.at <= at);
        assert.ok(within.length <= 2, `${within.length} changes before second ${at / 1000}: ${within.map(({ to }) => to)}`);
      }
    }
  });

  test(`${name}: every change says why`, () => {
    for (const peer of peersOf(steps)) {
      for (const { step, to } of changesOf(steps, ({ legs }) => legs[peer]?.rung)) {
        assert.ok(WORDS.has(step.legs[peer].reason), `${to}: ${step.legs[peer].reason}`);
      }
    }
    for (const { step } of changesOf(steps, ({ rung }) => rung)) assert.ok(step.reasons.length > 0 && step.reasons.every((word) => WORDS.has(word)));
  });

  test(`${name}: no picture while speech suffers`, () => {
    const sufferedFor = new Map();
    for (const { at, sample, legs } of steps) {
      for (const { peer, here, there } of sample.legs) {
        const suffers = Math.max(here.inventedPct ?? 0, there?.inventedPct ?? 0) > 15;
        sufferedFor.set(peer, suffers ? (sufferedFor.get(peer) ?? 0) + 1 : 0);
        const { rung, withheld, sound } = legs[peer];
        // Where hands speak, it is the sound that goes.
        if (sufferedFor.get(peer) >= 3) assert.ok(!hasPicture(rung) || withheld || !sound, `${rung} to ${peer} at second ${at / 1000}`);
      }
    }
  });

  test(`${name}: every 30 seconds carry voice, a clip or a notice`, () => {
    const carried = steps.map(({ rung, sample, say }) => {
      const main = mainOf(sample);
      const voice = isVoice(rung) && main.connection === "connected" && main.here.packets > 0;
      return voice || (rung === "clips" && sample.online) || say !== null;
    });
    for (let start = 0; start + 30 <= steps.length; start += 1) {
      assert.ok(carried.slice(start, start + 30).some(Boolean), `silence from second ${start + 1}`);
    }
  });
}
