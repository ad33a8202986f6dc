/** What one connection's statistics say: read once a second, told as differences between two readings. */

/** @typedef {import("../signaling/messages.js").LegHealth} LegHealth */
/** @typedef {import("./samples.js").End} End */
/**
 * @typedef {object} Readings sums since the connection was made, but for the last five
 * @property {number} at ms
 * @property {number} bytesIn
 * @property {number} bytesOut
 * @property {number} arrived bytes of any kind, checks left out
 * @property {number} soundPackets
 * @property {number} soundLost
 * @property {number} invented samples of speech
 * @property {number} played samples
 * @property {number} bufferedS seconds that samples have waited, added up
 * @property {number} emitted samples that have left the buffer
 * @property {number} pictures decoded
 * @property {number} freezes how often a moving picture stood still
 * @property {number | null} jitterMs
 * @property {number | null} rttMs
 * @property {"host" | "srflx" | "prflx" | "relay" | null} candidateType `relay` when either end is one
 * @property {RTCPeerConnectionState} connection
 * @property {boolean} slowEncoder whether the picture is made smaller for want of processor time
 */

/** Header bytes of each packet that the browser's own counters leave out: IP and UDP. */
const PACKET_OVERHEAD_BYTES = 28;
/** The longest time that a summary can name. */
const HEALTH_MAX_MS = 60_000;

/** @param {{pc: RTCPeerConnection, state: RTCPeerConnectionState}} peer @returns {Promise<Readings>} */
export async function read({ pc, state }) {
  /** @type {Map<string, any>} */ const entries = new Map();
  (await pc.getStats()).forEach((entry) => entries.set(entry.id, entry));
  /** @type {Readings} */
  const now = {
    at: performance.now(), bytesIn: 0, bytesOut: 0, arrived: 0, soundPackets: 0, soundLost: 0, invented: 0, played: 0, bufferedS: 0, emitted: 0, pictures: 0, freezes: 0,
    jitterMs: null, rttMs: null, candidateType: null, connection: state, slowEncoder: false,
  };
  for (const entry of entries.values()) {
    if (entry.type === "inbound-rtp") readInbound(now, entry);
    else if (entry.type === "outbound-rtp") {
      now.slowEncoder ||= entry.qualityLimitationReason === "cpu";
      now.bytesOut += (entry.bytesSent ?? 0) + (entry.headerBytesSent ?? 0) + PACKET_OVERHEAD_BYTES * (entry.packetsSent ?? 0);
    } else if (entry.type === "candidate-pair") {
      now.arrived += entry.bytesReceived ?? 0;
      if (entry.nominated && entry.state === "succeeded") readPair(now, entry, entries);
    } else if (entry.type === "remote-inbound-rtp" && entry.kind === "audio") readRoundTrip(now, entry.roundTripTime);
  }
  return now;
}

/** @param {Readings} now @param {any} entry */
function readInbound(now, entry) {
  now.bytesIn += (entry.bytesReceived ?? 0) + (entry.headerBytesReceived ?? 0) + PACKET_OVERHEAD_BYTES * (entry.packetsReceived ?? 0);
  if (entry.kind === "video") {
    now.pictures += entry.framesDecoded ?? 0;
    now.freezes += entry.freezeCount ?? 0;
    return;
  }
  now.soundPackets += entry.packetsReceived ?? 0;
  now.soundLost += entry.packetsLost ?? 0;
  now.invented += (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0);
  now.played += entry.totalSamplesReceived ?? 0;
  now.bufferedS += entry.jitterBufferDelay ?? 0;
  now.emitted += entry.jitterBufferEmittedCount ?? 0;
  if (entry.jitter !== undefined) now.jitterMs = Math.round(entry.jitter * 1000);
}

/** @param {Readings} now @param {any} pair @param {Map<string, any>} entries */
function readPair(now, pair, entries) {
  const types = [entries.get(pair.localCandidateId)?.candidateType, entries.get(pair.remoteCandidateId)?.candidateType];
  now.candidateType = types.includes("relay") ? "relay" : (types[0] ?? null);
  readRoundTrip(now, pair.currentRoundTripTime);
}

/**
 * ICE and RTCP each measure the way, seconds apart; Firefox keeps ICE's first value, and a first one is often too long: it
 * holds the other side's being busy. The shorter of the two is the way. Firefox says 0 of what it has not measured yet.
 * @param {Readings} now @param {number | undefined} seconds
 */
function readRoundTrip(now, seconds) {
  if (seconds) now.rttMs = Math.min(now.rttMs ?? Infinity, Math.round(seconds * 1000));
}

/** What this end hears of the other. @param {Readings} last @param {Readings} now @returns {End} */
export function hearing(last, now) {
  const packets = Math.max(0, now.soundPackets - last.soundPackets);
  const lost = Math.max(0, now.soundLost - last.soundLost);
  const emitted = now.emitted - last.emitted;
  return {
    inventedPct: share(now.invented - last.invented, now.played - last.played),
    lossPct: share(lost, lost + packets),
    bufferMs: emitted > 0 ? Math.round((1000 * (now.bufferedS - last.bufferedS)) / emitted) : null,
    packets,
  };
}

/** One leg of a `health` message. @param {number} negotiation @param {Readings | null} last @param {Readings} now @returns {LegHealth} */
export function summary(negotiation, last, now) {
  const seconds = last ? (now.at - last.at) / 1000 : 0;
  /** @param {number} bytes */
  const kbps = (bytes) => (seconds ? Math.max(0, Math.round((bytes * 8) / seconds / 1000)) : null);
  const heard = last && hearing(last, now);
  return [
    negotiation,
    now.connection,
    now.candidateType,
    atMost(now.rttMs),
    heard?.lossPct ?? null,
    atMost(now.jitterMs),
    heard?.inventedPct ?? null,
    kbps(now.bytesIn - (last?.bytesIn ?? 0)),
    kbps(now.bytesOut - (last?.bytesOut ?? 0)),
  ];
}

/** In percent with one digit; null where there is no whole. @param {number} part @param {number} whole */
const share = (part, whole) => (whole > 0 ? Math.min(100, Math.max(0, Math.round((1000 * part) / whole) / 10)) : null);

/** @param {number | null} ms */
const atMost = (ms) => (ms === null ? null : Math.min(HEALTH_MAX_MS, ms));
