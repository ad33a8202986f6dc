/** What only adults have: microphone, camera, devices, who asks to come in, removing, the end. Loaded after the tap. */

import { button, make, part, picture, relabel, roleWords, t } from "./room.js";

/** @typedef {import("./room.js").Model} Model */
/** @typedef {import("../signaling/messages.js").Role} Role */

/** @type {Set<Role | null>} */
const PROFESSIONALS = new Set(["social_worker", "psychologist"]);

/** @typedef {"audio" | "video"} Kind */
/** @typedef {{id: string, label: string, chosen: boolean}} Device */

export class AdultControls {
  #asksKey = "";
  #peopleKey = "";
  /** The rung that this psychologist holds. */
  #held = "";
  /** @type {Model | null} */ #model = null;

  /**
   * @param {import("./room.js").RoomView} view
   * @param {object} hands what this page may do
   * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} hands.send
   * @param {(kind: Kind) => void} hands.toggle
   * @param {(kind: Kind, device: string) => void} hands.choose
   * @param {(kind: Kind) => Promise<Device[]>} hands.devices
   * @param {(rung: string) => void} hands.hold keep everybody at this rung; "" as the line allows
   * @param {(on: boolean) => void} hands.sign the picture comes first, for a child who signs
   * @param {() => boolean | null} hands.signing whether it does; null: not known yet
   * @param {() => void} hands.render
   */
  constructor(view, hands) {
    this.view = view;
    this.hands = hands;
    addEventListener("keydown", (event) => this.#key(event));
    part("more").addEventListener("change", (event) => {
      const chosen = /** @type {HTMLSelectElement | HTMLInputElement} */ (event.target);
      const { dataset, value } = chosen;
      if (dataset.kind === "hold") hands.hold((this.#held = value));
      else if (dataset.kind === "signing") hands.sign(/** @type {HTMLInputElement} */ (chosen).checked);
      else if (dataset.kind) hands.choose(/** @type {Kind} */ (dataset.kind), value);
    });
  }

  /** What an adult pressed, by the name of the button. @param {string} action @param {string} detail */
  act(action, detail) {
    const { send, toggle } = this.hands;
    const model = /** @type {Model} */ (this.#model);
    switch (action) {
      case "end":
      case "keep-going":
        send({ type: action });
        break;
      case "admit":
      case "deny":
      case "remove":
        send({ type: action, participant: detail });
        break;
      case "admit-claim":
      case "deny-claim":
        model.claims = model.claims.filter(({ claim }) => claim !== detail);
        send({ type: action, claim: detail });
        this.hands.render();
        break;
      case "ask-remove":
        this.#askRemove(detail);
        break;
      case "microphone":
        toggle("audio");
        break;
      case "camera":
        toggle("video");
        break;
      case "more":
        void this.#showMore();
        break;
    }
  }

  /** @param {Model} model */
  render(model) {
    this.#model = model;
    const { role, on } = model;
    const professional = PROFESSIONALS.has(role);
    this.view.setBar([
      { action: "microphone", picture: "microphone", words: t("sound"), kind: "control-quiet" },
      { action: "camera", picture: "camera", words: t("picture"), kind: "control-quiet" },
      { action: "more", picture: "settings", words: t("more"), kind: "control-quiet" },
      { action: "help", picture: "help", words: t("help"), kind: "control-warm" },
      { action: "leave", picture: "leave", words: t("leave"), kind: "control-quiet" },
      ...(professional ? [{ action: "end", picture: "sun", words: t("end"), kind: "control-quiet" }] : []),
    ]);
    this.#drawSwitch("microphone", "sound", on.audio);
    this.#drawSwitch("camera", "picture", on.video);
    const end = document.querySelector('#bar [data-action="end"], #bar [data-action="keep-going"]');
    if (end instanceof HTMLElement) {
      const ending = Boolean(model.room?.endingAt);
      end.dataset.action = ending ? "keep-going" : "end";
      end.hidden = !model.admitted;
      relabel(end, ending ? "play" : "sun", t(ending ? "keep-going" : "end"));
    }
    this.#drawAsks(model, professional);
    if (!(/** @type {HTMLDialogElement} */ (part("more")).open)) return;
    this.#drawPeople(model);
    const signing = this.hands.signing();
    const box = /** @type {HTMLInputElement | null} */ (document.querySelector('#devices [data-kind="signing"]'));
    if (box && signing !== null) box.checked = signing;
  }

  /** Devices, who is here, and the note of the visit. */
  async #showMore() {
    const dialog = /** @type {HTMLDialogElement} */ (part("more"));
    const model = this.#model;
    if (!model) return;
    const lists = await Promise.all([this.hands.devices("audio"), this.hands.devices("video")]);
    part("devices").replaceChildren(...lists.flatMap((list, index) => {
      const kind = index ? "video" : "audio";
      if (!list.length) return [];
      const options = list.map(({ id, label, chosen }, place) =>
        make("option", { value: id, selected: chosen }, label || t("device", { n: place + 1 })));
      const select = make("select", { "data-kind": kind }, ...options);
      return [make("label", {}, picture(index ? "camera" : "microphone"), make("span", {}, t(index ? "camera" : "microphone")), select)];
    }));
    if (model.role === "psychologist") part("devices").append(this.#holdChoice());
    if (PROFESSIONALS.has(model.role)) part("devices").append(this.#signingChoice());
    part("note").hidden = model.role !== "psychologist";
    part("note").setAttribute("href", `/visits/${model.visit}`);
    this.#peopleKey = "";
    this.#drawPeople(model);
    if (!dialog.open) dialog.showModal();
  }

  /** A psychologist may spare a line that comes and goes: nothing above this rung. */
  #holdChoice() {
    const rungs = { "": t("hold-none"), "small-video": t("rung-small-video"), stills: t("rung-stills"), "voice-24": t("rung-voice") };
    const options = Object.entries(rungs).map(([value, words]) => make("option", { value, selected: value === this.#held }, words));
    return make("label", {}, picture("resting"), make("span", {}, t("hold")), make("select", { "data-kind": "hold" }, ...options));
  }

  /** Where a child signs, the hands must be seen; another adult may have chosen it already. */
  #signingChoice() {
    const box = make("input", { type: "checkbox", "data-kind": "signing", checked: this.hands.signing() ?? false });
    return make("label", { class: "signing" }, box, make("span", {}, t("signing")));
  }

  /** @param {Model} model */
  #drawPeople({ roster, role }) {
    const key = JSON.stringify(roster.map(({ participant, you }) => [participant, you]));
    if (key === this.#peopleKey) return;
    this.#peopleKey = key;
    const list = roster.map((seat) => {
      const item = make("li", {}, picture(seat.role), make("span", {}, seat.you ? t("you-as", { role: roleWords(seat.role) }) : roleWords(seat.role)));
      const mayRemove = !seat.you && (role === "social_worker" || (role === "psychologist" && seat.role !== "social_worker"));
      if (mayRemove) {
        const remove = button({ action: "ask-remove", picture: "remove", words: t("remove"), kind: "control-small" });
        remove.dataset.detail = seat.participant;
        item.append(remove);
      }
      return item;
    });
    part("people").replaceChildren(...list);
  }

  /** The first press asks, the second does: removing is for ever. @param {string} participant */
  #askRemove(participant) {
    const pressed = /** @type {HTMLElement | null} */ (document.querySelector(`#people [data-detail="${CSS.escape(participant)}"]`));
    if (!pressed) return;
    pressed.dataset.action = "remove";
    pressed.classList.add("control-danger");
    relabel(pressed, "remove", t("remove-sure"));
  }

  /** @param {"microphone" | "camera"} action @param {"sound" | "picture"} words @param {boolean} on */
  #drawSwitch(action, words, on) {
    const pressed = document.querySelector(`#bar [data-action="${action}"]`);
    if (!pressed) return;
    relabel(pressed, on ? action : `${action}-off`, t(on ? words : `${words}-off`));
    pressed.setAttribute("aria-pressed", String(on));
    pressed.classList.toggle("control-off", !on);
  }

  /** Who asks to come in, one by one. @param {Model} model @param {boolean} professional */
  #drawAsks({ roster, claims, room }, professional) {
    const waiting = roster.filter((seat) => seat.state === "waiting" && !seat.you && !(seat.role === "psychologist" && !room?.doorOpened));
    const asks = professional
      ? [
        ...waiting.map(({ role, participant }) => ({ role, id: participant, words: t("asks-in", { role: roleWords(role) }), yes: "admit", no: "deny" })),
        ...claims.map(({ role, claim }) => ({ role, id: claim, words: t("asks-claim", { role: roleWords(role) }), yes: "admit-claim", no: "deny-claim" })),
      ]
      : [];
    const key = JSON.stringify(asks);
    if (key === this.#asksKey) return;
    this.#asksKey = key;
    part("asks").replaceChildren(...asks.slice(0, 1).map(({ role, id, words, yes, no }) => {
      const admit = button({ action: yes, picture: "check", words: t("let-in"), kind: "control-main" });
      const deny = button({ action: no, picture: "close", words: t("not-now"), kind: "control-quiet" });
      admit.dataset.detail = deny.dataset.detail = id;
      return make("div", { class: "ask" }, picture(role), make("p", {}, words), admit, deny);
    }));
  }

  /** M is the microphone, V the camera; never while somebody types or chooses. @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {Element | null} */ (event.target);
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target?.closest?.("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    if (event.code === "KeyM") this.hands.toggle("audio");
    else if (event.code === "KeyV") this.hands.toggle("video");
  }
}
