/**
 * Voice over the socket while no connection carries it, in either direction for itself: on a thin line the seconds between the opened
 * door and a connection's first sound, later those until a lost way is found again. Sealed as clips are, passed on to those who are
 * there, and kept by nobody.
 */

import { soundComes } from "../lib/sound-arrival.js";
import { Capture, LEAST_BITRATE, canClip } from "./capture.js";
import { KeyAgreement } from "./key-agreement.js";
import { Speaker } from "./speaker.js";
import { readVoice, writeVoice } from "./voice-frames.js";
import { VoiceIn } from "./voice-in.js";
import { VoiceOut } from "./voice-out.js";

/** @typedef {import("../ui/room.js").Model} Model */
/** @typedef {Pick<import("../rtc/peer.js").Peer, "isThrough" | "pc">} Carrier */

/** How often it is looked whether a connection carries the voice by now, or does no more. */
export const LOOK_MS = 200;
/** A voice that is this far behind leaves out what comes next: what waits longer is no conversation. */
export const BEHIND_MAX_S = 2;
/** Parts kept that can not be opened yet: their sender's key, or ours, is being worked on. */
export const EARLY_MAX = 30;
/** What could not be begun is tried again after this. */
export const TRY_AGAIN_MS = 2_000;
/** There, people hold a button to speak. */
const LOW = new Set(["clips", "text", "phone"]);

export class SocketVoice {
  agreement;
  /** @type {Model | null} */ #model = null;
  #can = false;
  /** What is listened to now. @type {MediaStreamTrack | null} */ #microphone = null;
  /** @type {AudioContext | null} */ #context = null;
  /** @type {Map<string, Speaker>} */ #speakers = new Map();
  /** @type {import("./voice-frames.js").HeardVoice[]} */ #early = [];
  #timer = 0;
  #capture = new Capture((packet) => this.#out.add(packet), LEAST_BITRATE);
  #talking = Promise.resolve();
  #out = new VoiceOut({
    receivers: () => this.#receivers(),
    begin: (name, peers) => /** @type {import("./sealing.js").Sealing} */ (this.agreement.sealing).beginClip(name, peers),
    send: (voice) => void this.wiring.send({ type: "voice", frame: writeVoice(voice) }),
  });
  #in = new VoiceIn((from, packets) => this.#hear(from, packets));

  /**
   * @param {object} wiring
   * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} wiring.send
   * @param {(peer: string) => Carrier | undefined} wiring.carrier what is to carry a peer's voice
   * @param {() => import("../signaling/tickets.js").EarlyKey | null} wiring.early keys that were made at the tap
   * @param {() => void} wiring.changed the keys have changed
   */
  constructor(wiring) {
    this.wiring = wiring;
    this.agreement = new KeyAgreement({ send: wiring.send, early: wiring.early, changed: () => (this.#open(), this.#look(), wiring.changed()) });
    void canClip().then((can) => {
      this.#can = can;
      this.#open();
      if (can) this.#capture.prepare().catch(warn);
    });
  }

  /** The page has changed. @param {Model} model */
  show(model) {
    this.#model = model;
    this.#look();
  }

  /** @param {import("../signaling/messages.js").Voice} message */
  take(message) {
    this.#early.push(readVoice(message.frame));
    this.#open();
  }

  /** A stream's first part has its key: lost, it would make the rest of no use. */
  #open() {
    const { sealing } = this.agreement;
    const arrived = this.#early.splice(0);
    for (const message of arrived) {
      if (this.#can && sealing?.knows(message.from)) void this.#in.take(sealing, message);
      else if (this.#early.length < EARLY_MAX) this.#early.push(message);
    }
  }

  get #isLive() {
    const model = this.#model;
    return Boolean(this.#can && model && model.screen === "room" && model.admitted && model.room?.state === "live" && !model.paused);
  }

  /** Whether a peer is heard over a connection now. @param {string} peer */
  #isHeard(peer) {
    const carrier = this.wiring.carrier(peer);
    return Boolean(carrier && soundComes(carrier.pc));
  }

  /** Whether a connection is being made whose other side can not hear us yet. Whoever is heard over it is through, and hears. @param {string} peer */
  #isWithoutWay(peer) {
    const carrier = this.wiring.carrier(peer);
    return Boolean(carrier && !carrier.isThrough && !soundComes(carrier.pc));
  }

  /** Whom no connection carries this side's voice to. @returns {string[]} */
  #receivers() {
    const model = this.#model;
    const { sealing } = this.agreement;
    if (!model || !this.#isLive || !sealing || model.signaling !== "online" || LOW.has(model.quality?.rung ?? "")) return [];
    const away = new Set(model.roster.filter(({ presence }) => presence === "away").map(({ peer }) => peer));
    return [...model.links.keys()].filter((peer) => sealing.knows(peer) && !away.has(peer) && this.#isWithoutWay(peer));
  }

  #look() {
    const model = this.#model;
    const microphone = model?.tracks.audio;
    const speaks = microphone?.enabled && model?.on.audio && this.#receivers().length ? microphone : null;
    if (speaks !== this.#microphone) this.#speak(speaks);
    for (const [peer, speaker] of this.#speakers) {
      if (model?.mayHear && !this.#isHeard(peer)) continue;
      speaker.close();
      this.#speakers.delete(peer);
      if (this.#speakers.size) continue;
      void this.#context?.close();
      this.#context = null;
    }
    if (!this.#isLive) {
      clearInterval(this.#timer);
      this.#timer = 0;
    } else this.#timer ||= setInterval(() => this.#look(), LOOK_MS);
  }

  /** @param {MediaStreamTrack | null} microphone */
  #speak(microphone) {
    this.#microphone = microphone;
    if (!microphone) this.#out.end();
    this.#talking = this.#talking.then(async () => {
      await this.#capture.stop();
      if (microphone) await this.#capture.start(microphone, false);
    }).catch((fault) => {
      warn(fault);
      setTimeout(() => (this.#microphone = null), TRY_AGAIN_MS);
    });
  }

  /** @param {string} from @param {Uint8Array[]} packets */
  #hear(from, packets) {
    if (!this.#isLive || !this.#model?.mayHear || this.#isHeard(from)) return;
    this.#context ??= new AudioContext();
    let speaker = this.#speakers.get(from);
    if (!speaker) this.#speakers.set(from, (speaker = new Speaker(this.#context)));
    if (speaker.aheadS < BEHIND_MAX_S) for (const packet of packets) speaker.play(packet);
  }
}

/** @param {unknown} fault */
const warn = (fault) => console.warn("voice:", fault);
