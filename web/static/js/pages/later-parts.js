/**
 * The parts of the page that come after the tap, each at its moment: what adults have, what keeps the line, what is below
 * voice. Nothing is loaded while connections are being made: the line is theirs then.
 */

import { bringAtLast, bringPieces } from "./pieces.js";

/** @typedef {import("../ui/room.js").Model} Model */
/** @typedef {import("../clips/panel.js").Panel} Panel */
/** @typedef {import("../clips/panel.js").Floor} Floor */
/** @typedef {import("../clips/socket-voice.js").SocketVoice} SocketVoice */

export const LINE_AFTER_WELCOME_MS = 8_000;
export const LINE_AFTER_CONNECTED_MS = 500;
export const LINE_AFTER_CONNECTED_THIN_MS = 3_000;
/** Where no connection comes about, the ladder is what is left. */
export const LINE_AT_LATEST_MS = 15_000;
/** While people wait at the door the line has nothing better to do, once the others have had time to come; in a call what is below voice comes later. */
export const LOW_AFTER_MS = 12_000;
export const LOW_DURING_CALL_MS = 15_000;
/** From this much on a message and its answer, connections take seconds to come about, and the socket carries the voice until then. */
export const VOICE_FROM_RTT_MS = 100;
/** On a quick line too, when connections do not. */
export const VOICE_AFTER_MS = 2_000;
const VOICE = "../clips/socket-voice.js";
const LINE_PIECES = ["../rtc/readings.js", "../rtc/ladder.js", "./line.js"];
const LOW_PIECES = ["../clips/outgoing.js", "../clips/playback.js", "../ui/low-rungs.js", "../clips/panel.js"];
const BELOW_VOICE = new Set(["clips", "text", "phone"]);

/** @param {string} piece */
const here = (piece) => new URL(piece, import.meta.url);

export class LaterParts {
  /** @type {import("../ui/adult.js").AdultControls | null} */ #adult = null;
  #stillsAsked = false;
  /** @type {import("../ui/stills.js").StillsView | null} */ #stills = null;
  /** @type {import("./line.js").Line | null} */ #line = null;
  /** What was wished before there was anything to keep the line. @type {((line: import("./line.js").Line) => void)[]} */ #wishes = [];
  #endsAt = Infinity;
  /** What is below voice, once it was needed. @type {Promise<Panel> | null} */ #low = null;
  /** @type {Promise<SocketVoice> | null} */ #voiceAsked = null;
  /** @type {SocketVoice | null} */ #voice = null;
  /** Others' keys and voices that came before what takes them. @type {(import("../signaling/messages.js").SealingKey | import("../signaling/messages.js").Voice)[]} */ #early = [];
  #peer = "";
  /** The key made at the tap is this peer's, or will not be. @type {Promise<unknown>} */ #keyTold = Promise.resolve();
  #voiceTimer = 0;
  #lineTimer = 0;
  #lineWantedAt = 0;
  #lowTimer = 0;
  #lowComes = false;

  /**
   * @param {object} hands
   * @param {Model} hands.model
   * @param {import("../ui/room.js").RoomView} hands.view
   * @param {import("../rtc/media.js").LocalMedia} hands.media
   * @param {import("../rtc/mesh.js").Mesh} hands.mesh
   * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} hands.send
   * @param {() => void} hands.render
   * @param {() => void} hands.suspect this side's line may be gone
   * @param {() => import("../signaling/tickets.js").EarlyKey | null} hands.earlyKey
   * @param {import("../signaling/tickets.js").TellKey} hands.tellKey
   * @param {() => number} hands.roundTripMs of a message to the server and its answer; 0: not known
   * @param {() => number} hands.socketBytes what the socket has carried
   * @param {() => import("../signaling/tickets.js").HelpPlan} hands.helpPlan
   * @param {(floor: Floor) => void} hands.floor who may speak at this device's loudspeaker
   */
  constructor(hands) {
    this.hands = hands;
    // What comes of the first still is lost; the next one is seen.
    hands.mesh.onStillPiece = () => void this.#keepStills();
  }

  /** The server has welcomed this page. @param {number} endsAt when the visit is to end, by the server's clock @param {string} peer who this page is now */
  welcomed(endsAt, peer) {
    this.#endsAt = endsAt;
    this.#peer = peer;
    this.#keyTold = this.hands.tellKey(peer, this.hands.send);
    void this.#keyTold.then(() => this.#voice?.agreement.become(peer));
    if (this.hands.roundTripMs() >= VOICE_FROM_RTT_MS) void this.#bringVoice().catch(() => 0);
    this.#wantLine(LINE_AFTER_WELCOME_MS);
  }

  /** Somebody is connected. */
  connected() {
    this.#wantLine(this.hands.mesh.isThin ? LINE_AFTER_CONNECTED_THIN_MS : LINE_AFTER_CONNECTED_MS);
  }

  /** This page is in the room. */
  admitted() {
    this.#wantLow(LOW_AFTER_MS);
  }

