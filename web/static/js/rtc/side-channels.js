/** What goes beside sound and picture of one connection: a few bytes a second of what each side hears, and stills. */

/** A piece of a still that has not got through by then is worth less than the room it takes. */
export const STILL_LIFE_MS = 4_000;

export class SideChannels {
  /**
   * Negotiated with the first offer, so that they cost no round trip.
   * @param {RTCPeerConnection} pc
   * @param {{onReport: (report: unknown) => void, onStillPiece: (piece: unknown) => void}} wiring
   * @param {() => void} onOpen
   */
  constructor(pc, { onReport, onStillPiece }, onOpen) {
    this.reports = pc.createDataChannel("wasl", { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    this.reports.onopen = onOpen;
    this.reports.onmessage = ({ data }) => onReport(data);
    this.stills = pc.createDataChannel("stills", { negotiated: true, id: 1, ordered: true, maxPacketLifeTime: STILL_LIFE_MS });
    this.stills.binaryType = "arraybuffer";
    this.stills.onmessage = ({ data }) => onStillPiece(data);
  }

  get isOpen() {
    return this.reports.readyState === "open";
  }

  /** Tell the other end what is heard of it; lost when the line is. @param {unknown} report */
  report(report) {
    if (this.isOpen && this.reports.bufferedAmount === 0) this.reports.send(JSON.stringify(report));
  }

  /** Send a piece of a still; false while the line has another one to carry. @param {Uint8Array<ArrayBuffer>} piece */
  sendStillPiece(piece) {
    if (this.stills.readyState !== "open" || this.stills.bufferedAmount > 0) return false;
    this.stills.send(piece);
    return true;
  }
}
