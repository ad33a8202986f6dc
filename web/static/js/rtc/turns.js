/**
 * In which order the connections of one device come about. Knows no socket: it is told, and asks.
 *
 * Chromium checks a connection that does not stand yet 20 times a second. With the answers that is some 50 kbit/s of an
 * uplink for each: two at once fill an EDGE line, and what they wait for comes seconds late or not at all. So on a thin line
 * connections are checked one after another, in the order in which they have something to check; and one at a time is
 * overtaken, for what is checked beside it holds up the very handshakes that it is to replace.
 */

/** Where a message takes this long to be answered, the line is taken for thin. */
export const THIN_FROM_MS = 350;
/** Whose turn has lasted this long no longer holds up the next. */
export const TURN_MAX_MS = 4_000;
/** From asking for a new connection until ICE stands for it; after this long the next need not wait for it. */
export const OVERTAKING_MAX_MS = 6_000;

/** A connection as far as its turn goes. @typedef {{pc: Pick<RTCPeerConnection, "connectionState" | "iceConnectionState">, beginChecks(): void}} Checked */
/** waiting: it has something to check; over: it may go on, and holds up nobody. @typedef {"waiting" | "now" | "over"} Turn */

export class Turns {
  /** In the order in which they came to have something to check. @type {Map<Checked, Turn>} */ #turns = new Map();
  /** Whose place is being taken, or was, and until when that counts (ms). @type {Map<string, number>} */ #overtaken = new Map();

  /** @param {() => boolean} isThin whether this device's line is one on which little has to be sent at once */
  constructor(isThin) {
    this.isThin = isThin;
  }

  /** A connection has something to check. @param {Checked} peer */
  ask(peer) {
    if (this.#turns.has(peer)) return;
    this.#turns.set(peer, "waiting");
    this.give();
  }

  /** Let all be checked whose turn it is; to be called when a connection's state has changed. */
  give() {
    for (const [peer, turn] of this.#turns) {
      if (peer.pc.connectionState === "closed") this.#turns.delete(peer);
      if (turn !== "waiting" || !this.#turns.has(peer)) continue;
      if (this.isThin() && this.#isChecking) return;
      this.#turns.set(peer, "now");
      peer.beginChecks();
      setTimeout(() => {
        if (this.#turns.has(peer)) this.#turns.set(peer, "over");
        this.give();
      }, TURN_MAX_MS);
    }
  }

  get #isChecking() {
    return [...this.#turns].some(([{ pc }, turn]) => turn === "now" && !hasWay(pc));
  }

  /** Somebody's connection is overtaken, as the other side has asked. @param {string} id */
  noteOvertaking(id) {
    this.#overtaken.set(id, Date.now() + OVERTAKING_MAX_MS);
  }

  /** What overtakes has found its way, or there is nothing left to overtake. @param {string} id */
  endOvertaking(id) {
    this.#overtaken.delete(id);
    this.give();
  }

  /** Whether this side may overtake somebody's connection now; if so, it counts as being overtaken. @param {string} id */
  mayOvertake(id) {
    const others = [...this.#overtaken].filter(([other, until]) => other !== id && Date.now() < until);
    if (others.length && this.isThin()) return false;
    this.noteOvertaking(id);
    return true;
  }
}

/** Whether ICE has found a way, or has given up. @param {Checked["pc"]} pc */
export const hasWay = ({ iceConnectionState }) => !["new", "checking"].includes(iceConnectionState);
