/** The ladder's rules one by one, on lines made for each. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { START, decide } from "../../web/static/js/rtc/ladder.js";
import { rungAt, replay } from "./replay.js";

const END = { inventedPct: 0, lossPct: 0, bufferMs: 60, packets: 50 };
const GONE = { inventedPct: null, lossPct: null, bufferMs: null, packets: 0 };

/** A line as a function of the second: what `at` returns is laid over a clean one. */
function line(seconds, at = () => ({}), wishes = {}) {
  const samples = Array.from({ length: seconds }, (_, index) => {
    const second = index + 1;
    const { rttMs = 40, here = {}, there = {}, connection = "connected", ...page } = at(second);
    const leg = { peer: "p", role: "psychologist", connection, rttMs, here: { ...END, ...here }, there: there && { ...END, ...there } };
    return { at: second * 1000, online: true, legs: [leg], ...page };
  });
  return replay({ samples, wishes });
}

const dead = { connection: "failed", here: GONE, there: null, rttMs: null };
const last = (steps) => steps.at(-1);

test("a 4g line starts on the lowest voice, has the full one after 4 seconds and the picture after 20", () => {
  const steps = line(40, () => ({ rttMs: 80 }));
  assert.equal(rungAt(steps, 1), "voice-8");
  assert.equal(rungAt(steps, 6), "voice-24");
  assert.equal(rungAt(steps, 19), "voice-24");
  assert.equal(rungAt(steps, 23), "video");
});

test("a short way without loss need not wait for the picture, one with loss does", () => {
  assert.equal(rungAt(line(20, () => ({ rttMs: 40 })), 10), "video");
  assert.equal(rungAt(line(20, () => ({ rttMs: 40, here: { lossPct: 3 } })), 10), "voice-24");
});

test("a line with some way and loss gets the small picture", () => {
  const steps = line(80, () => ({ rttMs: 190, here: { lossPct: 2 }, there: { lossPct: 2 } }));
  assert.equal(rungAt(steps, 6), "voice-24");
  assert.equal(rungAt(steps, 75), "small-video");
});

test("EDGE stays on the lowest voice and says why", () => {
  const steps = line(120, () => ({ rttMs: 450, here: { lossPct: 5 }, there: { lossPct: 5 } }));
  assert.ok(steps.every(({ rung }) => rung === "voice-8"));
  assert.deepEqual(last(steps).reasons, ["long-way"]);
});

test("a queue on the way is remembered until more is tried again, and loss alone is none", () => {
  const queued = (/** @type {object} */ trouble) => line(60, (second) => (second < 12 || second > 20 ? {} : { rttMs: 900, ...trouble })).map(({ legs }) => legs.p.queued);
  const waited = queued({ there: { inventedPct: 20, lossPct: 30 } });
  assert.deepEqual([waited[5], waited[22], waited.at(-1)], [false, true, false]);
  assert.ok(!queued({ rttMs: 40, there: { inventedPct: 20, lossPct: 30 } }).some(Boolean));
});

test("a satellite's long clean way may climb", () => {
  assert.equal(rungAt(line(60, () => ({ rttMs: 640, here: { lossPct: 1 } })), 40), "voice-24");
});

test("loss without delay is the line's own: the full voice, whose RED mends it, and no picture", () => {
  const steps = line(120, () => ({ rttMs: 120, here: { lossPct: 20, inventedPct: 3 }, there: { lossPct: 20, inventedPct: 3 } }));
  assert.equal(last(steps).rung, "voice-24");
});

test("the other end's report is enough to step down: the weaker end decides", () => {
  const steps = line(60, (second) => (second < 40 ? {} : { rttMs: 900, there: { inventedPct: 20, lossPct: 30 } }));
  assert.equal(rungAt(steps, 39), "video");
  const after = steps.find(({ at }) => at === 43_000);
  assert.ok(after.legs.p.withheld, "the picture gives way at once");
  assert.deepEqual(after.reasons, ["uplink-weak"]);
});

test("without reports of the other end nothing is taken for suffering", () => {
  assert.equal(last(line(60, () => ({ there: null }))).rung, "video");
});

test("a failed climb is tried again later, and then later still", () => {
  const triedAt = [];
  // Every rate above the lowest fills the queue.
  let rung = "voice-8";
  const samples = [];
  let state = START;
  for (let second = 1; second <= 600; second += 1) {
    const crowded = rung !== "voice-8";
    const end = crowded ? { ...END, inventedPct: 20, lossPct: 25 } : END;
    samples.push({ at: second * 1000, online: true, legs: [{ peer: "p", role: "psychologist", connection: "connected", rttMs: crowded ? 900 : 200, here: end, there: end }] });
    const decision = decide(state, samples.slice(-30), second * 1000);
    state = decision.state;
    const now = decision.rung;
    if (now !== rung && now !== "voice-8" && rung === "voice-8") triedAt.push([second, now]);
    rung = now;
  }
  assert.ok(triedAt.length >= 2 && triedAt.length <= 6, `tried ${triedAt}`);
  for (const name of new Set(triedAt.map(([, tried]) => tried))) {
    const seconds = triedAt.filter(([, tried]) => tried === name).map(([second]) => second);
    const pauses = seconds.slice(1).map((second, index) => second - seconds[index]);
    assert.ok(pauses.every((pause, index) => pause >= 60 && (index === 0 || pause >= pauses[index - 1])), `${name}: pauses of ${pauses}`);
  }
});

