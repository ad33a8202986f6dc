/**
 * Sealing between browsers, as PROTOCOL.md describes it under "Below voice". The keys live in this page's memory for as long
 * as its peer does; the private key can not be taken out even by this page.
 */

import { NUMBER_BYTES, fourBytes, fromBase64url, join, toBase64url } from "./binary.js";

export const TEXT_MAX_CHARS = 280;
/** What comes twice is refused; a visit has far fewer clips and texts from one peer. */
const SEEN_MAX = 20_000;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** @typedef {{seal: CryptoKey, open: CryptoKey, seen: Set<number>}} Pair */

/** @param {number} counter */
const nonce = (counter) => join(new Uint8Array(8), fourBytes(counter));

/** @param {CryptoKey} key @param {number} counter @param {string} bound @param {Uint8Array<ArrayBuffer>} bytes */
async function lock(key, counter, bound, bytes) {
  const given = { name: "AES-GCM", iv: nonce(counter), additionalData: encoder.encode(bound) };
  return new Uint8Array(await crypto.subtle.encrypt(given, key, bytes));
}

/** @param {CryptoKey} key @param {number} counter @param {string} bound @param {Uint8Array<ArrayBuffer>} bytes */
async function unlock(key, counter, bound, bytes) {
  const given = { name: "AES-GCM", iv: nonce(counter), additionalData: encoder.encode(bound) };
  return new Uint8Array(await crypto.subtle.decrypt(given, key, bytes));
}

/** @param {Uint8Array<ArrayBuffer>} raw @param {KeyUsage[]} usages */
const clipKey = (raw, usages) => crypto.subtle.importKey("raw", raw, "AES-GCM", false, usages);

/** @param {string} id @param {number} part @param {boolean} last */
const place = (id, part, last) => `${id} ${part} ${last}`;

export class Sealing {
  /** @type {Map<string, Pair>} */ #pairs = new Map();
  #counter = 0;

  /** @param {string} me this page's peer @param {CryptoKey} privateKey @param {string} publicKey as told to the others */
  constructor(me, privateKey, publicKey) {
    this.me = me;
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** Make the keys of one peer. @param {string} me */
  static async create(me) {
    const keys = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]));
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
    return new Sealing(me, keys.privateKey, toBase64url(raw));
  }

  /** @param {string} peer */
  knows(peer) {
    return this.#pairs.has(peer);
  }

  /** Learn another peer's public key; rejects where it is no point of the curve. @param {string} peer @param {string} publicKey */
  async learn(peer, publicKey) {
    const theirs = await crypto.subtle.importKey("raw", fromBase64url(publicKey), CURVE, false, []);
    const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, this.privateKey, 256);
    const agreed = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    /** @param {string} from @param {string} to @param {KeyUsage} usage */
    const derive = (from, to, usage) => crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode(`wasl.v1 ${from} ${to}`) },
      agreed, { name: "AES-GCM", length: 256 }, false, [usage],
    );
    this.#pairs.set(peer, { seal: await derive(this.me, peer, "encrypt"), open: await derive(peer, this.me, "decrypt"), seen: new Set() });
  }

  /**
   * Begin a clip for these peers, whose keys are known.
   * @param {string} id @param {string[]} peers
   * @returns {Promise<{keys: string[], seal: (part: number, last: boolean, bytes: Uint8Array<ArrayBuffer>) => Promise<string>}>}
   */
  async beginClip(id, peers) {
    const raw = crypto.getRandomValues(new Uint8Array(32));
    const key = await clipKey(raw, ["encrypt"]);
    const keys = await Promise.all(peers.map((peer) => this.#sealFor(peer, `clip ${id}`, raw)));
    raw.fill(0);
    return { keys, seal: async (part, last, bytes) => toBase64url(await lock(key, part, place(id, part, last), bytes)) };
  }

  /**
   * Take up another's clip by its wrapped key; rejects where that was not sealed by them, for us, for this clip, once.
   * @param {string} from @param {string} id @param {string} wrapped
   * @returns {Promise<(part: number, last: boolean, sealed: string) => Promise<Uint8Array>>}
   */
  async openClip(from, id, wrapped) {
    const key = await clipKey(await this.#openFrom(from, `clip ${id}`, wrapped), ["decrypt"]);
    return (part, last, sealed) => unlock(key, part, place(id, part, last), fromBase64url(sealed));
  }

  /** @param {string} peer @param {string} words */
  sealText(peer, words) {
    return this.#sealFor(peer, "text", encoder.encode(words.slice(0, TEXT_MAX_CHARS)));
  }

  /** @param {string} from @param {string} sealed */
  async openText(from, sealed) {
    return decoder.decode(await this.#openFrom(from, "text", sealed));
  }

  /** @param {string} peer @param {string} bound @param {Uint8Array<ArrayBuffer>} bytes */
  async #sealFor(peer, bound, bytes) {
    const pair = this.#pairs.get(peer);
    if (!pair) throw new Error("no key of that peer");
    const counter = ++this.#counter;
    return toBase64url(join(fourBytes(counter), await lock(pair.seal, counter, bound, bytes)));
  }

  /** @param {string} from @param {string} bound @param {string} sealed */
  async #openFrom(from, bound, sealed) {
    const pair = this.#pairs.get(from);
    const bytes = fromBase64url(sealed);
    const counter = new DataView(bytes.buffer).getUint32(0);
    if (!pair || pair.seen.has(counter) || pair.seen.size >= SEEN_MAX) throw new Error("not sealed for us, or sent twice");
    const opened = await unlock(pair.open, counter, bound, bytes.subarray(NUMBER_BYTES));
    pair.seen.add(counter);
    return opened;
  }
}
