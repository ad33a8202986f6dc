import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { HANDSHAKE_SILENCE_MS, LOOK_EVERY_MS } from "../../web/static/js/rtc/establishment.js";
import { CARRIES_MS } from "../../web/static/js/rtc/liveness.js";
import { Mesh } from "../../web/static/js/rtc/mesh.js";
import { Peer } from "../../web/static/js/rtc/peer.js";
import { POLITE_GRACE_MS } from "../../web/static/js/rtc/recovery.js";
import { OVERTAKING_MAX_MS, THIN_FROM_MS } from "../../web/static/js/rtc/turns.js";

/** Stands for the browser's connections: the test says how far each has come. */
class Connection {
  /** @type {Connection[]} */ static all = [];
  connectionState = "connecting";
  iceConnectionState = "checking";
  signalingState = "stable";
  remoteDescription = { type: "offer", sdp: "" };
  /** @type {(() => void) | null} */ onconnectionstatechange = null;
  /** @type {((event: {candidate: object}) => void) | null} */ onicecandidate = null;
  constructor() {
    Connection.all.push(this);
  }
  setConfiguration() {}
  restarts = 0;
  restartIce() {
    this.restarts += 1;
  }
  createDataChannel() {
    return {};
  }
  getReceivers() {
    return [];
  }
  async setLocalDescription() {}
  async addIceCandidate() {}
  async getStats() {
    return new Map();
  }
  close() {
    this.connectionState = "closed";
  }
  /** @param {string} ice @param {string} connection */
  becomes(ice, connection) {
    Object.assign(this, { iceConnectionState: ice, connectionState: connection });
    this.onconnectionstatechange?.();
  }
  shakesHands() {
    this.becomes("connected", "connecting");
  }
  stands() {
    this.becomes("connected", "connected");
  }
}

/** @param {(given: {mesh: Mesh, connects: (peer?: string) => Connection, told: [string, unknown][], said: {type: string, peer?: string}[]}) => void | Promise<void>} check */
async function withMesh(check, roundTripMs = 0) {
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] });
  Connection.all = [];
  Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {} });
  /** @type {[string, unknown][]} */ const told = [];
  /** @type {{type: string, peer?: string}[]} */ const said = [];
  const mesh = new Mesh({
    send: (message) => said.push(message) > 0, onPeer: (_, state, stream) => told.push([state, stream]), onLineBack: () => undefined, roundTripMs: () => roundTripMs,
  });
  let negotiation = 0;
  const connects = (peer = "p") => {
    negotiation += 1;
    mesh.connect({ type: "connect", seq: negotiation, peer, polite: true, negotiation, relayOnly: false, iceServers: [] });
    return /** @type {Connection} */ (Connection.all.at(-1));
  };
  try {
    await check({ mesh, connects, told, said });
  } finally {
    mesh.closeAll();
    mock.timers.reset();
  }
}

