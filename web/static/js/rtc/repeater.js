/**
 * Speech sent twice (RED, RFC 2198) from a browser that does not know how: Firefox. What the other side takes for RED, this
 * browser is told to be Opus, and a worker makes it RED on its way. Only answers to this browser's own offers say that: after
 * the other side's offers, and in what this browser hears, speech is plain Opus.
 */

import { RED } from "./lean-description.js";

/** One connection's part of it. */
export class Repeater {
  /** Whether what is sent now is sent twice. */
  isActive = false;
  /** The other side has answered that it knows no RED: not worth a further offer. */
  isRefused = false;
  /** What goes out as RED holds Opus under this payload type. */ #opus = 0;
  #offered = false;

  /** Speech is plain, and was not refused otherwise. */
  get isWorthAnOffer() {
    return !this.isActive && !this.isRefused;
  }

  /** @param {Worker} worker @param {RTCRtpTransceiver} transceiver of speech */
  constructor(worker, transceiver) {
    this.worker = worker;
    this.transceiver = transceiver;
    // Asked for alone, Opus keeps the browser's own number in all of its offers, and never takes that of RED.
    const opus = RTCRtpReceiver.getCapabilities("audio")?.codecs.filter(({ mimeType }) => mimeType.toLowerCase() === "audio/opus");
    if (opus) transceiver.setCodecPreferences(opus);
  }

  /** This browser offers: from the answer on it may be repeated. @param {string} sdp the offer */
  offer(sdp) {
    const opus = Number(/^a=rtpmap:(\d+) opus\/48000/m.exec(sdp)?.[1] ?? 0);
    this.#offered = true;
    if (!opus || opus === this.#opus) return;
    this.#opus = opus;
    // @ts-ignore newer than the types
    this.transceiver.sender.transform = new RTCRtpScriptTransform(this.worker, { red: RED, opus });
  }

  /**
   * The other side's description as this browser is to take it: in an answer what is RED there is Opus here, without what was
   * asked for the sake of Opus' own repair.
   * @param {RTCSessionDescriptionInit} description @returns {RTCSessionDescriptionInit}
   */
  take({ type, sdp = "" }) {
    this.isActive = type === "answer" && this.#offered && this.#opus > 0 && sdp.includes(`a=rtpmap:${RED} red/48000`);
    if (type === "answer" && this.#offered) this.isRefused = !this.isActive;
    this.#offered = false;
    return { type, sdp: this.isActive ? sdp.split(/^(?=m=)/m).map(asOpus).join("") : sdp };
  }
}

/** @param {string} section */
function asOpus(section) {
  const opus = /^a=rtpmap:(\d+) opus\/48000/m.exec(section)?.[1];
  if (!section.startsWith("m=audio") || !opus) return section;
  return section
    .replace(new RegExp(`^a=(?:rtpmap|fmtp|rtcp-fb):${RED} .*\r\n`, "gm"), "")
    .replace(/^(m=audio \d+ \S+) .*(?=\r\n)/m, `$1 ${RED}`)
    .replace(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${opus} `, "gm"), `a=$1:${RED} `)
    .replace(/;?maxplaybackrate=\d+/, "");
}
