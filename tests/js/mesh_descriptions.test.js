import assert from "node:assert/strict";
import { test } from "node:test";

import { askedPacketMs, leanDescription, LONGEST_PACKET_MS } from "../../web/static/js/rtc/lean-description.js";
import { Mesh } from "../../web/static/js/rtc/mesh.js";
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
 * How long the packets are that an offer asks for, as a page's browser is given it.
 * @param {{hears?: string[], relayOnly?: boolean, roundTripMs?: number}} given the formats of speech that the browser knows, and its line
 */
async function offered({ hears = ["opus"], relayOnly = true, roundTripMs = THIN_FROM_MS }) {
  Connection.all = [];
  const codecs = hears.map((name) => ({ mimeType: `audio/${name}` }));
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {}, RTCRtpReceiver: { getCapabilities: () => ({ codecs }) } });
  const mesh = new Mesh({ send: () => true, onPeer() {}, onLineBack() {}, roundTripMs: () => roundTripMs });
  try {
    mesh.connect({ type: "connect", seq: 1, peer: "p", polite: true, negotiation: 1, relayOnly, iceServers: [] });
    mesh.describe({ type: "offer", seq: 2, from: "p", negotiation: 1, description: { type: "offer", sdp: leanDescription(SOUND, 60) } });
    for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    return askedPacketMs(Connection.all[0]?.remoteDescription?.sdp);
  } finally {
    mesh.closeAll();
    Reflect.deleteProperty(globalThis, "RTCRtpReceiver");
  }
}

test("a browser that wraps each packet sends the longest over a relay on a thin line, and what was asked for elsewhere", async () => {
  assert.equal(await offered({}), LONGEST_PACKET_MS);
  assert.equal(await offered({ hears: ["red", "opus"] }), 60);
  assert.equal(await offered({ relayOnly: false }), 60);
  assert.equal(await offered({ roundTripMs: THIN_FROM_MS - 1 }), 60);
});
