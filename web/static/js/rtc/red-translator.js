/**
 * Speech sent and heard twice (RED, RFC 2198) by a browser that does not know how: Firefox. What this browser calls Opus under a
 * number, the other side is told to be RED under that number with Opus within, and the other way round; a worker translates what is
 * sent and what is heard. A browser that answers uses one number for both ways, so both ways are RED, or neither is.
 */

/** Opus within RED, unless the other side has a number for it: Chromium's own, which Firefox gives to nothing. */
export const OPUS_WITHIN = 111;

const OPUS = /^a=rtpmap:(\d+) opus\/48000/m;
const RED = /^a=rtpmap:(\d+) red\/48000/m;

/** @typedef {import("./red-worker.js").Transformer["options"]["side"]} Side */

/** One connection's part of it. */
export class RedTranslator {
  /** Whether what is sent and heard now is sent twice. */
  isActive = false;
  /** Whether the other side knows RED; null: it has not said. @type {boolean | null} */ #theirs = null;
  #opus = OPUS_WITHIN;
  /** Opus in this browser's last description, and whether the other side was told that it is RED. */
  #ours = { number: 0, isRed: false };
  /** All that the other side has been told to be RED. @type {Set<number>} */ #heard = new Set();
  /** What the worker has to do with each end; nothing: as it is. @type {Record<Side, string>} */ #done = { sender: "", receiver: "" };

  /** @param {Worker} worker */
  constructor(worker) {
    this.worker = worker;
  }

  /** The other side knows no RED, and was told of some: it is to be told anew. */
  get isMisunderstood() {
    return this.#theirs === false && this.#ours.isRed;
  }

  /**
   * This browser's description as the other side is told it. From then on it may hear RED, and after an answer it speaks it.
   * @param {RTCSessionDescriptionInit} description @param {RTCRtpTransceiver | undefined} speech @returns {string}
   */
  tell({ type, sdp = "" }, speech) {
    const number = numberOf(OPUS, sdp);
    const isRed = number > 0 && number !== this.#opus && this.#theirs !== false && !sdp.includes(`a=rtpmap:${this.#opus} `);
    this.#ours = { number, isRed };
    if (isRed) this.#translate("receiver", speech?.receiver, [...this.#heard.add(number)]);
    if (type === "answer") this.#speak(isRed ? number : 0, speech);
    return isRed ? inSpeech(sdp, (section) => told(section, number, this.#opus)) : sdp;
  }

  /**
   * The other side's description as this browser is to take it.
   * @param {RTCSessionDescriptionInit} description @param {RTCRtpTransceiver | undefined} speech @returns {RTCSessionDescriptionInit}
   */
  take({ type, sdp = "" }, speech) {
    const [red, opus] = [numberOf(RED, sdp), numberOf(OPUS, sdp)];
    const answersRed = type === "answer" && this.#ours.isRed;
    this.#theirs = red > 0 && opus > 0;
    if (this.#theirs) this.#opus = opus;
    else {
      this.#heard.clear();
      this.#translate("receiver", speech?.receiver, []);
    }
    if (type === "answer") this.#speak(answersRed ? red : 0, speech);
    const number = this.#theirs ? red : answersRed ? this.#ours.number : opus;
    return { type, sdp: inSpeech(sdp, (section) => taken(section, red, opus, number)) };
  }

  /** @param {number} number 0: plain speech @param {RTCRtpTransceiver | undefined} speech */
  #speak(number, speech) {
    this.isActive = number > 0;
    this.#translate("sender", speech?.sender, number ? [number] : []);
  }

  /** @param {Side} side @param {RTCRtpSender | RTCRtpReceiver | undefined} end @param {number[]} red under which numbers there is RED */
  #translate(side, end, red) {
    const wanted = red.length ? `${red} ${this.#opus}` : "";
    if (!end || this.#done[side] === wanted) return;
    this.#done[side] = wanted;
    // @ts-ignore newer than the types
    end.transform = red.length ? new RTCRtpScriptTransform(this.worker, { side, red, opus: this.#opus }) : null;
  }
}

/** The first payload type that is so described; 0: none. @param {RegExp} format @param {string} sdp */
const numberOf = (format, sdp) => Number(format.exec(sdp)?.[1] ?? 0);

/** @param {string} sdp @param {(section: string) => string} change */
const inSpeech = (sdp, change) => sdp.split(/^(?=m=)/m).map((section) => (section.startsWith("m=audio") ? change(section) : section)).join("");

/** All that is said of one format. @param {string | number} number */
const of = (number) => new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${number} (.*\r\n)`, "gm");

/** Opus under `number` becomes RED under it, and Opus under another beside it. @param {string} section @param {number} number @param {number} opus */
function told(section, number, opus) {
  const asked = [...section.matchAll(of(number))].filter(([, name]) => name === "rtcp-fb").map(([line]) => line);
  return section
    .replace(of(number), `a=$1:${opus} $2`)
    .replace(new RegExp(`^(m=audio \\d+ \\S+.*?) ${number}\\b`, "m"), `$1 ${number} ${opus}`)
    .replace(new RegExp(`^a=rtpmap:${opus} `, "m"), `a=rtpmap:${number} red/48000/2\r\na=fmtp:${number} ${opus}/${opus}\r\n${asked.join("")}$&`);
}

/** Opus gets the number that this browser is to have for it, and RED goes. @param {string} section @param {number} red @param {number} opus @param {number} number */
function taken(section, red, opus, number) {
  if (!opus || opus === number) return section;
  return section
    .replace(of(red || number), "")
    .replace(/^(m=audio \d+ \S+) .*(?=\r\n)/m, `$1 ${number}`)
    .replace(of(opus), `a=$1:${number} $2`);
}
