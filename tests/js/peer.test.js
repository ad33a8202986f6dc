import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { asksAgain, leanDescription } from "../../web/static/js/rtc/lean-description.js";
import { Peer } from "../../web/static/js/rtc/peer.js";

const SOUND = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n";

/** Stands for the browser's connection, as far as an answer goes. */
class Connection {
  signalingState = "stable";
  connectionState = "new";
  iceConnectionState = "new";
  /** @type {RTCSessionDescriptionInit | null} */ remoteDescription = null;
  receivers = [{ track: { kind: "audio" }, jitterBufferTarget: null }, { track: { kind: "video" }, jitterBufferTarget: null }, { track: { kind: "audio" } }];
  getReceivers() {
    return this.receivers;
  }
  getTransceivers() {
    return [];
  }
  /** @type {{readyState?: string, onopen?: () => void}[]} */ channels = [];
  createDataChannel() {
    this.channels.push({});
    return this.channels.at(-1);
  }
  /** @param {RTCSessionDescriptionInit} description */
  async setRemoteDescription(description) {
    this.remoteDescription = description;
  }
  /** @type {RTCSessionDescriptionInit | null} */ localDescription = null;
  /** @type {string[]} */ set = [];
  /** @param {RTCSessionDescriptionInit} description */
  async setLocalDescription(description) {
    this.set.push(description.type);
    this.localDescription = description;
  }
  async createAnswer() {
    return { type: "answer", sdp: SOUND };
  }
  async createOffer() {
    return { type: "offer", sdp: SOUND };
  }
  close() {}
}

/** @param {(peer: Peer, said: string[]) => Promise<void> | void} check */
async function withPeer(check) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {} });
  /** @type {string[]} */ const said = [];
  const peer = new Peer(/** @type {any} */ ({
    polite: true, iceServers: [], relayOnly: false, wide: false, tracks: { audio: null, video: null }, packetMs: 60,
    cap: { audioBps: 8_000, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 }, canReach: () => true, onState() {}, onSomethingToCheck() {}, translator: Promise.resolve(null),
    /** @param {string} _type @param {RTCSessionDescriptionInit} description */
    sendDescription: (_type, { sdp = "" }) => said.push(sdp),
    /** @param {RTCIceCandidateInit | null} candidate */
    sendCandidate: (candidate) => said.push(candidate?.candidate ?? "no more"),
  }));
  try {
    await check(peer, said);
  } finally {
    peer.close();
    mock.timers.reset();
  }
}

test("a connection that stands is through once its channel is open, and says so", () =>
  withPeer(async (peer) => {
    await peer.handleDescription({ type: "offer", sdp: SOUND });
    const pc = /** @type {Connection} */ (/** @type {unknown} */ (peer.pc));
    pc.connectionState = "connected";
    /** @type {unknown[]} */ const through = [];
    peer.setting.onState = () => through.push(peer.isThrough);
    assert.equal(peer.isThrough, false);
    Object.assign(pc.channels[0] ?? {}, { readyState: "open" });
    pc.channels[0]?.onopen?.();
    assert.deepEqual(through, [true]);
  }));

test("an answer lets the other side ask for sound again where it wants to, and not where it does not", () =>
  withPeer(async (peer, said) => {
    for (const again of [false, true, false]) await peer.handleDescription({ type: "offer", sdp: leanDescription(SOUND, 60, again) });
    assert.deepEqual(said.map((sdp) => asksAgain(sdp)), [false, true, false]);
  }));

test("what goes over the wire is short, what the browser is given is whole", () =>
  withPeer(async (peer, said) => {
    const whole = `a=msid-semantic: WMS s\r\n${SOUND}a=ice-ufrag:u\r\n`;
    /** @type {string[]} */ const given = [];
    Object.assign(peer.pc, {
      createAnswer: async () => ({ type: "answer", sdp: whole }),
      setLocalDescription: async (/** @type {RTCSessionDescriptionInit} */ { sdp = "" }) => given.push(sdp),
    });
    await peer.handleDescription({ type: "offer", sdp: SOUND });
    assert.ok(given.length > 0 && given.every((sdp) => sdp.includes("msid-semantic")));
    assert.doesNotMatch(said[0] ?? "", /msid-semantic/);
    assert.ok((said[0] ?? "").indexOf("a=ice-ufrag") < (said[0] ?? "").indexOf("m=audio"));
  }));

