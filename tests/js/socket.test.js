import assert from "node:assert/strict";
import { mock, test } from "node:test";

import {
  HASTY_FOR_MS, HASTY_PING_INTERVAL_MS, MESSAGE_OVERHEAD_BYTES, OPEN_WITHIN_MS, PING_INTERVAL_MS, SILENCE_MAX_MS, SLOW_OPENING_MS, SignalSocket,
} from "../../web/static/js/signaling/socket.js";

/** Stands for the browser's sockets: does nothing by itself. */
class Dialled {
  /** @type {Dialled[]} */ static all = [];
  readyState = 0;
  /** @type {{type: string}[]} */ said = [];
  /** @type {(() => void) | null} */ onopen = null;
  /** @type {((event: {data: string}) => void) | null} */ onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */ onclose = null;
  constructor() {
    Dialled.all.push(this);
  }
  /** @param {string} text */
  send(data) {
    this.said.push(typeof data === "string" ? JSON.parse(data) : { type: "voice", frame: data });
  }
  close() {
    this.readyState = 3;
  }
  opens() {
    this.readyState = 1;
    this.onopen?.();
  }
  /** @param {object} message */
  hears(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  /** @param {number[]} bytes */
  hearsBytes(...bytes) {
    this.onmessage?.({ data: new Uint8Array(bytes).buffer });
  }
  /** @param {string} type */
  count(type) {
    return this.said.filter((message) => message.type === type).length;
  }
}

const WELCOME = { type: "welcome", peer: "p", resumeKey: "k", resumed: false, received: 0, now: "2026-11-22T10:00:00Z" };
const PONG = { type: "pong", now: WELCOME.now, received: 0 };
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** @param {(given: {socket: SignalSocket, facts: {gone: boolean, asked: number, heard: string[]}, last: () => Dialled}) => Promise<void>} check */
async function withSocket(check) {
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] });
  const clock = mock.method(performance, "now", () => Date.now());
  Dialled.all = [];
  Object.assign(globalThis, { WebSocket: Dialled, location: { href: "https://wasl.example.org/call/1" } });
  const facts = { gone: false, asked: 0, heard: /** @type {string[]} */ ([]) };
  const socket = new SignalSocket({
    ticket: async () => ((facts.asked += 1), "ticket"),
    lineIsGone: () => facts.gone,
    onMessage: (message) => void facts.heard.push(message.type),
    onState: () => undefined,
    onEnd: () => undefined,
    onRefused: () => undefined,
    onClock: () => undefined,
  });
  try {
    await check({ socket, facts, last: () => /** @type {Dialled} */ (Dialled.all.at(-1)) });
  } finally {
    socket.close();
    clock.mock.restore();
    mock.timers.reset();
  }
}

/** @param {{socket: SignalSocket, last: () => Dialled}} given */
async function comesIn({ socket, last }) {
  socket.open();
  last().opens();
  await soon();
  last().hears(WELCOME);
}

test("a socket that does not open is dialled anew", () =>
  withSocket(async ({ socket }) => {
    socket.open();
    mock.timers.tick(OPEN_WITHIN_MS - 1_000);
    assert.equal(Dialled.all.length, 1);
    mock.timers.tick(3_000);
    assert.equal(Dialled.all.length, 2);
    assert.equal(Dialled.all[0]?.readyState, 3);
  }));

test("a slow line is pinged often at first, and then as seldom as any other", () =>
  withSocket(async (given) => {
    await comesIn(given);
    const delayMs = 500;
    /** @type {number[]} */ const pinged = [];
    /** How many pings go out in this time, each answered after the line's delay. @param {number} ms */
    const pingsIn = (ms) => {
      const before = pinged.length;
      for (let passed = 0; passed < ms; passed += 50) {
        mock.timers.tick(50);
        while (pinged.length < given.last().count("ping")) pinged.push(Date.now());
        for (const at of pinged) if (Date.now() - at === delayMs) given.last().hears(PONG);
      }
      return pinged.length - before;
    };
    pingsIn(PING_INTERVAL_MS + delayMs);
    assert.equal(given.socket.roundTripMs, delayMs);
    assert.equal(pingsIn(2_000), 2_000 / HASTY_PING_INTERVAL_MS);
    pingsIn(HASTY_FOR_MS);
    assert.equal(pingsIn(5 * PING_INTERVAL_MS), 5);
  }));

