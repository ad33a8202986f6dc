/** Asks for a ticket until there is one, on a line that may be gone. */

/**
 * Whoever comes back asks for a ticket this often, whatever has become of the last questions: each may have been sent a moment
 * too early, or over a connection of the browser's that has died with the old address.
 */
export const ASK_AGAIN_MS = 700;
export const PROBE_EVERY_MS = 1_000;
export const QUESTIONS_MAX = 4;
/**
 * A browser that reads nothing from a connection for ten seconds looks whether it still stands before it sends a new request over
 * it, and takes another after ten more (Chromium, over HTTP/2); unasked it never looks. TCP itself would try again 5 to 60 s later.
 */
export const PROVOKE_AFTER_MS = 9_000;
/** And again, rarely: on a new network where UDP does not pass, silence lasts although the server is there. */
export const PROVOKE_EVERY_MS = 30_000;

export class Questions {
  #provokedAt = -1;

  /**
   * @param {object} wiring
   * @param {(signal: AbortSignal) => Promise<string>} wiring.ticket
   * @param {() => boolean} wiring.lineIsGone
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /**
   * Until the line carries a question and its answer.
   * @param {AbortSignal} signal gives up
   * @param {{everyMs: number, atOnce: number, lostAt: number}} pace how often, how many to begin with, and since when there is no socket (ms)
   * @returns {Promise<string>} rejected when given up, or refused for good
   */
  untilAnswered(signal, { everyMs, atOnce, lostAt }) {
    return new Promise((resolve, reject) => {
      /** @type {AbortController[]} */ const asked = [];
      const end = () => {
        clearInterval(timer);
        for (const question of asked) question.abort();
      };
      const ask = () => {
        if (this.wiring.lineIsGone() && !this.#provokes(lostAt)) return;
        const question = new AbortController();
        asked.push(question);
        if (asked.length > Math.max(QUESTIONS_MAX, atOnce)) asked.shift()?.abort();
        this.wiring.ticket(question.signal).then(
          (ticket) => (end(), resolve(ticket)),
          (error) => error.final && (end(), reject(error)),
        );
      };
      const timer = setInterval(ask, everyMs * (0.75 + Math.random() / 2));
      signal.addEventListener("abort", () => (end(), reject(new Error("given up"))));
      for (let question = 0; question < atOnce; question++) ask();
    });
  }

  /** A few questions go out in spite of the silence, so that the browser finds its connection dead before the line is back. @param {number} lostAt */
  #provokes(lostAt) {
    const due = this.#provokedAt > lostAt ? this.#provokedAt + PROVOKE_EVERY_MS : lostAt + PROVOKE_AFTER_MS;
    if (Date.now() < due) return false;
    this.#provokedAt = Date.now();
    return true;
  }
}
