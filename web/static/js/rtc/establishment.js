/** How a connection comes about: the other side's first description, ICE, DTLS; and when one of these takes too long. */

/** Without the first description of the other side for this long, what was lost is not on its way any more. */
export const FIRST_DESCRIPTION_TIMEOUT_MS = 12_000;
/**
 * A browser says what it has lost of its DTLS handshake again after two round trips, and then after twice as long each time: on
 * EDGE after 2, 6 and 14 s. A connection made anew begins with the short waits, and most often stands before the third. Where
 * that brings nothing either, each further one waits twice as long.
 */
export const HANDSHAKE_TIMEOUT_MS = 5_000;
export const HANDSHAKE_TIMEOUT_MAX_MS = 40_000;

export class Establishment {
  #descriptionTimer;
  #descriptionIsLate = false;
  #handshakeTimer = 0;
  #handshakeHangs = false;
  #patienceMs;

  /** @param {RTCPeerConnection} pc @param {number} tries how many have been given up before it @param {() => void} look at {@link Establishment#isStuck} again */
  constructor(pc, tries, look) {
    this.pc = pc;
    this.look = look;
    this.#patienceMs = Math.min(HANDSHAKE_TIMEOUT_MAX_MS, HANDSHAKE_TIMEOUT_MS * 2 ** tries);
    this.#descriptionTimer = setTimeout(() => {
      this.#descriptionIsLate = true;
      look();
    }, FIRST_DESCRIPTION_TIMEOUT_MS);
  }

  /** The connection's states have changed. */
  observe() {
    if (!this.isShakingHands) {
      clearTimeout(this.#handshakeTimer);
      this.#handshakeTimer = 0;
      this.#handshakeHangs = false;
    } else {
      this.#handshakeTimer ||= setTimeout(() => {
        this.#handshakeHangs = true;
        this.look();
      }, this.#patienceMs);
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
    clearTimeout(this.#handshakeTimer);
  }
}
