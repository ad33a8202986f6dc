/** The room as a person sees it: who is here, the faces, one calm card in the middle, a few big buttons. Draws what it is given. */

/** @typedef {import("../signaling/messages.js").Role} Role */
/** @typedef {import("../signaling/messages.js").RosterSeat} RosterSeat */
/** @typedef {{action: string, picture: string, words: string, kind?: string}} Control */
/**
 * @typedef {object} Card one calm card: a picture, few words, at most two buttons
 * @property {string} picture
 * @property {string} title
 * @property {string} [text]
 * @property {Role[]} [roles] whose pictures stand under the words
 * @property {Control[]} [controls]
 */
/**
 * @typedef {object} Model all that is drawn
 * @property {"join" | "calm" | "room"} screen
 * @property {Role | null} role the role whose page this is
 * @property {Role[]} roles all seats of this device
 * @property {string} visit
 * @property {boolean} admitted
 * @property {import("../signaling/messages.js").Room | null} room
 * @property {RosterSeat[]} roster
 * @property {import("../signaling/socket.js").SocketState} signaling
 * @property {boolean} paused the child's own pause on this device
 * @property {boolean} mayHear whether sound and picture of the others may be played now
 * @property {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} tracks
 * @property {{audio: boolean, video: boolean}} on
 * @property {{audio: string | null, video: string | null}} problems why there is no microphone or camera
 * @property {Map<string, {state: RTCPeerConnectionState, stream: MediaStream | null}>} links by peer
 * @property {string} path
 * @property {import("../rtc/ladder.js").Decision | null} quality what the ladder has decided; null before it has seen anything
 * @property {Set<string>} pictures peers whose picture moves
 * @property {string} line what goes through and why it is no more, in words; "" while all is well
 * @property {Card | null} card what stands alone outside the room
 * @property {boolean} denied an adult has said "not now"
 * @property {boolean} knocked this psychologist has knocked
 * @property {{role: Role, pausesAt: number} | null} lost the required adult who is not heard
 * @property {() => number} now the server's time, in ms
 * @property {{claim: string, role: Role}[]} claims
 */

/** How long a notice stays; an alert stays until it is put away. */
export const NOTICE_MS = 8_000;

const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

/** The sentence of a key in the page's language. @param {string} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  return (strings[key] ?? key).replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => values[name] ?? whole);
}

/** @param {Role} role */
export const roleWords = (role) => t(`role-${role}`);

