/** All connections of this browser: at most five peers in a room, each connected with each. Knows neither page nor socket. */

import { Peer } from "./peer.js";

/** @typedef {import("./peer.js").Tracks} Tracks */
/** @typedef {import("../signaling/messages.js").LegHealth} LegHealth */

export const LEGS_MAX = 4;
export const FRESH_ICE_SERVERS_TIMEOUT_MS = 3_000;
/** The longest time that a summary can name. */
const HEALTH_MAX_MS = 60_000;

const NOTHING = Object.freeze({ audio: null, video: null });

/** @typedef {{bytesIn: number, bytesOut: number, lost: number, packets: number, invented: number, played: number, at: number}} Readings */

/**
 * @typedef {object} Leg
 * @property {Peer} peer
 * @property {number} negotiation
 * @property {MediaStream} stream what comes from the other side
 * @property {Readings} last
 */

export class Mesh {
  /** @type {Map<string, Leg>} */ #legs = new Map();
  /** @type {Tracks} */ #tracks = NOTHING;
  #sending = false;
  /** @type {((servers: RTCIceServer[]) => void)[]} */ #askers = [];

  /**
   * @param {object} wiring
   * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} wiring.send
   * @param {(peer: string, state: RTCPeerConnectionState, stream: MediaStream | null) => void} wiring.onPeer
   *   a connection or what it carries has changed; `closed` when it is gone
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /** @param {import("../signaling/messages.js").Connect} message */
  connect({ peer: id, polite, negotiation, relayOnly, iceServers }) {
    this.#close(id);
    if (this.#legs.size >= LEGS_MAX) return;
    const stream = new MediaStream();
    const { send, onPeer } = this.wiring;
    const peer = new Peer({
      polite,
      iceServers,
      relayOnly,
      tracks: this.#outgoing(),
      freshIceServers: () => this.#freshIceServers(),
      sendDescription: (type, description) => send({ type, to: id, negotiation, description }),
      sendCandidate: (candidate) => send({ type: "candidate", to: id, negotiation, candidate }),
      onState: (state) => onPeer(id, state, stream),
      onTrack: (track) => {
        for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
        stream.addTrack(track);
        onPeer(id, peer.pc.connectionState, stream);
      },
    });
    this.#legs.set(id, { peer, negotiation, stream, last: nothingRead() });
    onPeer(id, "new", stream);
  }

  /** @param {import("../signaling/messages.js").Disconnect} message */
  disconnect({ peer, negotiation }) {
    if ((this.#legs.get(peer)?.negotiation ?? Infinity) <= negotiation) this.#close(peer);
  }

  /** @param {import("../signaling/messages.js").RelayedDescription} message */
  describe({ from, negotiation, description }) {
    const leg = this.#legs.get(from);
    if (leg?.negotiation === negotiation) void leg.peer.handleDescription(description);
  }

  /** @param {import("../signaling/messages.js").RelayedCandidate} message */
  candidate({ from, negotiation, candidate }) {
    const leg = this.#legs.get(from);
    if (leg?.negotiation === negotiation) void leg.peer.handleCandidate(candidate);
  }

  /** The answer to an `ice-servers` question. @param {RTCIceServer[]} servers */
  takeIceServers(servers) {
    for (const answer of this.#askers.splice(0)) answer(servers);
  }

  /** What to send whenever sending is on. @param {Tracks} tracks */
  setTracks(tracks) {
    this.#tracks = tracks;
    this.#apply();
  }

  /** Whether anything goes out at all. Local, at once. @param {boolean} sending */
  setSending(sending) {
    if (sending === this.#sending) return;
    this.#sending = sending;
    this.#apply();
  }

  /** Signaling is back after a pause. */
  refresh() {
    for (const { peer } of this.#legs.values()) peer.refresh();
  }

  /** The network has changed under us. */
  restart() {
    for (const { peer } of this.#legs.values()) void peer.restart(true);
  }

  closeAll() {
    for (const id of [...this.#legs.keys()]) this.#close(id);
  }

  get size() {
    return this.#legs.size;
  }

  /**
   * Measure every connection once, say it in one small message, and return the media path: `turn`, `direct`, or "" while
   * nothing is connected.
   * @param {string} rung @param {string} reason @returns {Promise<"turn" | "direct" | "">}
   */
  async tellHealth(rung, reason) {
    const legs = await Promise.all([...this.#legs.values()].map(measureLeg));
    if (!legs.length) return "";
    this.wiring.send({ type: "health", rung, reason, legs });
    const types = legs.map(([, , candidateType]) => candidateType).filter(Boolean);
    return types.includes("relay") ? "turn" : types.length ? "direct" : "";
  }

  /** @returns {Tracks} */
  #outgoing() {
    return this.#sending ? this.#tracks : NOTHING;
  }

  #apply() {
    const tracks = this.#outgoing();
    for (const { peer } of this.#legs.values()) void peer.setTracks(tracks);
  }

  /** @param {string} id */
  #close(id) {
    const leg = this.#legs.get(id);
    if (!leg) return;
    leg.peer.close();
    this.#legs.delete(id);
    this.wiring.onPeer(id, "closed", null);
  }

  /** @returns {Promise<RTCIceServer[] | null>} */
  #freshIceServers() {
    if (!this.wiring.send({ type: "ice-servers" })) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#askers.push(resolve);
      setTimeout(() => resolve(null), FRESH_ICE_SERVERS_TIMEOUT_MS);
    });
  }
}

/** @returns {Readings} */
function nothingRead() {
  return { bytesIn: 0, bytesOut: 0, lost: 0, packets: 0, invented: 0, played: 0, at: 0 };
}

/** @param {Leg} leg @returns {Promise<LegHealth>} */
async function measureLeg(leg) {
  const { pc } = leg.peer;
  const stats = await pc.getStats();
  /** @type {Map<string, any>} */
  const byId = new Map();
  stats.forEach((entry) => byId.set(entry.id, entry));
  const now = { ...nothingRead(), at: performance.now() };
  /** @type {number | null} */ let jitterMs = null;
  /** @type {any} */ let pair = null;
  for (const entry of byId.values()) {
    if (entry.type === "inbound-rtp") {
      now.bytesIn += entry.bytesReceived ?? 0;
      now.lost += entry.packetsLost ?? 0;
      now.packets += entry.packetsReceived ?? 0;
      if (entry.kind !== "audio") continue;
      if (entry.jitter !== undefined) jitterMs = Math.round(entry.jitter * 1000);
      now.invented += (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0);
      now.played += entry.totalSamplesReceived ?? 0;
    } else if (entry.type === "outbound-rtp") now.bytesOut += entry.bytesSent ?? 0;
    else if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") pair = entry;
  }
  const { last } = leg;
  leg.last = now;
  const seconds = (now.at - last.at) / 1000;
  const lost = Math.max(0, now.lost - last.lost);
  const expected = lost + Math.max(0, now.packets - last.packets);
  const types = pair ? [byId.get(pair.localCandidateId)?.candidateType, byId.get(pair.remoteCandidateId)?.candidateType] : [];
  const rtt = pair?.currentRoundTripTime;
  /** @param {number} bytes */
  const kbps = (bytes) => (last.at ? Math.max(0, Math.round((bytes * 8) / seconds / 1000)) : null);
  /** @param {number} part @param {number} whole */
  const share = (part, whole) => (last.at && whole > 0 ? Math.min(100, Math.max(0, Math.round((1000 * part) / whole) / 10)) : null);
  return [
    leg.negotiation,
    pc.connectionState,
    types.includes("relay") ? "relay" : (types[0] ?? null),
    rtt === undefined ? null : Math.min(HEALTH_MAX_MS, Math.round(rtt * 1000)),
    share(lost, expected),
    jitterMs === null ? null : Math.min(HEALTH_MAX_MS, jitterMs),
    share(now.invented - last.invented, now.played - last.played),
    kbps(now.bytesIn - last.bytesIn),
    kbps(now.bytesOut - last.bytesOut),
  ];
}
