/** All connections of this browser: at most five peers in a room, each connected with each. Knows neither page nor socket. */

import { bindsNoChannel } from "./ice-servers.js";
import { knowsRed, withLongestPackets } from "./lean-description.js";
import { LineWatch } from "./line-watch.js";
import { Peer } from "./peer.js";
import { RedHelp } from "./red-help.js";
import { hasWay, THIN_FROM_MS, Turns } from "./turns.js";

/** @typedef {import("./peer.js").Tracks} Tracks */
/** @typedef {import("./peer.js").Cap} Cap */
/** @typedef {import("./readings.js").Readings} Readings */
/** @typedef {import("../signaling/messages.js").Connect} Connect */
/** @typedef {import("../signaling/messages.js").Disconnect} Disconnect */
/** @typedef {import("../signaling/messages.js").RelayedDescription} RelayedDescription */
/** @typedef {import("../signaling/messages.js").RelayedCandidate} RelayedCandidate */
/** @typedef {import("../signaling/messages.js").IceServers} IceServers */
/** @typedef {{report: unknown, at: number}} Report what the other end hears of us, and when it said so (ms) */

export const LEGS_MAX = 4;
export const FRESH_ICE_SERVERS_TIMEOUT_MS = 3_000;
/** How long the connections of before a server's restart go on beside the new ones. */
export const INHERITED_MAX_MS = 20_000;
/** The lowest voice, from the first packet: what more there is has to be earned. */
export const FIRST_CAP = Object.freeze({ audioBps: 8_000, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 });
export const FIRST_PACKET_MS = 60;
/** How long sound waits from the first packet on a thin line where the browser begins with too little: what it comes to in half a minute. */
export const THIN_DELAY_MS = 320;

/** Begins as soon as this module is here, which is some seconds before the first offer. */
const help = new RedHelp();
const NOTHING = Object.freeze({ audio: null, video: null });

/**
 * @typedef {object} Leg
 * @property {Peer} peer
 * @property {number} negotiation
 * @property {MediaStream} stream what comes from the other side
 * @property {Report | null} report
 * @property {number} tries how many were given up before it for want of a handshake
 */

export class Mesh {
  /** @type {Map<string, Leg>} */ #legs = new Map();
  /** Given up for a newer one that does not stand yet, while their handshake went on. @type {Map<string, Leg>} */ #behind = new Map();
  /** Of before the server's restart, by the peer ids of then; they carry sound until the new ones stand. @type {Map<string, Leg>} */ #inherited = new Map();
  /** New peer to old peer of the same person. @type {Map<string, string>} */ #heirs = new Map();
  #inheritedTimer = 0;
  /** @type {Map<string, Cap>} */ #caps = new Map();
  /** @type {Set<string>} */ #away = new Set();
  /** @type {Tracks} */ #tracks = NOTHING;
  #sending = false;
  #online = false;
  /** @type {((servers: RTCIceServer[]) => void)[]} */ #askers = [];
  /** @type {RTCIceServer[]} */ #servers = [];
  #watch;
  #turns = new Turns(() => this.isThin);
  /** What is done with a piece of a still; nothing until somebody asks for them. @type {(id: string, peer: Peer, piece: unknown) => void} */
  onStillPiece = () => undefined;

  /**
   * @param {object} wiring
   * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} wiring.send
   * @param {(peer: string, state: RTCPeerConnectionState, stream: MediaStream | null) => void} wiring.onPeer
   *   a connection or what it carries has changed; `closed` when it is gone
   * @param {() => void} wiring.onLineBack the line to the servers was gone, and is back
   * @param {() => number} wiring.roundTripMs of a message to the server and its answer; 0: not known
   */
  constructor(wiring) {
    this.wiring = wiring;
    this.#watch = new LineWatch(wiring.onLineBack);
  }

  /** @param {Connect | Disconnect | RelayedDescription | RelayedCandidate | IceServers} message */
  take(message) {
    switch (message.type) {
      case "connect":
        return this.connect(message);
      case "disconnect":
        return this.disconnect(message);
      case "candidate":
        return this.candidate(message);
      case "ice-servers":
        return this.takeIceServers(message.iceServers);
      default:
        return this.describe(message);
    }
  }

