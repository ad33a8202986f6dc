/** One socket to the room that comes back by itself: fresh ticket each time, nothing lost either way, growing pauses. */

/** @typedef {import("./messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./messages.js").ClientMessage} ClientMessage */
/** @typedef {"online" | "resuming" | "offline"} SocketState */

export const PING_INTERVAL_MS = 1_000;
/** Silence after which a socket is taken for dead; the server answers each ping. */
export const SILENCE_MAX_MS = 6_000;
export const CONNECT_TIMEOUT_MS = 10_000;
/** How long the server keeps a place; beyond it the state is `offline`, and trying goes on. */
export const RESUME_WINDOW_MS = 600_000;
export const BACKOFF_FIRST_MS = 400;
export const BACKOFF_MAX_MS = 10_000;
/** Messages kept for a resume; a page that has more to say starts afresh. */
export const KEPT_MAX = 250;

const SUBPROTOCOL = "wasl.v1";
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
  #attempt = 0;
  /** Counts openings and losses, so that what belongs to an earlier one is told apart. */
  #generation = 0;
  #replace = false;
  #stopped = true;
  #lostAt = 0;
  #heardAt = 0;
  #ping = 0;
  #retry = 0;
  /** @type {SocketState} */ #state = "offline";

  /**
   * @param {object} wiring
   * @param {() => Promise<{ticket: string, socket: string}>} wiring.ticket fetches a fresh ticket; rejects with `final: true`
   *   on the error when trying again is of no use
   * @param {(message: ServerMessage) => void} wiring.onMessage every message in order, each once; never `pong`
   * @param {(state: SocketState) => void} wiring.onState
   * @param {(code: number) => void} wiring.onEnd the server has closed with a code after which only the person can go on
   * @param {(error: unknown) => void} wiring.onRefused the ticket was refused for good
   * @param {(now: string) => void} wiring.onClock the server's time
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  get state() {
    return this.#state;
  }

  /** Open, or open anew. @param {{replace?: boolean, fresh?: boolean}} [options] `fresh` gives up the old peer */
  open({ replace = false, fresh = false } = {}) {
    this.#drop();
    if (fresh) this.#forget();
    this.#replace = replace;
    this.#stopped = false;
    this.#attempt = 0;
    this.#lostAt = Date.now();
    void this.#connect();
  }

  /**
   * Send now, or once the socket has resumed. False when neither: nothing is kept for a peer that does not exist yet, nor
   * what is of use only at once.
   * @param {ClientMessage} message
   */
  send(message) {
    const online = this.#state === "online" && this.#socket?.readyState === OPEN;
    if (!online && (FLEETING.has(message.type) || !this.#identity)) return false;
    this.#kept.push(message);
    if (online) this.#socket?.send(JSON.stringify(message));
    else if (this.#kept.length > KEPT_MAX) this.#forget();
    return true;
  }

  /** Close for good. */
  close() {
    this.#stopped = true;
    this.#drop();
    this.#tell("offline");
  }

  /** The network is said to be back: try at once. */
  hurry() {
    if (this.#stopped || this.#state === "online" || this.#socket) return;
    this.#attempt = 0;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  #forget() {
    this.#identity = null;
    this.#received = this.#taken = 0;
    this.#kept = [];
  }

  #drop() {
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
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

  async #connect() {
    const generation = ++this.#generation;
    this.#attempt++;
    let pass;
    try {
      pass = await this.wiring.ticket();
    } catch (error) {
      if (this.#stopped || generation !== this.#generation) return;
      if (/** @type {{final?: boolean}} */ (error).final) {
        this.close();
        this.wiring.onRefused(error);
      } else this.#lose();
      return;
    }
    if (this.#stopped || generation !== this.#generation) return;
    const { ticket, socket: path } = pass;
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")), SUBPROTOCOL);
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onopen = () => {
      const resume = this.#identity ? { ...this.#identity, received: this.#received } : undefined;
      socket.send(JSON.stringify({ type: "hello", ticket, ...(this.#replace && { replace: true }), ...(resume && { resume }) }));
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(event.code);
    this.#ping = setInterval(() => this.#beat(), PING_INTERVAL_MS);
  }

  #beat() {
    const silence = Date.now() - this.#heardAt;
    if (silence > (this.#state === "online" ? SILENCE_MAX_MS : CONNECT_TIMEOUT_MS)) {
      this.#drop();
      this.#lose();
    } else if (this.#state === "online") {
      this.#socket?.send(JSON.stringify({ type: "ping", received: this.#received }));
    }
  }

  /** @param {ServerMessage} message */
  #take(message) {
    this.#heardAt = Date.now();
    switch (message.type) {
      case "pong":
        this.wiring.onClock(message.now);
        this.#acknowledge(message.received);
        return;
      case "welcome":
        this.#welcome(message);
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
    this.#replace = false;
    this.#attempt = 0;
    this.#acknowledge(message.received);
    for (const kept of this.#kept) this.#socket?.send(JSON.stringify(kept));
    this.wiring.onClock(message.now);
    this.#tell("online");
  }

  /** @param {number} taken how many messages of ours the server has taken */
  #acknowledge(taken) {
    this.#kept.splice(0, taken - this.#taken);
    this.#taken = taken;
  }

  /** @param {number} code */
  #closed(code) {
    clearInterval(this.#ping);
    this.#socket = null;
    if (FINAL.has(code)) {
      this.#stopped = true;
      if (code === 4409 || code === 4411) this.#forget();
      this.#tell("offline");
      this.wiring.onEnd(code);
    } else this.#lose(code === 1012 ? 2_000 * Math.random() : code === 1013 ? 2_000 + 3_000 * Math.random() : 0);
  }

  /** Try again after a pause that grows, with chance in it so that a whole school does not come back at once. */
  #lose(leastMs = 0) {
    if (this.#stopped) return;
    if (this.#state === "online") this.#lostAt = Date.now();
    const away = Date.now() - this.#lostAt;
    this.#tell(this.#identity && away < RESUME_WINDOW_MS ? "resuming" : "offline");
    const pause = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#attempt, 6)) * (0.5 + Math.random());
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), Math.max(leastMs, pause));
  }
}