test("a quick line is pinged once a second", () =>
  withSocket(async (given) => {
    await comesIn(given);
    for (let passed = 0; passed < 3_000; passed += 100) {
      mock.timers.tick(100);
      if (given.last().count("ping")) given.last().hears(PONG);
    }
    assert.equal(given.last().count("ping"), 3);
  }));

test("an early socket that was greeted is not greeted again, and what it heard is taken", () =>
  withSocket(async ({ socket, facts }) => {
    const early = new Dialled();
    early.readyState = 1;
    const heard = [WELCOME, { type: "admitted", seq: 1 }].map((message) => JSON.stringify(message));
    // @ts-ignore only what the socket uses
    socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 100, met: true, pings: [], heard, closedWith: 0 } });
    await soon();
    assert.deepEqual([facts.heard, early.count("hello"), Dialled.all.length], [["welcome", "admitted"], 0, 1]);
  }));

for (const isOpen of [true, false]) {
  test(`an early socket that was let in ${isOpen ? "is not greeted" : "and is not open yet is not greeted either"}`, () =>
    withSocket(async ({ socket, facts }) => {
      const early = new Dialled();
      early.readyState = Number(isOpen);
      // @ts-ignore only what the socket uses
      socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 0, met: true, pings: [], heard: [], closedWith: 0 } });
      await soon();
      early.opens();
      await soon();
      early.hears(WELCOME);
      assert.deepEqual([early.count("hello"), facts.heard, Dialled.all.length], [0, ["welcome"], 1]);
    }));
}

test("an early socket whose request brought no ticket says hello with the next one, and one that is closed makes way", async () => {
  for (const readyState of [0, 1, 3])
    await withSocket(async ({ socket, facts, last }) => {
      const early = new Dialled();
      early.readyState = readyState;
      // @ts-ignore only what the socket uses
      socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 0, met: false, pings: [], heard: [], closedWith: 0 } });
      await soon();
      assert.equal(Dialled.all.length, readyState === 3 ? 2 : 1);
      last().opens();
      await soon();
      last().hears(WELCOME);
      assert.deepEqual([last().said, facts.heard], [[HELLO], ["welcome"]]);
    });
});

test("an early socket that was let in is not greeted though the answer was lost", () =>
  withSocket(async ({ socket, facts }) => {
    const early = new Dialled();
    early.readyState = 1;
    const heard = [JSON.stringify(WELCOME)];
    // @ts-ignore only what the socket uses
    socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 100, met: false, pings: [], heard, closedWith: 0 } });
    await soon();
    assert.deepEqual([early.count("hello"), facts.heard], [0, ["welcome"]]);
  }));

/** What was pinged between the greeting and its answer. @param {number} openingMs */
const pingedBeforeTheWelcome = (openingMs) =>
  withSocket(async ({ socket, last }) => {
    socket.open();
    mock.timers.tick(openingMs);
    last().opens();
    await soon();
    mock.timers.tick(3 * HASTY_PING_INTERVAL_MS);
    assert.equal(last().count("ping"), openingMs < SLOW_OPENING_MS ? 0 : 3);
  });

test("on a slow line pings follow the greeting until it is answered", () => pingedBeforeTheWelcome(SLOW_OPENING_MS));
test("on a quick line nothing follows the greeting", () => pingedBeforeTheWelcome(100));