  /** @param {Connect} message */
  connect({ peer: id, polite, negotiation, relayOnly, iceServers }) {
    // Where UDP led nowhere for the one before, this one need not find that out again.
    const before = this.#legs.get(id);
    const wide = before?.peer.isWide ?? false;
    const goesOn = before && mayCarry(before.peer);
    const tries = goesOn ? before.tries + 1 : 0;
    if (before && (goesOn || this.#standsBehind(id))) this.#leaveBehind(id, before);
    else this.#close(id);
    if (this.#legs.size >= LEGS_MAX) return;
    if (goesOn) this.#turns.noteOvertaking(id);
    const stream = new MediaStream();
    const isCurrent = () => this.#legs.get(id)?.negotiation === negotiation;
    /** @param {import("../signaling/messages.js").ClientMessage} message */
    const send = (message) => isCurrent() && this.wiring.send(message);
    const renew = () => send({ type: "reconnect", peer: id, negotiation });
    this.#servers = iceServers;
    const peer = new Peer({
      polite,
      iceServers,
      relayOnly,
      wide,
      tracks: this.#outgoing(id),
      cap: this.#caps.get(id) ?? FIRST_CAP,
      tries,
      packetMs: FIRST_PACKET_MS,
      canReach: () => this.#online && !this.#away.has(id) && isCurrent(),
      freshIceServers: () => this.#freshIceServers(),
      translator: help.translator(),
      renew,
      overtake: () => this.#turns.mayOvertake(id) && renew(),
      sendDescription: (type, description) => send({ type, to: id, negotiation, description }),
      sendCandidate: (candidate) => send({ type: "candidate", to: id, negotiation, candidate }),
      onState: () => {
        if (isCurrent() && hasWay(peer.pc)) this.#turns.endOvertaking(id);
        // Once it stands here, the other side may not hear it yet.
        if (peer.isThrough && isCurrent()) {
          this.#dropInherited(id);
          this.#dropBehind(id);
        }
        this.#feed(id);
        this.#turns.give();
        this.#tell(id);
      },
      onTrack: (track) => {
        for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
        stream.addTrack(track);
        peer.setPlayoutDelay({ audioMs: this.firstDelayMs, videoMs: null });
        this.#tell(id);
      },
      onReport: (report) => {
        const leg = this.#legs.get(id);
        if (leg) leg.report = { report, at: performance.now() };
      },
      onStillPiece: (piece) => this.onStillPiece(id, peer, piece),
      onSomethingToCheck: () => this.#turns.ask(peer),
    });
    this.#legs.set(id, { peer, negotiation, stream, report: null, tries });
    this.#tell(id);
  }

  /** @param {Disconnect} message */
  disconnect({ peer, negotiation }) {
    if ((this.#legs.get(peer)?.negotiation ?? Infinity) <= negotiation) this.#close(peer);
  }

  /** @param {RelayedDescription} message */
  describe({ from, negotiation, description }) {
    const leg = this.#legs.get(from);
    if (leg?.negotiation !== negotiation) return;
    // Two such connections with a header of 91 bytes each 60 ms are more than EDGE has, and the ladder would never come.
    const wraps = leg.peer.setting.relayOnly && this.isThin && bindsNoChannel();
    void leg.peer.handleDescription(wraps ? withLongestPackets(description) : description);
  }

  /** @param {RelayedCandidate} message */
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

  /** The camera's track while others may see it. */
  get picture() {
    const { video } = this.#sending ? this.#tracks : NOTHING;
    return video?.enabled && video.readyState === "live" ? video : null;
  }

  /** Whether a rung of somebody has stills. */
  get sendsStills() {
    return [...this.#legs.values()].some(({ peer }) => peer.stillEveryS > 0);
  }

  /** How much goes to a peer, and what is asked of it: see `setPackets`. @param {string} id @param {Cap} cap @param {Parameters<Peer["setPackets"]>} packets */
  setCap(id, cap, ...packets) {
    this.#caps.set(id, cap);
    const { peer } = this.#legs.get(id) ?? {};
    void peer?.setCap(cap);
    peer?.setPackets(...packets);
  }

  /** Whether the server hears us now. Coming back, this side restarts what does not stand. @param {boolean} online */
  setOnline(online) {
    this.#online = online;
    if (online) {
      this.#watch.stop();
      this.hurry();
      return;
    }
    // Where UDP does not pass, its silence says nothing.
    if ([...this.#legs.values()].some(({ peer }) => peer.answered.overUdp)) this.#watch.start(this.#servers);
    for (const { peer } of this.#legs.values()) peer.recovery.observe();
  }

  /**
   * Whether not even the STUN server is reached while the server is not. What is asked over a connection of before would keep it
   * waiting long after the line is back.
   */
  get lineIsGone() {
    return this.#watch.silent;
  }

  /** Whether this device's line is one on which little has to be sent at once. */
  get isThin() {
    return this.wiring.roundTripMs() >= THIN_FROM_MS;
  }

  /** How long sound waits before anything is known of the line, in ms; null: as the browser finds right. */
  get firstDelayMs() {
    return this.isThin && !knowsRed() ? THIN_DELAY_MS : null;
  }

  /** Who of the others is not heard by the server. @param {Set<string>} away */
  setAway(away) {
    const back = [...this.#away].filter((id) => !away.has(id));
    this.#away = away;
    for (const id of back) this.#legs.get(id)?.peer.recovery.observe();
  }

  /** This side has come back or changed its network. */
  hurry() {
    for (const { peer } of this.#legs.values()) peer.hurry();
  }

  /** Every connection with what there is to know about it; a spare one is to carry what an older one still does. */
  legs() {
    return [...this.#legs].map(([id, leg]) => ({ id, peer: leg.peer, negotiation: leg.negotiation, report: leg.report, isSpare: this.#carrying(id) !== leg }));
  }

  /**
   * The server has started anew and knows nothing of our connections: they go on until new ones stand, or until it is
   * clear that none will come.
   */
  bequeath() {
    this.#closeInherited();
    for (const id of [...this.#behind.keys()]) this.#dropBehind(id);
    this.#inherited = new Map(this.#legs);
    this.#legs.clear();
    this.#caps.clear();
    this.#away.clear();
    this.#inheritedTimer = setTimeout(() => this.#closeInherited(), INHERITED_MAX_MS);
  }

  /** The person of an old peer sits at a new one. @param {string} id @param {string} old */
  inherit(id, old) {
    if (!this.#inherited.has(old) || this.#heirs.has(id)) return;
    this.#heirs.set(id, old);
    this.#feed(id);
    this.#tell(id);
  }

  /** Whether sound still comes over connections of before the server's restart. */
  get inherits() {
    return this.#inherited.size > 0;
  }

  closeAll() {
    this.#watch.stop();
    for (const id of [...this.#legs.keys()]) this.#close(id);
    this.#closeInherited();
  }

  /** The connection that carries what is said to and by a peer, or is to: an old one until the new one stands. @param {string} id */
  carrier(id) {
    return this.#carrying(id)?.peer;
  }

  /** @param {string} id */
  #carrying(id) {
    return this.#heirloom(id) ?? this.#standsBehind(id) ?? this.#legs.get(id);
  }

  /** The one of before the server's restart. @param {string} id */
  #heirloom(id) {
    return this.#inherited.get(this.#heirs.get(id) ?? "");
  }

  /** @param {string} id */
  #tell(id) {
    const leg = this.#carrying(id);
    if (leg) this.wiring.onPeer(id, leg.peer.state, leg.stream);
  }

  /** @param {string} id */
  #dropInherited(id) {
    const old = this.#heirs.get(id) ?? "";
    this.#heirs.delete(id);
    this.#release(old);
  }

  /** Its handshake may yet be through before a new connection stands: it goes on until then. @param {string} id @param {Leg} leg */
  #leaveBehind(id, leg) {
    this.#legs.delete(id);
    this.#caps.delete(id);
    if (this.#standsBehind(id)) return leg.peer.close();
    this.#dropBehind(id);
    leg.peer.recovery.stop();
    this.#behind.set(id, leg);
  }

  /** One that was given up and stands now, sooner than the one that is to replace it. @param {string} id */
  #standsBehind(id) {
    const leg = this.#behind.get(id);
    return leg?.peer.state === "connected" ? leg : undefined;
  }

  /** @param {string} id */
  #dropBehind(id) {
    this.#behind.get(id)?.peer.close();
    this.#behind.delete(id);
  }

  /** An old connection is gone, and so is its peer. @param {string} old */
  #release(old) {
    const leg = this.#inherited.get(old);
    if (!leg) return;
    this.#inherited.delete(old);
    leg.peer.close();
    this.wiring.onPeer(old, "closed", null);
  }

  #closeInherited() {
    clearTimeout(this.#inheritedTimer);
    for (const old of [...this.#inherited.keys()]) this.#release(old);
    const heirs = [...this.#heirs.keys()];
    this.#heirs.clear();
    for (const id of heirs) {
      if (this.#legs.has(id)) this.#tell(id);
      else this.wiring.onPeer(id, "closed", null);
    }
  }

  /** What goes to a peer over its newest connection: said over an older one that is heard, it need not be said twice on a thin line. @param {string} id @returns {Tracks} */
  #outgoing(id) {
    const older = this.#heirloom(id) ?? this.#behind.get(id);
    const isSaid = older?.peer.isThrough && !this.#legs.get(id)?.peer.isThrough;
    return this.#sending && !isSaid ? this.#tracks : NOTHING;
  }

  /** @param {string} id */
  #feed(id) {
    void this.#legs.get(id)?.peer.setTracks(this.#outgoing(id));
  }

  #apply() {
    const tracks = this.#sending ? this.#tracks : NOTHING;
    for (const { peer } of [...this.#behind.values(), ...this.#inherited.values()]) void peer.setTracks(tracks);
    for (const id of this.#legs.keys()) this.#feed(id);
  }

  /** @param {string} id */
  #close(id) {
    const leg = this.#legs.get(id);
    if (!leg) return;
    leg.peer.close();
    this.#dropBehind(id);
    this.#legs.delete(id);
    this.#caps.delete(id);
    this.#turns.endOvertaking(id);
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

/** Whether a connection that is given up may still bring sound: it stands here at least, or only its handshake is missing. @param {Peer} peer */
const mayCarry = ({ establishment, state, liveness }) => establishment.isShakingHands || (state === "connected" && !liveness.silentMs);
