/** What a device remembers of its visit over a reload. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { recall, remember } from "../../web/static/js/pages/visit-memory.js";

const NOTHING = { megabytes: 0, spentBytes: 0, signingTurns: 0 };

/** A tab's storage; `full` keeps nothing and says so. */
function storage(full = false) {
  const kept = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => {
      if (full) throw new Error("quota");
      kept.set(key, value);
    },
  };
  return kept;
}

test("figures of one visit come back, and are no other visit's", () => {
  storage();
  const figures = { megabytes: 20, spentBytes: 7_000_000, signingTurns: 3 };
  remember("one", figures);
  assert.deepEqual(recall("one"), figures);
  assert.deepEqual(recall("other"), NOTHING);
});

test("what nobody can have chosen is nothing", () => {
  const kept = storage();
  for (const odd of ["{", "7", "null", '{"megabytes":21,"spentBytes":-1,"signingTurns":"x"}', '{"megabytes":"20","spentBytes":1.5}']) {
    kept.set("wasl-visit-one", odd);
    assert.deepEqual(recall("one"), NOTHING, odd);
  }
});

test("a browser that keeps nothing is no fault", () => {
  storage(true);
  remember("one", { megabytes: 20, spentBytes: 1, signingTurns: 0 });
  assert.deepEqual(recall("one"), NOTHING);
  delete globalThis.sessionStorage;
  assert.deepEqual(recall("one"), NOTHING);
});
