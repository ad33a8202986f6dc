import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { leanDescription, RED, withRed } from "../../web/static/js/rtc/lean-description.js";
import { Peer } from "../../web/static/js/rtc/peer.js";
import { LENGTH_MAX, OFFSET_MAX, RedPayloads, repeatSpeech } from "../../web/static/js/rtc/red-worker.js";
import { Repeater, startWorker } from "../../web/static/js/rtc/repeater.js";

/** As Firefox offers, and as Chromium answers it and offers itself. */
const OURS = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=rtpmap:109 opus/48000/2\r\na=fmtp:109 stereo=1;useinbandfec=1\r\n";
const ANSWER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 109 63\r\na=rtpmap:109 opus/48000/2\r\na=rtcp-fb:109 nack\r\na=fmtp:109 minptime=10;useinbandfec=1;maxplaybackrate=12000\r\n"
  + "a=rtpmap:63 red/48000/2\r\na=fmtp:63 109/109\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
const THEIRS = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;maxplaybackrate=12000\r\n";
const PLAIN = leanDescription(OURS, 60, false, true);

const sender = { transform: /** @type {any} */ (null), track: null };
const transceiver = { sender, receiver: { track: { kind: "audio" } }, asked: /** @type {any[]} */ ([]), setCodecPreferences(/** @type {any[]} */ wanted) { this.asked = wanted; } };
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

/** @param {(it: {peer: Peer, told: {type: string, sdp: string}[]}) => Promise<void>} check */
async function withPeer(check) {
  /** @type {{type: string, sdp: string}[]} */ const told = [];
  const peer = new Peer(/** @type {any} */ ({
    polite: true, iceServers: [], relayOnly: false, wide: false, tracks: { audio: null, video: null }, packetMs: 60, tries: 0,
    cap: { audioBps: 0, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 }, canReach: () => true, onState() {}, onSomethingToCheck() {},
    /** @param {string} type @param {RTCSessionDescriptionInit} description */
    sendDescription: (type, { sdp = "" }) => told.push({ type, sdp }), sendCandidate() {},
  }));
  try {
    await check({ peer, told });
  } finally {
    peer.close();
  }
}

const firefox = (/** @type {RTCPeerConnection} */ pc) => new Repeater(worker, pc);

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

test("a browser that a script can help names RED in its offers, behind Opus; one that speaks it, or cannot be helped, says what it says", () => {
  const told = withRed(OURS);
  assert.match(told, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 109 63\r$/m);
  assert.match(told, /a=rtpmap:109 opus\/48000\/2\r\na=rtpmap:63 red\/48000\/2\r\na=fmtp:63 109\/109\r\na=fmtp:109 /);
  assert.equal(withRed(THEIRS), THEIRS);
  assert.equal(withRed(told.replace("red", "other")), told.replace("red", "other"), "the number has another meaning");
  // @ts-ignore only browsers have it
  delete globalThis.RTCRtpScriptTransform;
  assert.equal(withRed(OURS), OURS);
});

test("speech is sent twice from the answer on in which the other side has taken up RED, plain after its own offers, and twice again by ours", () =>
  withPeer(async ({ peer, told }) => {
    const given = () => /^m=audio.*|^a=(?:rtpmap|fmtp|rtcp-fb):\d+ (?:opus|minptime|nack|red).*/gm;
    await peer.handleDescription({ type: "offer", sdp: THEIRS });
    assert.deepEqual([peer.wantsRepeater, peer.repeats, peer.isRepeated], [true, false, false]);
    assert.deepEqual(told.map(({ type, sdp }) => [type, /red/.test(sdp)]), [["answer", false]]);

    await peer.repeatBy(firefox);
    assert.match(told[1]?.sdp ?? "", /SAVPF 109 63\r/);
    assert.deepEqual([transceiver.asked.length, sender.transform.by, sender.transform.options], [1, worker, { red: RED, opus: 109 }]);
    assert.equal(peer.repeats, false, "not before the other side has answered");

    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.deepEqual(peer.pc.remoteDescription?.sdp.match(given()), [
      "m=audio 9 UDP/TLS/RTP/SAVPF 63", "a=rtpmap:63 opus/48000/2", "a=rtcp-fb:63 nack", "a=fmtp:63 minptime=10;useinbandfec=1",
    ]);
    assert.match(peer.pc.remoteDescription?.sdp ?? "", /m=video 9 UDP\/TLS\/RTP\/SAVPF 96\r\na=rtpmap:96 VP8/);
    assert.deepEqual([peer.wantsRepeater, peer.repeats, peer.isRepeated], [false, true, false]);

    await peer.handleDescription({ type: "offer", sdp: THEIRS });
    assert.deepEqual([peer.wantsRepeater, peer.repeats, peer.pc.remoteDescription?.sdp], [true, false, THEIRS]);
    await peer.repeatBy(firefox);
    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.equal(peer.repeats, true);
  }));

test("an answer to an offer of before the repeater says nothing of it", () =>
  withPeer(async ({ peer }) => {
    peer.setPackets(20, false, false);
    await peer.handleCandidate(null);
    await peer.repeatBy(firefox);
    await peer.handleDescription({ type: "answer", sdp: ANSWER });
    assert.deepEqual([peer.repeats, peer.wantsRepeater], [false, true]);
  }));

test("whoever takes up no RED is not offered it again", () =>
  withPeer(async ({ peer }) => {
    await peer.handleDescription({ type: "offer", sdp: PLAIN });
    assert.equal(peer.wantsRepeater, true);
    await peer.repeatBy(firefox);
    await peer.handleDescription({ type: "answer", sdp: PLAIN });
    assert.deepEqual([peer.repeats, peer.wantsRepeater], [false, false]);
  }));

test("two browsers that speak RED need no help, and neither does a line that loses nothing", () =>
  withPeer(async ({ peer }) => {
    await peer.handleDescription({ type: "offer", sdp: THEIRS });
    await peer.pc.setLocalDescription({ type: "answer", sdp: THEIRS });
    assert.deepEqual([peer.wantsRepeater, peer.repeats, peer.isRepeated], [false, true, true]);
    await peer.pc.setLocalDescription({ type: "answer", sdp: OURS });
    await peer.pc.setRemoteDescription({ type: "offer", sdp: THEIRS.replace("maxplaybackrate=12000", "stereo=0") });
    assert.equal(peer.wantsRepeater, false);
  }));

test("the worker counts once it has said that it is there; where it does not load, speech stays as it is", async () => {
  /** @type {any[]} */ const made = [];
  Object.assign(globalThis, { Worker: class { constructor() { made.push(this); } terminate() { made.push("terminated"); } } });
  const [here, gone] = [startWorker(), startWorker()];
  made[0].onmessage({ type: "message" });
  made[1].onerror({ type: "error" });
  assert.equal(await here, made[0]);
  assert.equal(await gone, null);
  assert.equal(made[2], "terminated");
  // @ts-ignore only browsers have it
  delete globalThis.RTCRtpScriptTransform;
  assert.equal(await startWorker(), null);
});
