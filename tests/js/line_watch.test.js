import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { ASK_EVERY_MS, GONE_AFTER_MS, LineWatch } from "../../web/static/js/rtc/line-watch.js";

const SERVERS = [{ urls: ["stun:a:3478"] }, { urls: ["turn:a:3478"], username: "u", credential: "c" }];

/** Stands for the browser's connections: each asks the STUN server, and is answered while the line carries. */
function withLine() {
  const line = { carries: true, open: 0, asked: 0, servers: /** @type {unknown} */ (null) };
  // @ts-ignore only what the watch uses
  globalThis.RTCPeerConnection = class {
    onicecandidate = /** @type {((event: object) => void) | null} */ (null);
    /** @param {RTCConfiguration} given */
    constructor({ iceServers }) {
      line.servers = iceServers;
      line.open += 1;
    }
    createDataChannel() {}
    async setLocalDescription() {
      line.asked += 1;
      this.onicecandidate?.({ candidate: { type: "host" } });
      if (line.carries) this.onicecandidate?.({ candidate: { type: "srflx" } });
    }
    close() {
      line.open -= 1;
    }
  };
  return line;
}

/** @param {number} ms */
function pass(ms) {
  for (let passed = 0; passed < ms; passed += ASK_EVERY_MS) mock.timers.tick(ASK_EVERY_MS);
}

/** @param {(line: ReturnType<typeof withLine>, watch: LineWatch, heard: {back: number}) => void} check */
function watching(check) {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const line = withLine();
  const heard = { back: 0 };
  const watch = new LineWatch(() => (heard.back += 1));
  try {
    check(line, watch, heard);
  } finally {
    watch.stop();
    mock.timers.reset();
  }
}

test("a line that was gone is told of once when it is back", () =>
  watching((line, watch, heard) => {
    line.carries = false;
    watch.start(SERVERS);
    pass(GONE_AFTER_MS + ASK_EVERY_MS);
    assert.equal(watch.gone, true);
    line.carries = true;
    pass(5 * ASK_EVERY_MS);
    assert.deepEqual([watch.gone, heard.back], [false, 1]);
  }));

test("until the first answer nothing is known to come through, and nothing is told of it", () =>
  watching((line, watch, heard) => {
    assert.equal(watch.silent, false);
    line.carries = false;
    watch.start(SERVERS);
    assert.deepEqual([watch.silent, watch.gone], [true, false]);
    line.carries = true;
    pass(ASK_EVERY_MS);
    assert.deepEqual([watch.silent, heard.back], [false, 0]);
    watch.stop();
    assert.equal(watch.silent, false);
  }));

test("while the line carries, a server that is away is no reason to tell anything", () =>
  watching((line, watch, heard) => {
    watch.start(SERVERS);
    pass(20 * ASK_EVERY_MS);
    assert.deepEqual([watch.gone, heard.back], [false, 0]);
    assert.ok(line.asked >= 20);
  }));

test("only STUN is asked, by few connections at once, and none is left", () =>
  watching((line, watch) => {
    line.carries = false;
    watch.start(SERVERS);
    pass(30 * ASK_EVERY_MS);
    assert.deepEqual(line.servers, [{ urls: "stun:a:3478" }]);
    assert.ok(line.open <= 3, String(line.open));
    watch.stop();
    assert.deepEqual([line.open, watch.gone], [0, false]);
  }));

test("without a STUN server nothing is known, and nothing is asked", () =>
  watching((line, watch) => {
    watch.start([{ urls: "turns:a:443?transport=tcp" }]);
    pass(30 * ASK_EVERY_MS);
    assert.deepEqual([line.asked, watch.gone], [0, false]);
  }));
