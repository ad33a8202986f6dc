/**
 * One socket to the room that comes back by itself: fresh ticket each time, nothing lost either way.
 *
 * The ticket is fetched while the socket opens, because a thin line's round trips are what coming in costs. While a line is
 * gone only the ticket is asked for, again and again: a browser holds sockets back that failed often, requests it does not.
 */

import { ASK_AGAIN_MS, PROBE_EVERY_MS, Questions } from "./questions.js";

/** @typedef {import("./messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./messages.js").ClientMessage} ClientMessage */
/** @typedef {import("./tickets.js").EarlySocket} EarlySocket */
/** @typedef {"online" | "resuming" | "offline"} SocketState */

export const PING_INTERVAL_MS = 1_000;
/**
 * TCP sees at once what it has lost when something follows, and after a second or more when nothing does; then it waits twice as
 * long. While a slow line brings people in, or back, a ping follows whatever is said, either way.
 */
export const HASTY_PING_INTERVAL_MS = 250;
export const HASTY_FROM_RTT_MS = 120;
export const HASTY_FOR_MS = 25_000;
/** One round trip within the page's connection, three on its own: a socket that took this long to open has a slow line, and its greeting is followed by pings. */
export const SLOW_OPENING_MS = 180;
/** Silence after which a socket is taken for dead; the server answers each ping. */
export const SILENCE_MAX_MS = 4_000;
/** An attempt that has come to nothing by then is given up; on a slow line, where the last one took longer, later. */
export const ATTEMPT_MIN_MS = 1_500;
export const ATTEMPT_MAX_MS = 12_000;
/** The first attempt of all: nothing is known of the line yet. */
export const FIRST_ATTEMPT_MS = 15_000;
/** How long the server keeps a place; beyond it the state is `offline`, and trying goes on. */
export const RESUME_WINDOW_MS = 600_000;
/**
 * A socket that is not even open by then is dialled anew: what TCP lost of a handshake it says again after 1, 2, 4 s, a new one at
 * once. Each failure in a row gives half as much time again, for lines that are slower than that.
 */
export const OPEN_WITHIN_MS = 4_500;
/** Pauses between attempts; the last one goes on. A whole school must not come back at once: each is varied by half. */
export const PAUSES_MS = [0, 500, 500, 1_000, 1_000, 2_000];
/** After this many failures in a row the line itself is gone. */
export const LINE_GONE_AFTER = 2;
/**
 * A browser keeps six connections to a server, and those that were begun while the line was gone stay stalled for as long as it
 * was. So nothing is asked once the line is known to be gone; when it is back, so much that one question finds a new connection.
 */
export const QUESTIONS_AT_RETURN = 3;
/** With sound gone too, this much silence is enough to take a socket for dead. */
export const SUSPICIOUS_MS = 2_000;
/** Messages kept for a resume; a page that has more to say starts afresh. */
export const KEPT_MAX = 250;
/** What carries each message and is no part of it: the headers of WebSocket, TLS, TCP and IP. */
export const MESSAGE_OVERHEAD_BYTES = 80;

const SUBPROTOCOL = "wasl.v1";
const PATH = "/ws";
const CONNECTING = 0;
const OPEN = 1;
/** Of use only at once: never kept for later. */
const FLEETING = new Set(["health", "ice-servers"]);
/** Close codes after which only the person can go on (PROTOCOL.md). */
const FINAL = new Set([1003, 1009, 4400, 4403, 4409, 4410, 4411, 4412, 4429]);

