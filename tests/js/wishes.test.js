/** What people wish for a visit: that it takes so much data and no more, and that the picture comes first for a child who signs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PICTURE_HEADERS, SIGNING_LEAST_BPS, THIN_UPLINK_KBPS, capSum } from "../../web/static/js/rtc/caps.js";
import { GOODBYE_MS, NO_WISHES, budgetCeiling } from "../../web/static/js/rtc/ceilings.js";
import { agreedSilence, heldBy, readEnd, sparedBy, turnsOf } from "../../web/static/js/rtc/reports.js";
import { START, decide } from "../../web/static/js/rtc/ladder.js";
import { RUNGS, place, soundKbps } from "../../web/static/js/rtc/rungs.js";
import { changesOf, readTrace, replay, rungAt } from "./replay.js";

const END = { inventedPct: 0, lossPct: 0, bufferMs: 60, packets: 50 };
const WEAK = { rttMs: 900, there: { inventedPct: 20, lossPct: 20, bufferMs: 400, packets: 11 } };
const QUIET = { inventedPct: null, lossPct: null, bufferMs: null, packets: null };

const sample = (second, further = {}, page = {}) => ({
  at: second * 1000, online: true, ...page,
  legs: [{ peer: "p", role: "psychologist", connection: "connected", rttMs: 40, here: END, there: END, ...further }],
});
const line = (seconds, at = () => ({}), wishes = {}) => replay({ samples: Array.from({ length: seconds }, (_, index) => sample(index + 1, at(index + 1))), wishes });
const last = (steps) => steps.at(-1);
const receiver = (role, rung, further = {}) => ({ peer: role, role, rung, withheld: false, sound: true, signing: true, ...further });

test("signing: the picture comes after four clean seconds, with sound, and says why", () => {
  const steps = line(30, () => ({ rttMs: 170 }), { signing: true });
  assert.equal(rungAt(steps, 8), "small-video");
  assert.ok(steps.every(({ legs }) => legs.p.sound), "sound goes only where the line is weak");
  assert.ok(steps.every(({ reasons }) => reasons.includes("signing")));
});

test("signing: sound goes within three seconds of trouble and the picture stays; each return is tried later", () => {
  const steps = line(400, (second) => (second > 40 && second % 60 < 10 ? WEAK : { rttMs: 170 }), { signing: true });
  const after = steps.filter(({ at }) => at > 10_000);
  assert.ok(after.every(({ rung, legs }) => RUNGS[rung].picture && !legs.p.withheld));
  assert.equal(steps.find(({ at }) => at === 64_000).legs.p.sound, false);
  const quiet = after.filter(({ legs }) => legs.p.agreed).length;
  assert.ok(quiet > 200, `quiet for ${quiet} s: a line that comes and goes is not tried each minute`);
  assert.ok(after.every(({ legs }) => legs.p.sound !== legs.p.agreed));
});

test("signing: sound that was agreed to rest is no dead line, and a dead one keeps the picture's place", () => {
  const quiet = line(200, (second) => (second < 40 ? { rttMs: 170 } : { here: QUIET, there: QUIET, rttMs: 170 }), { signing: true });
  assert.equal(rungAt(quiet, 195).includes("video"), true);
  const hole = line(60, (second) => (second < 30 || second > 40 ? { rttMs: 170 } : { connection: "failed", here: { ...QUIET, packets: 0 }, there: null }), { signing: true });
  assert.ok(hole.filter(({ at }) => at > 10_000).every(({ rung, legs }) => RUNGS[rung].picture && !legs.p.withheld));
});

test("signing switched on in a call of voices starts the picture; switched off, the ladder is as it was", () => {
  let state = START;
  const samples = [];
  const rungs = [];
  for (let second = 1; second <= 120; second += 1) {
    // Enough way and loss for voice, not for a picture.
    samples.push(sample(second, { rttMs: 170, here: { ...END, lossPct: 8 }, there: { ...END, lossPct: 8 } }));
    const signing = second > 50 && second <= 90;
    const decision = decide(state, samples.slice(-30), second * 1000, { ...NO_WISHES, signing });
    state = decision.state;
    rungs.push(decision.rung);
    assert.equal(decision.reasons.includes("signing"), signing);
  }
  assert.equal(rungs[49], "voice-24");
  assert.equal(rungs[51], "small-video", "a line that is clean need earn nothing more");
  assert.ok(decide(state, samples.slice(-30), 121_000, NO_WISHES).legs.p.sound);
});

test("signing: no ceiling takes the picture from a child who has no other voice", () => {
  const budget = { bytes: 10_000_000, endsAt: 600_000 };
  const samples = Array.from({ length: 60 }, (_, index) => sample(index + 1, { rttMs: 170 }, { spentBytes: 9_900_000 }));
  const short = last(replay({ samples, wishes: { signing: true, budget } }));
  assert.deepEqual([short.rung, short.legs.p.sound, short.legs.p.agreed], ["small-video", false, true]);
  assert.equal(last(line(60, () => ({ rttMs: 170 }), { signing: true, hold: "voice-24" })).rung, "small-video");
});

test("signing, replayed over a line that is weak twice: always a picture, never two changes too many, sound back in between", () => {
  const steps = replay(readTrace("signing-weak-upload"));
  const after = steps.filter(({ at }) => at > 10_000);
  assert.ok(after.every(({ legs }) => RUNGS[legs.classroom.rung].picture && !legs.classroom.withheld));
  const changes = changesOf(steps, ({ legs }) => legs.classroom.sound);
  assert.ok(changes.length >= 3 && changes.length <= 6, changes.map(({ at, to }) => `${at}: ${to}`).join());
  assert.ok(after.every(({ legs }) => legs.social_worker.sound), "one weak end takes nothing from the others");
});

test("signing: caps give the picture the rate, and sound the lowest or none", () => {
  const open = capSum("classroom", [receiver("psychologist", "small-video")]).psychologist;
  assert.deepEqual([open.audioBps, open.videoBps, open.fps], [8_000, 60_000, 10]);
  const tight = capSum("classroom", [receiver("psychologist", "small-video", { packetMs: 60 }), receiver("social_worker", "voice-8")]);
  const { audioBps, videoBps, fps } = tight.psychologist;
  assert.deepEqual([audioBps, fps], [8_000, 10]);
  assert.ok(videoBps >= SIGNING_LEAST_BPS && soundKbps({ bps: audioBps, packetMs: 60, red: true }) + (videoBps / 1000) * PICTURE_HEADERS <= THIN_UPLINK_KBPS);
  assert.equal(tight.social_worker.audioBps, 0, "the third person's sound is the first to go");
  assert.equal(capSum("classroom", [receiver("psychologist", "video")]).psychologist.audioBps, 24_000);
});

test("signing: an interpreter sees the child and is seen beside the psychologist, on a thin line too", () => {
  const own = capSum("classroom", ["social_worker", "interpreter", "psychologist"].map((role) => receiver(role, "small-video")));
  assert.ok(own.psychologist.videoBps > 0 && own.interpreter.videoBps > 0);
  assert.equal(own.social_worker.videoBps, 0);
  assert.ok(capSum("interpreter", [receiver("classroom", "small-video")]).classroom.videoBps > 0);
  assert.equal(capSum("interpreter", [receiver("classroom", "small-video", { signing: false })]).classroom.videoBps, 0);
});

test("data: what the other device may spend bounds what is sent to it, and only to it", () => {
  const steps = line(60, () => ({ spares: "voice-12" }));
  assert.deepEqual([last(steps).rung, last(steps).reasons], ["voice-12", ["data-budget"]]);
  assert.equal(last(steps).spares, null, "it is not ours to tell on");
  const budget = { bytes: 20_000_000, endsAt: 1_800_000 };
  assert.equal(last(line(60, () => ({}), { budget })).spares, last(line(60, () => ({}), { budget })).rung);
});

test("data: when only the goodbye is left, everybody holds to talk, nothing flows, and nobody takes that for a dead line", () => {
  const samples = Array.from({ length: 200 }, (_, index) => sample(index + 1, index < 60 ? {} : { spares: "clips", ...(index < 75 ? {} : { here: QUIET, there: QUIET }) }));
  const steps = replay({ samples });
  assert.equal(rungAt(steps, 65), "clips");
  assert.deepEqual(last(steps).legs.p, { ...last(steps).legs.p, rung: "clips", reason: "data-budget", sound: false, agreed: true, clips: true });
  const back = replay({ samples: [...samples, ...Array.from({ length: 10 }, (_, index) => sample(201 + index, { spares: "voice-8" }))] });
  assert.equal(last(back).rung, "voice-8");
  assert.ok(last(back).legs.p.sound);
});

test("data: past 80 % a reload goes back to one step below what there was, not to the lowest voice", () => {
  const budget = { bytes: 100_000_000, endsAt: 300_000 };
  const samples = Array.from({ length: 120 }, (_, index) => sample(index + 1, {}, { spentBytes: 81_000_000 }));
  const steps = replay({ samples, wishes: { budget } });
  assert.equal(rungAt(steps, 15), "video");
  assert.deepEqual([last(steps).rung, last(steps).reasons], ["small-video", ["data-budget"]]);
});

test("data: the goodbye is paid for before anything else, and a third person's device keeps a voice", () => {
  const goodbye = (RUNGS["voice-8"].kbps * 2 * GOODBYE_MS) / 8;
  const budget = { bytes: 10_000_000, endsAt: 900_000 };
  const at = (spentBytes, further = {}) => budgetCeiling({ current: "voice-8", settled: true, step: null }, { ...sample(1), spentBytes }, 1_000, { ...NO_WISHES, budget: { ...budget, ...further } }).ceiling;
  assert.equal(at(10_000_000 - goodbye), "clips");
  assert.equal(at(10_000_000 - goodbye, { least: "voice-8" }), "voice-8");
  assert.ok(place(at(0)) < place("voice-8"));
  const late = budgetCeiling({ current: "clips", settled: true, step: null }, { ...sample(850), spentBytes: 10_000_000 - goodbye }, 850_000, { ...NO_WISHES, budget });
  assert.equal(late.ceiling, "voice-8");
});

test("reports: what people have decided is told as it is, and nonsense decides nothing", () => {
  const told = (...parts) => ({ report: JSON.stringify(parts), at: 0 });
  const good = told(1, 2, 60, 16, "voice-24", 3, "voice-12", true);
  assert.deepEqual([heldBy(good), turnsOf(good), sparedBy(good, true), agreedSilence(good, 1_000)], ["voice-24", 3, "voice-12", true]);
  assert.deepEqual(readEnd(good, 1_000), { inventedPct: 1, lossPct: 2, bufferMs: 60, packets: 16 });
  assert.equal(readEnd(good, 5_000), null);
  assert.equal(agreedSilence(good, 5_000), false, "a line that tells nothing any more is not quiet but dead");
  assert.equal(sparedBy(told(0, 0, 0, 0, null, 0, "clips"), false), "voice-8", "a third person asks nobody to hold to talk");
  for (const bad of [null, { report: "{", at: 0 }, { report: "7", at: 0 }, told(0, 0, 0, 0, "x", -1, 7, "yes"), told(0, 0, 0, 0, 1, 1e9), told()]) {
    assert.deepEqual([heldBy(bad), turnsOf(bad), sparedBy(bad, true), agreedSilence(bad, 0)], [null, 0, null, false]);
  }
});
