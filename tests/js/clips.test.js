/** Clips without a browser's page: sealed for their receivers alone, bounded, in order, each heard once. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { packPart, unpackPart } from "../../web/static/js/clips/binary.js";
import { PACKET_MS } from "../../web/static/js/clips/capture.js";
import { Incoming } from "../../web/static/js/clips/incoming.js";
import { Outgoing, RECENT_MS, SHORTEST_MS, WAITING_MAX_MS } from "../../web/static/js/clips/outgoing.js";
import { Sealing } from "../../web/static/js/clips/sealing.js";

const CANARY = "we meet at the white door";
const ID = "c3".repeat(16);
const bytes = (text) => new TextEncoder().encode(text);
const text = (given) => new TextDecoder().decode(given);

async function friends(...names) {
  const sealings = await Promise.all(names.map((name) => Sealing.create(name)));
  for (const one of sealings) {
    for (const other of sealings) if (one !== other) await one.learn(other.me, other.publicKey);
  }
  return sealings;
}

test("a clip opens for each of its receivers and for nobody else", async () => {
  const [child, worker, psychologist, guardian] = await friends("child", "worker", "psychologist", "guardian");
  const { keys, seal } = await child.beginClip(ID, ["worker", "psychologist"]);
  const sealed = await seal(0, true, bytes(CANARY));
  for (const [receiver, key] of [[worker, keys[0]], [psychologist, keys[1]]]) {
    const open = await receiver.openClip("child", ID, key);
    assert.equal(text(await open(0, true, sealed)), CANARY);
  }
  for (const key of keys) await assert.rejects(guardian.openClip("child", ID, key));
  await assert.rejects(worker.openClip("child", ID, keys[1]), "another's key");
});

test("what a page sends fits the protocol's alphabet and lengths", async () => {
  const [child] = await friends("child", "worker");
  assert.match(child.publicKey, /^B[A-P][A-Za-z0-9_-]{85}$/);
  const { keys, seal } = await child.beginClip(ID, ["worker"]);
  assert.match(keys[0], /^[A-Za-z0-9_-]{70}$/);
  assert.match(await seal(0, false, bytes("x")), /^[A-Za-z0-9_-]{22,4096}$/);
  assert.match(await child.sealText("worker", "x"), /^[A-Za-z0-9_-]{28,}$/);
  assert.ok((await child.sealText("worker", "\u2d63".repeat(400))).length <= 1600);
});

test("a part that was changed, moved, cut off or given to another clip does not open", async () => {
  const [child, worker] = await friends("child", "worker");
  const { keys, seal } = await child.beginClip(ID, ["worker"]);
  const first = await seal(0, false, bytes(CANARY));
  await assert.rejects(worker.openClip("child", "d4".repeat(16), keys[0]));
  const open = await worker.openClip("child", ID, keys[0]);
  await assert.rejects(open(1, false, first));
  await assert.rejects(open(0, true, first));
  await assert.rejects(open(0, false, `${first[0] === "A" ? "B" : "A"}${first.slice(1)}`));
  assert.equal(text(await open(0, false, first)), CANARY);
});

test("what is sent twice is refused the second time, and what comes back to its sender as well", async () => {
  const [child, worker] = await friends("child", "worker");
  const sealed = await child.sealText("worker", CANARY);
  assert.equal(await worker.openText("child", sealed), CANARY);
  await assert.rejects(worker.openText("child", sealed));
  await assert.rejects(child.openText("worker", sealed));
});

test("no nonce comes twice under one key", async () => {
  const used = new Set();
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  const spy = mock.method(crypto.subtle, "encrypt", (given, key, data) => {
    const name = `${keyName(key)} ${Buffer.from(given.iv).toString("hex")}`;
    assert.ok(!used.has(name), name);
    used.add(name);
    return encrypt(given, key, data);
  });
  const numbers = new Map();
  const keyName = (key) => numbers.get(key) ?? numbers.set(key, numbers.size).get(key);
  const [child] = await friends("child", "worker", "psychologist");
  for (let clip = 0; clip < 5; clip++) {
    const { seal } = await child.beginClip(ID, ["worker", "psychologist"]);
    for (let part = 0; part < 5; part++) await seal(part, part === 4, bytes("x"));
    await child.sealText("worker", "x");
  }
  spy.mock.restore();
  assert.equal(used.size, 5 * (2 + 5 + 1));
});

test("parts hold their packets and a part cut short is refused", () => {
  const packets = [bytes("a"), bytes(""), bytes("x".repeat(700))];
  const part = packPart(7, packets);
  assert.deepEqual(unpackPart(part, true), { number: 7, packets: packets.map((each) => new Uint8Array(each)) });
  assert.throws(() => unpackPart(part.subarray(0, part.length - 1), true), RangeError);
});

/** A line on which clips are sealed by doing nothing. */
function line() {
  const state = { receivers: ["worker"], sent: [], accepts: true };
  const outgoing = new Outgoing({
    receivers: () => state.receivers,
    begin: async (id, peers) => ({ keys: peers.map(() => "k"), seal: async (part, last, given) => Buffer.from(given).toString("base64url") }),
    send: (message) => state.accepts && Boolean(state.sent.push(message)),
  });
  const say = (count) => {
    outgoing.begin();
    for (let packet = 0; packet < count; packet++) outgoing.add(new Uint8Array([packet >> 8, packet & 255]));
    outgoing.end();
  };
  const settled = async (milliseconds = 20_000) => {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      mock.timers.tick(100);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { state, outgoing, say, settled };
}

const heard = (messages) => messages.flatMap(({ part, sealed }) => unpackPart(new Uint8Array(Buffer.from(sealed, "base64url")), part === 0).packets.map(([high, low]) => high * 256 + low));

test("what is said without a line waits, at most the last minute of it, and goes out in order", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { state, outgoing, say, settled } = line();
  state.receivers = [];
  const most = WAITING_MAX_MS / PACKET_MS;
  say(most);
  say(200);
  assert.equal(outgoing.waitingMs, WAITING_MAX_MS);
  await settled(1_000);
  assert.deepEqual(state.sent, []);
  state.receivers = ["worker"];
  outgoing.pump();
  await settled();
  mock.timers.reset();
  const clips = [...new Set(state.sent.map(({ clip }) => clip))];
  assert.equal(clips.length, 2);
  assert.deepEqual(heard(state.sent.filter(({ clip }) => clip === clips[0])), Array.from({ length: most - 200 }, (_, packet) => packet + 200));
  assert.deepEqual(heard(state.sent.filter(({ clip }) => clip === clips[1])), Array.from({ length: 200 }, (_, packet) => packet));
  assert.ok(state.sent.every(({ sealed }) => sealed.length <= 4096));
  for (const clip of clips) {
    const parts = state.sent.filter((message) => message.clip === clip);
    assert.deepEqual(parts.map(({ part, last }) => [part, last]), parts.map((_, part) => [part, part === parts.length - 1]));
  }
});

