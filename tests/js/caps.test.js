import assert from "node:assert/strict";
import { test } from "node:test";

import { BESIDE_KBPS, BESIDE_WRAPPED_KBPS, INDICATION_BYTES, OPUS_LEAST_BPS, PICTURE_HEADERS, THIN_UPLINK_KBPS, capSum } from "../../web/static/js/rtc/caps.js";
import { REPAIRED_LEAST_BPS } from "../../web/static/js/rtc/lean-description.js";
import { LADDER, RUNGS, soundKbps } from "../../web/static/js/rtc/rungs.js";

const receiver = (role, rung, further = {}) => ({ peer: role, role, rung, withheld: false, sound: true, ...further });
const sum = (receivers, caps) => receivers.reduce((kbps, { peer, rung }) => {
  const { audioBps, videoBps, stillEveryS } = caps[peer];
  const { packetMs, red } = RUNGS[rung].sound ?? { packetMs: 60, red: true };
  const stills = stillEveryS ? RUNGS.stills.kbps - RUNGS["voice-24"].kbps : 0;
  return kbps + (audioBps ? soundKbps({ bps: audioBps, packetMs, red }) : 0) + (videoBps / 1000) * PICTURE_HEADERS + stills;
}, 0);

test("header arithmetic: packet time matters more than rate", () => {
  assert.equal(Math.round(soundKbps({ bps: 24_000, packetMs: 20, red: true })), 70);
  assert.equal(Math.round(soundKbps({ bps: 24_000, packetMs: 60, red: true })), 55);
  assert.equal(Math.round(soundKbps({ bps: 8_000, packetMs: 60, red: true })), 23);
  assert.deepEqual([...LADDER].sort((one, other) => RUNGS[other].kbps - RUNGS[one].kbps), [...LADDER], "each rung costs less than the one above");
});

test("a classroom on EDGE stays under 58 kbit/s with two and with three others", () => {
  for (const others of [["psychologist", "social_worker"], ["psychologist", "social_worker", "interpreter"]]) {
    const receivers = others.map((role) => receiver(role, "voice-8"));
    const caps = capSum("classroom", receivers);
    assert.ok(sum(receivers, caps) <= 58.1, String(sum(receivers, caps)));
    assert.ok(receivers.every(({ peer }) => caps[peer].audioBps >= 6_000));
  }
});

test("where speech is not sent twice, the codec has the rate of its own repair", () => {
  const rate = (rung, red) => capSum("classroom", [receiver("psychologist", rung, { red })]).psychologist.audioBps;
  assert.deepEqual(["voice-8", "voice-12", "voice-24"].map((rung) => rate(rung, false)), [24_000, 24_000, 24_000]);
  assert.deepEqual(["voice-8", "voice-12", "voice-24"].map((rung) => rate(rung, true)), [8_000, 12_000, 24_000]);
});

test("on a thin line speech keeps its repair as long as it can, the first in rank longest, and two never cost more than the line has", () => {
  const rates = (/** @type {boolean[]} */ ...twice) => {
    const others = ["psychologist", "social_worker", "interpreter"].slice(0, twice.length).map((role, at) => receiver(role, "voice-8", { red: twice[at] }));
    const caps = capSum("classroom", others);
    const kbps = others.reduce((all, { peer, red }) => all + soundKbps({ bps: caps[peer].audioBps, packetMs: 60, red }) + BESIDE_KBPS, 0);
    if (others.length < 3) assert.ok(kbps <= THIN_UPLINK_KBPS, String(kbps));
    return others.map(({ peer }) => caps[peer].audioBps);
  };
  assert.deepEqual(rates(true, true), [8_000, 8_000]);
  assert.deepEqual([rates(false, true), rates(true, false)], [[REPAIRED_LEAST_BPS, OPUS_LEAST_BPS], [OPUS_LEAST_BPS, REPAIRED_LEAST_BPS]]);
  assert.deepEqual(rates(false, false), [REPAIRED_LEAST_BPS, 8_000]);
  assert.deepEqual(rates(false, true, true), [8_000, OPUS_LEAST_BPS, OPUS_LEAST_BPS]);
});