test("what Opus repairs is asked for by an offer, once", () =>
  withPeer(async (peer, said) => {
    Object.assign(peer.pc, { createOffer: async () => ({ type: "offer", sdp: SOUND }) });
    for (const repaired of [false, true, true]) {
      peer.setPackets(60, false, repaired);
      await peer.handleCandidate(null);
    }
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /maxplaybackrate=12000/);
  }));

test("how long its packets are to be a side reads in the other's description", () =>
  withPeer(async (peer) => {
    assert.equal(peer.packetMs, undefined);
    await peer.handleDescription({ type: "offer", sdp: leanDescription(SOUND, 20) });
    assert.equal(peer.packetMs, 20);
  }));

test("sound and picture are told apart to wait, and a browser that knows of no waiting is left alone", () =>
  withPeer((peer) => {
    peer.setPlayoutDelay({ audioMs: 200, videoMs: 325 });
    const receivers = /** @type {any[]} */ (peer.pc.getReceivers());
    assert.deepEqual(receivers.map(({ jitterBufferTarget }) => jitterBufferTarget), [200, 325, undefined]);
    assert.equal("jitterBufferTarget" in receivers[2], false);
  }));

test("a page that uses relays alone names its own relay's address, once, when both descriptions stand", async () => {
  /** @type {any[]} */ const named = [];
  const relay = { type: "relay", address: "198.51.100.2", usernameFragment: "a1b2", candidate: "candidate:1 1 udp 1 198.51.100.2 50000 typ relay", toJSON() { return this; } };
  for (const relayOnly of [true, false]) {
    await withPeer(async (peer) => {
      Object.assign(peer.pc, { addIceCandidate: async (/** @type {any} */ given) => named.push(given) });
      peer.setting.relayOnly = relayOnly;
      peer.setting.sendCandidate = () => undefined;
      /** @type {any} */ (peer.pc).onicecandidate({ candidate: relay });
      peer.beginChecks();
      await peer.handleCandidate(null);
      assert.deepEqual(named.splice(0), []);
      await peer.handleDescription({ type: "offer", sdp: SOUND });
      /** @type {any} */ (peer.pc).onicecandidate({ candidate: relay });
      await peer.handleCandidate(null);
      const addresses = named.splice(0).filter(Boolean).map(({ candidate }) => candidate.split(" ")[4]);
      assert.deepEqual(addresses, relayOnly ? ["198.51.100.2"] : []);
    });
  }
});

test("the first answer is provisional first: Chromium would throw away what its pool has gathered", () =>
  withPeer(async (peer, said) => {
    for (let turn = 0; turn < 2; turn++) await peer.handleDescription({ type: "offer", sdp: SOUND });
    assert.deepEqual(/** @type {any} */ (peer.pc).set, ["pranswer", "answer", "answer"]);
    assert.equal(said.length, 2);
  }));

test("candidates go out but for those over TCP, which meet nobody, and the empty one", () =>
  withPeer((peer, said) => {
    const found = (/** @type {string} */ candidate, protocol = "udp") => ({ candidate, protocol, toJSON: () => ({ candidate }) });
    const events = [found("a"), found("b", "tcp"), found(""), found("c"), null];
    for (const candidate of events) peer.pc.onicecandidate?.(/** @type {any} */ ({ candidate }));
    assert.deepEqual(said, ["a", "c", "no more"]);
  }));

test("what is asked for while an offer is on its way is said once that is answered, and once only", () =>
  withPeer(async (peer, said) => {
    const connection = /** @type {Connection} */ (/** @type {unknown} */ (peer.pc));
    const settled = () => peer.handleCandidate(null);
    connection.signalingState = "have-local-offer";
    peer.setPackets(60, false, true);
    await settled();
    assert.deepEqual(said, []);
    connection.signalingState = "stable";
    await peer.handleDescription({ type: "answer", sdp: SOUND });
    assert.deepEqual(said.map((sdp) => sdp.includes("maxplaybackrate=12000")), [true]);
    await peer.handleDescription({ type: "answer", sdp: SOUND });
    assert.equal(said.length, 1);
  }));
