/** Stills without a browser: cut and put together, believed only so far, paced, and silent at once during the pause. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { RUNGS, STILL_BYTES } from "../../web/static/js/rtc/rungs.js";
import {
  HEADER_BYTES, PICTURE_BYTES, PIECE_BYTES, RECEIVED_BYTES_MAX, SIDE_MAX_PX, StillCollector, WIRE_BYTES, cut, nextNumber,
} from "../../web/static/js/rtc/still-pieces.js";
import { PIECE_EVERY_MS, STALE_MS, StillReceiver, StillSender } from "../../web/static/js/rtc/stills.js";

const EVERY_S = RUNGS.stills.stillEveryS;
const LOOK_MS = 1_000;

/** A picture by its first bytes; the rest is nothing that a decoder would like. */
function webp(length, { width = 160, height = 120, form = "VP8 " } = {}) {
  const bytes = new Uint8Array(length).fill(7);
  const put = (text, at) => bytes.set([...text].map((letter) => letter.charCodeAt(0)), at);
  put("RIFF", 0);
  put(`WEBP${form}`, 8);
  new DataView(bytes.buffer).setUint16(26, width, true);
  new DataView(bytes.buffer).setUint16(28, height, true);
  return bytes;
}

/** The form that Chromium's canvas gives. */
function extended(length, width, height) {
  const bytes = webp(length, { form: "VP8X" });
  bytes.set([width - 1, height - 1].flatMap((side) => [side & 0xff, (side >> 8) & 0xff, side >> 16]), 24);
  return bytes;
}

function jpeg(length, { width = 160, height = 120 } = {}) {
  const bytes = new Uint8Array(length).fill(7);
  bytes.set([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc0, 0, 17, 8, height >> 8, height & 0xff, width >> 8, width & 0xff]);
  return bytes;
}

const takeAll = (collector, pieces) => pieces.map((piece) => collector.take(piece.buffer)).at(-1);
const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

test("a picture comes back as it was cut, whatever its length", async () => {
  const room = PIECE_BYTES - HEADER_BYTES;
  for (const length of [40, room, room + 1, PICTURE_BYTES, RECEIVED_BYTES_MAX]) {
    for (const picture of [webp(length), extended(length, 160, 120), jpeg(length)]) {
      const pieces = cut(picture, 65_000);
      assert.ok(pieces.every((piece) => piece.length <= PIECE_BYTES));
      const blob = takeAll(new StillCollector(), pieces);
      assert.deepEqual(await bytesOf(blob), picture);
      assert.equal(blob.type, picture[0] === 0xff ? "image/jpeg" : "image/webp");
    }
  }
});

test("all that goes over the line for a still is what the ladder counts", () => {
  const pieces = cut(webp(PICTURE_BYTES), 1);
  const wire = pieces.reduce((sum, { length }) => sum + length + WIRE_BYTES, 0);
  assert.ok(wire <= STILL_BYTES && wire > STILL_BYTES * 0.9, String(wire));
});

test("a still that lacks a piece never comes, and the next one does", () => {
  const collector = new StillCollector();
  const [first, , third] = cut(webp(3_000), 1);
  assert.equal(takeAll(collector, [first, third]), null);
  assert.ok(takeAll(collector, cut(webp(3_000), 2)));
});

test("a newer still takes the place of one that is not whole; what is late or told twice is left", () => {
  const collector = new StillCollector();
  const [old, ...rest] = cut(webp(2_000), 7);
  collector.take(old.buffer);
  assert.ok(takeAll(collector, cut(webp(500), 8)));
  assert.equal(takeAll(collector, rest), null);
  assert.equal(takeAll(collector, cut(webp(500), 8)), null, "told twice");
  assert.equal(takeAll(collector, cut(webp(500), 6)), null, "late");
});

test("numbers go round without 0", () => {
  const collector = new StillCollector();
  assert.equal(nextNumber(65_534), 65_535);
  assert.equal(nextNumber(65_535), 1);
  for (const number of [65_535, 1, 2]) assert.ok(takeAll(collector, cut(webp(500), number)), String(number));
});

test("no more than 16 kB is kept of anybody", () => {
  const collector = new StillCollector();
  const pieces = cut(webp(RECEIVED_BYTES_MAX + 1), 1);
  assert.equal(takeAll(collector, pieces), null);
  assert.ok(takeAll(collector, cut(webp(500), 2)));
});

test("nonsense is ignored and spoils nothing", () => {
  const collector = new StillCollector();
  const [first, second] = cut(webp(2_000), 5);
  collector.take(first.buffer);
  const nonsense = ["text", null, 3, new ArrayBuffer(0), new ArrayBuffer(HEADER_BYTES), new ArrayBuffer(PIECE_BYTES + 1),
    new Uint8Array([0, 0, 0, 1, 9]).buffer, new Uint8Array([0, 5, 1, 2, 9]).buffer];
  for (const data of nonsense) assert.equal(collector.take(data), null);
  assert.ok(collector.take(second.buffer));
});

test("only a small WebP or JPEG is a picture", () => {
  const png = new Uint8Array(500);
  png.set([0x89, 0x50, 0x4e, 0x47]);
  const svg = new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>");
  const refused = [
    png, svg, new Uint8Array(20), webp(500, { form: "VP8L" }), extended(500, SIDE_MAX_PX + 1, 120), extended(500, 160, 2 ** 24), webp(500, { width: SIDE_MAX_PX + 1 }), webp(500, { height: 0 }),
    jpeg(500, { height: 60_000 }), jpeg(500, { width: 0 }), jpeg(500).subarray(0, 12), new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ];
  for (const picture of refused) assert.equal(takeAll(new StillCollector(), cut(new Uint8Array(picture), 1)), null);
});

