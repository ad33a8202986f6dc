import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Recovery } from "../../web/static/js/rtc/recovery.js";

/** A connection whose condition the test sets, and what was asked for, with the second at which it was. */
function connection({ polite = false } = {}) {
  const told = [];
  const it = { condition: "well", reach: true, free: true, told, started: Date.now() };
  const seconds = () => Math.round((Date.now() - it.started) / 1000);
  it.recovery = new Recovery({
    polite,
    condition: () => it.condition,
    canReach: () => it.reach,
    restart: () => told.push(`restart at ${seconds()}`),
    renew: () => told.push(`renew at ${seconds()}`),
    overtake: () => it.free && told.push(`overtake at ${seconds()}`) > 0,
  });
  it.becomes = (condition) => {
    it.condition = condition;
    it.recovery.observe();
  };
  return it;
}

/** Small steps: the mocked clock stands still while one step's timers run. @param {number} ms */
function pass(ms) {
  for (let gone = 0; gone < ms; gone += 250) mock.timers.tick(250);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 1_000_000 });
});

test("the impolite side restarts after one second, the polite one leaves it three", () => {
  const [impolite, polite] = [connection(), connection({ polite: true })];
  impolite.becomes("troubled");
  polite.becomes("troubled");
  pass(4_000);
  assert.deepEqual([impolite.told, polite.told], [["restart at 1"], ["restart at 3"]]);
});

test("a failed connection is restarted at once", () => {
  const it = connection();
  it.becomes("failed");
  assert.deepEqual(it.told, ["restart at 0"]);
});

test("a connection that heals by itself is left alone", () => {
  const it = connection();
  it.becomes("troubled");
  pass(750);
  it.becomes("well");
  pass(60_000);
  assert.deepEqual(it.told, []);
});

test("a restart without effect is followed by a new connection, each later than the last", () => {
  const it = connection();
  it.becomes("failed");
  pass(45_000);
  assert.deepEqual(it.told, ["restart at 0", "renew at 6", "renew at 18", "renew at 42"]);
});

test("while nobody can be reached nothing is said, and then the waiting begins anew", () => {
  const it = connection();
  it.reach = false;
  it.becomes("failed");
  pass(30_000);
  assert.deepEqual(it.told, []);
  it.reach = true;
  pass(10_000);
  assert.deepEqual(it.told, ["restart at 30", "renew at 36"]);
});

test("whoever has just come back waits for nobody, and asks once", () => {
  const it = connection({ polite: true });
  it.condition = "troubled";
  it.recovery.hurry();
  it.recovery.hurry();
  assert.deepEqual(it.told, ["restart at 0"]);
});

test("the other side's restart counts as one", () => {
  const it = connection({ polite: true });
  it.becomes("troubled");
  pass(1_000);
  it.recovery.noteRestart();
  pass(5_000);
  assert.deepEqual(it.told, []);
  pass(2_000);
  assert.deepEqual(it.told, ["renew at 7"]);
});

test("a description that never came asks for a new connection, not for a restart", () => {
  const it = connection({ polite: true });
  it.becomes("stuck");
  pass(3_000);
  assert.deepEqual(it.told, ["overtake at 0"]);
});

test("what may not be overtaken yet is as soon as it may, once, and not if it has come about meanwhile", () => {
  const [waits, heals] = [connection(), connection()];
  for (const it of [waits, heals]) {
    it.free = false;
    it.becomes("stuck");
  }
  pass(2_000);
  heals.becomes("well");
  waits.free = heals.free = true;
  pass(3_000);
  assert.deepEqual([waits.told, heals.told], [["overtake at 2"], []]);
});
