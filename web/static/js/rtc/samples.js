/** What is measured once a second, and how a stretch of it is looked at: of both ends of a connection the weaker counts. */

/**
 * What one end measures of the other's sound since the last sample; null: nothing is sent, or it can not be told.
 * @typedef {{inventedPct: number | null, lossPct: number | null, bufferMs: number | null, packets: number | null}} End
 */
/**
 * @typedef {object} LegSample
 * @property {string} peer
 * @property {string} role
 * @property {RTCPeerConnectionState} connection
 * @property {number | null} rttMs
 * @property {End} here what arrives at this end
 * @property {End | null} there what arrives at the other end, by its own report; null: it has not told lately
 * @property {RungName | null} [spares] the rung that the other device's data allow, where it has told
 */
/** @typedef {import("./rungs.js").RungName} RungName */
/**
 * One look at everything, about once a second.
 * @typedef {object} Sample
 * @property {number} at ms
 * @property {boolean} online whether the socket stands
 * @property {LegSample[]} legs
 * @property {number} [spentBytes] both ways, since the visit began
 * @property {"nominal" | "fair" | "serious" | "critical"} [cpu]
 * @property {{level: number, charging: boolean} | null} [battery] level 0 to 1
 * @property {number} [clipAgeS] age of the oldest clip that has not arrived
 */

/** Share of speech invented that is heard as a fault, and of packets lost that is more than bad luck. */
export const SUFFERS_PCT = 6;
export const LOSES_PCT = 8;
const RECENT_MS = 3_000;

/** @typedef {{connected: boolean, heard: boolean, rttMs: number | null, inventedPct: number, lossPct: number, bufferMs: number}} Look */

/** One connection over the last stretch: averages, of the weaker end. @param {readonly Sample[]} window @param {string} peer @param {number} now @param {number} stretchMs @param {(values: number[]) => number} [typical] @returns {Look} */
export function look(window, peer, now, stretchMs, typical = mean) {
  const seen = window.filter(({ at }) => at > now - stretchMs).flatMap(({ legs }) => legs.find((leg) => leg.peer === peer) ?? []);
  const ends = [seen.map(({ here }) => here), seen.flatMap(({ there }) => there ?? [])];
  /** @param {"inventedPct" | "lossPct" | "bufferMs"} name */
  const worst = (name) => Math.max(0, ...ends.map((end) => typical(end.flatMap((figures) => figures[name] ?? []))));
  const rtts = seen.flatMap(({ rttMs }) => rttMs ?? []);
  return {
    connected: seen.at(-1)?.connection === "connected",
    heard: seen.some(({ here }) => here.packets !== 0),
    rttMs: rtts.length ? Math.min(...rtts) : null,
    inventedPct: worst("inventedPct"),
    lossPct: worst("lossPct"),
    bufferMs: worst("bufferMs"),
  };
}

/** One bad second alone moves it not: a machine that stumbles is no bad line. @param {number[]} values */
export const median = (values) => [...values].sort((one, other) => one - other)[(values.length - 1) >> 1] ?? 0;

/** @param {number[]} values */
const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0);

/** Whose line it is, when something suffers: what all connections share is ours. @param {readonly Sample[]} window @param {number} now @returns {"uplink-weak" | "downlink-weak" | "other-side-weak"} */
export function weakEnd(window, now) {
  const recent = window.filter(({ at }) => at > now - RECENT_MS).flatMap(({ legs }) => legs);
  const peers = new Set(recent.map(({ peer }) => peer));
  /** @param {(leg: LegSample) => End | null} end */
  const sufferers = (end) => new Set(recent.filter((leg) => (end(leg)?.inventedPct ?? 0) > SUFFERS_PCT || (end(leg)?.lossPct ?? 0) > LOSES_PCT).map(({ peer }) => peer)).size;
  if (peers.size && sufferers(({ there }) => there) === peers.size) return "uplink-weak";
  if (peers.size && sufferers(({ here }) => here) === peers.size) return "downlink-weak";
  return "other-side-weak";
}
