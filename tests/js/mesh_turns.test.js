import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Mesh } from "../../web/static/js/rtc/mesh.js";
import { THIN_FROM_MS, TURN_MAX_MS } from "../../web/static/js/rtc/turns.js";

/** Stands for the browser's connections: counts what it is told to check. */
class Connection {
  /** @type {Connection[]} */ static all = [];
  /** @type {Mesh | null} */ static mesh = null;
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  /** @type {RTCSessionDescriptionInit | null} */ remoteDescription = null;
  checked = 0;
  /** @type {(() => void) | null} */ oniceconnectionstatechange = null;
  /** @param {RTCConfiguration} given */
  constructor(given) {
    this.given = given;
    Connection.all.push(this);
  }
  restartIce() {}
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
    return { type: "answer", sdp: "" };
  }
  async addIceCandidate() {
    this.checked += 1;
  }
  close() {
    this.connectionState = "closed";
  }
  stands() {
    this.iceConnectionState = "connected";
    this.oniceconnectionstatechange?.();
  }
}

const settled = async () => {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
};
const checked = () => Connection.all.map((connection) => connection.checked);

/** The other side of the nth connection says all that there is to check. @param {number} place */
async function offers(place) {
  const [from, negotiation] = [PEERS[place] ?? "", place + 1];
  Connection.mesh?.describe({ type: "offer", seq: 1, from, negotiation, description: { type: "offer", sdp: "" } });
  Connection.mesh?.candidate({ type: "candidate", seq: 2, from, negotiation, candidate: { candidate: "candidate:1" } });
  await settled();
}

const PEERS = ["child", "worker", "other"];

/** Three connections, of which the other sides have said nothing yet. @param {number} roundTripMs @param {() => Promise<void>} check */
async function withThree(roundTripMs, check) {
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] });
  Connection.all = [];
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {} });
  const mesh = (Connection.mesh = new Mesh({ send: () => true, onPeer: () => undefined, onLineBack: () => undefined, roundTripMs: () => roundTripMs }));
  try {
    for (const [place, peer] of PEERS.entries()) {
      const negotiation = place + 1;
      mesh.connect({ type: "connect", seq: negotiation, peer, polite: true, negotiation, relayOnly: false, iceServers: [{ urls: "stun:a:3478" }] });
    }
    await settled();
    await check();
  } finally {
    mesh.closeAll();
    mock.timers.reset();
  }
}

test("a thin line checks one connection after the other, in the order in which they have something to check", () =>
  withThree(THIN_FROM_MS, async () => {
    await offers(1);
    await offers(2);
    await offers(0);
    assert.deepEqual(checked(), [0, 1, 0]);
    Connection.all[1]?.stands();
    await settled();
    assert.deepEqual(checked(), [0, 1, 1]);
    Connection.all[2]?.stands();
    await settled();
    assert.deepEqual(checked(), [1, 1, 1]);
  }));

test("a connection that does not come about holds up the next for a while only, from when its checks begin", () =>
  withThree(THIN_FROM_MS, async () => {
    mock.timers.tick(TURN_MAX_MS);
    await offers(0);
    await offers(1);
    mock.timers.tick(TURN_MAX_MS - 1);
    await settled();
    assert.deepEqual(checked(), [1, 0, 0]);
    mock.timers.tick(1);
    await settled();
    assert.deepEqual(checked(), [1, 1, 0]);
  }));

test("a connection that is gone holds up nobody", () =>
  withThree(THIN_FROM_MS, async () => {
    await offers(0);
    await offers(1);
    await offers(2);
    Connection.mesh?.disconnect({ type: "disconnect", seq: 9, peer: "worker", negotiation: 2 });
    Connection.mesh?.disconnect({ type: "disconnect", seq: 9, peer: "child", negotiation: 1 });
    await settled();
    assert.deepEqual(checked(), [1, 0, 1]);
  }));

test("on any other line all are checked at once", () =>
  withThree(THIN_FROM_MS - 1, async () => {
    for (const place of PEERS.keys()) await offers(place);
    assert.deepEqual(checked(), [1, 1, 1]);
  }));

test("a connection in the place of one that had to ask all servers asks them from the first moment", () =>
  withThree(0, async () => {
    const iceServers = [{ urls: ["turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp"], username: "u", credential: "c" }];
    const mesh = new Mesh({ send: () => true, onPeer: () => undefined, onLineBack: () => undefined, roundTripMs: () => 0 });
    const urls = () => Connection.all.at(-1)?.given.iceServers?.flatMap((server) => server.urls).length;
    /** @param {number} negotiation */
    const connect = (negotiation) => mesh.connect({ type: "connect", seq: negotiation, peer: "child", polite: true, negotiation, relayOnly: true, iceServers });
    connect(1);
    assert.equal(urls(), 1);
    Object.assign(Connection.all.at(-1) ?? {}, { connectionState: "failed" });
    mesh.setOnline(true);
    await settled();
    connect(2);
    assert.equal(urls(), 2);
    mesh.closeAll();
  }));

test("a STUN server is asked for the line only where UDP has passed: elsewhere its silence says nothing", () =>
  withThree(0, async () => {
    const mesh = /** @type {Mesh} */ (Connection.mesh);
    mesh.setOnline(false);
    assert.deepEqual([Connection.all.length, mesh.lineIsGone], [3, false]);
    mesh.setOnline(true);
    /** @type {any} */ (Connection.all[0]).onicecandidate({ candidate: { type: "srflx", usernameFragment: "a", candidate: "", toJSON() {} } });
    mesh.setOnline(false);
    assert.deepEqual([Connection.all.length, mesh.lineIsGone], [4, true]);
  }));
