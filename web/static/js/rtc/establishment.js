/** How a connection comes about: the other side's first description, ICE, DTLS; and when one of these takes too long. */

/** Without the first description of the other side for this long, what was lost is not on its way any more. */
export const FIRST_DESCRIPTION_TIMEOUT_MS = 12_000;
/**
 * A browser says what it has lost of its DTLS handshake again after two round trips, and then after twice as long each time: on
 * EDGE after 2, 6 and 14 s. Where nothing has come of the other side's for this long, the same was lost twice. A connection made
 * anew begins with the short waits, and most often stands before the third. Where that brings nothing either, each further one
 * waits twice as long.
 */
export const HANDSHAKE_SILENCE_MS = 3_250;
export const HANDSHAKE_SILENCE_MAX_MS = 40_000;
export const LOOK_EVERY_MS = 250;

export class Establishment {
  #descriptionTimer;
  #descriptionIsLate = false;
  #handshakeTimer = 0;
  #handshakeHangs = false;
  /** Of the other side's handshake. */
  #bytesReceived = 0;
  /** When some of it last came, in ms. */
  #heardAt = 0;
  #patienceMs;

  /** @param {RTCPeerConnection} pc @param {number} tries how many have been given up before it @param {() => void} look at {@link Establishment#isStuck} again */
  constructor(pc, tries, look) {
    this.pc = pc;
    this.look = look;
    this.#patienceMs = Math.min(HANDSHAKE_SILENCE_MAX_MS, HANDSHAKE_SILENCE_MS * 2 ** tries);
    this.#descriptionTimer = setTimeout(() => {
      this.#descriptionIsLate = true;
      look();
    }, FIRST_DESCRIPTION_TIMEOUT_MS);
  }

  /** The connection's states have changed. */
  observe() {
    if (!this.isShakingHands) {
      clearInterval(this.#handshakeTimer);
      this.#handshakeTimer = 0;
      this.#handshakeHangs = false;
    } else if (!this.#handshakeTimer) {
      this.#heardAt = Date.now();
      this.#handshakeTimer = setInterval(() => void this.#listen(), LOOK_EVERY_MS);
    }
  }

  async #listen() {
    const bytes = await bytesReceived(this.pc);
    if (bytes !== this.#bytesReceived) {
      this.#bytesReceived = bytes;
      this.#heardAt = Date.now();
    } else if (this.isShakingHands && !this.#handshakeHangs && Date.now() - this.#heardAt >= this.#patienceMs) {
      this.#handshakeHangs = true;
      this.look();
    }
  }

  /** Whether ICE stands and the DTLS handshake is under way. */
  get isShakingHands() {
    return this.pc.connectionState === "connecting" && ["connected", "completed"].includes(this.pc.iceConnectionState);
  }

  /** Whether only a new connection helps. */
  get isStuck() {
    return this.#handshakeHangs || (this.#descriptionIsLate && !this.pc.remoteDescription);
  }

  stop() {
    clearTimeout(this.#descriptionTimer);
    clearInterval(this.#handshakeTimer);
  }
}

/** Checks of the way not counted. @param {RTCPeerConnection} pc */
async function bytesReceived(pc) {
  let bytes = 0;
  for (const entry of (await pc.getStats()).values()) if (entry.type === "candidate-pair") bytes += entry.bytesReceived ?? 0;
  return bytes;
}
