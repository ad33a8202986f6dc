/**
 * Knows when a line that was gone is back. A browser's requests cannot tell: TCP asks again after 1, 2, 4, 8, 16 s, and a new
 * request waits behind the old ones. A STUN server is asked over UDP every second instead, each time from a new connection
 * that leads to nobody.
 */

export const ASK_EVERY_MS = 1_000;
/** No answer for this long while asking: the line is gone. What comes after that is its return. */
export const GONE_AFTER_MS = 2_000;

export class LineWatch {
  /** 0: not asking. @type {ReturnType<typeof setInterval> | 0} */ #timer = 0;
  #startedAt = 0;
  #answeredAt = 0;
  gone = false;
  /** @type {RTCPeerConnection[]} */ #asking = [];

  /** @param {() => void} onBack the line was gone, and is back */
  constructor(onBack) {
    this.onBack = onBack;
  }

  /** Ask until told to stop. Without a STUN server nothing is known. @param {readonly RTCIceServer[]} servers */
  start(servers) {
    const iceServers = servers.flatMap(({ urls }) => [urls].flat().filter((url) => url.startsWith("stun:")).map((url) => ({ urls: url })));
    if (this.#timer || !iceServers.length) return;
    this.#startedAt = Date.now();
    this.#answeredAt = 0;
    this.gone = false;
    this.#timer = setInterval(() => this.#ask(iceServers), ASK_EVERY_MS);
    this.#ask(iceServers);
  }

  /** Whether nothing is known to come through: no answer yet since asking began, or none for a while. */
  get silent() {
    return this.gone || (this.#timer !== 0 && this.#answeredAt === 0);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.gone = false;
    for (const pc of this.#asking.splice(0)) pc.close();
  }

  /** @param {RTCIceServer[]} iceServers */
  #ask(iceServers) {
    this.gone ||= Date.now() - Math.max(this.#startedAt, this.#answeredAt) >= GONE_AFTER_MS;
    const pc = new RTCPeerConnection({ iceServers });
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.type === "srflx") this.#answered();
    };
    pc.createDataChannel("line");
    void pc.setLocalDescription().catch(() => undefined);
    this.#asking.push(pc);
    // The oldest has been asking for longer than any answer takes.
    if (this.#asking.length > 3) this.#asking.shift()?.close();
  }

  #answered() {
    this.#answeredAt = Date.now();
    if (!this.gone) return;
    this.gone = false;
    this.onBack();
  }
}
