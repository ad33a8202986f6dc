/** The way to a ticket: a link or a spoken code for a seat, the waiting of a second browser, the ticket itself. */

/** @typedef {{contactName?: string | null, phones: string[]}} HelpPlan */
/**
 * @typedef {object} Ticket
 * @property {string} ticket
 * @property {string} socket
 * @property {string} visit
 * @property {import("./messages.js").Seat[]} participants
 * @property {string} startsAt
 * @property {string} endsAt
 * @property {string} closesAt
 * @property {string} now
 * @property {number} opensInS
 * @property {string} composition
 * @property {HelpPlan} help
 */
/** @typedef {Promise<Response | null>} Answer what a request sent before the modules had come was answered; null: nothing */
/**
 * A socket opened before there was anybody to use it: how long it took to open and how long the quickest ping to be answered (0:
 * it has not, or none was), whether the ticket of the early answer lets it in, when the pings without an answer were sent,
 * what else it has heard, what it has said once it was let in, and the code it was closed with, or 0.
 * @typedef {{socket: WebSocket, said?: import("./messages.js").ClientMessage, dialledAt: number, openedAfterMs: number, roundTripMs: number, met: boolean, pings: number[], heard: (string | ArrayBuffer)[], closedWith: number}} EarlySocket
 */
/** Keys made at the tap, of which this peer has told the public one. @typedef {{peer: string, privateKey: CryptoKey, publicKey: string}} EarlyKey */
/**
 * What the page has asked for at the tap already; each can be taken once. `tellKey` tells the key made then, if no peer of this page has told it.
 * @typedef {{take: () => Answer | null, takeSocket: () => EarlySocket | null, key: () => EarlyKey | null, tellKey: TellKey}} Early
 */
/** @typedef {(peer: string, send: (message: import("./messages.js").ClientMessage) => boolean) => Promise<unknown>} TellKey */

export const REQUEST_TIMEOUT_MS = 15_000;
export const CLAIM_POLL_MS = 3_000;

/** A request that was answered with a problem, or not at all. */
export class RequestError extends Error {
  /** @param {string} code @param {{status?: number, title?: string, opensInS?: number | null}} [facts] */
  constructor(code, { status = 0, title = "", opensInS = null } = {}) {
    super(title || code);
    this.code = code;
    this.title = title;
    /** Seconds until the link opens, where that is what is wrong. */
    this.opensInS = opensInS;
    /** Whether asking again is of no use: the server has said no. */
    this.final = status >= 400 && status < 500 && status !== 408;
  }
}

/**
 * Spend an invitation's secret for this browser's cookie. A second browser with the same link waits here until an adult in
 * the room has said yes; a no rejects with the code `claim-denied`.
 * @param {string} secret @param {() => void} onWaiting @param {Answer | null} [early]
 * @returns {Promise<{visit: string, entrance?: Ticket | null}>} `entrance`: the first ticket comes with the seat
 */
export async function takeSeat(secret, onWaiting, early = null) {
  return whenDecided(await post("/api/join/exchange", { secret }, { early }), onWaiting);
}

/** The same by the spoken code. @param {string} code @param {() => void} onWaiting @returns {Promise<{visit: string}>} */
export async function takeSeatByCode(code, onWaiting) {
  return whenDecided(await post("/api/join/code", { code }), onWaiting);
}

/**
 * @param {{visit: string, outcome: "bound" | "claimed", claim?: string, entrance?: Ticket | null}} exchanged @param {() => void} onWaiting
 * @returns {Promise<{visit: string, entrance?: Ticket | null}>}
 */
async function whenDecided({ visit, outcome, claim = "", entrance }, onWaiting) {
  if (outcome !== "claimed") return { visit, entrance };
  onWaiting();
  for (;;) {
    const state = await askClaim(claim);
    if (state === "approved") return { visit };
    if (state === "denied") throw new RequestError("claim-denied", { status: 403 });
    await new Promise((resolve) => setTimeout(resolve, CLAIM_POLL_MS));
  }
}

/** @param {string} visit @param {AbortSignal} signal @param {Answer | null} [early] @returns {Promise<Ticket>} */
export const fetchTicket = (visit, signal, early = null) => post(`/api/visits/${encodeURIComponent(visit)}/ticket`, {}, { signal, early });

/** A lost line leaves the question open. @param {string} claim @returns {Promise<"waiting" | "approved" | "denied">} */
async function askClaim(claim) {
  try {
    return (await post("/api/join/claim", { claim })).state;
  } catch (error) {
    if (error instanceof RequestError && error.final) throw error;
    return "waiting";
  }
}

/**
 * @param {string} path @param {object} body @param {{signal?: AbortSignal, early?: Answer | null}} [options]
 * @returns {Promise<any>} rejects with {@link RequestError}
 */
async function post(path, body, { signal, early } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), REQUEST_TIMEOUT_MS);
  signal?.addEventListener("abort", () => stop.abort());
  try {
    const request = { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body), signal: stop.signal };
    const response = (await early) ?? (await fetch(path, request));
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new RequestError(answer.code ?? "unknown", { ...answer, status: response.status });
  } catch (error) {
    throw error instanceof RequestError ? error : new RequestError("no-network");
  } finally {
    clearTimeout(timer);
  }
}
