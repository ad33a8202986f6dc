import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Mesh, THIN_FROM_MS, TURN_MAX_MS } from "../../web/static/js/rtc/mesh.js";

/** Stands for the browser's connections: has a remote description from the start, and counts what it is told to check. */
class Connection {
  /** @type {Connection[]} */ static all = [];
  /** @type {Mesh | null} */ static mesh = null;
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  remoteDescription = { type: "offer", sdp: "" };
  checked = 0;
  /** @type {(() => void) | null} */ oniceconnectionstatechange = null;
  /** @param {RTCConfiguration} given */
  constructor(given) {
    this.given = given;
    Connection.all.push(this);
  }
  restartIce() {}
  setConfiguration() {}
  createDataChannel() {}
  async setLocalDescription() {}
  async addIceCandidate() {
    this.checked += 1;
  }
  close() {}
  stands() {
    this.iceConnectionState = "connected";
    this.oniceconnectionstatechange?.();
  }
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};
const checked = () => Connection.all.map((connection) => connection.checked);

/** Two connections, one candidate of the other side for each. @param {number} roundTripMs @param {() => Promise<void>} check */
async function withTwo(roundTripMs, check) {
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] });
  Connection.all = [];
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {} });
  const mesh = (Connection.mesh = new Mesh({ send: () => true, onPeer: () => undefined, onLineBack: () => undefined, roundTripMs: () => roundTripMs }));
  try {
    for (const [place, peer] of ["child", "worker"].entries()) {
      const negotiation = place + 1;
      mesh.connect({ type: "connect", seq: negotiation, peer, polite: true, negotiation, relayOnly: false, iceServers: [{ urls: "stun:a:3478" }] });
      mesh.candidate({ type: "candidate", seq: negotiation, from: peer, negotiation, candidate: { candidate: "candidate:1" } });
    }
    await settled();
    await check();
  } finally {
    mesh.closeAll();
    mock.timers.reset();
  }
}

test("a thin line checks one connection after the other, in the order in which they were named", () =>
  withTwo(THIN_FROM_MS, async () => {
    assert.deepEqual(checked(), [1, 0]);
    Connection.all[0]?.stands();
    await settled();
    assert.deepEqual(checked(), [1, 1]);
  }));

test("a connection that does not come about holds up the next for a while only", () =>
  withTwo(THIN_FROM_MS, async () => {
    mock.timers.tick(TURN_MAX_MS);
    await settled();
    assert.deepEqual(checked(), [1, 1]);
  }));

test("on any other line all are checked at once", () =>
  withTwo(THIN_FROM_MS - 1, async () => {
    assert.deepEqual(checked(), [1, 1]);
  }));

test("a connection in the place of one that had to ask all servers asks them from the first moment", () =>
  withTwo(0, async () => {
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
  withTwo(0, async () => {
    const mesh = /** @type {Mesh} */ (Connection.mesh);
    mesh.setOnline(false);
    assert.deepEqual([Connection.all.length, mesh.lineIsGone], [2, false]);
    mesh.setOnline(true);
    /** @type {any} */ (Connection.all[0]).onicecandidate({ candidate: { type: "srflx", usernameFragment: "a", candidate: "", toJSON() {} } });
    mesh.setOnline(false);
    assert.deepEqual([Connection.all.length, mesh.lineIsGone], [3, true]);
  }));