test("pings of before the modules count for the line's round trip", () =>
  withSocket(async ({ socket }) => {
    const early = new Dialled();
    early.readyState = 1;
    const pings = [performance.now() - 600];
    const heard = [WELCOME, PONG].map((message) => JSON.stringify(message));
    // @ts-ignore only what the socket uses
    socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 2_000, met: true, pings, heard, closedWith: 0 } });
    await soon();
    assert.equal(Math.round(socket.roundTripMs / 100), 6);
  }));

test("a socket in the place of a lost one is taken for as far as that was, until it tells better", () =>
  withSocket(async (given) => {
    await comesIn(given);
    const { socket, last } = given;
    mock.timers.tick(PING_INTERVAL_MS);
    mock.timers.tick(480);
    last().hears(PONG);
    assert.equal(socket.roundTripMs, 480);
    last().onclose?.({ code: 1006 });
    mock.timers.tick(1);
    assert.equal(Dialled.all.length, 2);
    assert.equal(socket.roundTripMs, 480);
    last().opens();
    await soon();
    last().hears(WELCOME);
    mock.timers.tick(PING_INTERVAL_MS);
    mock.timers.tick(600);
    last().hears(PONG);
    assert.equal(socket.roundTripMs, 600);
  }));

test("until a ping is answered, the line's round trip is how long the socket took to open", () =>
  withSocket(async ({ socket }) => {
    const early = new Dialled();
    early.readyState = 1;
    // @ts-ignore only what the socket uses
    socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 640, met: true, pings: [], heard: [JSON.stringify(WELCOME)], closedWith: 0 } });
    await soon();
    assert.equal(socket.roundTripMs, 640);
    // @ts-ignore only what the socket uses
    socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 640, roundTripMs: 480, met: true, pings: [], heard: [JSON.stringify(WELCOME)], closedWith: 0 } });
    await soon();
    assert.equal(socket.roundTripMs, 480);
  }));

/** What a message costs on the line. @param {object} message */
const cost = (message) => JSON.stringify(message).length + MESSAGE_OVERHEAD_BYTES;
const HELLO = { type: "hello", ticket: "ticket" };

test("what the socket carries either way is counted, and again what is said again", () =>
  withSocket(async (given) => {
    await comesIn(given);
    const { socket, last } = given;
    assert.equal(socket.spentBytes, cost(HELLO) + cost(WELCOME));
    const text = { type: "text", to: "q", sealed: "x".repeat(5_000) };
    const heard = { type: "text", seq: 1, from: "q", sealed: "y".repeat(7_000) };
    let before = socket.spentBytes;
    socket.send(text);
    last().hears(heard);
    assert.equal(socket.spentBytes - before, cost(text) + cost(heard));

    last().onclose?.({ code: 1006 });
    mock.timers.tick(0);
    before = socket.spentBytes;
    last().opens();
    await soon();
    last().hears({ ...WELCOME, resumed: true });
    assert.equal(socket.spentBytes - before, cost(last().said[0] ?? {}) + cost({ ...WELCOME, resumed: true }) + cost(text));
  }));

test("nothing that could not be sent is counted", () =>
  withSocket(async ({ socket }) => {
    socket.open();
    assert.equal(socket.send({ type: "knock" }), false);
    assert.equal(socket.spentBytes, 0);
  }));

test("what an early socket has said and heard is counted", () =>
  withSocket(async ({ socket }) => {
    const early = new Dialled();
    early.readyState = 1;
    const heard = [JSON.stringify(WELCOME)];
    // @ts-ignore only what the socket uses
    socket.open({ early: { socket: early, dialledAt: Date.now(), openedAfterMs: 100, met: true, pings: [], heard, closedWith: 0 } });
    await soon();
    assert.equal(socket.spentBytes, cost(WELCOME));
  }));

