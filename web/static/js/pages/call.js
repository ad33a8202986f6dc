/** The call page's wiring: one person's way from the tap through the door to the end. */

import { LocalMedia } from "../rtc/media.js";
import { Mesh } from "../rtc/mesh.js";
import { SignalSocket } from "../signaling/socket.js";
import { Entering } from "./entering.js";
import { LaterParts } from "./later-parts.js";
import { RoomView, newModel, part, roleWords, t } from "../ui/room.js";

/** @typedef {import("../signaling/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../signaling/messages.js").Role} Role */
/** @typedef {import("../signaling/tickets.js").RequestError} RequestError */

/** Without the server media goes on this long, then rests until it is back. */
export const MEDIA_WITHOUT_SERVER_MS = 120_000;
/** Shorter silences of the line are not worth a word. */
export const RESTING_AFTER_MS = 3_000;
/** A room that would not open is asked for again after this; the ticket's answer then says what is the matter. */
export const NOT_OPEN_PAUSE_MS = 3_000;
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/**
 * Go from the tap to the room.
 * @param {string} secret the invitation's, from the address, or ""
 * @param {import("../signaling/tickets.js").Early} early what was asked for before this page had all its parts
 */
export async function start(secret, early) {
  await new Call(early).begin(secret);
}

class Call {
  #model = newModel(() => Date.now() + this.#clockOffset);
  #view = new RoomView((action, detail) => this.#act(action, detail));
  #media = new LocalMedia(() => this.#mediaChanged());
  #mesh;
  #entering;
  #parts;
  #socket = new SignalSocket({
    ticket: (signal) => this.#entering.ticket(signal), lineIsGone: () => this.#mesh.lineIsGone,
    onMessage: (message) => this.#take(message),
    onState: (state) => this.#signalingChanged(state),
    onEnd: (code) => this.#socketEnded(code),
    onRefused: (error) => this.#entering.refuse(/** @type {RequestError} */ (error)),
    onClock: (now) => void (this.#clockOffset = Date.parse(now) - Date.now()),
  });
  /** @type {import("../signaling/tickets.js").HelpPlan} */ #plan = { phones: [] };
  /** Who may speak at this device's loudspeaker. @type {import("../clips/panel.js").Floor} */ #floor = "open";
  #clockOffset = 0;
  /** Who was here before the server's restart. @type {import("../signaling/messages.js").RosterSeat[]} */ #before = [];
  /** The server's word on the child's pause has been heard; from then on this device's own word holds. */
  #pauseKnown = false;
  /** Media rests because the server has been away too long. */
  #resting = false;
  #restTimer = 0;
  #wordsTimer = 0;
  #endTimer = 0;

  /** @param {import("../signaling/tickets.js").Early} early */
  constructor(early) {
    this.#entering = new Entering({
      early,
      calm: (card) => this.#calm(card),
      finish: (card) => this.#finish(card),
      open: (socket) => this.#socket.open({ early: socket }),
      know: (ticket) => this.#know(ticket),
    });
    this.#mesh = new Mesh({
      send: (message) => this.#socket.send(message),
      roundTripMs: () => this.#socket.roundTripMs, onLineBack: () => this.#socket.lineBack(),
      onPeer: (peer, state, stream) => {
        if (!stream) this.#model.links.delete(peer);
        else this.#model.links.set(peer, { state, stream });
        if (state === "connected") this.#parts.connected();
        this.#render();
      },
    });
    this.#parts = new LaterParts({
      model: this.#model,
      view: this.#view,
      media: this.#media,
      mesh: this.#mesh,
      send: (message) => this.#socket.send(message),
      render: () => this.#render(),
      earlyKey: () => early.key(), tellKey: early.tellKey, roundTripMs: () => this.#socket.roundTripMs, suspect: () => this.#socket.suspect(), socketBytes: () => this.#socket.spentBytes,
      helpPlan: () => this.#plan,
      floor: (to) => ((this.#floor = to), this.#render()),
    });
  }

  /** @param {string} secret */
  async begin(secret) {
    const mediaAsked = this.#media.start();
    this.#listen();
    await this.#entering.enter(secret);
    await mediaAsked;
  }

  #listen() {
    addEventListener("pagehide", () => {
      this.#socket.close();
      this.#mesh.closeAll();
    });
    const changed = () => {
      this.#socket.hurry();
      this.#mesh.hurry();
    };
    addEventListener("online", changed);
    /** @type {{connection?: EventTarget}} */ (navigator).connection?.addEventListener("change", changed);
    const beside = /** @type {HTMLDetailsElement} */ (part("beside"));
    beside.ontoggle = async () => {
      if (beside.open) (await import("../ui/beside.js")).showBeside((code, waiting) => this.#sitBeside(code, waiting));
    };
  }

  /** @param {import("../signaling/tickets.js").Ticket} ticket */
  #know(ticket) {
    const roles = ticket.participants.map(({ role }) => role);
    this.#model.visit = ticket.visit;
    this.#model.roles = roles;
    // A device that sits before the child is the child's, whoever else sits there too.
    this.#model.role = roles.includes("classroom") ? "classroom" : (roles[0] ?? null);
    this.#plan = ticket.help ?? { phones: [] };
    this.#clockOffset = Date.parse(ticket.now) - Date.now();
    if (this.#model.role !== "classroom") void this.#parts.adult();
  }

  /** @param {ServerMessage} message */
  #take(message) {
    const model = this.#model;
    switch (message.type) {
      case "welcome":
        this.#welcome(message);
        break;
      case "waiting":
        model.admitted = false;
        break;
      case "admitted":
        this.#admitted();
        break;
      case "denied":
        this.#model.denied = true;
        model.admitted = false;
        break;
      case "room":
        this.#roomChanged(message);
        break;
      case "roster":
        this.#view.announce(model.roster, message.participants);
        this.#rosterChanged(message.participants);
        break;
      case "connect":
      case "disconnect":
      case "offer":
      case "answer":
      case "candidate":
      case "ice-servers":
        this.#mesh.take(message);
        break;
      case "help-asked":
        if (model.role !== "classroom") this.#view.notice(t("help-asked", { role: roleWords(message.role) }), "help", true);
        break;
      case "adult-lost":
        this.#model.lost = { role: message.role, pausesAt: Date.parse(message.pausesAt) };
        break;
      case "adult-returned":
        this.#model.lost = null;
        this.#view.notice(t("adult-returned", { role: roleWords(message.role) }), message.role);
        break;
      case "claim":
        if (!model.claims.some(({ claim }) => claim === message.claim)) model.claims.push(message);
        break;
      case "moved":
        this.#away({ picture: "link", title: t("moved"), text: t("moved-text"), controls: [{ action: "move-here", picture: "refresh", words: t("bring-back"), kind: "control-main" }] });
        return;
      case "removed":
        this.#finish({ picture: "leave", title: t("removed"), text: t("removed-text") });
        return;
      case "closed":
        this.#finish({ picture: "sun", title: t("ended"), text: t(message.reason === "ended" || message.reason === "hard-end" ? "ended-text" : "cancelled-text") });
        return;
      case "sealing-key":
      case "voice":
      case "clip":
      case "signal":
      case "text":
        this.#parts.take(message);
        break;
      case "error":
        if (message.regarding === "clip") this.#parts.take(message);
        else if (message.regarding && !["signal", "sealing-key", "voice", "offer", "answer", "candidate", "ice-servers", "health", "reconnect"].includes(message.regarding)) this.#view.notice(t("did-not-work"), "warning");
        break;
    }
    this.#render();
  }

  /** @param {import("../signaling/messages.js").Welcome} message */
  #welcome(message) {
    const model = this.#model;
    model.screen = "room";
    model.visit = message.visit;
    if (!message.resumed) {
      // A server that has started anew: what carries sound goes on until new connections stand.
      if (message.admitted && model.room?.state === "live") this.#mesh.bequeath();
      else this.#mesh.closeAll();
      this.#before = model.roster;
      Object.assign(model, { room: null, roster: [], claims: [], denied: false, knocked: false, lost: null });
    }
    clearTimeout(this.#endTimer);
    const left = Date.parse(message.closesAt) - model.now();
    // The page closes by itself even when no server says so.
    this.#endTimer = setTimeout(() => this.#finish({ picture: "sun", title: t("ended"), text: t("ended-text") }), Math.min(TIMEOUT_MAX_MS, Math.max(0, left)));
    model.admitted = message.admitted;
    // A new peer is told by `admitted` that it is in.
    if (message.resumed && message.admitted) this.#admitted();
    this.#parts.welcomed(Date.parse(message.endsAt), message.peer);
  }

  /** @param {import("../signaling/messages.js").RosterSeat[]} roster */
  #rosterChanged(roster) {
    this.#model.roster = roster;
    this.#mesh.setAway(new Set(roster.filter(({ presence }) => presence === "away").map(({ peer }) => peer)));
    for (const { participant, peer } of roster) {
      const old = this.#before.find((seat) => seat.participant === participant)?.peer;
      if (old && old !== peer) this.#mesh.inherit(peer, old);
    }
  }

  #admitted() {
    this.#model.admitted = true;
    this.#parts.admitted();
    this.#model.denied = false;
    this.#tellMedia();
  }

  /** @param {import("../signaling/messages.js").Room} room */
  #roomChanged(room) {
    const model = this.#model;
    if (model.role === "classroom") {
      const asked = room.reasons.includes("child-asked");
      if (!this.#pauseKnown) model.paused ||= asked;
      else if (asked !== model.paused) this.#socket.send({ type: "pause", on: model.paused });
      this.#pauseKnown = true;
    }
    const [role] = room.missing;
    if (!room.pausesAt) model.lost = null;
    else if (role) model.lost ??= { role, pausesAt: Date.parse(room.pausesAt) };
    model.room = room;
  }

  /** @param {import("../signaling/socket.js").SocketState} state */
  #signalingChanged(state) {
    const before = this.#model.signaling;
    this.#model.signaling = state;
    this.#mesh.setOnline(state === "online");
    if (state === "online") {
      clearTimeout(this.#restTimer);
      clearTimeout(this.#wordsTimer);
      this.#restTimer = 0;
      this.#resting = false;
    } else if (before === "online") {
      this.#wordsTimer = setTimeout(() => this.#view.notice(t("line-resting-long"), "resting"), RESTING_AFTER_MS);
      this.#restTimer ||= setTimeout(() => {
        this.#resting = true;
        this.#render();
      }, MEDIA_WITHOUT_SERVER_MS);
    }
    this.#render();
  }

  /** @param {number} code */
  #socketEnded(code) {
    const move = { action: "move-here", picture: "refresh", words: t("move-here"), kind: "control-main" };
    if (code === 4409) this.#away({ picture: "link", title: t("in-use"), text: t("in-use-text"), controls: [move] });
    else if (code === 4412) this.#entering.later(() => this.#socket.open({ fresh: true }), NOT_OPEN_PAUSE_MS);
    else if (code === 4403 || code === 4411) this.#take({ type: code === 4403 ? "removed" : "moved", seq: 0 });
    else if (code === 4410) this.#take({ type: "closed", seq: 0, reason: "ended" });
    else this.#away({ picture: "warning", title: t("broken"), text: t("broken-text"), controls: [{ ...move, action: "reload", words: t("again") }] });
  }

  /** @param {string} action @param {string} [detail] */
  #act(action, detail = "") {
    switch (action) {
      case "pause":
        this.#pause(!this.#model.paused);
        break;
      case "help":
        this.#view.showHelp(this.#plan);
        this.#socket.send({ type: "help" });
        break;
      case "close-dialog":
        for (const dialog of document.querySelectorAll("dialog")) dialog.close();
        break;
      case "leave":
        this.#socket.send({ type: "leave" });
        this.#away({ picture: "leave", title: t("left"), text: t("left-text"), controls: [{ action: "come-back", picture: "door-open", words: t("come-back"), kind: "control-main" }] });
        break;
      case "come-back":
      case "move-here":
        this.#calm({ picture: "door", title: t("opening") });
        void this.#media.start();
        this.#socket.open({ replace: action === "move-here", fresh: true });
        break;
      case "reload":
        location.reload();
        break;
      case "knock":
        this.#model.knocked ||= this.#socket.send({ type: action });
        break;
      case "open-door":
        this.#socket.send({ type: action });
        break;
      default:
        void this.#parts.adult().then((adult) => adult.act(action, detail));
    }
    this.#render();
  }

  /** The child's own pause: silent here at once; the server hears of it afterwards. @param {boolean} on */
  #pause(on) {
    this.#model.paused = on;
    this.#pauseKnown = true;
    this.#applySending();
    this.#socket.send({ type: "pause", on });
    this.#tellMedia();
  }

  /** The social worker takes their seat on the child's device by their own code. @param {string} code @param {() => void} waiting */
  async #sitBeside(code, waiting) {
    await this.#entering.sitBeside(code, waiting);
    /** @type {HTMLDetailsElement} */ (part("beside")).open = false;
    this.#socket.open({ replace: true, fresh: true });
  }

  #mediaChanged() {
    const before = this.#model.on;
    this.#model.tracks = { ...this.#media.tracks };
    this.#model.problems = { ...this.#media.problems };
    this.#model.on = { audio: this.#media.isOn("audio"), video: this.#media.isOn("video") };
    this.#mesh.setTracks(this.#model.tracks);
    if (before.audio !== this.#model.on.audio || before.video !== this.#model.on.video) this.#tellMedia();
    this.#render();
  }

  #tellMedia() {
    const { on, paused } = this.#model;
    this.#socket.send({ type: "media", audio: on.audio && !paused, video: on.video && !paused });
  }

  /** Outgoing sound and picture: only in a live room, never during the child's pause, never long without the server. */
  #applySending() {
    const { room, paused, admitted, tracks } = this.#model;
    // Until everybody has found the way back to a server that has started anew, its room is not live again.
    const returning = this.#mesh.inherits && room?.state !== "closed" && !room?.reasons.includes("child-asked");
    const sending = admitted && (room?.state === "live" || returning) && !paused && !this.#resting;
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      const track = tracks[kind];
      if (track) track.enabled = this.#media.wanted[kind] && !paused && !(kind === "audio" && this.#floor === "theirs");
    }
    this.#mesh.setSending(sending);
    this.#model.mayHear = sending && this.#floor !== "mine";
  }

  #render() {
    const model = this.#model;
    this.#applySending();
    this.#view.render(model);
    this.#parts.render();
  }

  /** Show one calm card and nothing else. @param {import("../ui/room.js").Card} card */
  #calm(card) {
    this.#model.screen = "calm";
    this.#model.card = card;
    this.#render();
  }

  /** Out of the room, with a way back. @param {import("../ui/room.js").Card} card */
  #away(card) {
    clearTimeout(this.#endTimer);
    this.#entering.stop();
    this.#socket.close();
    this.#mesh.closeAll();
    this.#media.stop();
    this.#mediaChanged();
    Object.assign(this.#model, { admitted: false, room: null, roster: [], claims: [] });
    this.#calm(card);
  }

  /** Out of the room for good. @param {import("../ui/room.js").Card} card */
  #finish(card) {
    const closed = this.#model.room && { ...this.#model.room, state: /** @type {const} */ ("closed"), endingAt: null };
    this.#away(card);
    this.#model.room = closed;
    this.#render();
  }
}
