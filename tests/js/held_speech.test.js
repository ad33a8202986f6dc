import assert from "node:assert/strict";
import { test } from "node:test";

import { HeldSpeech, SPREAD_MS } from "../../web/static/js/rtc/held-speech.js";

const SILK_60 = 3 << 3;
const TICKS = 2_880;
const said = (/** @type {number} */ n) => Uint8Array.of(SILK_60, n);
const both = (/** @type {number} */ n, /** @type {number} */ next) => Uint8Array.of(SILK_60 | 3, 0x82, 1, n, next);

/** A listener who is given packets by their numbers, each with what the one before said. @param {number} [start] RTP's time of number 0 */
function listener(start = 0) {
  const held = new HeldSpeech();
  const played = (/** @type {{item: unknown, speech: Uint8Array}[]} */ ready) => ready.map(({ item, speech }) => [item, [...speech]]);
  return {
    held,
    comes: (/** @type {number} */ n, repeats = true) => played(held.take(n, (start + n * TICKS) >>> 0, { speech: said(n), before: repeats ? { speech: said(n - 1), offset: TICKS } : null })),
    released: () => played(held.release()),
  };
}

test("each packet is played when the next is there, as it came", () => {
  const { comes, held } = listener();
  assert.deepEqual(comes(1), []);
  assert.equal(held.item, 1);
  assert.deepEqual(comes(2), [[1, [...said(1)]]]);
  assert.deepEqual(comes(3), [[2, [...said(2)]]]);
});

test("one that is lost is said by the one before it", () => {
  const { comes } = listener();
  comes(1);
  assert.deepEqual(comes(3), [[1, [...both(1, 2)]]]);
  assert.deepEqual(comes(4), [[3, [...said(3)]]]);
});

test("so it is where RTP's time begins anew", () => {
  const { comes } = listener(2 ** 32 - 2 * TICKS);
  comes(1);
  assert.deepEqual(comes(3), [[1, [...both(1, 2)]]]);
});

test("where two are lost, or nothing was repeated, there is a hole", () => {
  const { comes } = listener();
  comes(1);
  assert.deepEqual(comes(4), [[1, [...said(1)]]]);
  assert.deepEqual(comes(6, false), [[4, [...said(4)]]]);
});

test("one that comes late is played at once, and what is held stays", () => {
  const { comes, held } = listener();
  comes(1);
  comes(3);
  assert.deepEqual(comes(2), [[2, [...said(2)]]]);
  assert.equal(held.item, 3);
});

test("what is held waits for two packets and what they spread, is released once, and repairs nothing any more", () => {
  const { comes, released, held } = listener();
  comes(1);
  assert.equal(held.waitMs, 120 + SPREAD_MS);
  assert.deepEqual([released(), released(), held.item], [[[1, [...said(1)]]], [], null]);
  assert.deepEqual(comes(3), []);
});

test("speech that nothing fits beside, or that is none, is not held", () => {
  const held = new HeldSpeech();
  const long = both(1, 2);
  assert.deepEqual(held.take("long", 0, { speech: long, before: null }), [{ item: "long", speech: long }]);
  assert.deepEqual(held.take("none", 9_000, { speech: Uint8Array.of(), before: null }), [{ item: "none", speech: Uint8Array.of() }]);
  assert.equal(held.item, null);
});

test("a repeated packet that is coded in another way is left out, and the held one played as it is", () => {
  const held = new HeldSpeech();
  held.take(1, 0, { speech: said(1), before: null });
  assert.deepEqual(held.take(3, 2 * TICKS, { speech: said(3), before: { speech: Uint8Array.of(11 << 3, 2), offset: TICKS } }), [{ item: 1, speech: said(1) }]);
});
