import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LaterParts, VOICE_AFTER_MS, VOICE_FROM_RTT_MS } from "../../web/static/js/pages/later-parts.js";
import { PIECE_EVERY_MS } from "../../web/static/js/pages/pieces.js";

/** @type {import("../../web/static/js/signaling/messages.js").SealingKey} */
const KEY = { type: "sealing-key", seq: 9, from: "p", publicKey: "BEk6" };

const settled = async () => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

/** In a call on a thin line. */
function partsInCall(roundTripMs = 400) {
  const mesh = { isThin: true, sendsStills: false, onStillPiece: () => undefined };
  const model = { links: new Map([["p", { state: "connected" }]]), quality: null, screen: "room", tracks: { audio: null }, on: { audio: false }, roster: [] };
  return new LaterParts(/** @type {any} */ ({ mesh, model, render: () => undefined, send: () => true, helpPlan: () => ({ phones: [] }), roundTripMs: () => roundTripMs, earlyKey: () => null, tellKey: async () => undefined }));
}

test("another's key brings nothing, another's voice brings what plays it: speech would wait behind more", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */ const asked = [];
  const line = mock.method(globalThis, "fetch", async (/** @type {URL} */ url) => {
    asked.push(url.pathname.split("/").slice(-2).join("/"));
    return new Response("export {};");
  });
  try {
    const parts = partsInCall();
    parts.take(KEY);
    parts.take(KEY);
    await settled();
    assert.deepEqual(asked, []);
    parts.take({ type: "voice", frame: new ArrayBuffer(40) });
    await settled();
    mock.timers.tick(3 * PIECE_EVERY_MS);
    await settled();
    assert.deepEqual(asked, ["clips/socket-voice.js"]);
  } finally {
    line.mock.restore();
    mock.timers.reset();
  }
});

for (const [roundTripMs, brings] of /** @type {[number, string[]][]} */ ([[VOICE_FROM_RTT_MS, ["clips/socket-voice.js"]], [VOICE_FROM_RTT_MS - 1, []]])) {
  test(`a line of ${roundTripMs} ms ${brings.length ? "makes ready for" : "needs no"} voice over the socket`, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    /** @type {string[]} */ const asked = [];
    const line = mock.method(globalThis, "fetch", async (/** @type {URL} */ url) => {
      asked.push(url.pathname.split("/").slice(-2).join("/"));
      return new Response("export {};");
    });
    try {
      const parts = partsInCall(roundTripMs);
      parts.welcomed(Date.now(), "me");
      await settled();
      assert.deepEqual(asked, brings);
      parts.hands.model.links.set("q", /** @type {any} */ ({ state: "connecting" }));
      parts.render();
      mock.timers.tick(VOICE_AFTER_MS);
      await settled();
      assert.deepEqual(asked, ["clips/socket-voice.js"], "who is not connected for long is heard by it on any line");
    } finally {
      line.mock.restore();
      mock.timers.reset();
    }
  });
}

test("the key made at the tap is told with the welcome, whether or not there is anything yet that seals with it", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = mock.method(globalThis, "fetch", async () => new Response("export {};"));
  try {
    const parts = partsInCall();
    /** @type {[string, boolean][]} */ const told = [];
    parts.hands.tellKey = async (peer, send) => void told.push([peer, send({ type: "leave" })]);
    parts.welcomed(Date.now(), "me");
    parts.welcomed(Date.now(), "me again");
    assert.deepEqual(told, [["me", true], ["me again", true]]);
    await settled();
  } finally {
    line.mock.restore();
    mock.timers.reset();
  }
});
