/** Voice over the socket without a browser: said while no connection carries it, to those who are there, and not a word longer. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, mock, test } from "node:test";

import { packPart, unpackPart } from "../../web/static/js/clips/binary.js";
import { KeyAgreement } from "../../web/static/js/clips/key-agreement.js";
import { Sealing } from "../../web/static/js/clips/sealing.js";
import { BEHIND_MAX_S, LOOK_MS, SocketVoice } from "../../web/static/js/clips/socket-voice.js";
import { readVoice, writeVoice } from "../../web/static/js/clips/voice-frames.js";
import { VoiceIn } from "../../web/static/js/clips/voice-in.js";
import { PART_PACKETS, VoiceOut, voiceName } from "../../web/static/js/clips/voice-out.js";

const STREAM = "c3c3c3c3";
const [CHILD, WORKER, PSYCHOLOGIST] = ["c1", "d2", "e3"].map((pair) => pair.repeat(16));
const CONTRACT = JSON.parse(readFileSync(new URL("../contract/voice_frames.json", import.meta.url), "utf8"));
/** @param {string} hex @returns {ArrayBuffer} */
const buffer = (hex) => new Uint8Array(Buffer.from(hex, "hex")).buffer;
/** What the server makes of a page's frame for one of its receivers; null where it is for others. */
function passedOn(frame, from, to) {
  const given = Buffer.from(frame);
  const count = given[1];
  const ids = Array.from({ length: count }, (_, number) => given.subarray(8 + 16 * number, 24 + 16 * number).toString("hex"));
  const [number, first] = [ids.indexOf(to), given.readUInt16BE(6) === 0];
  const keysAt = 8 + 16 * count;
  if (number < 0) return null;
  const key = first ? given.subarray(keysAt + 52 * number, keysAt + 52 * (number + 1)) : Buffer.alloc(0);
  const rest = given.subarray(keysAt + (first ? 52 * count : 0));
  return new Uint8Array(Buffer.concat([Buffer.from([1]), Buffer.from(from, "hex"), given.subarray(2, 8), key, rest])).buffer;
}
const bytes = (text) => new TextEncoder().encode(text);
const text = (given) => new TextDecoder().decode(given);
/** Sealing is done beside the loop, one step after another: each round lets every one of them go a step on, however busy the machine. */
const settled = async () => {
  for (let round = 0; round < 24; round++) {
    await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

async function friends(...names) {
  const sealings = await Promise.all(names.map((name) => Sealing.create(name)));
  for (const one of sealings) {
    for (const other of sealings) if (one !== other) await one.learn(other.me, other.publicKey);
  }
  return sealings;
}

for (const { frame, ...voice } of CONTRACT.page.valid) {
  test(`a page's frame: part ${voice.part} for ${voice.to.length}`, () => {
    assert.equal(Buffer.from(writeVoice(voice)).toString("hex"), frame);
  });
}

for (const { frame, ...voice } of CONTRACT.server.valid) {
  test(`the server's frame: part ${voice.part}`, () => assert.deepEqual(readVoice(buffer(frame)), voice));
}

for (const [why, frame] of Object.entries(CONTRACT.server.invalid)) {
  test(`no voice: ${why}`, () => assert.throws(() => readVoice(buffer(frame)), RangeError));
}

/** Somebody speaks: packets that are numbered, sealed by doing nothing. */
function speaker(...receivers) {
  const said = { receivers, sent: [], begun: [], packet: 0 };
  const out = new VoiceOut({
    receivers: () => said.receivers,
    begin: async (name, peers) => (said.begun.push(name), { keys: peers.map((peer) => `key of ${peer}`), seal: async (part, last, given) => Buffer.from(given).toString("base64url") }),
    send: (message) => said.sent.push(message),
  });
  const speak = async (packets) => {
    for (let count = 0; count < packets; count++) out.add(new Uint8Array([said.packet++]));
    await settled();
  };
  return { said, out, speak };
}

const packetsOf = ({ sealed }) => unpackPart(new Uint8Array(Buffer.from(sealed, "base64url")), false).packets.map(([packet]) => packet);

test("the first part is short so that something is heard soon, later ones are longer because each costs", async () => {
  const { said, speak } = speaker("worker", "psychologist");
  await speak(2 + 4 + 6 + 6 + 5);
  assert.deepEqual([...PART_PACKETS], [2, 4, 6]);
  assert.deepEqual(said.sent.map((message) => packetsOf(message).length), [2, 4, 6, 6]);
  assert.deepEqual(said.sent.flatMap(packetsOf), Array.from({ length: 18 }, (_, packet) => packet));
  assert.deepEqual(said.sent.map(({ part, keys }) => [part, keys]), [[0, ["key of worker", "key of psychologist"]], [1, []], [2, []], [3, []]]);
  assert.ok(said.sent.every(({ to, stream }) => to.join() === "worker,psychologist" && /^[0-9a-f]{8}$/.test(stream)));
});

test("who is reached otherwise gets no more of it, and who comes later gets a key", async () => {
  const { said, speak } = speaker("worker", "psychologist");
  await speak(2);
  said.receivers = ["psychologist"];
  await speak(4);
  said.receivers = ["psychologist", "guardian"];
  await speak(6);
  assert.deepEqual(said.sent.map(({ to, part }) => [to.join(), part]), [["worker,psychologist", 0], ["psychologist", 1], ["psychologist,guardian", 0]]);
  assert.notEqual(said.sent[2].stream, said.sent[0].stream);
  assert.equal(said.begun[1], voiceName(said.sent[2].stream));
});

test("what was said before an end is not sent after it, though it was being sealed", async () => {
  const { said, out, speak } = speaker("worker");
  out.add(new Uint8Array([1]));
  out.add(new Uint8Array([2]));
  out.end();
  await settled();
  assert.deepEqual(said.sent, []);
  await speak(2);
  assert.equal(said.sent.length, 1);
  assert.deepEqual(said.sent.map(({ part }) => part), [0]);
});

test("with nobody to hear it, nothing is sealed", async () => {
  const { said, speak } = speaker();
  await speak(12);
  assert.deepEqual([said.sent, said.begun], [[], []]);
});

test("a voice opens for its receivers alone, in order, without what was lost, and never as a clip", async () => {
  const [child, worker, guardian] = await friends("child", "worker", "guardian");
  const sent = [];
  const out = new VoiceOut({ receivers: () => ["worker"], begin: (name, peers) => child.beginClip(name, peers), send: (message) => sent.push(message) });
  for (let packet = 0; packet < 18; packet++) out.add(bytes(String.fromCharCode(97 + packet)));
  await settled();
  const heard = [];
  const incoming = new VoiceIn((from, packets) => heard.push(`${from}: ${packets.map(text).join("")}`));
  /** @param {number} number */
  const relayed = (number) => ({ from: "child", stream: sent[number].stream, part: number, key: sent[number].keys[0] ?? null, sealed: sent[number].sealed });
  for (const number of [0, 1, 3, 2, 3]) await incoming.take(worker, relayed(number));
  assert.deepEqual(heard, ["child: ab", "child: cdef", "child: mnopqr"]);
  const quiet = mock.method(console, "warn", () => undefined);
  await incoming.take(worker, relayed(0));
  await new VoiceIn(() => heard.push("a stranger")).take(guardian, relayed(0));
  quiet.mock.restore();
  assert.equal(heard.length, 3, "nothing is heard twice, or by somebody else");
  await assert.rejects(worker.openClip("child", sent[0].stream, sent[0].keys[0]));
});

test("keys are made for a peer once, and others' that came too soon are learnt then", async () => {
  const said = [];
  let changes = 0;
  const agreement = new KeyAgreement({ send: (message) => said.push(message), early: () => null, changed: () => (changes += 1) });
  const [other] = await friends("worker");
  agreement.take({ type: "sealing-key", seq: 1, from: "worker", publicKey: other.publicKey });
  await Promise.all([agreement.become("child"), agreement.become("child")]);
  await settled();
  assert.deepEqual(said.map(({ type }) => type), ["sealing-key"]);
  assert.equal(said[0].publicKey, agreement.sealing.publicKey);
  assert.ok(agreement.sealing.knows("worker"));
  assert.ok(changes >= 2);
  const before = agreement.sealing;
  await agreement.become("child-again");
  assert.notEqual(agreement.sealing, before);
  assert.equal(agreement.sealing.me, "child-again");
  assert.ok(!agreement.sealing.knows("worker"));
});

test("keys of which one was told at the tap are this peer's, and no other's", async () => {
  const said = [];
  const [made] = await friends("child");
  const early = { peer: "child", privateKey: made.privateKey, publicKey: made.publicKey };
  const agreement = new KeyAgreement({ send: (message) => said.push(message), early: () => early, changed: () => undefined });
  await agreement.become("child");
  assert.equal(agreement.sealing.publicKey, made.publicKey);
  assert.deepEqual(said, [], "it was told already");
  await agreement.become("child-again");
  assert.notEqual(agreement.sealing.publicKey, made.publicKey);
  assert.deepEqual(said.map(({ publicKey }) => publicKey), [agreement.sealing.publicKey]);
});

/** What browsers have and this has not: a microphone that is heard by hand, an encoder that changes nothing, a loudspeaker that keeps a list. */
function withSound() {
  const world = { nodes: [], played: [], cut: 0, contexts: [] };
  class Context {
    state = "running";
    currentTime = 0;
    destination = {};
    audioWorklet = { addModule: async () => undefined };
    constructor() {
      world.contexts.push(this);
    }
    createGain = () => ({ connect: () => undefined, disconnect: () => (world.cut += 1) });
    createBuffer = () => ({ duration: 0.06, getChannelData: () => new Float32Array(960) });
    createBufferSource = () => ({ connect: () => undefined, start: (/** @type {number} */ when) => world.played.push(when) });
    createMediaStreamSource = () => ({ connect: () => undefined, disconnect: () => undefined });
    resume = async () => undefined;
    suspend = async () => undefined;
    close = async () => void (this.state = "closed");
  }
  class Encoder {
    static isConfigSupported = async () => ({ supported: true });
    state = "configured";
    constructor({ output }) {
      this.output = output;
    }
    configure() {}
    encode() {
      this.output({ byteLength: 4, copyTo: (/** @type {Uint8Array} */ into) => into.set([1, 2, 3, 4]) });
    }
    flush = async () => undefined;
    close() {}
  }
  class Decoder extends Encoder {
    decode() {
      this.output({ numberOfFrames: 960, sampleRate: 16_000, copyTo: () => undefined, close: () => undefined });
    }
  }
  class Node {
    port = { onmessage: null };
    constructor() {
      world.nodes.push(this);
    }
  }
  const named = { AudioContext: Context, AudioEncoder: Encoder, AudioDecoder: Decoder, AudioWorkletNode: Node, MediaStream: class {}, AudioData: class { close() {} }, EncodedAudioChunk: class {} };
  Object.assign(globalThis, named);
  return world;
}

/** A child and a psychologist in a live room, whose connections are as `ways` says. */
async function pair() {
  const world = withSound();
  mock.timers.enable({ apis: ["setInterval"] });
  const people = {};
  const ids = { child: CHILD, psychologist: PSYCHOLOGIST };
  const names = Object.keys(ids);
  const sent = [];
  for (const me of names) {
    const [otherName] = names.filter((name) => name !== me);
    const other = ids[otherName];
    const way = { isThrough: false, heardAt: -Infinity };
    const carrier = {
      get isThrough() { return way.isThrough; },
      pc: { getReceivers: () => [{ track: { kind: "audio" }, getSynchronizationSources: () => [{ timestamp: way.heardAt }] }] },
    };
    const model = {
      screen: "room", admitted: true, room: { state: "live" }, paused: false, mayHear: true, signaling: "online", quality: null, on: { audio: true },
      tracks: { audio: { enabled: true, clone: () => assert.fail("its own track shows whether it is on") } }, links: new Map([[other, { state: "connecting" }]]), roster: [{ peer: other, presence: "present" }],
    };
    const send = (message) => {
      if (message.type === "sealing-key") queueMicrotask(() => people[otherName]?.voice.agreement.take({ ...message, from: ids[me] }));
      else {
        sent.push({ from: me });
        const frame = passedOn(message.frame, ids[me], other);
        if (frame) people[otherName].voice.take({ type: "voice", frame });
      }
      return true;
    };
    people[me] = { way, model, voice: new SocketVoice({ send, carrier: () => carrier, early: () => null, changed: () => undefined }) };
  }
  for (const me of names) await people[me].voice.agreement.become(ids[me]);
  await settled();
  for (const me of names) people[me].voice.show(people[me].model);
  await settled();
  const speak = async (packets) => {
    for (let count = 0; count < packets; count++) for (const node of world.nodes) node.port.onmessage?.({ data: new Float32Array(960) });
    await settled();
  };
  const look = async () => {
    mock.timers.tick(LOOK_MS);
    await settled();
  };
  return { ...people, world, sent, speak, look };
}

afterEach(() => mock.timers.reset());

test("two who no connection joins yet hear each other, and nothing more is sent once connections carry it", async () => {
  const { child, psychologist, world, sent, speak, look } = await pair();
  await speak(6);
  assert.deepEqual([...new Set(sent.map(({ from }) => from))].sort(), ["child", "psychologist"]);
  assert.equal(world.played.length, 12);
  child.way.isThrough = psychologist.way.isThrough = true;
  await look();
  const before = sent.length;
  await speak(12);
  assert.equal(sent.length, before);
  assert.equal(world.played.length, 12);
  child.way.isThrough = false;
  await look();
  await speak(6);
  assert.ok(sent.length > before, "a connection that is lost again");
  assert.ok(sent.slice(before).every(({ from }) => from === "child"));
});

test("the child's pause silences both ways at once, also what was said a moment before", async () => {
  const { child, world, sent, speak } = await pair();
  await speak(6);
  const [said, played] = [sent.length, world.played.length];
  for (const node of world.nodes) for (let count = 0; count < 6; count++) node.port.onmessage?.({ data: new Float32Array(960) });
  Object.assign(child.model, { paused: true, mayHear: false });
  child.voice.show(child.model);
  await settled();
  assert.ok(sent.slice(said).every(({ from }) => from !== "child"));
  assert.equal(world.played.length, played, "nothing more is heard");
  assert.ok(world.cut > 0, "what was to be heard yet is cut");
});

test("whom a connection brings already is not heard twice, and what is ahead of it is cut", async () => {
  const { child, world, sent, speak, look } = await pair();
  await speak(2);
  const [played, cut, said] = [world.played.length, world.cut, sent.length];
  child.way.heardAt = performance.timeOrigin + performance.now();
  await look();
  assert.equal(world.cut, cut + 1);
  await speak(4);
  assert.equal(world.played.length, played);
  assert.deepEqual(sent.slice(said).map(({ from }) => from), ["psychologist"], "who hears somebody over a connection is heard there too");
});

test("a voice that comes together with its speaker's key, or before it, is heard from its first part on", async () => {
  const { child, world } = await pair();
  const worker = await Sealing.create(WORKER);
  await worker.learn(CHILD, child.voice.agreement.sealing.publicKey);
  const { keys, seal } = await worker.beginClip(voiceName(STREAM), [CHILD]);
  const played = world.played.length;
  for (const [part, packets] of [[0, 2], [1, 4]]) {
    const sealed = await seal(part, false, packPart(null, Array.from({ length: packets }, () => bytes("x"))));
    const frame = passedOn(writeVoice({ to: [CHILD], stream: STREAM, part, keys: part ? [] : keys, sealed }), WORKER, CHILD);
    child.voice.take({ type: "voice", frame });
  }
  await settled();
  assert.equal(world.played.length, played, "nobody knows yet whose it is");
  child.voice.agreement.take({ type: "sealing-key", seq: 9, from: WORKER, publicKey: worker.publicKey });
  await settled();
  assert.equal(world.played.length, played + 6);
});

test("a microphone that is changed goes on being heard", async () => {
  const { child, world, sent, speak } = await pair();
  await speak(2);
  const before = world.nodes.length;
  child.model.tracks = { audio: { enabled: true } };
  child.voice.show(child.model);
  await settled();
  assert.equal(world.nodes.length, before + 1, "what listens is made anew");
  const said = sent.filter(({ from }) => from === "child").length;
  for (let packet = 0; packet < 6; packet++) world.nodes.at(-1).port.onmessage({ data: new Float32Array(960) });
  await settled();
  assert.ok(sent.filter(({ from }) => from === "child").length > said);
});

for (const [why, change] of /** @type {[string, (model: any) => void][]} */ ([
  ["people hold a button to speak", (model) => (model.quality = { rung: "clips" })],
  ["the other one is away", (model) => (model.roster[0].presence = "away")],
  ["the microphone is off", (model) => (model.tracks.audio.enabled = false)],
  ["nobody has let them in", (model) => (model.admitted = false)],
  ["the room is not live", (model) => (model.room.state = "waiting")],
  ["the server is not heard", (model) => (model.signaling = "resuming")],
])) {
  test(`nothing is said when ${why}`, async () => {
    const { child, sent, speak } = await pair();
    change(child.model);
    child.voice.show(child.model);
    await settled();
    const before = sent.length;
    await speak(12);
    assert.deepEqual(sent.slice(before).filter(({ from }) => from === "child"), []);
  });
}

test("a voice that the line holds up is not heard ever later", async () => {
  const { child, psychologist, world, speak } = await pair();
  await speak(2);
  Object.assign(child.model.tracks, { audio: null });
  child.voice.show(child.model);
  for (let times = 0; times < 20; times++) await speak(6);
  const ahead = Math.max(...world.played);
  assert.ok(ahead < BEHIND_MAX_S + 1, `${ahead} s behind`);
  assert.ok(psychologist.model.mayHear);
});
