import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Peer } from "../../web/static/js/rtc/peer.js";
import { RedHelp, WAIT_MS } from "../../web/static/js/rtc/red-help.js";
import { OPUS_WITHIN, RedTranslator } from "../../web/static/js/rtc/red-translator.js";

/** As Firefox describes itself, and as Chromium does to whom it knows to hear RED. @param {number} opus */
const firefox = (opus) => `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF ${opus}\r\na=rtpmap:${opus} opus/48000/2\r\na=fmtp:${opus} useinbandfec=1\r\na=rtcp-fb:${opus} nack\r\n`
  + "m=video 9 UDP/TLS/RTP/SAVPF 120\r\na=rtpmap:120 VP8/90000\r\n";
/** @param {number} red @param {number} opus */
const chromium = (red, opus = 111) => `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF ${red} ${opus}\r\na=rtpmap:${red} red/48000/2\r\na=rtcp-fb:${red} nack\r\na=fmtp:${red} ${opus}/${opus}\r\n`
  + `a=rtpmap:${opus} opus/48000/2\r\na=rtcp-fb:${opus} nack\r\na=fmtp:${opus} minptime=10\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n`;

/** What a description says of speech. @param {string | undefined} sdp */
const speech = (sdp) => sdp?.match(/^m=audio.*|^a=(?:rtpmap|rtcp-fb):\d+ (?!VP8).*|^a=fmtp:\d+ (?:\d+\/|minptime).*/gm);
const TOLD = ["m=audio 9 UDP/TLS/RTP/SAVPF 109 111", "a=rtpmap:109 red/48000/2", "a=fmtp:109 111/111", "a=rtcp-fb:109 nack", "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 nack"];

const sender = { transform: /** @type {any} */ (null), track: null };
const receiver = { transform: /** @type {any} */ (null), track: { kind: "audio" } };
const transceiver = { sender, receiver, asked: /** @type {any[]} */ ([]), setCodecPreferences(/** @type {any[]} */ wanted) { this.asked = wanted; } };
const worker = /** @type {Worker} */ ({});

/** Stands for Firefox' connection: it takes what it is given, and answers with the number of Opus that was offered. */
class Connection {
  signalingState = "stable";
  connectionState = "new";
  iceConnectionState = "new";
  /** @type {RTCSessionDescriptionInit | null} */ remoteDescription = null;
  /** @type {RTCSessionDescriptionInit | null} */ localDescription = null;
  getTransceivers() {
    return [transceiver];
  }
  createDataChannel() {
    return {};
  }
  async createOffer() {
    return { type: "offer", sdp: firefox(109) };
  }
  async createAnswer() {
    return { type: "answer", sdp: firefox(Number(/rtpmap:(\d+) opus/.exec(this.remoteDescription?.sdp ?? "")?.[1])) };
  }
  /** @param {RTCSessionDescriptionInit} description */
  async setRemoteDescription(description) {
    this.remoteDescription = description;
    this.signalingState = "stable";
  }
  /** @param {RTCSessionDescriptionInit} description */
  async setLocalDescription(description) {
    this.localDescription = description;
    if (description.type === "offer") this.signalingState = "have-local-offer";
  }
  close() {}
}

beforeEach(() => {
  sender.transform = receiver.transform = null;
  const known = { codecs: [{ mimeType: "audio/opus" }, { mimeType: "audio/PCMU" }] };
  Object.assign(globalThis, {
    RTCPeerConnection: Connection, MediaStream: class {}, RTCRtpReceiver: { getCapabilities: () => known },
    RTCRtpScriptTransform: class { constructor(/** @type {unknown} */ by, /** @type {unknown} */ options) { Object.assign(this, { by, options }); } },
  });
});
afterEach(() => {
  // @ts-ignore only browsers have it
  delete globalThis.RTCRtpScriptTransform;
});

/** @param {(it: {peer: Peer, told: {type: string, sdp: string}[], given: () => string[] | null | undefined}) => Promise<void>} check @param {RedTranslator | null} [translator] */
async function withPeer(check, translator = new RedTranslator(worker)) {
  /** @type {{type: string, sdp: string}[]} */ const told = [];
  const peer = new Peer(/** @type {any} */ ({
    polite: true, iceServers: [], relayOnly: false, wide: false, tracks: { audio: null, video: null }, packetMs: 60, tries: 0,
    cap: { audioBps: 0, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 }, canReach: () => true, onState() {}, onSomethingToCheck() {},
    /** @param {string} type @param {RTCSessionDescriptionInit} description */
    sendDescription: (type, { sdp = "" }) => told.push({ type, sdp }), sendCandidate() {}, translator: Promise.resolve(translator),
  }));
  try {
    await check({ peer, told, given: () => speech(peer.pc.remoteDescription?.sdp)?.filter((line) => !line.startsWith("a=fmtp")) });
  } finally {
    peer.close();
  }
}