test("a dead line: a notice in 5 seconds, clips after 15, words and the telephone while the socket is gone too, and back", () => {
  const steps = line(340, (second) => (second < 90 || second >= 300 ? {} : { ...dead, online: false }));
  assert.ok(steps.some(({ at, say }) => say === "line-resting" && at <= 95_000));
  assert.equal(rungAt(steps, 108), "clips");
  assert.equal(rungAt(steps, 175), "text");
  assert.equal(rungAt(steps, 240), "phone");
  assert.equal(rungAt(steps, 303), "voice-8");
});

test("a line that dies in its first minute has clips after 15 seconds too, before the rung may change again", () => {
  const steps = line(70, (second) => (second < 30 ? {} : dead));
  assert.ok(steps[46].legs.p.clips && steps[46].rung !== "clips");
  assert.ok(steps.some(({ at, say }) => say === "hold-to-talk" && at <= 47_000));
  assert.equal(last(steps).rung, "clips");
});

test("where only the direct line is dead, clips stay for as long as they arrive", () => {
  assert.equal(last(line(300, (second) => (second < 30 ? {} : dead))).rung, "clips");
  assert.equal(last(line(300, (second) => (second < 30 ? {} : { ...dead, clipAgeS: 40 }))).rung, "text");
});

test("a connection that never stands becomes clips after 25 seconds", () => {
  const steps = line(60, () => ({ ...dead, connection: "connecting" }));
  assert.equal(rungAt(steps, 24), "voice-8");
  assert.equal(rungAt(steps, 28), "clips");
  assert.deepEqual(last(steps).reasons, ["no-path"]);
});

test("voice that nobody can understand becomes clips, and is tried again", () => {
  const steps = line(200, () => ({ rttMs: 500, here: { inventedPct: 45, lossPct: 60 } }));
  assert.equal(rungAt(steps, 20), "clips");
  assert.equal(steps[20].legs.p.sound, false);
  assert.ok(steps.some(({ at, rung }) => at > 70_000 && rung === "voice-8"));
});

test("a dead server changes nothing while sound goes on", () => {
  const steps = line(120, (second) => ({ online: second < 50 || second > 80 }));
  assert.equal(last(steps).rung, "video");
  assert.ok(steps.every(({ say }) => say === null));
});

test("a short hole takes the picture and gives it back after 20 clean seconds", () => {
  const steps = line(90, (second) => (second >= 40 && second < 50 ? dead : {}));
  assert.ok(steps[44].legs.p.withheld);
  assert.ok(steps[60].legs.p.withheld || steps[60].rung !== "video");
  assert.ok(!last(steps).legs.p.withheld);
});

test("the psychologist's hold is a ceiling, at once, and says so", () => {
  const steps = line(60, () => ({}), { hold: "voice-24" });
  assert.equal(last(steps).rung, "voice-24");
  assert.deepEqual(last(steps).reasons, ["held"]);
});

test("signing keeps the picture and drops the sound", () => {
  const steps = line(90, (second) => (second < 40 ? {} : { rttMs: 500, there: { inventedPct: 20, lossPct: 20 } }), { signing: true });
  assert.equal(rungAt(steps, 8), "small-video");
  assert.equal(last(steps).rung, "small-video");
  assert.equal(last(steps).legs.p.sound, false);
  assert.equal(last(steps).legs.p.withheld, false);
});

test("a slow device and a low battery spare the picture, never the voice", () => {
  assert.equal(last(line(60, () => ({ cpu: "serious" }))).rung, "small-video");
  assert.equal(last(line(60, () => ({ cpu: "critical" }))).rung, "voice-24");
  const low = last(line(60, () => ({ battery: { level: 0.1, charging: false } })));
  assert.deepEqual([low.rung, low.reasons], ["small-video", ["battery-low"]]);
  assert.equal(last(line(60, () => ({ battery: { level: 0.1, charging: true } }))).rung, "video");
});

test("80 % of the data steps down one rung, and the goodbye is always spoken", () => {
  const budget = { bytes: 20_000_000, endsAt: 600_000 };
  const spent = (bytes) => line(120, (second) => ({ spentBytes: second < 60 ? 4_000_000 : bytes }), { budget });
  assert.equal(rungAt(spent(4_000_000), 110), "small-video");
  const after = last(spent(16_100_000));
  assert.ok(["stills", "voice-24", "voice-16", "voice-12"].includes(after.rung), after.rung);
  assert.deepEqual(after.reasons, ["data-budget"]);
  assert.equal(last(spent(19_500_000)).rung, "clips");
  const goodbye = line(590, (second) => ({ spentBytes: Math.min(19_400_000, second * 50_000) }), { budget });
  assert.equal(rungAt(goodbye, 470), "clips");
  assert.equal(rungAt(goodbye, 500), "voice-8");
  assert.ok(last(goodbye).rung.startsWith("voice-"));
});

test("one weak end takes nothing from the other connections", () => {
  const samples = Array.from({ length: 60 }, (_, index) => ({
    at: (index + 1) * 1000, online: true,
    legs: [
      { peer: "c", role: "classroom", connection: "connected", rttMs: 40, here: END, there: END },
      { peer: "s", role: "social_worker", connection: "connected", rttMs: 450, here: { ...END, lossPct: 5 }, there: { ...END, lossPct: 5 } },
    ],
  }));
  const { rung, legs } = replay({ samples }).at(-1);
  assert.deepEqual([rung, legs.c.rung, legs.s.rung], ["video", "video", "voice-8"]);
});

test("the same samples give the same decision, and nothing given is changed", () => {
  const freeze = (value) => { if (value && typeof value === "object") Object.values(value).forEach(freeze); return Object.freeze(value); };
  const samples = freeze(line(30).map(({ sample }) => sample));
  assert.deepEqual(replay({ samples }), replay({ samples }));
});
