import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { asksRepair, askedPacketMs, leanDescription, LONGEST_PACKET_MS } from "../../web/static/js/rtc/lean-description.js";
import { FIRST_REPAIRED_CAP, Mesh } from "../../web/static/js/rtc/mesh.js";
import { Peer } from "../../web/static/js/rtc/peer.js";
import { THIN_FROM_MS } from "../../web/static/js/rtc/turns.js";

const SOUND = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n";

/** Stands for the browser's connections: takes what it is given, and answers. */
class Connection {
  /** @type {Connection[]} */ static all = [];
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  /** @type {RTCSessionDescriptionInit | null} */ remoteDescription = null;
  localDescription = null;
  constructor() {
    Connection.all.push(this);
  }
  setConfiguration() {}
  createDataChannel() {
    return {};
  }
  getTransceivers() {
    return [];
  }
  /** @param {RTCSessionDescriptionInit} description */
  async setRemoteDescription(description) {
    this.remoteDescription = description;
  }
  async setLocalDescription() {}
  async createAnswer() {
    return { type: "answer", sdp: SOUND };
  }
  async addIceCandidate() {}
  close() {}
}

/**
 * What an offer becomes in a page: as its browser is given it, the answer, and the caps that follow.
 * @param {{hears?: string[], relayOnly?: boolean, roundTripMs?: number, offer?: string, capped?: boolean}} given the formats of speech that the browser knows, and its line
 */
async function offered({ hears = ["opus"], relayOnly = true, roundTripMs = THIN_FROM_MS, offer = leanDescription(SOUND, 60), capped = false }) {
  Connection.all = [];
  const codecs = hears.map((name) => ({ mimeType: `audio/${name}` }));
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {}, RTCRtpReceiver: { getCapabilities: () => ({ codecs }) } });
  const capsGiven = mock.method(Peer.prototype, "setCap");
  /** @type {any[]} */ const said = [];
  const mesh = new Mesh({ send: (message) => said.push(message) > 0, onPeer() {}, onLineBack() {}, roundTripMs: () => roundTripMs });
  try {
    mesh.connect({ type: "connect", seq: 1, peer: "p", polite: true, negotiation: 1, relayOnly, iceServers: [] });
    if (capped) mesh.setCap("p", FIRST_REPAIRED_CAP, 60, false, false);
    const before = capsGiven.mock.callCount();
    mesh.describe({ type: "offer", seq: 2, from: "p", negotiation: 1, description: { type: "offer", sdp: offer } });
    for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    return {
      packetMs: askedPacketMs(Connection.all[0]?.remoteDescription?.sdp),
      asksRepair: asksRepair(said.find(({ type }) => type === "answer")?.description.sdp),
      caps: capsGiven.mock.calls.slice(before).map((call) => call.arguments[0]),
    };
  } finally {
    mesh.closeAll();
    capsGiven.mock.restore();
    Reflect.deleteProperty(globalThis, "RTCRtpReceiver");
  }
}

test("a browser that wraps each packet sends the longest over a relay on a thin line, and what was asked for elsewhere", async () => {
  assert.equal((await offered({})).packetMs, LONGEST_PACKET_MS);
  assert.equal((await offered({ hears: ["red", "opus"] })).packetMs, 60);
  assert.equal((await offered({ relayOnly: false })).packetMs, 60);
  assert.equal((await offered({ roundTripMs: THIN_FROM_MS - 1 })).packetMs, 60);
});

test("who hears no speech twice asks on a thin line for Opus' repair from the first description on", async () => {
  assert.equal((await offered({})).asksRepair, true);
  assert.equal((await offered({ hears: ["red", "opus"] })).asksRepair, false);
  assert.equal((await offered({ roundTripMs: THIN_FROM_MS - 1 })).asksRepair, false);
});

test("who is asked for Opus' repair has the rate for it at once, until the ladder says more", async () => {
  const offer = leanDescription(SOUND, 60, false, true);
  assert.deepEqual((await offered({ hears: ["red", "opus"], offer })).caps, [FIRST_REPAIRED_CAP]);
  assert.deepEqual((await offered({ hears: ["red", "opus"] })).caps, []);
  assert.deepEqual((await offered({ hears: ["red", "opus"], offer, capped: true })).caps, []);
});