/** This browser offers, and that is through. @param {Peer} peer @param {number} packetMs another length than before */
const offers = (peer, packetMs) => (peer.setPackets(packetMs, true, false), peer.handleCandidate(null));
const done = (/** @type {any} */ end) => end.transform?.options ?? null;

test("to an offer that knows RED this browser answers with it under one number for both ways, and takes it for Opus", () =>
  withPeer(async ({ peer, told, given }) => {
    await peer.handleDescription({ type: "offer", sdp: chromium(63) });
    assert.deepEqual(given(), ["m=audio 9 UDP/TLS/RTP/SAVPF 63", "a=rtpmap:63 opus/48000/2", "a=rtcp-fb:63 nack"]);
    assert.match(peer.pc.remoteDescription?.sdp ?? "", /a=fmtp:63 minptime=10\r\nm=video 9 UDP\/TLS\/RTP\/SAVPF 96\r\na=rtpmap:96 VP8/);
    assert.deepEqual(told.map(({ type }) => type), ["answer"]);
    assert.deepEqual(speech(told[0]?.sdp), TOLD.map((line) => line.replace(/\b109/, "63")));
    assert.deepEqual(done(receiver), { side: "receiver", red: [63], opus: 111 });
    assert.deepEqual(done(sender), { side: "sender", red: [63], opus: 111 });
    assert.deepEqual([peer.repeats, peer.isRepeated, transceiver.asked.length], [true, true, 1]);
  }));

test("an offer of this browser tells Opus to be RED, which may come from then on, and is spoken from the answer on", () =>
  withPeer(async ({ peer, told, given }) => {
    await offers(peer, 20);
    assert.deepEqual(speech(told[0]?.sdp), TOLD);
    assert.match(told[0]?.sdp ?? "", /a=fmtp:111 useinbandfec=1/);
    assert.deepEqual(done(receiver), { side: "receiver", red: [109], opus: OPUS_WITHIN });
    assert.deepEqual([done(sender), peer.repeats, peer.isRepeated], [null, false, false]);
    await peer.handleDescription({ type: "answer", sdp: chromium(109) });
    assert.deepEqual(given(), ["m=audio 9 UDP/TLS/RTP/SAVPF 109", "a=rtpmap:109 opus/48000/2", "a=rtcp-fb:109 nack"]);
    assert.deepEqual([done(sender), peer.repeats, peer.isRepeated], [{ side: "sender", red: [109], opus: 111 }, true, true]);
  }));

test("whoever offers next, speech stays RED, and what was told before is still heard", () =>
  withPeer(async ({ peer, told }) => {
    await peer.handleDescription({ type: "offer", sdp: chromium(63) });
    const before = sender.transform;
    await offers(peer, 20);
    assert.deepEqual(speech(told[1]?.sdp), TOLD);
    assert.deepEqual(done(receiver).red, [63, 109]);
    assert.equal(peer.repeats, true);
    await peer.handleDescription({ type: "answer", sdp: chromium(109) });
    assert.deepEqual(done(sender), { side: "sender", red: [109], opus: 111 });
    await peer.handleDescription({ type: "offer", sdp: chromium(109) });
    assert.deepEqual([told.length, peer.repeats, done(receiver).red], [3, true, [63, 109]]);
    assert.notEqual(sender.transform, before);
    const same = sender.transform;
    await peer.handleDescription({ type: "offer", sdp: chromium(109) });
    assert.equal(sender.transform, same, "what is not changed goes on");
  }));

test("speech is plain with whoever offers none of RED", () =>
  withPeer(async ({ peer, told }) => {
    await peer.handleDescription({ type: "offer", sdp: firefox(109) });
    assert.equal(peer.pc.remoteDescription?.sdp, firefox(109));
    await offers(peer, 20);
    assert.ok(told.every(({ sdp }) => !sdp.includes("red/48000")));
    assert.deepEqual([done(receiver), done(sender), peer.repeats, peer.isRepeated], [null, null, false, false]);
  }));

test("whoever answers without RED is heard and told anew, in this browser's own words", () =>
  withPeer(async ({ peer, told, given }) => {
    await offers(peer, 20);
    await peer.handleDescription({ type: "answer", sdp: firefox(111) });
    assert.deepEqual(given(), ["m=audio 9 UDP/TLS/RTP/SAVPF 109", "a=rtpmap:109 opus/48000/2", "a=rtcp-fb:109 nack"]);
    assert.deepEqual([receiver.transform, done(sender), peer.repeats], [null, null, false]);
    assert.equal(told.length, 2);
    assert.deepEqual(speech(told[1]?.sdp), speech(firefox(109)));
    await peer.handleDescription({ type: "answer", sdp: firefox(109) });
    assert.deepEqual([told.length, receiver.transform], [2, null]);
  }));