/** Whole minutes in words, at least one. @param {number} seconds */
export function minutes(seconds) {
  const count = Math.max(1, Math.ceil(seconds / 60));
  const { lang } = document.documentElement;
  // No browser knows Amazigh units; Arabic is written with the same digits as the server's times.
  if (!Intl.NumberFormat.supportedLocalesOf(lang).length) return t("minutes", { n: count });
  return new Intl.NumberFormat(`${lang}-u-nu-latn`, { style: "unit", unit: "minute", unitDisplay: "long" }).format(count);
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Record<string, string | boolean>} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** One of the pictures that stand in the page. @param {string} name */
export function picture(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#p-${name}`);
  svg.setAttribute("class", "picture");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** @param {Control} control */
export function button({ action, picture: name, words, kind = "" }) {
  const element = make("button", { type: "button", class: `control ${kind}`, "data-action": action });
  element.append(picture(name), make("span", {}, words));
  return element;
}

/** Change what a button shows without losing the focus on it. @param {Element} element @param {string} name @param {string} words */
export function relabel(element, name, words) {
  const use = element.querySelector("use");
  const label = element.querySelector("span");
  if (use?.getAttribute("href") !== `#p-${name}`) use?.setAttribute("href", `#p-${name}`);
  if (label && label.textContent !== words) label.textContent = words;
}

/** @param {string} id */
export const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Nothing known yet. @param {() => number} now @returns {Model} */
export function newModel(now) {
  return {
    screen: "join", role: null, roles: [], visit: "", admitted: false, room: null, roster: [], signaling: "offline", paused: false, mayHear: false,
    tracks: { audio: null, video: null }, on: { audio: false, video: false }, problems: { audio: null, video: null }, links: new Map(),
    path: "", quality: null, pictures: new Set(), line: "", card: null, claims: [], denied: false, knocked: false, lost: null, now,
  };
}

/**
 * Whether nothing asks for the child's eyes: only then does the classroom's page offer what is for the adult there.
 * @param {Model} model
 */
export const isQuiet = ({ screen, role, room }) =>
  screen === "room" && role === "classroom" && (room?.state === "paused" || (room?.state === "waiting" && !room.knocked));

export class RoomView {
  #root = part("room");
  #faces = part("faces");
  #who = part("who");
  #card = part("card");
  #bar = part("bar");
  #self = /** @type {HTMLVideoElement} */ (part("self"));
  #notices = part("notices");
  #cardKey = "";
  #countdown = 0;
  #bannerAt = 0;
  /** @type {Map<string, HTMLElement>} */ #seats = new Map();

  /** @param {(action: string, detail?: string) => void} act what the person does, by the name of the button */
  constructor(act) {
    this.act = act;
    this.#root.addEventListener("click", (event) => {
      const pressed = /** @type {Element} */ (event.target).closest?.("button[data-action]");
      const { action, detail } = /** @type {HTMLElement} */ (pressed)?.dataset ?? {};
      if (action && action !== "join") act(action, detail);
    });
  }

  /** @param {Model} model */
  render(model) {
    const { room, role } = model;
    Object.assign(this.#root.dataset, {
      screen: model.screen,
      role: role ?? "",
      state: room?.state ?? "waiting",
      signaling: model.signaling,
      path: model.path,
      rung: model.quality?.rung ?? (model.mayHear ? "voice-8" : ""),
    });
    this.#drawWho(model);
    this.#drawFaces(model);
    this.#drawCard(model.screen === "room" ? cardOf(model) : model.card);
    this.#drawBanner(model);
    this.#drawLine(model);
    this.#drawSelf(model);
    this.#drawProblems(model);
    if (role === "classroom") this.#drawChildBar(model);
    const workerAway = room?.state === "waiting" || room?.missing.includes("social_worker");
    part("beside").hidden = !isQuiet(model) || !workerAway || model.roles.includes("social_worker");
  }

  /** The buttons at the bottom, once for each page. @param {Control[]} controls */
  setBar(controls) {
    if (!this.#bar.childElementCount) this.#bar.append(...controls.map(button));
  }

  /** Say something once. An alert interrupts a screen reader and stays. @param {string} words @param {string} name @param {boolean} [alert] */
  notice(words, name, alert = false) {
    const line = make("p", { class: alert ? "toast toast-alert" : "toast" }, picture(name), make("span", {}, words));
    if (alert) {
      line.setAttribute("role", "alert");
      const close = make("button", { type: "button", class: "round", "aria-label": t("close") }, picture("close"));
      close.onclick = () => line.remove();
      line.append(close);
    } else setTimeout(() => line.remove(), NOTICE_MS);
    this.#notices.append(line);
    while (this.#notices.childElementCount > 3) this.#notices.firstElementChild?.remove();
  }

  /** Say who came and who went. @param {RosterSeat[]} before @param {RosterSeat[]} after */
  announce(before, after) {
    /** @param {RosterSeat[]} seats */
    const others = (seats) => seats.filter((seat) => !seat.you && seat.state === "admitted");
    /** @param {RosterSeat[]} seats @param {RosterSeat[]} known */
    const fresh = (seats, known) => others(seats).filter((seat) => !known.some(({ participant, state }) => participant === seat.participant && state === "admitted"));
    if (before.length) for (const { role } of fresh(after, before)) this.notice(t("came-in", { role: roleWords(role) }), role);
    for (const { role } of fresh(before, after)) this.notice(t("went-out", { role: roleWords(role) }), role);
  }

  /** What to do and whom to call; needs no server. @param {import("../signaling/tickets.js").HelpPlan} plan */
  showHelp(plan) {
    const dialog = /** @type {HTMLDialogElement} */ (part("help"));
    const who = part("help-who");
    who.textContent = plan.contactName ? t("help-contact", { name: `\u2068${plan.contactName}\u2069` }) : t("help-near");
    part("help-phones").replaceChildren(...plan.phones.map((phone) => {
      const number = make("bdi", { dir: "ltr" }, phone);
      return make("a", { class: "control control-warm", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, picture("phone"), number);
    }));
    if (!dialog.open) dialog.showModal();
  }

  /** A line above the faces that counts seconds down: to the end, or to the pause when an adult is lost. @param {Model} model */
  #drawBanner({ screen, room, lost, now }) {
    const ending = room?.endingAt ? Date.parse(room.endingAt) : 0;
    const at = screen !== "room" ? 0 : ending || lost?.pausesAt || 0;
    if (at === this.#bannerAt) return;
    this.#bannerAt = at;
    const banner = part("banner");
    clearInterval(this.#countdown);
    banner.hidden = !at;
    if (!at) return;
    const words = () => {
      const seconds = Math.max(0, Math.ceil((at - now()) / 1000));
      return ending ? t("ending", { seconds }) : t("adult-lost", { role: roleWords(/** @type {Role} */ (lost?.role)), seconds });
    };
    // Heard once; the seconds are for the eye.
    const seen = make("span", { "aria-hidden": "true" }, words());
    banner.replaceChildren(picture(ending ? "sun" : "resting"), seen, make("span", { class: "visually-hidden" }, words()));
    this.#countdown = setInterval(() => seen.replaceChildren(words()), 500);
  }

  /** @param {Model} model */
  #drawLine({ line, room, mayHear }) {
    const words = part("line");
    words.hidden = !line || !mayHear || room?.state !== "live";
    if (words.textContent !== line) words.textContent = line;
  }

  /** @param {Model} model */
  #drawWho({ roster, roles }) {
    const seats = roster.filter((seat) => seat.state === "admitted");
    const here = seats.length ? seats : roles.map((role) => ({ role, presence: "present", you: true, participant: role, peer: "" }));
    this.#who.replaceChildren(...here.map((seat) => {
      const words = seat.you ? t("you") : roleWords(seat.role);
      const item = make("li", { "data-presence": seat.presence, "data-you": String(seat.you) }, picture(seat.role), make("span", {}, words));
      if (seat.presence === "away") item.append(make("small", {}, t("line-resting")));
      return item;
    }));
  }

  /** @param {Model} model */
  #drawFaces({ roster, links, mayHear, pictures }) {
    const others = roster.filter((seat) => !seat.you && seat.state === "admitted");
    const shown = new Set();
    for (const seat of others) {
      const link = links.get(seat.peer);
      const first = !shown.has(seat.peer);
      shown.add(seat.peer);
      const tile = this.#seats.get(seat.participant) ?? this.#newSeat(seat);
      Object.assign(tile.dataset, {
        connection: link?.state ?? "new",
        presence: seat.presence,
        video: String(seat.video && pictures.has(seat.peer)),
        audio: String(seat.audio),
        shared: String(!first),
      });
      const video = /** @type {HTMLVideoElement} */ (tile.querySelector("video"));
      const stream = (first && link?.stream) || null;
      if (video.srcObject !== stream) video.srcObject = stream;
      video.muted = !mayHear;
      tile.hidden = false;
    }
    for (const [participant, tile] of this.#seats) {
      if (others.some((seat) => seat.participant === participant)) continue;
      tile.remove();
      this.#seats.delete(participant);
    }
    this.#faces.dataset.count = String(shown.size);
  }

  /** @param {RosterSeat} seat */
  #newSeat({ participant, role }) {
    const video = make("video", { autoplay: true, playsinline: true });
    const caption = make("figcaption", {}, picture(role), make("span", {}, roleWords(role)), picture("microphone-off"));
    const tile = make("figure", { class: "seat", "data-seat": role }, video, picture(role), make("p", { class: "rest" }, picture("resting")), caption);
    this.#seats.set(participant, tile);
    this.#faces.append(tile);
    return tile;
  }

  /** Where a person is seen. @param {string} participant */
  tileOf(participant) {
    return this.#seats.get(participant);
  }

  /** @param {Card | null} card */
  #drawCard(card) {
    const key = JSON.stringify(card);
    if (key === this.#cardKey) return;
    this.#cardKey = key;
    this.#card.hidden = !card;
    if (!card) {
      this.#card.replaceChildren();
      return;
    }
    const title = make("h2", { tabindex: "-1" }, card.title);
    const roles = make("ul", { class: "who" }, ...(card.roles ?? []).map((role) => make("li", {}, picture(role), make("span", {}, roleWords(role)))));
    this.#card.replaceChildren(
      make("div", { class: "card-picture", "data-picture": card.picture }, picture(card.picture)),
      title,
      ...(card.text ? [make("p", {}, card.text)] : []),
      ...(card.roles?.length ? [roles] : []),
      ...(card.controls ?? []).map(button),
    );
    if (this.#root.dataset.screen === "calm" || card.controls?.length) title.focus({ preventScroll: true });
  }

  /** @param {Model} model */
  #drawSelf({ tracks, on, paused }) {
    const track = on.video && !paused ? tracks.video : null;
    const old = /** @type {MediaStream | null} */ (this.#self.srcObject);
    if (old?.getVideoTracks()[0] !== (track ?? undefined)) this.#self.srcObject = track && new MediaStream([track]);
    this.#self.hidden = !track;
  }

  /** @param {Model} model */
  #drawProblems({ problems: { audio, video } }) {
    const line = part("media-problem");
    line.hidden = !audio && !video;
    if (audio) line.textContent = t(audio === video ? `media-${audio}` : `microphone-${audio}`);
    else if (video) line.textContent = t(`camera-${video}`);
  }

  /** @param {Model} model */
  #drawChildBar({ paused, room }) {
    this.setBar([
      { action: "pause", picture: "pause", words: t("pause"), kind: "control-quiet" },
      { action: "help", picture: "help", words: t("help"), kind: "control-warm" },
      { action: "leave", picture: "leave", words: t("leave"), kind: "control-quiet" },
    ]);
    const pause = /** @type {HTMLElement} */ (this.#bar.querySelector('[data-action="pause"]'));
    relabel(pause, paused ? "play" : "pause", t(paused ? "go-on" : "pause"));
    pause.setAttribute("aria-pressed", String(paused));
    pause.hidden = !paused && (room?.state ?? "waiting") === "waiting";
    pause.classList.toggle("control-main", paused);
  }
}