test("a finger that slipped says nothing", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { state, say, settled } = line();
  say(SHORTEST_MS / PACKET_MS - 1);
  await settled(2_000);
  mock.timers.reset();
  assert.deepEqual(state.sent, []);
});

test("what was refused is said again, what was heard long ago is not, and what the child's pause dropped never", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { state, outgoing, say, settled } = line();
  say(30);
  await settled(2_000);
  const [first] = state.sent;
  state.sent = [];
  outgoing.again();
  await settled(2_000);
  assert.equal(state.sent[0]?.clip, first?.clip);
  assert.deepEqual(heard(state.sent), Array.from({ length: 30 }, (_, packet) => packet));
  await settled(RECENT_MS + 1_000);
  state.sent = [];
  outgoing.again();
  await settled(2_000);
  assert.deepEqual(state.sent, []);
  state.receivers = [];
  say(30);
  outgoing.drop();
  state.receivers = ["worker"];
  outgoing.pump();
  await settled(2_000);
  mock.timers.reset();
  assert.deepEqual(state.sent, []);
});

test("a clip that is said again is heard once, from where it had stopped", async () => {
  const [child, worker] = await friends("child", "worker");
  const got = [];
  const incoming = new Incoming(({ packets, last }) => got.push(...packets.map(text), ...(last ? ["end"] : [])));
  const say = async (...parts) => {
    const { keys, seal } = await child.beginClip(ID, ["worker"]);
    for (const [part, packets, last] of parts) {
      const sealed = await seal(part, last, packPart(part ? null : 1, packets.map(bytes)));
      await incoming.take(worker, { type: "clip", from: "child", clip: ID, part, last, key: part ? null : keys[0], sealed });
    }
  };
  await say([0, ["a", "b"], false], [1, ["c"], false]);
  await say([0, ["a", "b", "c", "d"], false], [1, ["e"], true]);
  assert.deepEqual(got, ["a", "b", "c", "d", "e", "end"]);
});
