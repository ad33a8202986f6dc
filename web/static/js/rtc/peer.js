/**
 * One connection to one other browser: perfect negotiation in the standard's words. Knows neither the page nor the socket.
 *
 * Sound first: the impolite side offers one lean audio section and nothing else, and every rate is capped from the first
 * packet. A picture gets its section when it has been earned, by an offer of whichever side earns it. Sound and picture
 * belong to different streams, so that sound never waits for the picture. Tracks come and go with `replaceTrack`.
 */

import { askedPacketMs, asksAgain, leanDescription, preferPicture, preferSound, prefersRed, shortDescription, speaksRed } from "./lean-description.js";
import { Establishment } from "./establishment.js";
import { Answered, neighbour, overUdp } from "./ice-servers.js";
import { Liveness, SILENT_MS } from "./liveness.js";
import { Recovery } from "./recovery.js";
import { SideChannels } from "./side-channels.js";
import { limit } from "./sender-limits.js";

/** When no server has answered over UDP by then, the others are asked too. */
export const UDP_ONLY_MS = 4_000;
/** How often a way is looked at that ICE calls `disconnected`. */
export const DOUBT_EVERY_MS = 900;
/** TURN credentials older than this are asked for anew before a restart; they live for 300 s. */
export const CREDENTIALS_FRESH_MS = 200_000;

/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */
/** @typedef {{audioBps: number, videoBps: number, fps: number, width: number, stillEveryS: number}} Cap 0: nothing of that kind */
/** @typedef {(type: "offer" | "answer", description: RTCSessionDescriptionInit) => void} SendDescription */

export class Peer {
  ignoreOffer = false;
  answered = new Answered();
  /** For reports and stills, from the first description on. @type {SideChannels | null} */ channels = null;

  #voice = new MediaStream();
  #face = new MediaStream();
  /** What cannot be checked yet. @type {(RTCIceCandidateInit | null)[]} */ #early = [];
  #mayCheck = false;
  /** A candidate of this side's own relay, until it has been named. @type {RTCIceCandidate | null} */ #relay = null;
  /** The generation for which one has been. @type {string | null | undefined} */ #named;
  /** @type {{audio?: RTCRtpSender, video?: RTCRtpSender}} */ #senders = {};
  /** @type {Tracks} */ #tracks;
  /** @type {Cap} */ #cap;
  #packetMs;
  #again = false;
  #repaired = false;
  /** @type {import("./red-translator.js").RedTranslator | null} */ #translator = null;
  /** What is asked of the other side has changed since the last description of ours. */ #asks = false;
  /** Everything that touches descriptions, candidates and senders runs one after another, in the order in which it came. */
  #work = Promise.resolve();
  #credentialsAt = Date.now();
  /** @type {RTCIceServer[]} */ #servers;
  /** Whether servers over TCP and TLS are asked too: UDP led nowhere. */ isWide;
  #widenTimer = 0;
  #doubtTimer = 0;
  #closed = false;