test("each connection has its own numbers", () => {
  const receiver = new StillReceiver();
  const pieces = cut(webp(500), 9);
  assert.ok(receiver.take({}, pieces[0].buffer));
  assert.ok(receiver.take({}, pieces[0].buffer));
});

/** A device with a camera, and the connections that it has. */
class Device {
  track = {};
  seen = true;
  grabbed = [];
  sent = [];
  everyS = { child: EVERY_S };
  full = new Set();
  size = 3_000;
  /** @type {Promise<void> | null} */ developing = null;

  sender = new StillSender({
    picture: () => (this.seen ? this.track : null),
    receivers: () => Object.entries(this.everyS).map(([id, everyS]) => ({ id, everyS, send: (piece) => this.#send(id, piece) })),
    grab: async () => {
      this.grabbed.push(performance.now());
      await this.developing;
      return new Blob([webp(this.size)]);
    },
  });

  #send(id, piece) {
    if (this.full.has(id)) return false;
    this.sent.push({ id, at: performance.now(), piece });
    return true;
  }

  async run(seconds) {
    for (let ms = 0; ms < seconds * 1_000; ms += 50) {
      if (ms % LOOK_MS === 0) this.sender.look();
      await settle();
      clock += 50;
      mock.timers.tick(50);
    }
  }

  /** The stills that somebody can put together. */
  whole(id) {
    const collector = new StillCollector();
    return this.sent.filter((each) => each.id === id).flatMap(({ at, piece }) => (collector.take(piece.buffer) ? [at] : []));
  }
}

let clock = 0;
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => clock);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("a still goes out every few seconds while the rung has them, and to nobody else", async () => {
  const device = new Device();
  device.everyS = { child: EVERY_S, psychologist: 0 };
  await device.run(21);
  assert.deepEqual(device.grabbed, [0, 5_000, 10_000, 15_000, 20_000]);
  assert.equal(device.whole("child").length, device.grabbed.length);
  assert.deepEqual(device.sent.filter(({ id }) => id !== "child"), []);
});

test("nobody's camera is asked while no rung has stills", async () => {
  const device = new Device();
  device.everyS = { child: 0 };
  await device.run(12);
  assert.deepEqual(device.grabbed, []);
});

test("pieces keep their distance, also with four receivers, and all have it before the next", async () => {
  const device = new Device();
  device.size = PICTURE_BYTES;
  device.everyS = { one: EVERY_S, two: EVERY_S, three: EVERY_S, four: EVERY_S };
  await device.run(5);
  for (const id of Object.keys(device.everyS)) assert.equal(device.whole(id).length, 1, id);
  const gaps = device.sent.slice(1).map(({ at }, index) => at - device.sent[index].at);
  assert.ok(Math.min(...gaps) >= PIECE_EVERY_MS, String(Math.min(...gaps)));
});

test("whose line still has a piece to carry gets none, and holds up nobody", async () => {
  const device = new Device();
  device.everyS = { slow: EVERY_S, quick: EVERY_S };
  device.full.add("slow");
  await device.run(4);
  assert.equal(device.whole("quick").length, 1);
  assert.deepEqual(device.whole("slow"), []);
  device.full.delete("slow");
  await device.run(1);
  assert.equal(device.whole("slow").length, 1, "the same still, late");
});

test("a line that was stuck for long gets a newer still, not the old one's rest", async () => {
  const device = new Device();
  await device.run(0.2);
  device.full.add("child");
  await device.run(Math.ceil(STALE_MS / 1_000) + EVERY_S);
  device.full.delete("child");
  const before = device.sent.length;
  await device.run(1);
  assert.equal(device.sent[before].piece[2], 0, "from its first piece");
  assert.equal(device.whole("child").length, 1);
});

test("the pause stops everything in the middle of a still, and nothing of it comes later", async () => {
  const device = new Device();
  await device.run(0.3);
  assert.ok(device.sent.length > 0 && device.whole("child").length === 0);
  const before = device.sent.length;
  device.seen = false;
  await device.run(12);
  assert.equal(device.sent.length, before);
  assert.equal(device.grabbed.length, 1);
  device.seen = true;
  await device.run(2);
  assert.equal(device.sent[before].piece[2], 0, "a new still");
});

test("a frame that was taken before the pause does not go out after it has begun", async () => {
  const device = new Device();
  let developed = () => undefined;
  device.developing = new Promise((resolve) => (developed = resolve));
  await device.run(0.2);
  device.seen = false;
  developed();
  await device.run(3);
  assert.deepEqual(device.sent, []);
});

test("stills end in the middle when the rung leaves them, and when somebody goes", async () => {
  for (const left of [{ child: 0 }, {}]) {
    const device = new Device();
    await device.run(0.3);
    const before = device.sent.length;
    assert.ok(before > 0);
    device.everyS = left;
    await device.run(6);
    assert.equal(device.sent.length, before);
  }
});

test("a frame that is too large stays here", async () => {
  const device = new Device();
  device.size = PICTURE_BYTES + 1;
  await device.run(3);
  assert.deepEqual(device.sent, []);
});