  render() {
    const { model, mesh } = this.hands;
    if (model.screen === "room") this.#adult?.render(model);
    if (mesh.sendsStills) void this.#keepStills();
    this.#stills?.draw(model);
    this.#line?.render();
    if (this.#voice) this.#voice.show(model);
    else if ([...model.links.values()].some(({ state }) => state !== "connected")) this.#voiceTimer ||= setTimeout(() => this.#lackVoice(), VOICE_AFTER_MS);
    if (this.#low || BELOW_VOICE.has(model.quality?.rung ?? "")) this.below((panel) => panel.show(model));
  }

  /** What only adults have. */
  async adult() {
    if (this.#adult) return this.#adult;
    await bringAtLast(here("../ui/adult.js"));
    const { AdultControls } = await import("../ui/adult.js");
    const { view, send, media, render } = this.hands;
    this.#adult ??= new AdultControls(view, {
      send,
      toggle: (kind) => void media.want(kind, !media.isOn(kind)),
      choose: (kind, device) => void media.choose(kind, device),
      devices: (kind) => media.devices(kind),
      hold: (rung) => this.#wish((line) => line.hold(rung)),
      sign: (on) => this.#wish((line) => line.sign(on)),
      signing: () => this.#line?.signing() ?? null,
      render,
    });
    render();
    return this.#adult;
  }

  /** @param {(line: import("./line.js").Line) => void} wish */
  #wish(wish) {
    if (this.#line) wish(this.#line);
    else this.#wishes.push(wish);
  }

  /**
   * What concerns what is below a connection. Another's key is of use once somebody speaks over the socket, here or there.
   * @param {import("../signaling/messages.js").ServerMessage} message
   */
  take(message) {
    if (message.type === "sealing-key" || message.type === "voice") {
      this.#early.push(message);
      if (this.#voice) this.#takeEarly(this.#voice);
      else if (message.type === "voice") void this.#bringVoice().catch(() => 0);
    } else this.below((panel) => panel.take(message));
  }

  /** @returns {Promise<SocketVoice>} */
  #bringVoice() {
    this.#voiceAsked ??= this.#makeVoice().catch((fault) => {
      this.#voiceAsked = null;
      throw fault;
    });
    return this.#voiceAsked;
  }

  async #makeVoice() {
    await bringAtLast(here(VOICE));
    const { SocketVoice } = await import("../clips/socket-voice.js");
    await this.#keyTold;
    const { send, mesh, render, model, earlyKey } = this.hands;
    this.#voice = new SocketVoice({ send, carrier: (peer) => mesh.carrier(peer), early: earlyKey, changed: render });
    if (this.#peer) void this.#voice.agreement.become(this.#peer);
    this.#takeEarly(this.#voice);
    this.#voice.show(model);
    return this.#voice;
  }

  /** @param {SocketVoice} voice */
  #takeEarly(voice) {
    for (const message of this.#early.splice(0)) {
      if (message.type === "voice") voice.take(message);
      else voice.agreement.take(message);
    }
  }

  /** It is late, and somebody is still not connected. */
  #lackVoice() {
    this.#voiceTimer = 0;
    if ([...this.hands.model.links.values()].some(({ state }) => state !== "connected")) void this.#bringVoice().catch(() => 0);
  }

  /** @param {(panel: Panel) => void} use */
  below(use) {
    const { send, helpPlan, model, floor } = this.hands;
    this.#low ??= this.#bringVoice().then(async ({ agreement }) => {
      const { openPanel } = await import("../clips/panel.js");
      return openPanel({ send, helpPlan: helpPlan(), child: model.role === "classroom", floor, agreement });
    });
    void this.#low.then(use, () => (this.#low = null));
  }

  /** @param {number} afterMs */
  #wantLow(afterMs) {
    clearTimeout(this.#lowTimer);
    if (this.#low) return;
    this.#lowTimer = setTimeout(() => {
      if (this.hands.model.links.size && afterMs < LOW_DURING_CALL_MS) this.#wantLow(LOW_DURING_CALL_MS);
      else void this.#bringLow();
    }, afterMs);
  }

  async #bringLow() {
    clearTimeout(this.#lowTimer);
    if (this.#lowComes) return;
    this.#lowComes = true;
    await this.#inPieces(LOW_PIECES);
    this.#lowComes = false;
    this.below(() => this.hands.render());
  }

  /** @param {number} afterMs */
  #wantLine(afterMs) {
    if (this.#line) return;
    clearTimeout(this.#lineTimer);
    this.#lineWantedAt ||= Date.now();
    this.#lineTimer = setTimeout(() => {
      const states = [...this.hands.model.links.values()].map(({ state }) => state);
      const mayWait = Date.now() - this.#lineWantedAt < LINE_AT_LATEST_MS;
      if (mayWait && states.some((state) => state !== "connected")) this.#wantLine(LINE_AFTER_CONNECTED_THIN_MS);
      else void this.#keepLine();
    }, afterMs);
  }

  /** @param {string[]} pieces */
  #inPieces(pieces) {
    return bringPieces(pieces.map(here), () => this.hands.mesh.isThin && this.hands.model.links.size > 0);
  }

  async #keepStills() {
    if (this.#stillsAsked) return;
    this.#stillsAsked = true;
    try {
      await this.#inPieces(["./stills.js"]);
      this.#stills = (await import("./stills.js")).keepStills(this.hands);
    } catch {
      this.#stillsAsked = false;
    }
  }

  async #keepLine() {
    await this.#inPieces(LINE_PIECES);
    const { keepLine } = await import("./line.js");
    const { model, mesh, send, render, suspect, socketBytes } = this.hands;
    this.#line ??= keepLine({ model, mesh, send, render, suspect, socketBytes, endsAt: () => this.#endsAt });
    for (const wish of this.#wishes.splice(0)) wish(this.#line);
    render();
  }
}
