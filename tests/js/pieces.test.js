import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { ASK_AGAIN_MS, PIECE_EVERY_MS, bringAtLast, bringPieces } from "../../web/static/js/pages/pieces.js";

const PIECES = ["a.js", "b.js"].map((name) => new URL(name, "https://wasl.example.org/"));

const settled = async () => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

/** The names asked for, and a line that fails so many times first. @param {number} failures @param {(asked: string[]) => Promise<void>} check */
async function onLine(failures, check) {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */ const asked = [];
  const line = mock.method(globalThis, "fetch", async (/** @type {URL} */ url) => {
    asked.push(url.pathname);
    if (asked.length <= failures) throw new TypeError("no line");
    return new Response("export {};");
  });
  try {
    await check(asked);
  } finally {
    line.mock.restore();
    mock.timers.reset();
  }
}

test("what nobody can do without is asked for until it has come", () =>
  onLine(2, async (asked) => {
    let here = false;
    void bringAtLast(new URL("/a.js", PIECES[0])).then(() => (here = true));
    for (const tries of [1, 2, 3]) {
      await settled();
      assert.deepEqual([asked.length, here], [tries, tries > 2]);
      mock.timers.tick(ASK_AGAIN_MS);
    }
  }));

test("during a call on a thin line there is room for speech between two pieces", () =>
  onLine(0, async (asked) => {
    void bringPieces(PIECES, () => true);
    await settled();
    mock.timers.tick(PIECE_EVERY_MS - 1);
    await settled();
    assert.deepEqual(asked, ["/a.js"]);
    mock.timers.tick(1);
    await settled();
    assert.deepEqual(asked, ["/a.js", "/b.js"]);
  }));

test("elsewhere one piece follows the other at once, also one that did not come", () =>
  onLine(1, async (asked) => {
    await bringPieces(PIECES, () => false);
    assert.deepEqual(asked, ["/a.js", "/b.js"]);
  }));