test("two such browsers understand each other", () => {
  const [one, other] = [new RedTranslator(worker), new RedTranslator(worker)];
  const speaks = /** @type {any} */ ({ sender: {}, receiver: {} });
  const offer = other.take({ type: "offer", sdp: one.tell({ type: "offer", sdp: firefox(109) }, speaks) }, undefined);
  assert.deepEqual(speech(offer.sdp), speech(firefox(109)));
  const hears = /** @type {any} */ ({ sender: {}, receiver: {} });
  const answer = one.take({ type: "answer", sdp: other.tell({ type: "answer", sdp: firefox(109) }, hears) }, speaks);
  assert.deepEqual(speech(answer.sdp), speech(firefox(109)));
  for (const end of [speaks, hears]) assert.deepEqual([done(end.sender), done(end.receiver)], [{ side: "sender", red: [109], opus: 111 }, { side: "receiver", red: [109], opus: 111 }]);
  assert.deepEqual([one.isActive, other.isActive], [true, true]);
});

test("a number that means something else already is never told to be Opus", () => {
  const taken = firefox(109).replaceAll(":120 VP8", ":111 VP8");
  assert.equal(new RedTranslator(worker).tell({ type: "offer", sdp: taken }, /** @type {any} */ (transceiver)), taken);
  assert.equal(receiver.transform, null);
});

test("without help speech is plain, and each side's is judged by itself", () =>
  withPeer(async ({ peer, told }) => {
    await peer.handleDescription({ type: "offer", sdp: chromium(63) });
    assert.doesNotMatch(told[0]?.sdp ?? "", /red/);
    /** @param {string} ours @param {string} theirs */
    const judged = async (ours, theirs) => {
      await peer.pc.setLocalDescription({ type: "answer", sdp: ours });
      await peer.pc.setRemoteDescription({ type: "answer", sdp: theirs });
      return [peer.repeats, peer.isRepeated];
    };
    assert.deepEqual(await judged(chromium(63), chromium(63)), [true, true]);
    assert.deepEqual(await judged(chromium(63), chromium(63).replace("63 111", "111 63")), [false, true]);
    assert.deepEqual(await judged(chromium(63), firefox(111)), [false, false]);
  }, null));

/** Workers that say what the test lets them. @returns {any[]} */
function workers() {
  /** @type {any[]} */ const made = [];
  Object.assign(globalThis, { Worker: class { constructor() { made.push(this); } terminate() { made.push("terminated"); } } });
  return made;
}

const turns = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((go) => setImmediate(go));
};

test("help is there when its worker is, and each connection gets a part of its own", async () => {
  const made = workers();
  const help = new RedHelp();
  /** @type {unknown[]} */ const got = [];
  void help.translator().then((translator) => got.push(translator));
  await turns();
  assert.deepEqual([made.length, got], [1, []], "the first description waits");
  made[0].onmessage({ type: "message" });
  await turns();
  assert.ok(got[0] instanceof RedTranslator);
  assert.notEqual(await help.translator(), got[0]);
});

test("what fails or stays away holds nobody up", async () => {
  const made = workers();
  const failing = new RedHelp();
  await turns();
  made[0].onerror({ type: "error" });
  assert.equal(await failing.translator(), null);
  assert.equal(made.at(-1), "terminated");

  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    /** @type {unknown[]} */ const got = [];
    void new RedHelp().translator().then((translator) => got.push(translator));
    mock.timers.tick(WAIT_MS - 1);
    await turns();
    assert.deepEqual(got, []);
    mock.timers.tick(1);
    await turns();
    assert.deepEqual(got, [null]);
  } finally {
    mock.timers.reset();
  }
});

test("browsers that know RED, or cannot be helped, load nothing", async () => {
  const made = workers();
  Object.assign(RTCRtpReceiver, { getCapabilities: () => ({ codecs: [{ mimeType: "audio/red" }] }) });
  assert.equal(await new RedHelp().translator(), null);
  Object.assign(RTCRtpReceiver, { getCapabilities: () => ({ codecs: [{ mimeType: "audio/opus" }] }) });
  // @ts-ignore only browsers have it
  delete globalThis.RTCRtpScriptTransform;
  assert.equal(await new RedHelp().translator(), null);
  assert.deepEqual(made, []);
});
