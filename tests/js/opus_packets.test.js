import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, PACKET_MAX_TICKS, ticksOf } from "../../web/static/js/rtc/opus-packets.js";

/** Ways of coding (RFC 6716, table 2), one channel: SILK of 60 and of 20 ms, both of 20 ms, CELT of 20 and of 2.5 ms. */
const [SILK_60, SILK_20, HYBRID_20, CELT_20, CELT_2] = /** @type {const} */ ([3 << 3, 1 << 3, 13 << 3, 19 << 3, 16 << 3]);
const packet = (/** @type {number[]} */ ...bytes) => Uint8Array.of(...bytes);

test("how long a packet is follows from how it is coded and how many frames it holds", () => {
  assert.equal(ticksOf(packet(SILK_60, 1, 2)), 2_880);
  assert.equal(ticksOf(packet(HYBRID_20, 1)), 960);
  assert.equal(ticksOf(packet(CELT_2 | 1, 1, 2)), 240);
  assert.equal(ticksOf(packet(CELT_20 | 2, 1, 7, 8)), 1_920);
  assert.equal(ticksOf(packet(CELT_20 | 3, 3, 1, 2, 3)), 2_880);
  assert.equal(ticksOf(packet(SILK_60)), 2_880, "a frame of no bytes is one");
});

test("what is none of Opus' is of no length, and nothing is joined to it", () => {
  const wrong = [packet(), packet(SILK_20 | 1, 1), packet(SILK_20 | 2, 9, 1), packet(SILK_20 | 3), packet(SILK_20 | 3, 0), packet(SILK_20 | 3, 2, 1, 2, 3),
    packet(SILK_20 | 3, 0x82, 9, 1), packet(SILK_20 | 3, 7, 1, 2, 3, 4, 5, 6, 7), packet(SILK_20 | 3, 0x41, 5, 1)];
  for (const bytes of wrong) {
    assert.equal(ticksOf(bytes), 0, `${bytes}`);
    assert.equal(joined(packet(SILK_20, 1), bytes), null);
    assert.equal(joined(bytes, packet(SILK_20, 1)), null);
  }
});

test("two packets become one that names the length of each frame but the last", () => {
  assert.deepEqual(joined(packet(SILK_60, 1, 2), packet(SILK_60, 3)), packet(SILK_60 | 3, 0x82, 2, 1, 2, 3));
  const long = new Uint8Array(1 + 603).fill(9).fill(SILK_60, 0, 1);
  // 603 = 255 + 4 * 87 (RFC 6716, section 3.2.1).
  assert.deepEqual(joined(long, packet(SILK_60, 3))?.subarray(0, 5), packet(SILK_60 | 3, 0x82, 255, 87, 9));
  assert.equal(joined(long, packet(SILK_60, 3))?.length, 4 + 603 + 1);
});

test("frames of packets of every kind are found: two alike, two of their own lengths, many of one length, many of their own, and padded ones", () => {
  const one = packet(CELT_20, 9);
  const all = (/** @type {number[]} */ ...bytes) => [...(joined(packet(...bytes), one) ?? [])];
  assert.deepEqual(all(CELT_20 | 1, 1, 2), [CELT_20 | 3, 0x83, 1, 1, 1, 2, 9]);
  assert.deepEqual(all(CELT_20 | 2, 2, 1, 2, 3), [CELT_20 | 3, 0x83, 2, 1, 1, 2, 3, 9]);
  assert.deepEqual(all(CELT_20 | 3, 3, 1, 2, 3), [CELT_20 | 3, 0x84, 1, 1, 1, 1, 2, 3, 9]);
  assert.deepEqual(all(CELT_20 | 3, 0x83, 1, 2, 1, 2, 3, 4), [CELT_20 | 3, 0x84, 1, 2, 1, 1, 2, 3, 4, 9]);
  assert.deepEqual(all(CELT_20 | 3, 0x42, 2, 1, 2, 0, 0), [CELT_20 | 3, 0x83, 1, 1, 1, 2, 9]);
  assert.deepEqual(all(CELT_20 | 3, 0x41, 255, 1, 5, ...new Array(255).fill(0)), [CELT_20 | 3, 0x82, 1, 5, 9]);
});

test("what is joined is as long as both, and joins again, up to the longest packet there may be", () => {
  const twice = joined(packet(HYBRID_20, 1), packet(HYBRID_20, 2)) ?? packet();
  assert.equal(ticksOf(twice), 1_920);
  const thrice = joined(twice, packet(HYBRID_20 | 1, 3, 4)) ?? packet();
  assert.deepEqual(thrice, packet(HYBRID_20 | 3, 0x84, 1, 1, 1, 1, 2, 3, 4));
  assert.equal(ticksOf(joined(packet(SILK_60, 1), packet(SILK_60, 2)) ?? packet()), PACKET_MAX_TICKS);
  assert.equal(joined(packet(SILK_60 | 1, 1, 2), packet(SILK_60, 3)), null);
});

test("speech that is coded in two ways fits into no packet", () => {
  assert.equal(joined(packet(SILK_20, 1), packet(HYBRID_20, 2)), null);
  assert.equal(joined(packet(SILK_20, 1), packet(SILK_20 | 4, 2)), null, "of one channel, and of two");
});
