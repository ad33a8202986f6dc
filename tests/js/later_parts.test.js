import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LaterParts } from "../../web/static/js/pages/later-parts.js";
import { PIECE_EVERY_MS } from "../../web/static/js/pages/pieces.js";

/** @type {import("../../web/static/js/signaling/messages.js").SealingKey} */
const KEY = { type: "sealing-key", seq: 9, from: "p", publicKey: "BEk6" };

const settled = async () => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

/** In a call on a thin line. */
function partsInCall() {
  const mesh = { isThin: true, sendsStills: false, onStillPiece: () => undefined };
  const model = { links: new Map([["p", { state: "connected" }]]), quality: null, screen: "room" };
  return new LaterParts(/** @type {any} */ ({ mesh, model, render: () => undefined, send: () => true, helpPlan: () => ({ phones: [] }) }));
}

test("another's key does not bring all that is below voice at once: speech would wait behind it", async () => {
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
    assert.deepEqual(asked, ["clips/sealing.js"]);
    mock.timers.tick(PIECE_EVERY_MS);
    await settled();
    assert.deepEqual(asked, ["clips/sealing.js", "clips/outgoing.js"]);
  } finally {
    line.mock.restore();
    mock.timers.reset();
  }
});