test("where each packet is wrapped on its way to the relay, the room has less for speech, and the psychologist keeps the repair", () => {
  const others = ["psychologist", "social_worker"].map((role) => receiver(role, "voice-8", { red: false, wrapped: true, packetMs: 120 }));
  const caps = capSum("classroom", others);
  assert.deepEqual(others.map(({ peer }) => caps[peer].audioBps), [REPAIRED_LEAST_BPS, 8_000]);
  const kbps = others.reduce((all, { peer }) => all + soundKbps({ bps: caps[peer].audioBps, packetMs: 120, red: false }) + (INDICATION_BYTES * 8) / 120 + BESIDE_WRAPPED_KBPS, 0);
  assert.ok(kbps <= THIN_UPLINK_KBPS, String(kbps));
});

test("wrapped speech that is sent twice leaves room for what is wrapped beside it", () => {
  const rates = (/** @type {boolean} */ wrapped, packetMs = 60) => {
    const others = ["psychologist", "social_worker"].map((role) => receiver(role, "voice-8", { wrapped, packetMs }));
    const caps = capSum("classroom", others);
    return others.map(({ peer }) => caps[peer].audioBps);
  };
  assert.deepEqual([rates(false), rates(true), rates(true, 120)], [[8_000, 8_000], [OPUS_LEAST_BPS, OPUS_LEAST_BPS], [8_000, 8_000]]);
});

test("on a line that nothing calls narrow, what is withheld from one takes no repair from another", () => {
  const others = [receiver("psychologist", "voice-24", { red: false }), receiver("social_worker", "voice-24", { red: false, withheld: true })];
  const rates = (/** @type {boolean} */ narrow) => others.map(({ peer }) => capSum("classroom", others, narrow)[peer].audioBps);
  assert.deepEqual([rates(true), rates(false)], [[8_000, 8_000], [24_000, 24_000]]);
  const picture = [receiver("psychologist", "small-video"), receiver("social_worker", "voice-24", { withheld: true })];
  assert.equal(capSum("classroom", picture, false).psychologist.videoBps, 0, "but a picture waits for all");
});

test("what speech costs follows the packets that the other side asks for, not those of the rung", () => {
  const rates = (/** @type {number} */ packetMs) => {
    const others = [receiver("psychologist", "voice-24", { packetMs }), receiver("social_worker", "voice-24", { packetMs, withheld: true })];
    return others.map(({ peer }) => capSum("classroom", others)[peer].audioBps);
  };
  assert.deepEqual([rates(20), rates(60)], [[6_000, 6_000], [8_000, 8_000]]);
});

test("sound comes before every picture", () => {
  const stills = (/** @type {string[]} */ ...others) => {
    const caps = capSum("classroom", [receiver("psychologist", "stills", { packetMs: 60 }), ...others.map((role) => receiver(role, "voice-8"))]);
    return caps.psychologist.stillEveryS;
  };
  assert.ok(stills() > 0);
  assert.equal(stills("social_worker"), 0, "what two voices leave of a thin line is no picture's");
});

test("the psychologist's picture goes to the classroom first", () => {
  const caps = capSum("psychologist", [receiver("social_worker", "small-video"), receiver("classroom", "small-video")]);
  assert.deepEqual([caps.classroom.videoBps, caps.social_worker.videoBps], [60_000, 0]);
});

test("on a thin line the child's picture goes to the psychologist, and a third person sends none to the child", () => {
  const own = capSum("classroom", [receiver("social_worker", "small-video"), receiver("psychologist", "small-video")]);
  assert.deepEqual([own.psychologist.videoBps, own.social_worker.videoBps], [60_000, 0]);
  assert.deepEqual([own.psychologist.fps, own.psychologist.width], [10, 160]);
  const third = capSum("social_worker", [receiver("classroom", "small-video"), receiver("psychologist", "video")]);
  assert.equal(third.classroom.videoBps, 0);
});

test("what is withheld is the picture and every rate above the lowest", () => {
  const caps = capSum("classroom", [receiver("psychologist", "video", { withheld: true })]);
  assert.deepEqual(caps.psychologist, { audioBps: 8_000, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 });
});

test("signing sends the picture without sound", () => {
  const caps = capSum("classroom", [receiver("psychologist", "small-video", { sound: false })]);
  assert.equal(caps.psychologist.audioBps, 0);
  assert.equal(caps.psychologist.videoBps, 60_000);
});