/** Which calm card stands before the faces, if any. @param {Model} model @returns {Card | null} */
function cardOf({ room, role, admitted, denied, knocked, signaling, links }) {
  if (signaling !== "online" && links.size && ![...links.values()].some(({ state }) => state === "connected")) {
    return { picture: "resting", title: t("line-resting-long"), text: t("no-network-text") };
  }
  if (!admitted) return atTheDoor(role === "psychologist", denied, knocked);
  if (!room || room.state === "live") return null;
  if (room.state === "closed") return { picture: "sun", title: t("ended"), text: t("ended-text") };
  if (room.reasons.includes("child-asked")) {
    return role === "classroom"
      ? { picture: "pause", title: t("you-paused"), text: t("you-paused-text") }
      : { picture: "pause", title: t("child-paused"), text: t("child-paused-text") };
  }
  if (room.state === "paused") return { picture: "resting", title: t("room-paused"), text: t("room-paused-text"), roles: room.missing };
  if (!room.doorOpened) return closedDoor(role === "classroom", room.knocked);
  return { picture: "sun", title: t("waiting-for", { roles: room.missing.map(roleWords).join(" · ") }), roles: room.missing };
}

/** @param {boolean} psychologist @param {boolean} denied @param {boolean} knocked @returns {Card} */
function atTheDoor(psychologist, denied, knocked) {
  if (denied) return { picture: "door", title: t("denied"), text: t("denied-text"), controls: [{ action: "come-back", picture: "knock", words: t("ask-again"), kind: "control-main" }] };
  if (!psychologist) return { picture: "door", title: t("at-door"), text: t("at-door-text") };
  if (knocked) return { picture: "door", title: t("you-knocked"), text: t("you-knocked-text") };
  return { picture: "door", title: t("may-knock"), text: t("may-knock-text"), controls: [{ action: "knock", picture: "knock", words: t("knock"), kind: "control-main control-big" }] };
}

/** @param {boolean} child @param {boolean} knocked @returns {Card} */
function closedDoor(child, knocked) {
  if (child) {
    return knocked
      ? { picture: "psychologist", title: t("knocking"), controls: [{ action: "open-door", picture: "door-open", words: t("open-door"), kind: "control-main control-door" }] }
      : { picture: "sun", title: t("child-waiting"), text: t("child-waiting-text") };
  }
  return knocked
    ? { picture: "knock", title: t("child-opens"), text: t("child-opens-text") }
    : { picture: "door", title: t("waiting-knock"), text: t("waiting-knock-text") };
}
