/** Below voice, and the classroom's loudspeaker: joins what people do with clips, pictures and words. Loaded when it is needed. */

import { LowRungsView } from "../ui/low-rungs.js";
import { isQuiet, make, part, picture, roleWords, t } from "../ui/room.js";
import { hush, speak } from "../ui/spoken.js";
import { Capture, canClip } from "./capture.js";
import { Incoming } from "./incoming.js";
import { OthersSpeaking } from "./others-speaking.js";
import { Outgoing } from "./outgoing.js";
import { Playback } from "./playback.js";

/** @typedef {import("./sealing.js").Sealing} Sealing */
/** @typedef {import("../signaling/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../signaling/messages.js").Role} Role */
/** @typedef {import("../ui/low-rungs.js").LowRung} LowRung */
/** @typedef {import("../ui/room.js").Model & {quality?: {rung: string, say: Notice | null} | null}} Model what the call page knows */
/** Both at once; or, with the classroom's loudspeaker on, this side alone or the others alone. @typedef {"open" | "mine" | "theirs"} Floor */
/** @typedef {"line-resting" | "hold-to-talk" | "write-or-point" | "call-by-phone"} Notice the ladder's */
/**
 * @typedef {object} Wiring
 * @property {(message: import("../signaling/messages.js").ClientMessage) => boolean} send
 * @property {import("../signaling/tickets.js").HelpPlan} helpPlan whom to phone
 * @property {boolean} child the page of the classroom
 * @property {import("./key-agreement.js").KeyAgreement} agreement
 * @property {(floor: Floor) => void} floor who may speak now
 */

/** How long a picture or words stay in sight while the panel is not open. */
export const TOAST_MS = 8_000;
const LOW = new Set(["clips", "text", "phone"]);
const SAID = {
  "line-resting": () => t("line-resting-long"), "hold-to-talk": () => t("low-clips"), "write-or-point": () => t("low-text"), "call-by-phone": () => t("low-phone"),
};

/** @param {Wiring} wiring */
export async function openPanel(wiring) {
  const style = make("link", { rel: "stylesheet", href: new URL("../ui/low-rungs.css", import.meta.url).href });
  const styled = new Promise((resolve) => (style.onload = style.onerror = resolve));
  document.head.append(style);
  const [can] = await Promise.all([canClip(), styled]);
  return new Panel(wiring, can);
}

