import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LENGTH_MAX, OFFSET_MAX, readRed, RedPayloads } from "../../web/static/js/rtc/red-payloads.js";
import { translateSpeech } from "../../web/static/js/rtc/red-worker.js";

test("a packet carries the one before, each under Opus' number, with how long ago it was and how long it is (RFC 2198)", () => {
  const payloads = new RedPayloads(109);
  assert.deepEqual([...payloads.next(Uint8Array.of(1, 2), 0xffff_ff00)], [109, 1, 2]);
  // 0x1100 ticks later: 14 bits of 4352, then 10 bits of 2 bytes.
  assert.deepEqual([...payloads.next(Uint8Array.of(3), 0x1000)], [0x80 | 109, 4352 >> 6, (4352 & 63) << 2, 2, 109, 1, 2, 3]);
});

test("what no header can tell is not repeated: after a long pause, and speech too long", () => {
  const payloads = new RedPayloads(109);
  const long = new Uint8Array(LENGTH_MAX + 1);
  payloads.next(Uint8Array.of(1), 0);
  assert.deepEqual([...payloads.next(Uint8Array.of(2), OFFSET_MAX + 1)], [109, 2]);
  assert.equal(payloads.next(long, OFFSET_MAX + 2).length, 5 + 1 + long.length);
  assert.deepEqual([...payloads.next(Uint8Array.of(3), OFFSET_MAX + 3)], [109, 3]);
});

test("what is written is read", () => {
  const payloads = new RedPayloads(111);
  const long = new Uint8Array(LENGTH_MAX).fill(7);
  assert.deepEqual(readRed(payloads.next(long, 0), 111), { speech: long, before: null });
  assert.deepEqual(readRed(payloads.next(Uint8Array.of(8), OFFSET_MAX), 111), { speech: Uint8Array.of(8), before: { speech: long, offset: OFFSET_MAX } });
  assert.deepEqual(readRed(Uint8Array.of(111), 111), { speech: Uint8Array.of(), before: null });
});

test("of several that are repeated the latest counts", () => {
  const payload = Uint8Array.of(0x80 | 111, 30, 0, 1, 0x80 | 111, 15, 0, 2, 111, 1, 2, 3, 4);
  assert.deepEqual(readRed(payload, 111), { speech: Uint8Array.of(4), before: { speech: Uint8Array.of(2, 3), offset: 960 } });
});

test("what is no RED with this speech within is nothing: another number, blocks that are cut short, nothing at all", () => {
  for (const bytes of [[], [109, 1], [0x80 | 109, 15, 0, 1, 111, 1, 2], [0x80 | 111, 15, 0, 1, 109, 1, 2], [0x80 | 111, 15, 0, 9, 111, 1, 2], [0x80 | 111, 15]]) {
    assert.equal(readRed(Uint8Array.of(...bytes), 111), null, `${bytes}`);
  }
});

/** @param {number} payloadType @param {number[]} bytes @param {number} rtpTimestamp */
const frame = (payloadType, bytes, rtpTimestamp) => ({ data: Uint8Array.of(...bytes).buffer, getMetadata: () => ({ payloadType, rtpTimestamp }) });

/** What the worker makes of frames. @param {"sender" | "receiver"} side @param {Iterable<unknown> | AsyncIterable<unknown>} frames @param {number[][]} out */
const translated = (side, frames, out = []) => translateSpeech({
  readable: ReadableStream.from(frames), options: { side, red: [63, 109], opus: 111 },
  writable: new WritableStream({ write: ({ data }) => void out.push([...new Uint8Array(data)]) }),
}).then(() => out);

test("the worker repeats what goes out as RED, and lets all else pass as it is", async () => {
  const frames = [frame(8, [1], 0), frame(63, [2], 2_880), frame(63, [3], 5_760), frame(8, [4], 8_640)];
  assert.deepEqual(await translated("sender", frames), [[1], [111, 2], [0x80 | 111, 45, 0, 1, 111, 2, 3], [4]]);
});

const SILK_60 = 3 << 3;
/** A payload of RED that says `n` at its time, and what was said before. @param {number} n */
const red = (n) => frame(63, [0x80 | 111, 45, 0, 2, 111, SILK_60, n - 1, SILK_60, n], n * 2_880);

test("the worker plays what comes as RED with what was lost behind it, drops what it cannot read, and lets all else pass in its place", async () => {
  const frames = [red(1), red(3), frame(109, [99, 1], 4 * 2_880), frame(8, [5], 5 * 2_880)];
  assert.deepEqual(await translated("receiver", frames), [[SILK_60 | 3, 0x82, 1, 1, 2], [SILK_60, 3], [5]]);
});

test("a connection that is gone while something is held ends without a fault", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    /** @type {ReadableStreamDefaultController<unknown> | undefined} */ let source;
    const readable = new ReadableStream({ start: (controller) => void (source = controller) });
    const ended = translateSpeech({ readable, writable: new WritableStream(), options: { side: "receiver", red: [63], opus: 111 } });
    source?.enqueue(red(1));
    await new Promise((go) => setImmediate(go));
    source?.error(new Error("closed"));
    await assert.rejects(ended, /closed/);
    assert.doesNotThrow(() => mock.timers.tick(1_000));
  } finally {
    mock.timers.reset();
  }
});

test("what is held is played when nothing comes for long", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {number[][]} */ const out = [];
  const passed = (/** @type {number} */ ms) => (mock.timers.tick(ms), new Promise((done) => setImmediate(done)));
  async function* frames() {
    yield red(1);
    for (let turn = 0; turn < 5; turn++) await passed(0);
    await passed(179);
    assert.deepEqual(out, []);
    await passed(1);
    assert.deepEqual(out, [[SILK_60, 1]]);
  }
  try {
    await translated("receiver", frames(), out);
  } finally {
    mock.timers.reset();
  }
});
