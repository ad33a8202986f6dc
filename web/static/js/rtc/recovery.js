/**
 * When a connection in trouble is restarted, and when it is given up for a new one. Knows no connection: it is told, and asks.
 *
 * One side at a time: the impolite one restarts ICE, the polite one leaves it to the other for a while. Whoever has just
 * come back itself (a resumed socket, a new network) knows best and waits for nobody. A restart that brings nothing is
 * followed by a new connection. While the server or the other person is away nothing can be done, and nothing is.
 */

export const DISCONNECTED_GRACE_MS = 1_000;
export const POLITE_GRACE_MS = 3_000;
/** A restart that has not brought the connection back by then is given up; each further try takes twice as long. */
export const RESTART_TIMEOUT_MS = 6_000;
export const RESTART_TIMEOUT_MAX_MS = 24_000;
const LOOK_EVERY_MS = 250;

/** `stuck`: it does not come about. @typedef {"well" | "troubled" | "failed" | "stuck"} Condition */

export class Recovery {
  #timer = 0;
  /** Since when it is in trouble that can be worked on. */
  #since = 0;
  #restartedAt = 0;
  #timeout = RESTART_TIMEOUT_MS;

  /**
   * @param {object} wiring
   * @param {boolean} wiring.polite
   * @param {() => Condition} wiring.condition of the connection, now
   * @param {() => boolean} wiring.canReach whether what we say reaches the other side soon
   * @param {() => void} wiring.restart restart ICE
   * @param {() => void} wiring.renew ask for a new connection
   * @param {() => boolean} wiring.overtake the same for one that is stuck; false: not now
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /** The connection's condition may have changed. */
  observe() {
    if (this.wiring.condition() === "well") this.stop();
    else if (!this.#timer) {
      this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
      this.#look();
    }
  }

  /** This side has just come back or changed its network: restart without waiting for the other. */
  hurry() {
    if (this.wiring.condition() === "well" || !this.wiring.canReach()) return;
    this.observe();
    if (!this.#restartedAt && this.wiring.condition() !== "stuck") this.#restart();
  }

  /** A restart is under way: ours has been said, or the other side's has come. */
  noteRestart() {
    this.#restartedAt = Date.now();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = this.#since = this.#restartedAt = 0;
    this.#timeout = RESTART_TIMEOUT_MS;
  }

  #look() {
    const { condition, canReach, polite, renew, overtake } = this.wiring;
    const now = Date.now();
    const state = condition();
    if (state === "well") this.stop();
    else if (!canReach()) this.#since = this.#restartedAt = 0;
    else if (!this.#restartedAt) {
      this.#since ||= now;
      if (state === "stuck") {
        if (overtake()) this.noteRestart();
        return;
      }
      const grace = polite ? POLITE_GRACE_MS : state === "failed" ? 0 : DISCONNECTED_GRACE_MS;
      if (now - this.#since >= grace) this.#restart();
    } else if (now - this.#restartedAt >= this.#timeout) {
      this.#timeout = Math.min(RESTART_TIMEOUT_MAX_MS, this.#timeout * 2);
      this.noteRestart();
      renew();
    }
  }

  #restart() {
    this.noteRestart();
    this.wiring.restart();
  }
}
