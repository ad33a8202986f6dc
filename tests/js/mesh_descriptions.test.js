import assert from "node:assert/strict";
import { test } from "node:test";

import { askedPacketMs, leanDescription, LONGEST_PACKET_MS } from "../../web/static/js/rtc/lean-description.js";
import { Mesh, THIN_DELAY_MS } from "../../web/static/js/rtc/mesh.js";
import { THIN_FROM_MS } from "../../web/static/js/rtc/turns.js";

const SOUND = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n";

class Stream {
  getTracks() {
    return [];
  }
  addTrack() {}
}

/** Stands for the browser's connections: takes what it is given, and answers. */
class Connection {
  /** @type {Connection[]} */ static all = [];
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  /** @type {RTCSessionDescriptionInit | null} */ remoteDescription = null;
  localDescription = null;
  /** @type {((event: {track: object}) => void) | null} */ ontrack = null;
  /** @type {(number | null)[]} */ waits = [];
  receiver = Object.defineProperty({ track: { kind: "audio" } }, "jitterBufferTarget", { set: (wait) => void this.waits.push(wait) });
  getReceivers() {
    return [this.receiver];
  }
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
 * What a page makes of an offer: how long the packets are for which its browser is asked, and how long what comes waits.
 * @param {{hears?: string[], relayOnly?: boolean, roundTripMs?: number}} given the formats of speech that the browser knows, and its line
 */
async function given({ hears = ["opus"], relayOnly = true, roundTripMs = THIN_FROM_MS }) {
  Connection.all = [];
  const codecs = hears.map((name) => ({ mimeType: `audio/${name}` }));
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: Stream, RTCRtpReceiver: { getCapabilities: () => ({ codecs }) } });
  const mesh = new Mesh({ send: () => true, onPeer() {}, onLineBack() {}, roundTripMs: () => roundTripMs });
  try {
    mesh.connect({ type: "connect", seq: 1, peer: "p", polite: true, negotiation: 1, relayOnly, iceServers: [] });
    mesh.describe({ type: "offer", seq: 2, from: "p", negotiation: 1, description: { type: "offer", sdp: leanDescription(SOUND, 60) } });
    for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    const connection = Connection.all[0];
    connection?.ontrack?.({ track: connection.receiver.track });
    return { packetMs: askedPacketMs(connection?.remoteDescription?.sdp), waits: connection?.waits };
  } finally {
    mesh.closeAll();
    Reflect.deleteProperty(globalThis, "RTCRtpReceiver");
  }
}

test("sound waits from the first packet on a thin line, in a browser that would begin with too little", async () => {
  assert.deepEqual((await given({})).waits, [THIN_DELAY_MS]);
  assert.deepEqual((await given({ hears: ["red", "opus"] })).waits, [null]);
  assert.deepEqual((await given({ roundTripMs: THIN_FROM_MS - 1 })).waits, [null]);
});

test("a browser that wraps each packet sends the longest over a relay on a thin line, and what was asked for elsewhere", async () => {
  assert.equal((await given({})).packetMs, LONGEST_PACKET_MS);
  assert.equal((await given({ hears: ["red", "opus"] })).packetMs, 60);
  assert.equal((await given({ relayOnly: false })).packetMs, 60);
  assert.equal((await given({ roundTripMs: THIN_FROM_MS - 1 })).packetMs, 60);
});