export class SignalSocket {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {{peer: string, resumeKey: string} | null} */ #identity = null;
  #received = 0;
  /** What the server has not said to have taken, oldest first. @type {ClientMessage[]} */ #kept = [];
  #taken = 0;
  /** Failures in a row. */
  #failures = 0;
  /** How long the last attempt that came through took. */
  #usualMs = FIRST_ATTEMPT_MS / 3;
  #startedAt = 0;
  #dialledAt = 0;
  /** A greeting is on its way over a slow line. */
  #greeting = false;
  /** What the ticket's request is stopped with. */
  #abort = new AbortController();
  /** @type {EarlySocket | null} */ #early = null;
  /** Counts openings and losses, so that what belongs to an earlier one is told apart. */
  #generation = 0;
  #replace = false;
  #stopped = true;
  #lostAt = 0;
  #heardAt = 0;
  #ping = 0;
  /** When the pings without an answer were sent, oldest first. @type {number[]} */ #pings = [];
  #roundTripMs = 0;
  #roundTripBeforeMs = 0;
  #pingedAt = 0;
  /** When a voice was last passed on: TCP needs no other hint of what it has lost then. */
  #spokeAt = 0;
  /** How often a beat comes now; 0: never. */
  #beatMs = 0;
  #retry = 0;
  #questions;
  /** @type {SocketState} */ #state = "offline";
  /** What all sockets have carried, both ways. */ spentBytes = 0;

  /**
   * @param {object} wiring
   * @param {(signal: AbortSignal) => Promise<string>} wiring.ticket fetches a fresh ticket; rejects with `final: true` on the
   *   error when trying again is of no use
   * @param {(message: ServerMessage) => void} wiring.onMessage every message in order, each once; never `pong`, and `voice` only as it comes
   * @param {(state: SocketState) => void} wiring.onState
   * @param {(code: number) => void} wiring.onEnd the server has closed with a code after which only the person can go on
   * @param {(error: unknown) => void} wiring.onRefused the ticket was refused for good
   * @param {(now: string) => void} wiring.onClock the server's time
   * @param {() => boolean} wiring.lineIsGone it is known that nothing comes through; {@link SignalSocket#lineBack} follows
   */
  constructor(wiring) {
    this.wiring = wiring;
    this.#questions = new Questions(wiring);
  }

  /** The shortest way of a question and its answer over this socket; until one has come back, how long it took to open, or what was last known; 0: nothing. */
  get roundTripMs() {
    return this.#roundTripMs || this.#roundTripBeforeMs;
  }

  /**
   * Open, or open anew.
   * @param {{replace?: boolean, fresh?: boolean, early?: EarlySocket | null}} [options] `fresh` gives up the old peer
   */
  open({ replace = false, fresh = false, early = null } = {}) {
    this.#drop();
    this.#early = early;
    if (fresh) this.#forget();
    this.#replace = replace;
    this.#stopped = false;
    this.#failures = 0;
    this.#lostAt = Date.now();
    void this.#connect();
  }