export class Panel {
  /** @type {Model | null} */ #model = null;
  /** @type {Sealing | null} */ #sealing = null;
  /** What came before the keys were made. @type {ServerMessage[]} */ #early = [];
  /** @type {LowRung | null} */ #rung = null;
  /** The last decision of the ladder whose notice was said. @type {unknown} */ #heeded = null;
  #speaking = "";
  #held = false;
  /** The classroom listens by loudspeaker: one side speaks at a time, so that nobody hears themselves come back. */
  #loud = false;
  #talking = Promise.resolve();
  #view;
  #capture = new Capture((packet) => this.#outgoing.add(packet));
  #outgoing = new Outgoing({
    receivers: () => this.#receivers(),
    begin: (id, peers) => /** @type {Sealing} */ (this.#sealing).beginClip(id, peers),
    send: (message) => this.wiring.send(message),
  });
  #playback = new Playback((from) => this.#hears(from));
  #incoming = new Incoming((clip) => this.#isLive && this.#playback.add(clip));
  #others = new OthersSpeaking((peer) => this.#hears(peer));

  /** @param {Wiring} wiring @param {boolean} can whether this browser can say and hear clips */
  constructor(wiring, can) {
    this.wiring = wiring;
    this.can = can;
    const hands = {
      hold: (/** @type {boolean} */ held) => this.#hold(held),
      signal: (/** @type {string} */ picture) => void wiring.send({ type: "signal", picture }),
      write: (/** @type {string} */ words) => void this.#write(words),
    };
    this.#view = new LowRungsView(hands, wiring.helpPlan, wiring.child);
    if (wiring.child) this.#view.offerLoudspeaker((on) => this.#loudspeaker(on));
  }

  /** The page has changed, or its rung. @param {Model} model */
  show(model) {
    this.#model = model;
    if (this.wiring.agreement.sealing !== this.#sealing) this.#become(this.wiring.agreement.sealing);
    if (model.paused || model.room?.reasons.includes("child-asked")) this.#outgoing.drop();
    if (!this.#isLive) {
      if (this.#held) this.#hold(false);
      this.#playback.clear();
    }
    this.#view.showLoudspeaker(isQuiet(model));
    const rung = this.#chosen(model);
    this.#others.listen(rung === "loudspeaker" ? model.links : new Map());
    if (rung !== this.#rung) {
      this.#rung = rung;
      if (rung === "clips") void this.#capture.prepare();
    }
    if (model.quality?.say && model.quality !== this.#heeded) speak(SAID[model.quality.say]());
    this.#heeded = model.quality;
    this.#outgoing.pump();
    this.#draw();
  }

  /** A message of the server that concerns what is below voice. @param {ServerMessage} message */
  take(message) {
    const sealing = this.#sealing;
    if (message.type === "error") this.#refused(message.code);
    else if (message.type === "signal") this.#see(message.from, message.picture);
    else if (!sealing) this.#early.push(message);
    else if (message.type === "text" && !this.wiring.child) void sealing.openText(message.from, message.sealed).then((words) => this.#read(message.from, words), warn);
    else if (message.type === "clip" && this.#isLive) this.#listen(sealing, message);
  }

  /** Be silent for good. */
  close() {
    this.#outgoing.drop();
    this.#playback.clear();
    this.#others.listen(new Map());
    void this.#capture.close();
  }

  get #isLive() {
    const model = this.#model;
    return Boolean(model && model.screen === "room" && model.admitted && model.room?.state === "live" && !model.paused);
  }

  /** @returns {string[]} */
  #receivers() {
    const model = this.#model;
    if (!model || !this.#isLive || model.signaling !== "online") return [];
    return [...model.links.keys()].filter((peer) => this.#sealing?.knows(peer));
  }

  /** @param {Model} model @returns {LowRung | null} */
  #chosen({ quality, screen, admitted }) {
    const rung = quality?.rung ?? "";
    if (screen !== "room" || !admitted) return null;
    if (rung === "phone") return rung;
    if (!this.#isLive) return null;
    if (LOW.has(rung)) return rung === "clips" && this.can ? "clips" : "text";
    return this.#loud ? "loudspeaker" : null;
  }

  /** This page is a peer that it was not before: other keys, and what may have been lost is said again. @param {Sealing | null} sealing */
  #become(sealing) {
    this.#sealing = sealing;
    if (!sealing) return;
    this.#outgoing.again();
    for (const message of this.#early.splice(0)) this.take(message);
  }

  /** @param {boolean} on */
  #loudspeaker(on) {
    this.#loud = on;
    this.#hold(false);
    this.wiring.floor(on ? "theirs" : "open");
  }

  /** @param {boolean} held */
  #hold(held) {
    const microphone = this.#model?.tracks.audio;
    if (held === this.#held || (held && (!this.#isLive || !microphone))) return;
    this.#held = held;
    hush();
    this.#playback.hold(held);
    if (this.#rung === "loudspeaker") this.wiring.floor(held ? "mine" : "theirs");
    else if (held && microphone) {
      this.#talking = this.#talking.then(() => {
        this.#outgoing.begin();
        return this.#capture.start(microphone, true);
      }).catch(warn);
    } else {
      this.#talking = this.#talking.then(() => this.#capture.stop()).catch(warn).then(() => {
        this.#outgoing.end();
        this.#draw();
      });
    }
    this.#draw();
  }

  /** @param {Sealing} sealing @param {import("./incoming.js").ClipMessage} message */
  #listen(sealing, message) {
    if (this.can) void this.#incoming.take(sealing, message);
    // Who speaks must know that nobody hears.
    else if (message.last) this.wiring.send({ type: "signal", picture: "i-do-not-hear-you", to: message.from });
  }

  /** @param {string} code */
  #refused(code) {
    if (code === "wrong-state" || code === "too-much") this.#outgoing.again(code === "too-much");
  }

  /** @param {string} words */
  async #write(words) {
    const sealing = this.#sealing;
    const peers = [...new Set(this.#model?.roster.filter((seat) => !seat.you && seat.state === "admitted").map(({ peer }) => peer))];
    const adults = peers.filter((peer) => this.#roleOf(peer) !== "classroom" && sealing?.knows(peer));
    for (const to of adults) if (sealing) this.wiring.send({ type: "text", to, sealed: await sealing.sealText(to, words) });
    this.#view.read(null, adults.length ? words : `${words} (${t("did-not-work")})`);
  }

  /** A device before the child is the child's, whoever else sits there. @param {string} peer @returns {Role | null} */
  #roleOf(peer) {
    const roles = this.#model?.roster.filter((seat) => seat.peer === peer).map(({ role }) => role) ?? [];
    return roles.includes("classroom") ? "classroom" : (roles[0] ?? null);
  }

  /** @param {string} from @param {string} name */
  #see(from, name) {
    const role = this.#roleOf(from);
    if (!role) return;
    this.#view.hear(role, name);
    if (!this.#rung) toast(picture(role), picture(`signal-${name}`), make("span", { class: this.wiring.child ? "visually-hidden" : "" }, t(`signal-${name}`)));
    if (!this.#held) speak(t(`signal-${name}`));
  }

  /** @param {string} from @param {string} words */
  #read(from, words) {
    const role = this.#roleOf(from);
    if (!role) return;
    this.#view.read(role, words);
    if (!this.#rung) toast(picture(role), make("bdi", {}, `${roleWords(role)}: ${words}`));
  }

  /** @param {string} from */
  #hears(from) {
    this.#speaking = from;
    this.#draw();
  }

  #draw() {
    const waits = this.#model?.signaling !== "online" && this.#outgoing.waitingMs > 0;
    this.#view.render({
      rung: this.#rung, child: this.wiring.child, mayTalk: Boolean(this.#model?.tracks.audio),
      speaking: this.#speaking ? this.#roleOf(this.#speaking) : null, waits,
    });
  }
}

/** @param {...Node} children */
function toast(...children) {
  const line = make("p", { class: "toast" }, ...children);
  part("notices").append(line);
  setTimeout(() => line.remove(), TOAST_MS);
}

/** @param {unknown} fault */
const warn = (fault) => console.warn("below voice:", fault);
