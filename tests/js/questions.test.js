import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { PROBE_EVERY_MS, PROVOKE_AFTER_MS, PROVOKE_EVERY_MS, Questions } from "../../web/static/js/signaling/questions.js";

/** On a line that is gone, asked for so many seconds after a socket was lost. @param {number} seconds @param {number[]} lostAtMs each the start of an attempt, and when its socket had been lost */
function askedWhileGone(seconds, ...lostAtMs) {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 0 });
  let asked = 0;
  const questions = new Questions({ lineIsGone: () => true, ticket: () => ((asked += 1), new Promise(() => undefined)) });
  try {
    for (const lostAt of lostAtMs) {
      const attempt = new AbortController();
      questions.untilAnswered(attempt.signal, { everyMs: PROBE_EVERY_MS, atOnce: 1, lostAt }).catch(() => undefined);
      for (let second = 0; second < seconds; second++) mock.timers.tick(1000);
      attempt.abort();
    }
  } finally {
    mock.timers.reset();
  }
  return asked;
}

test("nothing is asked of a line that has only just gone", () => {
  assert.equal(askedWhileGone(PROVOKE_AFTER_MS / 1000 - 1, 0), 0);
});

test("one question goes out all the same, so that the browser finds its old connection dead", () => {
  assert.equal(askedWhileGone(30, 0), 1);
  assert.equal(askedWhileGone(15, 0, 0), 1, "the same loss, another attempt");
  assert.equal(askedWhileGone(30, 0, 30_000), 2, "another loss");
});

test("silence that lasts is asked again, rarely: behind a wall for UDP the server may be there", () => {
  assert.equal(askedWhileGone((PROVOKE_AFTER_MS + 3 * PROVOKE_EVERY_MS) / 1000 - 5, 0), 3);
});

test("on a line that carries, the first answer is the one, and asking ends with it", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  /** @type {AbortSignal[]} */ const asked = [];
  /** @type {((ticket: string) => void)[]} */ const answer = [];
  const questions = new Questions({ lineIsGone: () => false, ticket: (signal) => (asked.push(signal), new Promise((resolve) => answer.push(resolve))) });
  try {
    const ticket = questions.untilAnswered(new AbortController().signal, { everyMs: PROBE_EVERY_MS, atOnce: 2, lostAt: 0 });
    answer[1]?.("second");
    assert.equal(await ticket, "second");
    mock.timers.tick(10 * PROBE_EVERY_MS);
    assert.deepEqual(asked.map(({ aborted }) => aborted), [true, true]);
  } finally {
    mock.timers.reset();
  }
});
