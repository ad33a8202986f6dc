/**
 * One connection to one other browser: perfect negotiation in the standard's words. Knows neither the page nor the socket.
 *
 * The impolite side makes the first offer with one audio and one video transceiver; the polite side answers on the same
 * two. Tracks come and go with `replaceTrack`, so pausing or changing a device never negotiates anew.
 */

/** A connection that says "disconnected" may heal by itself within this time. */
export const DISCONNECTED_GRACE_MS = 2_000;
/** Least time between two ICE restarts of one connection; doubles up to the most. */
export const RESTART_FIRST_MS = 4_000;
export const RESTART_MAX_MS = 16_000;
export const AUDIO_MAX_BPS = 32_000;
export const VIDEO_MAX_BPS = 250_000;
export const VIDEO_MAX_FPS = 15;

/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */
/** @typedef {(type: "offer" | "answer", description: RTCSessionDescriptionInit) => void} SendDescription */

export class Peer {
  makingOffer = false;
  ignoreOffer = false;
  isSettingRemoteAnswerPending = false;

  /** @type {(RTCIceCandidateInit | null)[]} */ #early = [];
  /** @type {{audio?: RTCRtpSender, video?: RTCRtpSender}} */ #senders = {};
  /** @type {Tracks} */ #tracks;
  /** Remote descriptions and candidates are applied one after another, in the order in which they came. */
  #work = Promise.resolve();
  #grace = 0;
  #restartedAt = 0;
  #restartPause = RESTART_FIRST_MS;
  #closed = false;