  /** A new socket to this site's room. */
  static dial() {
    const socket = new WebSocket(new URL(PATH, location.href.replace(/^http/, "ws")), SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    return socket;
  }

  /**
   * Send now, or once the socket has resumed. False when neither: nothing is kept for a peer that does not exist yet, nor
   * what is of use only at once.
   * @param {ClientMessage} message
   */
  send(message) {
    const online = this.#state === "online" && this.#socket?.readyState === OPEN;
    // What is said now is worth nothing later: it is neither counted nor kept.
    if (message.type === "voice") {
      if (online) this.#spokeAt = Date.now();
      if (online) this.#socket?.send(this.#counted(message.frame));
      return online;
    }
    if (!online && (FLEETING.has(message.type) || !this.#identity)) return false;
    this.#kept.push(message);
    if (online) this.#socket?.send(this.#counted(JSON.stringify(message)));
    else if (this.#kept.length > KEPT_MAX) this.#forget();
    return true;
  }

  /** Close for good. */
  close() {
    this.#stopped = true;
    this.#drop();
    this.#tell("offline");
  }

  /** The network is said to be back, or to be another: try at once. */
  hurry() {
    this.#retryNow(1);
  }

  /** The line was gone for a while, and carries again. */
  lineBack() {
    this.#retryNow(QUESTIONS_AT_RETURN);
  }

  /** @param {number} questions */
  #retryNow(questions) {
    if (this.#stopped || this.#state === "online") return;
    this.#drop();
    this.#failures = 0;
    void this.#connect(questions);
  }

  /** Sound has stopped as well: do not wait as long as usual. */
  suspect() {
    if (this.#state === "online" && Date.now() - this.#heardAt > SUSPICIOUS_MS) this.#lose();
  }

  #forget() {
    this.#identity = null;
    this.#received = this.#taken = 0;
    this.#kept = [];
  }

  #drop() {
    this.#generation++;
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
    this.#beatMs = 0;
    this.#abort.abort();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  /** @param {SocketState} state */
  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.wiring.onState(state);
  }

  /** @param {number} [questions] for a ticket, at once */
  async #connect(questions = 1) {
    const generation = ++this.#generation;
    const { signal } = (this.#abort = new AbortController());
    this.#startedAt = this.#heardAt = Date.now();
    const lineGone = this.#failures >= LINE_GONE_AFTER;
    const pace = { everyMs: lineGone ? PROBE_EVERY_MS : ASK_AGAIN_MS, atOnce: questions, lostAt: this.#lostAt };
    const ticket = this.#identity ? this.#questions.untilAnswered(signal, pace) : this.wiring.ticket(signal);
    const early = this.#early;
    this.#early = null;
    if (early) void this.#adopt(early, ticket);
    else if (!lineGone) this.#use(SignalSocket.dial(), ticket);
    try {
      await ticket;
      if (lineGone && !this.#stopped && generation === this.#generation) {
        this.#startedAt = this.#heardAt = Date.now();
        this.#use(SignalSocket.dial(), ticket);
      }
    } catch (error) {
      if (this.#stopped || generation !== this.#generation) return;
      if (/** @type {{final?: boolean}} */ (error).final) {
        this.close();
        this.wiring.onRefused(error);
      } else this.#lose();
    }
  }

  /**
   * Go on with a socket that was dialled before, and has perhaps been let in, or closed, already. What the ticket tells is known
   * before what the room says is taken. @param {EarlySocket} early @param {Promise<string>} pass
   */
  async #adopt(early, pass) {
    const generation = this.#generation;
    const ticket = await pass.catch(() => "");
    if (!ticket || generation !== this.#generation) return early.socket.close(1000);
    // The answer may be lost of a ticket that has let the socket in.
    const met = early.met || early.heard.length > 0;
    if (!met && early.socket.readyState > OPEN) return this.#use(SignalSocket.dial(), pass);
    this.#use(early.socket, pass, { ...early, met });
    for (const data of early.heard) this.#take(data);
    // Before all that this side has said since.
    if (early.said) this.#kept.unshift(early.said);
    if (early.closedWith) this.#closed(early.closedWith);
  }

  /** @param {WebSocket} socket @param {Promise<string>} pass @param {Partial<EarlySocket>} [known] */
  #use(socket, pass, { met = false, dialledAt = Date.now(), openedAfterMs = 0, roundTripMs = 0, pings = [] } = {}) {
    this.#socket = socket;
    this.#dialledAt = dialledAt;
    this.#pings = pings;
    this.#roundTripBeforeMs = this.roundTripMs;
    // Opening takes a round trip at least; the pings tell it better.
    this.#roundTripMs = roundTripMs || openedAfterMs;
    this.#greeting = false;
    this.#beatEvery(PING_INTERVAL_MS);
    /** @param {number} tookMs how long the socket took to open */
    const greet = async (tookMs) => {
      if (met) return this.#greeted(tookMs);
      const ticket = await pass.catch(() => "");
      if (socket !== this.#socket || !ticket) return;
      const resume = this.#identity ? { ...this.#identity, received: this.#received } : undefined;
      socket.send(this.#counted(JSON.stringify({ type: "hello", ticket, ...(this.#replace && { replace: true }), ...(resume && { resume }) })));
      this.#greeted(tookMs);
    };
    if (socket.readyState === OPEN) void greet(openedAfterMs);
    else socket.onopen = () => void greet(Date.now() - dialledAt);
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = (event) => this.#closed(event.code);
  }

  /** @param {number} tookMs how long the socket took to open */
  #greeted(tookMs) {
    if (tookMs < SLOW_OPENING_MS) return;
    this.#greeting = true;
    this.#beatEvery(HASTY_PING_INTERVAL_MS);
  }

  #beat() {
    const silence = Date.now() - this.#heardAt;
    const online = this.#state === "online";
    const patience = online ? SILENCE_MAX_MS : Math.min(ATTEMPT_MAX_MS, Math.max(ATTEMPT_MIN_MS, 3 * this.#usualMs));
    const unopened = this.#socket?.readyState === CONNECTING && Date.now() - this.#dialledAt > OPEN_WITHIN_MS * 1.5 ** this.#failures;
    if (silence > patience || unopened) this.#lose();
    else if ((online || this.#greeting) && this.#socket?.readyState === OPEN && this.#isPingDue) {
      this.#pingedAt = Date.now();
      this.#pings.push(performance.now());
      this.#socket.send(this.#counted(JSON.stringify({ type: "ping", received: this.#received })));
    }
  }

  get #isPingDue() {
    const now = Date.now();
    return now - this.#spokeAt > 2 * HASTY_PING_INTERVAL_MS || now - this.#pingedAt > PING_INTERVAL_MS - HASTY_PING_INTERVAL_MS / 2;
  }

  /** @param {string | ArrayBuffer} data */
  #take(data) {
    this.#counted(data);
    /** @type {ServerMessage} */ const message = typeof data === "string" ? JSON.parse(data) : { type: "voice", frame: data };
    this.#heardAt = Date.now();
    switch (message.type) {
      case "pong":
        this.#measure();
        this.wiring.onClock(message.now);
        this.#acknowledge(message.received);
        return;
      case "welcome":
        this.#welcome(message);
        break;
      case "voice":
        break;
      default:
        if (message.seq <= this.#received) return;
        this.#received = message.seq;
    }
    this.wiring.onMessage(message);
  }

  /** @param {import("./messages.js").Welcome} message */
  #welcome(message) {
    if (!message.resumed) this.#forget();
    this.#identity = { peer: message.peer, resumeKey: message.resumeKey };
    this.#replace = this.#greeting = false;
    this.#failures = 0;
    this.#usualMs = Date.now() - this.#startedAt;
    this.#acknowledge(message.received);
    for (const kept of this.#kept) this.#socket?.send(this.#counted(JSON.stringify(kept)));
    this.wiring.onClock(message.now);
    this.#tell("online");
  }

  /** All text is ASCII: what people write is sealed. @template {string | ArrayBuffer | Uint8Array<ArrayBuffer>} Data @param {Data} data @returns {Data} */
  #counted(data) {
    this.spentBytes += (typeof data === "string" ? data.length : data.byteLength) + MESSAGE_OVERHEAD_BYTES;
    return data;
  }

  #measure() {
    const sentAt = this.#pings.shift();
    if (sentAt) this.#roundTripMs = Math.min(this.#roundTripMs || Infinity, performance.now() - sentAt);
    const hasty = this.#roundTripMs >= HASTY_FROM_RTT_MS && Date.now() - this.#dialledAt < HASTY_FOR_MS;
    this.#beatEvery(hasty ? HASTY_PING_INTERVAL_MS : PING_INTERVAL_MS);
  }

  /** @param {number} ms */
  #beatEvery(ms) {
    if (ms === this.#beatMs) return;
    this.#beatMs = ms;
    clearInterval(this.#ping);
    this.#ping = setInterval(() => this.#beat(), ms);
  }

  /** @param {number} taken how many messages of ours the server has taken */
  #acknowledge(taken) {
    this.#kept.splice(0, taken - this.#taken);
    this.#taken = taken;
  }

  /** @param {number} code */
  #closed(code) {
    this.#socket = null;
    if (FINAL.has(code)) {
      this.#stopped = true;
      this.#drop();
      if (code === 4409 || code === 4411) this.#forget();
      this.#tell("offline");
      this.wiring.onEnd(code);
    } else this.#lose(code === 1012 ? 2_000 * Math.random() : code === 1013 ? 2_000 + 3_000 * Math.random() : 0);
  }

  /** Give this attempt or this socket up, and try again. */
  #lose(leastMs = 0) {
    if (this.#stopped) return;
    this.#drop();
    if (this.#state === "online") this.#lostAt = Date.now();
    const away = Date.now() - this.#lostAt;
    const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)] ?? 0;
    this.#retry = setTimeout(() => void this.#connect(), Math.max(leastMs, pause * (0.5 + Math.random())));
    this.#tell(this.#identity && away < RESUME_WINDOW_MS ? "resuming" : "offline");
  }
}