test("nothing is asked of the server while the line is gone, and at once when it is back", () =>
  withSocket(async (given) => {
    await comesIn(given);
    given.facts.gone = true;
    mock.timers.tick(SILENCE_MAX_MS + 2 * PING_INTERVAL_MS);
    const before = given.facts.asked;
    for (let passed = 0; passed < 30; passed++) {
      mock.timers.tick(1_000);
      await soon();
    }
    assert.equal(given.facts.asked, before);
    given.facts.gone = false;
    given.socket.lineBack();
    assert.ok(given.facts.asked > before);
  }));

test("a voice is said at once or not at all: it is not kept for a resume, and needs no number", () =>
  withSocket(async ({ socket, facts, last }) => {
    await comesIn({ socket, last });
    const voice = { type: /** @type {const} */ ("voice"), frame: new Uint8Array(40) };
    assert.equal(/** @type {any} */ (last()).binaryType, "arraybuffer");
    const spent = socket.spentBytes;
    assert.equal(socket.send({ type: "media", audio: true, video: true }), true);
    assert.equal(socket.send(voice), true);
    assert.equal(last().count("voice"), 1);
    assert.ok(socket.spentBytes >= spent + 40, "it counts for the visit's data");
    last().hears({ type: "roster", seq: 1, participants: [] });
    last().hearsBytes(1, 2, 3);
    last().hears({ type: "roster", seq: 2, participants: [] });
    assert.deepEqual(facts.heard, ["welcome", "roster", "voice", "roster"]);
    last().onclose?.({ code: 1006 });
    assert.equal(socket.send(voice), false);
    mock.timers.tick(1_000);
    await soon();
    last().opens();
    await soon();
    last().hears({ ...WELCOME, resumed: true });
    assert.deepEqual([last().count("media"), last().count("voice")], [1, 0]);
  }));

test("what an early socket has said once it was let in is said again after a resume, before all else", () =>
  withSocket(async ({ socket, last }) => {
    const early = new Dialled();
    early.readyState = 1;
    const said = /** @type {const} */ ({ type: "sealing-key", publicKey: "BEk6" });
    socket.open({ early: { socket: /** @type {any} */ (early), dialledAt: Date.now(), openedAfterMs: 100, met: true, pings: [], heard: [JSON.stringify(WELCOME)], said, closedWith: 0 } });
    await soon();
    socket.send({ type: "media", audio: true, video: false });
    assert.equal(early.count("sealing-key"), 0);
    early.onclose?.({ code: 1006 });
    mock.timers.tick(1_000);
    await soon();
    last().opens();
    await soon();
    last().hears({ ...WELCOME, resumed: true, received: 0 });
    assert.deepEqual(last().said.map(({ type }) => type).slice(1), ["sealing-key", "media"]);
    last().onclose?.({ code: 1006 });
    mock.timers.tick(1_000);
    await soon();
    last().opens();
    await soon();
    last().hears({ ...WELCOME, resumed: true, received: 1 });
    assert.deepEqual(last().said.map(({ type }) => type).slice(1), ["media"]);
  }));

test("while a voice is passed on, TCP needs no hasty pings beside it", () =>
  withSocket(async (given) => {
    await comesIn(given);
    const { socket, last } = given;
    const delayMs = 500;
    /** @type {number[]} */ const pinged = [];
    /** How many pings go out in two seconds. @param {() => void} [speak] every 250 ms */
    const pings = (speak) => {
      const before = pinged.length;
      for (let passed = 0; passed < 2_000; passed += 50) {
        if (passed % 250 === 0) speak?.();
        mock.timers.tick(50);
        while (pinged.length < last().count("ping")) pinged.push(Date.now());
        for (const at of pinged) if (Date.now() - at === delayMs) last().hears(PONG);
      }
      return pinged.length - before;
    };
    pings();
    assert.equal(pings(), 2_000 / HASTY_PING_INTERVAL_MS);
    assert.equal(pings(() => void socket.send({ type: "voice", frame: new Uint8Array(40) })), 2_000 / PING_INTERVAL_MS);
  }));
