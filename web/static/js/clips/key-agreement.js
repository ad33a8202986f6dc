/** The keys that this page and the others in the room agree on, each made for one peer: whoever seals or opens asks here. */

import { Sealing } from "./sealing.js";

/** @typedef {import("../signaling/messages.js").SealingKey} SealingKey */

export class KeyAgreement {
  #me = "";
  /** @type {Sealing | null} */ #sealing = null;
  /** What came before this peer's own key was made. @type {SealingKey[]} */ #early = [];

  /**
   * @param {object} wiring
   * @param {(message: {type: "sealing-key", publicKey: string}) => void} wiring.send
   * @param {() => import("../signaling/tickets.js").EarlyKey | null} wiring.early keys of which one was told before this page had all its parts
   * @param {() => void} wiring.changed there are keys that there were not before, or none any more
   */
  constructor(wiring) {
    this.wiring = wiring;
  }

  /** What seals and opens for this peer; null until its keys are made. */
  get sealing() {
    return this.#sealing;
  }

  /** This page is a peer now that it may not have been before: it needs other keys then. @param {string} me */
  async become(me) {
    if (me === this.#me) return;
    this.#me = me;
    this.#sealing = null;
    const early = this.wiring.early();
    const isKnown = early?.peer === me;
    const sealing = isKnown ? new Sealing(me, early.privateKey, early.publicKey) : await Sealing.create(me);
    if (me !== this.#me) return;
    this.#sealing = sealing;
    if (!isKnown) this.wiring.send({ type: "sealing-key", publicKey: sealing.publicKey });
    for (const message of this.#early.splice(0)) this.take(message);
    this.wiring.changed();
  }

  /** Another's key. @param {SealingKey} message */
  take(message) {
    if (!this.#sealing) this.#early.push(message);
    else void this.#sealing.learn(message.from, message.publicKey).then(this.wiring.changed, (fault) => console.warn("keys:", fault));
  }
}