  /**
   * @param {object} setting
   * @param {boolean} setting.polite
   * @param {RTCIceServer[]} setting.iceServers
   * @param {boolean} setting.relayOnly use relay candidates alone
   * @param {Tracks} setting.tracks what to send from the first moment; null sends nothing
   * @param {() => Promise<RTCIceServer[] | null>} setting.freshIceServers asked before an ICE restart; null keeps the old ones
   * @param {SendDescription} setting.sendDescription
   * @param {(candidate: RTCIceCandidateInit | null) => void} setting.sendCandidate
   * @param {(state: RTCPeerConnectionState) => void} setting.onState
   * @param {(track: MediaStreamTrack) => void} setting.onTrack
   */
  constructor(setting) {
    this.setting = setting;
    this.polite = setting.polite;
    this.#tracks = setting.tracks;
    this.pc = new RTCPeerConnection(this.#configuration(setting.iceServers));
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate !== "") setting.sendCandidate(candidate && candidate.toJSON());
    };
    this.pc.ontrack = ({ track }) => setting.onTrack(track);
    this.pc.onnegotiationneeded = () => this.#offer();
    this.pc.onconnectionstatechange = () => this.#observe();
    this.pc.oniceconnectionstatechange = () => this.#observe();
    if (!this.polite) {
      for (const kind of /** @type {const} */ (["audio", "video"])) {
        this.#adopt(this.pc.addTransceiver(kind, { direction: "sendrecv" }));
      }
    }
  }

  /** Send these tracks from now on; null sends nothing of that kind. @param {Tracks} tracks */
  async setTracks(tracks) {
    this.#tracks = tracks;
    await Promise.allSettled([
      this.#senders.audio?.replaceTrack(tracks.audio),
      this.#senders.video?.replaceTrack(tracks.video),
    ]);
  }

  /** Apply an offer or an answer from the other side. @param {RTCSessionDescriptionInit} description */
  handleDescription(description) {
    return this.#queue(() => this.#describe(description));
  }

  /** Apply a candidate, now or once there is a remote description. @param {RTCIceCandidateInit | null} candidate */
  handleCandidate(candidate) {
    return this.#queue(async () => {
      if (!this.pc.remoteDescription) this.#early.push(candidate);
      else await this.#addCandidate(candidate);
    });
  }

  /** Signaling is back: restart what does not stand. */
  refresh() {
    if (this.#troubled()) void this.restart(true);
  }

  /** ICE restart with fresh servers. @param {boolean} [now] without waiting for the pause since the last one */
  async restart(now = false) {
    const since = Date.now() - this.#restartedAt;
    if (this.#closed) return;
    clearTimeout(this.#grace);
    if (!now && since < this.#restartPause) {
      this.#grace = setTimeout(() => this.#troubled() && void this.restart(), this.#restartPause - since);
      return;
    }
    this.#restartPause = Math.min(RESTART_MAX_MS, this.#restartPause * (this.#restartedAt ? 2 : 1));
    this.#restartedAt = Date.now();
    const servers = await this.setting.freshIceServers();
    if (this.#closed) return;
    if (servers) this.pc.setConfiguration(this.#configuration(servers));
    this.pc.restartIce();
    this.#grace = setTimeout(() => this.#troubled() && void this.restart(), this.#restartPause);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#grace);
    this.pc.onicecandidate = this.pc.ontrack = this.pc.onnegotiationneeded = null;
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null;
    this.pc.close();
  }

  /** @param {RTCIceServer[]} iceServers @returns {RTCConfiguration} */
  #configuration(iceServers) {
    return { iceServers, iceTransportPolicy: this.setting.relayOnly ? "relay" : "all", bundlePolicy: "max-bundle" };
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
    try {
      this.makingOffer = true;
      await this.pc.setLocalDescription();
      if (this.pc.localDescription?.type === "offer") this.setting.sendDescription("offer", plain(this.pc.localDescription));
    } catch (error) {
      if (!this.#closed) console.warn("offer:", error);
    } finally {
      this.makingOffer = false;
    }
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    const { pc } = this;
    const readyForOffer = !this.makingOffer && (pc.signalingState === "stable" || this.isSettingRemoteAnswerPending);
    const offerCollision = description.type === "offer" && !readyForOffer;
    this.ignoreOffer = !this.polite && offerCollision;
    if (this.ignoreOffer) return;
    this.isSettingRemoteAnswerPending = description.type === "answer";
    try {
      await pc.setRemoteDescription(description);
    } finally {
      this.isSettingRemoteAnswerPending = false;
    }
    if (description.type === "offer") {
      for (const transceiver of pc.getTransceivers()) this.#adopt(transceiver);
      await pc.setLocalDescription();
      if (pc.localDescription) this.setting.sendDescription("answer", plain(pc.localDescription));
    }
    for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
    this.#limit();
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
    void transceiver.sender.replaceTrack(this.#tracks[kind]).catch(() => undefined);
  }

  /** Modest rates: the browser's own control does not protect speech on a thin line, caps do. */
  #limit() {
    for (const [kind, sender] of Object.entries(this.#senders)) {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      if (!encoding) continue;
      encoding.maxBitrate = kind === "audio" ? AUDIO_MAX_BPS : VIDEO_MAX_BPS;
      if (kind === "audio") encoding.networkPriority = encoding.priority = "high";
      else encoding.maxFramerate = VIDEO_MAX_FPS;
      void sender.setParameters(parameters).catch(() => undefined);
    }
  }

  #troubled() {
    const states = [this.pc.connectionState, this.pc.iceConnectionState];
    return states.includes("failed") || states.includes("disconnected");
  }

  #observe() {
    const { connectionState, iceConnectionState } = this.pc;
    this.setting.onState(connectionState);
    clearTimeout(this.#grace);
    if (connectionState === "connected" && !this.#troubled()) this.#restartPause = RESTART_FIRST_MS;
    else if (connectionState === "failed" || iceConnectionState === "failed") void this.restart();
    else if (this.#troubled()) {
      this.#grace = setTimeout(() => this.#troubled() && void this.restart(), DISCONNECTED_GRACE_MS);
    }
  }
}

/** @param {RTCSessionDescription} description @returns {RTCSessionDescriptionInit} */
function plain({ type, sdp }) {
  return { type, sdp };
}
