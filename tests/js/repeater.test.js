import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { RED, withRed } from "../../web/static/js/rtc/lean-description.js";
import { Peer } from "../../web/static/js/rtc/peer.js";
import { LENGTH_MAX, OFFSET_MAX, RedPayloads, repeatSpeech } from "../../web/static/js/rtc/red-worker.js";
import { Repeater } from "../../web/static/js/rtc/repeater.js";
import { RepeatingHelp } from "../../web/static/js/rtc/repeating-help.js";

/** As Firefox offers, and as Chromium answers it and offers itself. */
const OURS = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=rtpmap:109 opus/48000/2\r\na=fmtp:109 stereo=1;useinbandfec=1\r\n";
const ANSWER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 109 63\r\na=rtpmap:109 opus/48000/2\r\na=rtcp-fb:109 nack\r\na=fmtp:109 minptime=10;useinbandfec=1;maxplaybackrate=12000\r\n"
  + "a=rtpmap:63 red/48000/2\r\na=fmtp:63 109/109\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
const THEIRS = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;maxplaybackrate=12000\r\n";

const sender = { transform: /** @type {any} */ (null), track: null };
const transceiver = { sender, receiver: { track: { kind: "audio" } }, asked: /** @type {any[]} */ ([]), setCodecPreferences(/** @type {any[]} */ wanted) { this.asked = wanted; } };
const worker = /** @type {Worker} */ ({});
const help = { isThere: true };

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
    return { type: "offer", sdp: OURS };
  }
  async createAnswer() {
    return { type: "answer", sdp: OURS.replaceAll("109", "111") };
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
  sender.transform = null;
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

/** @param {(it: {peer: Peer, told: {type: string, sdp: string}[], repeat: () => Promise<boolean>}) => Promise<void>} check */
async function withPeer(check) {
  /** @type {{type: string, sdp: string}[]} */ const told = [];
  const peer = new Peer(/** @type {any} */ ({
    polite: true, iceServers: [], relayOnly: false, wide: false, tracks: { audio: null, video: null }, packetMs: 60, tries: 0,
    cap: { audioBps: 0, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 }, canReach: () => true, onState() {}, onSomethingToCheck() {},
    /** @param {string} type @param {RTCSessionDescriptionInit} description */
    sendDescription: (type, { sdp = "" }) => told.push({ type, sdp }), sendCandidate() {},
    mayRepeat: () => true, makeRepeater: () => (help.isThere ? new Repeater(worker, /** @type {any} */ (transceiver)) : null),
  }));
  /** An offer, if it is worth one, and whether it was. */
  const repeat = async () => {
    const before = told.length;
    peer.repeat();
    await peer.handleCandidate(null);
    return told.length > before;
  };
  try {
    await check({ peer, told, repeat });
  } finally {
    peer.close();
  }
}

test("a packet carries the one before, each under Opus' number, with how long ago it was and how long it is (RFC 2198)", () => {
  const payloads = new RedPayloads(109);
  assert.deepEqual([...payloads.next(Uint8Array.of(1, 2), 0xffff_ff00)], [109, 1, 2]);
  // 0x1100 ticks later: 14 bits of 4352, then 10 bits of 2 bytes.
  assert.deepEqual([...payloads.next(Uint8Array.of(3), 0x1000)], [0x80 | 109, 4352 >> 6, (4352 & 63) << 2, 2, 109, 1, 2, 3]);
});

test("what no header can tell is not repeated: after a long pause, and speech too long", () => {
  const payloads = new RedPayloads(109);
  const long = new Uint8Array(LENGTH_MAX + 1);
  payloads.next(Uint8Array.of(1), 0);
  assert.deepEqual([...payloads.next(Uint8Array.of(2), OFFSET_MAX + 1)], [109, 2]);
  assert.equal(payloads.next(long, OFFSET_MAX + 2).length, 5 + 1 + long.length);
  assert.deepEqual([...payloads.next(Uint8Array.of(3), OFFSET_MAX + 3)], [109, 3]);
});

test("the worker repeats what goes out as RED, and lets all else pass as it is", async () => {
  const frame = (/** @type {number} */ payloadType, /** @type {number} */ byte, /** @type {number} */ rtpTimestamp) => ({ data: Uint8Array.of(byte).buffer, getMetadata: () => ({ payloadType, rtpTimestamp }) });
  const frames = [frame(109, 1, 0), frame(RED, 2, 2_880), frame(RED, 3, 5_760), frame(109, 4, 8_640)];
  /** @type {number[][]} */ const out = [];
  await repeatSpeech({
    readable: ReadableStream.from(frames), options: { red: RED, opus: 109 },
    writable: new WritableStream({ write: ({ data }) => void out.push([...new Uint8Array(data)]) }),
  });
  assert.deepEqual(out, [[1], [109, 2], [0x80 | 109, 45, 0, 1, 109, 2, 3], [4]]);
});

test("a browser that is helped names RED in its offers, behind Opus; one that speaks it says what it says", () => {
  const told = withRed(OURS);
  assert.match(told, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 109 63\r$/m);
  assert.match(told, /a=rtpmap:109 opus\/48000\/2\r\na=rtpmap:63 red\/48000\/2\r\na=fmtp:63 109\/109\r\na=fmtp:109 /);
  assert.equal(withRed(THEIRS), THEIRS);
  assert.equal(withRed(told.replace("red", "other")), told.replace("red", "other"), "the number has another meaning");
});

test("speech is sent twice from the answer on in which the other side has taken up RED, plain after its own offers, and twice again by ours", () =>
  withPeer(async ({ peer, told, repeat }) => {
    const given = () => /^m=audio.*|^a=(?:rtpmap|fmtp|rtcp-fb):\d+ (?:opus|minptime|nack|red).*/gm;
    await peer.handleDescription({ type: "offer", sdp: THEIRS });
    assert.deepEqual(told.map(({ type, sdp }) => [type, /red/.test(sdp)]), [["answer", false]]);
    assert.deepEqual([peer.repeats, peer.isRepeated], [false, false]);

    assert.equal(await repeat(), true);
    assert.match(told[1]?.sdp ?? "", /SAVPF 109 63\r/);
    assert.deepEqual([transceiver.asked.length, sender.transform.by, sender.transform.options], [1, worker, { red: RED, opus: 109 }]);
    assert.equal(peer.repeats, false, "not before the other side has answered");
    assert.equal(await repeat(), false, "one offer at a time");

    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.deepEqual(peer.pc.remoteDescription?.sdp.match(given()), [
      "m=audio 9 UDP/TLS/RTP/SAVPF 63", "a=rtpmap:63 opus/48000/2", "a=rtcp-fb:63 nack", "a=fmtp:63 minptime=10;useinbandfec=1",
    ]);
    assert.match(peer.pc.remoteDescription?.sdp ?? "", /m=video 9 UDP\/TLS\/RTP\/SAVPF 96\r\na=rtpmap:96 VP8/);
    assert.deepEqual([peer.repeats, peer.isRepeated, await repeat()], [true, false, false]);

    await peer.handleDescription({ type: "offer", sdp: THEIRS });
    assert.deepEqual([peer.repeats, peer.pc.remoteDescription?.sdp], [false, THEIRS]);
    assert.equal(await repeat(), true);
    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.equal(peer.repeats, true);
  }));

test("the first offer names RED before there is anything that repeats; an answer to it begins nothing, and a further offer follows once there is", () =>
  withPeer(async ({ peer, told, repeat }) => {
    help.isThere = false;
    peer.setPackets(20, false, false);
    await peer.handleCandidate(null);
    assert.match(told[0]?.sdp ?? "", /SAVPF 109 63\r/);
    assert.equal(await repeat(), false);
    help.isThere = true;
    assert.equal(await repeat(), false, "an offer is on its way");
    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.equal(peer.repeats, false);
    assert.equal(await repeat(), true);
    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.equal(peer.repeats, true);
  }));

test("nothing is offered beside an offer that is yet to come", () =>
  withPeer(async ({ peer, told, repeat }) => {
    assert.deepEqual([await repeat(), told], [false, []]);
    await peer.handleDescription({ type: "offer", sdp: THEIRS });
    assert.equal(await repeat(), true);
  }));

test("whoever takes up no RED is not offered it again, whatever they offer", () =>
  withPeer(async ({ peer, repeat }) => {
    await peer.handleDescription({ type: "offer", sdp: OURS });
    assert.equal(await repeat(), true);
    await peer.handleDescription({ type: "answer", sdp: OURS });
    assert.deepEqual([peer.repeats, await repeat()], [false, false]);
    await peer.handleDescription({ type: "offer", sdp: withRed(OURS) });
    assert.deepEqual([peer.repeats, await repeat()], [false, false]);
  }));

test("each side's speech is judged by itself: a helped browser sends it twice and hears it once", () =>
  withPeer(async ({ peer }) => {
    /** @param {string} ours @param {string} theirs */
    const judged = async (ours, theirs) => {
      await peer.pc.setLocalDescription({ type: "answer", sdp: ours });
      await peer.pc.setRemoteDescription({ type: "answer", sdp: theirs });
      return [peer.repeats, peer.isRepeated];
    };
    assert.deepEqual(await judged(THEIRS, THEIRS), [true, true]);
    assert.deepEqual(await judged(THEIRS, withRed(OURS)), [false, true]);
    assert.deepEqual(await judged(THEIRS, OURS), [false, false]);
  }));

/** Workers that say what the test lets them. @returns {any[]} */
function workers() {
  /** @type {any[]} */ const made = [];
  Object.assign(globalThis, { Worker: class { constructor() { made.push(this); } terminate() { made.push("terminated"); } } });
  return made;
}

test("help is for browsers that need it and can be helped: it is possible from the first moment, there when its worker is, and no more where that fails", async () => {
  const until = async (/** @type {() => boolean} */ holds) => {
    for (let turn = 0; turn < 200 && !holds(); turn++) await new Promise((done) => setImmediate(done));
    assert.ok(holds());
  };
  const pc = /** @type {any} */ (new Connection());
  const made = workers();
  const able = new RepeatingHelp();
  assert.deepEqual([able.isPossible, able.repeaterOf(pc)], [true, null]);
  await until(() => made.length === 1);
  made[0].onmessage({ type: "message" });
  await until(() => able.repeaterOf(pc) instanceof Repeater);
  assert.equal(able.repeaterOf(/** @type {any} */ ({ getTransceivers: () => [] })), null, "whoever answers has no speech before the offer comes");

  const failing = new RepeatingHelp();
  await until(() => made.length === 2);
  made[1].onerror({ type: "error" });
  await until(() => !failing.isPossible);
  assert.equal(failing.repeaterOf(pc), null);

  Object.assign(RTCRtpReceiver, { getCapabilities: () => ({ codecs: [{ mimeType: "audio/red" }] }) });
  assert.equal(new RepeatingHelp().isPossible, false);
  Object.assign(RTCRtpReceiver, { getCapabilities: () => ({ codecs: [{ mimeType: "audio/opus" }] }) });
  // @ts-ignore only browsers have it
  delete globalThis.RTCRtpScriptTransform;
  assert.equal(new RepeatingHelp().isPossible, false);
});
