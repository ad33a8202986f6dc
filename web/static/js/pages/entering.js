/** The way in: from the link to the seat, from the seat to tickets, and what is shown while the server says no or nothing. */

import { fetchTicket, takeSeat, takeSeatByCode } from "../signaling/tickets.js";
import { minutes, t } from "../ui/room.js";

/** @typedef {import("../signaling/tickets.js").RequestError} RequestError */
/** @typedef {import("../signaling/tickets.js").Ticket} Ticket */
/** @typedef {import("../ui/room.js").Card} Card */

/** While waiting for the visit to open, the server is asked at least this often: a visit may be moved. */
export const EARLY_POLL_MS = 60_000;

export class Entering {
  visit = "";
  #retry = 0;
  /** The ticket that came with the seat, for the first socket. @type {Ticket | null} */ #entrance = null;

  /**
   * @param {object} hands
   * @param {import("../signaling/tickets.js").Early} hands.early what was asked for before the page had all its parts
   * @param {(card: Card) => void} hands.calm
   * @param {(card: Card) => void} hands.finish
   * @param {(socket: import("../signaling/tickets.js").EarlySocket | null) => void} hands.open the visit is known: open the socket
   * @param {(ticket: Ticket) => void} hands.know what a ticket tells
   */
  constructor(hands) {
    this.hands = hands;
  }

  /** Take the seat with the secret, unless this browser has it already; then join. @param {string} secret */
  async enter(secret) {
    this.stop();
    const { early, calm, open } = this.hands;
    try {
      if (secret) {
        const waiting = () => calm({ picture: "link", title: t("claim-waiting"), text: t("claim-waiting-text") });
        const { visit, entrance } = await takeSeat(secret, waiting, early.take());
        this.visit = visit;
        this.#entrance = entrance ?? null;
        history.replaceState(null, "", `/call/${visit}`);
      }
      this.visit ||= location.pathname.match(/^\/call\/([^/]+)$/)?.[1] ?? "";
      if (this.visit) open(early.takeSocket());
      else calm({ picture: "link", title: t("no-link"), text: t("no-link-text") });
    } catch (error) {
      this.refuse(/** @type {RequestError} */ (error), () => void this.enter(secret));
    }
  }

  /** @param {AbortSignal} signal @returns {Promise<string>} */
  async ticket(signal) {
    const ticket = this.#entrance ?? (await fetchTicket(this.visit, signal, this.hands.early.take()));
    this.#entrance = null;
    this.hands.know(ticket);
    return ticket.ticket;
  }

  /**
   * The social worker takes their seat on the child's device by their own code.
   * @param {string} code @param {() => void} waiting their first device holds the seat: the other adult is asked
   */
  sitBeside(code, waiting) {
    return takeSeatByCode(code, waiting);
  }

  /** The server has said no, or cannot be reached. @param {RequestError} error @param {() => void} [again] */
  refuse(error, again = () => this.hands.open(null)) {
    const { calm, finish } = this.hands;
    const seconds = error.opensInS ?? 0;
    if (seconds > 0) {
      calm({ picture: "sun", title: t("early", { minutes: minutes(seconds) }), text: t("early-text") });
      this.later(again, Math.min(EARLY_POLL_MS, seconds * 1000 + 2_000 * Math.random()));
    } else if (error.code === "claim-denied") finish({ picture: "link", title: t("claim-denied"), text: t("claim-denied-text") });
    else if (error.final) finish({ picture: "sun", title: error.title || t("not-possible"), text: t("not-possible-text") });
    else {
      calm({ picture: "resting", title: t("no-network"), text: t("no-network-text") });
      this.later(again, 2_000 + 3_000 * Math.random());
    }
  }

  /** @param {() => void} again @param {number} afterMs */
  later(again, afterMs) {
    this.stop();
    this.#retry = setTimeout(again, afterMs);
  }

  stop() {
    clearTimeout(this.#retry);
  }
}
