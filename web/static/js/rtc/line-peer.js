/** The browser's side of the measuring peer: one data channel that loses what the line loses. */

const GATHERING_MS = 1_500;

/** @typedef {"direct" | "relay-udp" | "relay-tls"} LinePath */

export class LinePeer {
  /** @type {((frame: Uint8Array) => void) | null} */
  onframe = null;

  /** @param {RTCIceServer[]} iceServers */
  constructor(iceServers) {
    this.connection = new RTCPeerConnection({ iceServers });
    this.channel = this.connection.createDataChannel("line", { ordered: false, maxRetransmits: 0 });
    this.channel.binaryType = "arraybuffer";
    this.channel.onmessage = ({ data }) => this.onframe?.(new Uint8Array(data));
    /** @type {Promise<void>} */
    this.opened = new Promise((resolve) => {
      this.channel.onopen = () => resolve();
    });
  }

  /** The SDP of the offer, with the candidates that were found in time. @returns {Promise<string>} */
  async offer() {
    const { connection } = this;
    const gathered = new Promise((resolve) => {
      connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && resolve(null);
    });
    await connection.setLocalDescription();
    await Promise.race([gathered, new Promise((resolve) => setTimeout(resolve, GATHERING_MS))]);
    return connection.localDescription?.sdp ?? "";
  }

  /** @param {string} sdp */
  async take(sdp) {
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** @param {Uint8Array<ArrayBuffer>} frame */
  send(frame) {
    if (this.channel.readyState === "open") this.channel.send(frame);
  }

  waiting() {
    return this.channel.readyState === "open" ? this.channel.bufferedAmount : 0;
  }

  /** How the packets really went. @returns {Promise<LinePath>} */
  async path() {
    const report = await this.connection.getStats();
    /** @type {any} */
    let pair;
    for (const stats of report.values()) {
      if (stats.type === "transport" && stats.selectedCandidatePairId) pair = report.get(stats.selectedCandidatePairId);
    }
    for (const stats of report.values()) {
      if (!pair && stats.type === "candidate-pair" && stats.nominated && stats.state === "succeeded") pair = stats;
    }
    const local = pair && report.get(pair.localCandidateId);
    if (local?.candidateType !== "relay") return "direct";
    return local.relayProtocol === "udp" ? "relay-udp" : "relay-tls";
  }

  close() {
    this.onframe = null;
    this.connection.close();
  }
}