  /**
   * @param {object} setting
   * @param {boolean} setting.polite
   * @param {RTCIceServer[]} setting.iceServers
   * @param {boolean} setting.relayOnly use relay candidates alone
   * @param {boolean} setting.wide whether servers over TCP and TLS are asked from the first moment
   * @param {Tracks} setting.tracks what to send from the first moment; null sends nothing
   * @param {Cap} setting.cap how much of it
   * @param {number} setting.tries how many connections to the same browser have been given up before their handshake was through
   * @param {number} setting.packetMs how much sound a packet of the other side is to hold
   * @param {() => boolean} setting.canReach whether what is sent through signaling reaches the other side soon
   * @param {() => Promise<RTCIceServer[] | null>} setting.freshIceServers asked before an ICE restart; null keeps the old ones
   * @param {() => void} setting.renew ask for a new connection instead of this one
   * @param {() => boolean} setting.overtake as {@link Recovery} has it
   * @param {() => void} setting.onSomethingToCheck from now on {@link Peer#beginChecks} would check something
   * @param {Promise<import("./red-translator.js").RedTranslator | null>} setting.translator what helps a browser that knows no RED; the first description waits for it
   * @param {SendDescription} setting.sendDescription
   * @param {(candidate: RTCIceCandidateInit | null) => void} setting.sendCandidate
   * @param {(state: RTCPeerConnectionState) => void} setting.onState
   * @param {(track: MediaStreamTrack) => void} setting.onTrack
   * @param {(report: unknown) => void} setting.onReport what the other end hears of us
   * @param {(piece: unknown) => void} setting.onStillPiece
   */
  constructor(setting) {
    this.setting = setting;
    this.polite = setting.polite;
    this.#tracks = setting.tracks;
    this.#cap = setting.cap;
    this.#packetMs = setting.packetMs;
    this.#servers = setting.iceServers;
    this.isWide = setting.wide;
    void this.#queue(async () => {
      this.#translator = await setting.translator;
    });
    this.pc = new RTCPeerConnection(this.#configuration());
    this.liveness = new Liveness(this.pc);
    this.recovery = new Recovery({
      polite: setting.polite,
      condition: () => this.#condition(),
      canReach: setting.canReach,
      restart: () => void this.#restart(),
      renew: setting.renew,
      overtake: setting.overtake,
    });
    this.pc.onicecandidate = ({ candidate }) => {
      this.answered.take(candidate, this.isWide);
      if (candidate?.type === "relay" && candidate.usernameFragment !== this.#named) this.#relay ||= candidate;
      void this.#queue(() => this.#check());
      // Over TCP a browser only calls, and so does the other: such a candidate meets nobody.
      if (candidate?.candidate !== "" && candidate?.protocol !== "tcp") setting.sendCandidate(candidate && candidate.toJSON());
    };
    this.pc.ontrack = ({ track }) => setting.onTrack(track);
    this.pc.onnegotiationneeded = () => void this.#queue(() => this.#offer());
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = () => this.#observe();
    if (!this.polite) {
      const transceiver = this.pc.addTransceiver("audio", {
        direction: "sendrecv", streams: [this.#voice], sendEncodings: [{ maxBitrate: this.#cap.audioBps }],
      });
      preferSound(transceiver);
      this.#adopt(transceiver);
      this.channels = new SideChannels(this.pc, setting, () => this.#observe());
    }
    this.establishment = new Establishment(this.pc, setting.tries, () => this.recovery.observe());
  }

  /** Send these tracks from now on; null sends nothing of that kind. @param {Tracks} tracks */
  setTracks(tracks) {
    this.#tracks = tracks;
    return this.#queue(() => this.#feed());
  }

  /** Send this much from now on. @param {Cap} cap */
  setCap(cap) {
    this.#cap = cap;
    return this.#queue(() => this.#feed());
  }

  /** What is asked of the other side: packets of this length, lost ones again, what Opus repairs. Worth an offer only where it pays. @param {number} packetMs @param {boolean} again @param {boolean} repaired */
  setPackets(packetMs, again, repaired) {
    if ((packetMs === this.#packetMs && again === this.#again && repaired === this.#repaired) || this.#closed) return;
    [this.#packetMs, this.#again, this.#repaired] = [packetMs, again, repaired];
    this.#asks = true;
    void this.#queue(() => this.#offer());
  }

  /** Let sound and picture wait for what comes late; null: as the browser finds right. @param {{audioMs: number | null, videoMs: number | null}} delay */
  setPlayoutDelay({ audioMs, videoMs }) {
    for (const receiver of this.pc.getReceivers()) {
      const wanted = receiver.track.kind === "audio" ? audioMs : videoMs;
      if ("jitterBufferTarget" in receiver && receiver.jitterBufferTarget !== wanted) receiver.jitterBufferTarget = wanted;
    }
  }

  /** Whether what is said over it arrives: both sides' handshakes are done, and nothing has been missing for long. */
  get isThrough() {
    return this.state === "connected" && this.channels?.isOpen && this.liveness.silentMs < SILENT_MS;
  }

  /** Whether lost sound is sent again. It takes both: whoever hears well lets the other ask. */
  get asksAgain() {
    return this.#again || asksAgain(this.pc.remoteDescription?.sdp);
  }

  /** Whether speech is sent twice: by itself to whom hears that best, or with help. */
  get repeats() {
    return (this.isRepeated && prefersRed(this.pc.remoteDescription?.sdp)) || this.#translator?.isActive === true;
  }

  /** Whether the other side sends it twice, or is about to. */
  get isRepeated() {
    return this.#translator?.isActive || (speaksRed(this.pc.localDescription?.sdp) && speaksRed(this.pc.remoteDescription?.sdp));
  }

  /** How long the packets of speech are that the other side asks for, in ms; undefined: it has not said. */
  get packetMs() {
    return askedPacketMs(this.pc.remoteDescription?.sdp);
  }

  /** Seconds between two stills; 0: none. */
  get stillEveryS() {
    return this.#cap.stillEveryS;
  }

  /** Apply an offer or an answer from the other side. @param {RTCSessionDescriptionInit} description */
  handleDescription(description) {
    return this.#queue(() => this.#describe(description));
  }

  /** Apply a candidate, once there is a remote description and checks may begin. @param {RTCIceCandidateInit | null} candidate */
  handleCandidate(candidate) {
    return this.#queue(async () => {
      this.#early.push(candidate);
      await this.#check();
    });
  }

  /** It is this connection's turn: check the other side's candidates, now and from now on. */
  beginChecks() {
    this.#mayCheck = true;
    void this.#queue(() => this.#check());
  }

  /** This side has come back or changed its network: silence that would be borne otherwise is reason enough. */
  hurry() {
    this.liveness.hurry();
    this.recovery.hurry();
  }

  /** @returns {RTCPeerConnectionState} */
  get state() {
    return this.liveness.state;
  }

  /** What a look has found. @param {{silentMs: number, arrived: boolean}} found how long no sound has come where some was heard before, and whether anything has since the last look */
  noteLook({ silentMs, arrived }) {
    this.liveness.silentMs = silentMs;
    if (arrived) this.liveness.noteArrival();
    this.liveness.doubt();
    if (silentMs && this.liveness.isHurried) this.recovery.hurry();
    if (silentMs) this.recovery.observe();
  }

  close() {
    this.#closed = true;
    this.recovery.stop();
    this.establishment.stop();
    clearTimeout(this.#widenTimer);
    clearTimeout(this.#doubtTimer);
    this.pc.onicecandidate = this.pc.ontrack = this.pc.onnegotiationneeded = null;
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null;
    this.pc.close();
  }

  get #speech() {
    return this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "audio");
  }

  /** @returns {RTCConfiguration} */
  #configuration() {
    const iceServers = this.isWide ? this.#servers : overUdp(this.#servers);
    // With the pool a relay address is asked for before there is a description: on EDGE the offer is a second on its way.
    return { iceServers, iceTransportPolicy: this.setting.relayOnly ? "relay" : "all", bundlePolicy: "max-bundle", iceCandidatePoolSize: 1 };
  }

  /** @param {() => Promise<void>} job */
  #queue(job) {
    this.#work = this.#work.then(async () => {
      if (!this.#closed) await job();
    }).catch((error) => {
      if (!this.#closed) console.warn("negotiation:", error);
    });
    return this.#work;
  }

  async #offer() {
    if (this.pc.signalingState !== "stable") return;
    await this.#say(await this.pc.createOffer());
  }

  /** Take a description of our own in its lean form, and send it. @param {RTCSessionDescriptionInit} made */
  async #say({ type, sdp = "" }) {
    this.#asks = false;
    const lean = { type, sdp: leanDescription(sdp, this.#packetMs, this.asksAgain, this.#repaired) };
    // What its pool has gathered since the connection was made Chromium throws away at an answer, and not at a provisional one.
    if (type === "answer" && !this.pc.localDescription) await this.pc.setLocalDescription({ ...lean, type: "pranswer" }).catch(() => undefined);
    // A browser that takes only its own words still tells the other side what it would like to hear.
    await this.pc.setLocalDescription(lean).catch(() => this.pc.setLocalDescription({ type, sdp }));
    this.#widenTimer ||= setTimeout(() => void this.#widen(), UDP_ONLY_MS);
    if (type !== "offer" && type !== "answer") return;
    const told = this.#translator?.tell(lean, this.#speech) ?? lean.sdp;
    this.setting.sendDescription(type, { type, sdp: shortDescription(told) });
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    const { pc } = this;
    const offerCollision = description.type === "offer" && pc.signalingState !== "stable";
    this.ignoreOffer = !this.polite && offerCollision;
    if (this.ignoreOffer) return;
    const before = fragment(pc.remoteDescription?.sdp);
    await pc.setRemoteDescription(this.#translator?.take(description, this.#speech) ?? description);
    if (description.type === "offer") {
      if (before && fragment(description.sdp) !== before) await this.#otherRestarts();
      for (const transceiver of pc.getTransceivers()) this.#adopt(transceiver);
      this.channels ??= new SideChannels(pc, this.setting, () => this.#observe());
      await this.#feed();
      await this.#say(await pc.createAnswer());
    }
    await this.#check();
    await this.#feed();
    // Asked for while an offer of ours was on its way, which did not say it yet.
    if (this.#asks || this.#translator?.isMisunderstood) await this.#offer();
  }

  async #check() {
    const relay = this.setting.relayOnly && this.#relay;
    if (!this.pc.remoteDescription || !(relay || this.#early.length)) return;
    if (!this.#mayCheck) return this.setting.onSomethingToCheck();
    if (relay) {
      [this.#named, this.#relay] = [relay.usernameFragment, null];
      await this.#addCandidate(neighbour(relay.address ?? ""));
    }
    for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #addCandidate(candidate) {
    try {
      await this.pc.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      if (!this.ignoreOffer) throw error;
    }
  }

  /** Make a transceiver ours: send on it what is to be sent. @param {RTCRtpTransceiver} transceiver */
  #adopt(transceiver) {
    const kind = /** @type {"audio" | "video"} */ (transceiver.receiver.track.kind);
    if (this.#senders[kind]) return;
    this.#senders[kind] = transceiver.sender;
    transceiver.direction = "sendrecv";
    if (kind === "audio" && this.#translator) preferSound(transceiver);
    transceiver.sender.setStreams?.(kind === "audio" ? this.#voice : this.#face);
    void this.#queue(() => this.#feed());
  }

  /** Give the senders what is to be sent, and no more than the cap. */
  async #feed() {
    const { audioBps, videoBps, fps, width } = this.#cap;
    const sound = audioBps ? this.#tracks.audio : null;
    const picture = videoBps ? this.#tracks.video : null;
    const { audio } = this.#senders;
    if (audio && audioBps) await limit(audio, { maxBitrate: audioBps });
    if (audio && audio.track !== sound) await audio.replaceTrack(sound);
    // Only `addTrack`: when both sides add a picture at once, the polite one's section is found again for the other's offer.
    if (picture && !this.#senders.video && this.pc.remoteDescription) this.#addPicture(picture);
    const { video } = this.#senders;
    if (!video) return;
    if (picture) {
      const captured = picture.getSettings().width ?? width;
      await limit(video, { active: true, maxBitrate: videoBps, maxFramerate: fps, scaleResolutionDownBy: Math.max(1, captured / width) });
    } else {
      // Without a track Firefox goes on with a black picture each second, and no still is shown in the place of a moving one.
      await limit(video, { active: false });
    }
    if (video.track !== picture) await video.replaceTrack(picture);
  }

  /** @param {MediaStreamTrack} track */
  #addPicture(track) {
    const sender = this.pc.addTrack(track, this.#face);
    this.#senders.video = sender;
    const transceiver = this.pc.getTransceivers().find((each) => each.sender === sender);
    if (transceiver) preferPicture(transceiver);
  }

  async #restart() {
    await this.#askAllServers();
    if (!this.#closed) this.pc.restartIce();
  }

  /** UDP leads nowhere here: TCP and TLS, by a restart as soon as there is something to restart. */
  async #widen() {
    if (this.#closed || this.answered.any || this.isWide || !this.#servers.length || this.pc.connectionState === "connected") return;
    await this.#restart();
  }

  async #otherRestarts() {
    this.recovery.noteRestart();
    await this.#askAllServers();
  }

  /** From now on gather from every server there is, with credentials that still hold. */
  async #askAllServers() {
    if (!this.#servers.length) return;
    const stale = Date.now() - this.#credentialsAt >= CREDENTIALS_FRESH_MS;
    if (this.isWide && !stale) return;
    const servers = stale ? await this.setting.freshIceServers() : null;
    if (this.#closed) return;
    if (servers) [this.#servers, this.#credentialsAt] = [servers, Date.now()];
    this.isWide = true;
    this.pc.setConfiguration(this.#configuration());
  }

  /** @returns {import("./recovery.js").Condition} */
  #condition() {
    return this.liveness.trouble ?? (this.establishment.isStuck ? "stuck" : "well");
  }

  #observe() {
    this.establishment.observe();
    this.setting.onState(this.state);
    this.recovery.observe();
    clearTimeout(this.#doubtTimer);
    // What comes beside lost checks may end, and ICE would not say so again.
    if (this.pc.connectionState === "disconnected") this.#doubtTimer = setTimeout(() => this.#observe(), DOUBT_EVERY_MS);
  }
}

/** The ICE user name fragment; another one means a restart. @param {string | undefined} sdp */
const fragment = (sdp) => sdp?.match(/^a=ice-ufrag:(\S+)/m)?.[1] ?? "";