/** @param {number} ms */
const pass = async (ms) => {
  for (let gone = 0; gone < ms; gone += LOOK_EVERY_MS) {
    mock.timers.tick(LOOK_EVERY_MS);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
};

/** The newest connection stands at both ends. @param {Mesh} mesh @param {Connection} connection */
function isThrough(mesh, connection) {
  Object.assign(mesh.legs()[0]?.peer ?? {}, { channels: { isOpen: true } });
  connection.stands();
}

const states = () => Connection.all.map(({ connectionState }) => connectionState);

test("a handshake that is under way goes on behind a new connection, is heard as soon as it is through, and makes way once that is heard at both ends", () =>
  withMesh(({ mesh, connects, told, said }) => {
    const first = connects();
    first.shakesHands();
    const second = connects();
    assert.deepEqual(states(), ["connecting", "connecting"]);
    first.onicecandidate?.({ candidate: { candidate: "candidate:1", toJSON: () => ({}) } });
    assert.deepEqual(said, [], "the server knows the older one no more");

    first.stands();
    const [state, stream] = told.at(-1) ?? [];
    assert.equal(state, "connected");

    second.stands();
    assert.deepEqual(states(), ["connected", "connected"], "the other side may hear the older one alone");
    assert.equal(told.at(-1)?.[1], stream);
    isThrough(mesh, second);
    assert.deepEqual(states(), ["closed", "connected"]);
    assert.equal(told.at(-1)?.[0], "connected");
    assert.notEqual(told.at(-1)?.[1], stream);
  }));

test("what is said over a connection that is heard at both ends is not said over the new one too, until that is heard as well", () =>
  withMesh(async ({ mesh, connects }) => {
    const tracks = mock.method(Peer.prototype, "setTracks");
    const audio = /** @type {any} */ ({});
    /** @param {Peer | undefined} peer */
    const told = (peer) => tracks.mock.calls.filter((call) => call.this === peer).at(-1)?.arguments[0].audio ?? null;
    try {
      mesh.setTracks({ audio, video: null });
      mesh.setSending(true);
      const first = connects();
      isThrough(mesh, first);
      const older = mesh.legs()[0]?.peer;
      assert.deepEqual([told(older), mesh.legs()[0]?.isSpare], [audio, false]);
      const second = connects();
      const newer = mesh.legs()[0]?.peer;
      mesh.setTracks({ audio, video: null });
      assert.deepEqual([told(older), newer?.setting.tracks.audio, told(newer), mesh.legs()[0]?.isSpare], [audio, null, null, true]);
      second.stands();
      assert.equal(told(newer), null);
      isThrough(mesh, second);
      assert.deepEqual([told(newer), mesh.legs()[0]?.isSpare], [audio, false]);

      const third = connects();
      const newest = mesh.legs()[0]?.peer;
      assert.equal(newest?.setting.tracks.audio, null);
      second.becomes("failed", "failed");
      assert.deepEqual([told(newest), mesh.legs()[0]?.isSpare], [audio, false], "nothing is heard over the older one any more");
      isThrough(mesh, third);
      assert.deepEqual(states(), ["closed", "closed", "connected"]);
    } finally {
      tracks.mock.restore();
    }
  }));

test("a connection that stands here, and not at the other end, goes on too; one that has fallen silent does not", () =>
  withMesh(({ mesh, connects }) => {
    const first = connects();
    first.stands();
    const second = connects();
    assert.deepEqual(states(), ["connected", "connecting"]);
    isThrough(mesh, second);
    assert.deepEqual(states(), ["closed", "connected"]);
    mesh.legs()[0]?.peer.noteLook({ silentMs: 1_000, arrived: false });
    connects();
    assert.deepEqual(states(), ["closed", "closed", "connecting"]);
  }));

test("checks that get lost are no trouble as long as something comes over the way, and are when nothing does", () =>
  withMesh(async ({ mesh, connects, told }) => {
    mesh.setOnline(true);
    const connection = connects();
    connection.stands();
    const peer = mesh.legs()[0]?.peer;
    Object.assign(peer ?? {}, { channels: { isOpen: true } });
    peer?.noteLook({ silentMs: 0, arrived: true });
    connection.becomes("disconnected", "disconnected");
    assert.equal(peer?.isThrough, true, "and no voice goes over the socket");
    assert.equal(told.at(-1)?.[0], "connected");
    mock.timers.tick(CARRIES_MS - 1);
    peer?.noteLook({ silentMs: 0, arrived: true });
    mock.timers.tick(POLITE_GRACE_MS);
    assert.equal(connection.restarts, 0);
    peer?.noteLook({ silentMs: 0, arrived: false });
    assert.equal(told.at(-1)?.[0], "disconnected");
    mock.timers.tick(POLITE_GRACE_MS + LOOK_EVERY_MS);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    assert.equal(connection.restarts, 1);
  }));

test("the new connection may be the quicker one", () =>
  withMesh(({ mesh, connects }) => {
    connects().shakesHands();
    isThrough(mesh, connects());
    assert.deepEqual(states(), ["closed", "connected"]);
  }));

test("what is heard from behind is kept while further connections are tried", () =>
  withMesh(({ connects, told }) => {
    const first = connects();
    first.shakesHands();
    connects().shakesHands();
    first.stands();
    connects();
    assert.deepEqual(states(), ["connected", "closed", "connecting"]);
    assert.equal(told.at(-1)?.[0], "connected");
  }));

test("of two handshakes the older is given up for the third", () =>
  withMesh(({ connects }) => {
    connects().shakesHands();
    connects().shakesHands();
    connects();
    assert.deepEqual(states(), ["closed", "connecting", "connecting"]);
  }));

test("whoever is to be disconnected is gone from before and behind at once", () =>
  withMesh(({ mesh, connects, told }) => {
    connects().shakesHands();
    connects().shakesHands();
    mesh.disconnect({ type: "disconnect", seq: 9, peer: "p", negotiation: 2 });
    assert.deepEqual(states(), ["closed", "closed"]);
    assert.equal(told.at(-1)?.[0], "closed");
  }));

test("a connection that did not even find its way goes at once", () =>
  withMesh(({ connects }) => {
    connects();
    connects();
    assert.deepEqual(states(), ["closed", "connecting"]);
  }));

test("a handshake that hangs is given up once, and the next one has twice as long", () =>
  withMesh(async ({ mesh, connects, said }) => {
    mesh.setOnline(true);
    const asked = () => said.filter(({ type }) => type === "reconnect").length;
    connects().shakesHands();
    await pass(HANDSHAKE_SILENCE_MS - LOOK_EVERY_MS);
    assert.equal(asked(), 0);
    await pass(LOOK_EVERY_MS);
    assert.equal(asked(), 1);
    connects().shakesHands();
    await pass(2 * HANDSHAKE_SILENCE_MS - LOOK_EVERY_MS);
    assert.equal(asked(), 1);
    await pass(LOOK_EVERY_MS);
    assert.equal(asked(), 2);
  }));

for (const [line, roundTripMs] of /** @type {const} */ ([["a thin line", THIN_FROM_MS], ["any other", 0]])) {
  test(`of two handshakes that hang at once, ${line} overtakes ${roundTripMs ? "one after the other" : "both"}`, () =>
    withMesh(async ({ mesh, connects, said }) => {
      mesh.setOnline(true);
      const asked = () => said.flatMap(({ type, peer }) => (type === "reconnect" ? [peer] : []));
      for (const peer of ["p", "q"]) connects(peer).shakesHands();
      await pass(HANDSHAKE_SILENCE_MS);
      assert.deepEqual(asked(), roundTripMs ? ["p"] : ["p", "q"]);
      if (!roundTripMs) return;
      const anew = connects("p");
      await pass(OVERTAKING_MAX_MS - LOOK_EVERY_MS);
      assert.deepEqual(asked(), ["p"]);
      anew.shakesHands();
      await pass(LOOK_EVERY_MS);
      assert.deepEqual(asked(), ["p", "q"]);
    }, roundTripMs));
}

test("what overtakes and finds no way holds up the next for a while only", () =>
  withMesh(async ({ mesh, connects, said }) => {
    mesh.setOnline(true);
    connects("p").shakesHands();
    connects("p");
    connects("q").shakesHands();
    await pass(OVERTAKING_MAX_MS - LOOK_EVERY_MS);
    assert.deepEqual(said, []);
    await pass(LOOK_EVERY_MS);
    assert.deepEqual(said.map(({ peer }) => peer), ["q"]);
  }, THIN_FROM_MS));

test("what goes out is said to the one behind as well: the child's pause silences it", () =>
  withMesh(({ mesh, connects }) => {
    const first = connects();
    first.shakesHands();
    const second = connects();
    const told = mock.method(Peer.prototype, "setTracks", async () => undefined);
    mesh.setSending(true);
    mesh.setSending(false);
    const heard = told.mock.calls.map((call) => /** @type {Peer} */ (call.this).pc);
    told.mock.restore();
    // @ts-ignore these stand for the browser's
    assert.deepEqual(heard.map((pc) => Connection.all.indexOf(pc)).sort(), [0, 0, 1, 1]);
    assert.equal(second.connectionState, "connecting");
  }));

test("a server that starts anew is left one connection for each person", () =>
  withMesh(({ mesh, connects }) => {
    connects().shakesHands();
    connects();
    mesh.bequeath();
    assert.deepEqual(states(), ["closed", "connecting"]);
  }));
