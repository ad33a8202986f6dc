/** What a person sees below voice: one button to hold, pictures to point at, words between adults, at last whom to phone. */

import { HoldButton } from "./hold-button.js";
import { button, make, part, picture, relabel, roleWords, t } from "./room.js";
import { SIGNALS, addSignalPictures } from "./signal-pictures.js";

/** @typedef {import("../signaling/messages.js").Role} Role */
/** @typedef {"clips" | "text" | "phone" | "loudspeaker"} LowRung */
/**
 * @typedef {object} LowModel
 * @property {LowRung | null} rung null: nothing of this is shown
 * @property {boolean} child the page of the classroom: pictures only
 * @property {boolean} mayTalk there is a microphone and a browser that can
 * @property {Role | null} speaking who is heard now
 * @property {boolean} waits what was said waits for the line
 */

export const HEARD_MAX = 4;
export const SENT_MS = 1_500;
const WHY = { clips: () => t("low-clips"), text: () => t("low-text"), phone: () => t("low-phone") };

export class LowRungsView {
  #root = part("room");
  #section = make("section", { id: "low", hidden: true });
  #why = make("p", { class: "low-why", role: "status" });
  #talk = make("button", { type: "button", class: "talk", "data-action": "talk", "aria-pressed": "false" }, picture("microphone"), make("span", {}, t("hold-to-talk")));
  #heard = make("ul", { class: "heard", role: "log", "aria-live": "polite" });
  #signals = make("div", { class: "signals" });
  #callUp = make("div", { class: "call-up" });
  /** @type {HTMLFormElement | null} */ #write = null;
  #loudspeaker = make("details", { id: "loudspeaker", hidden: true });
  #hold;

  /**
   * @param {object} hands what the person does
   * @param {(held: boolean) => void} hands.hold
   * @param {(signal: string) => void} hands.signal
   * @param {(words: string) => void} hands.write
   * @param {import("../signaling/tickets.js").HelpPlan} plan whom to phone
   * @param {boolean} child
   */
  constructor(hands, plan, child) {
    addSignalPictures();
    this.#hold = new HoldButton(this.#talk, hands.hold);
    this.#signals.append(...SIGNALS.map((name) => this.#signalButton(name, child, hands.signal)));
    this.#drawCallUp(plan, child);
    this.#section.append(this.#why, this.#heard, this.#talk, this.#callUp, this.#signals);
    if (!child) this.#section.append(this.#write = writeForm(hands.write));
    part("stage").append(this.#section);
  }

  /** @param {LowModel} model */
  render({ rung, child, mayTalk, speaking, waits }) {
    if (this.#section.dataset.rung !== (rung ?? "")) this.#open(rung, child);
    const talks = rung === "loudspeaker" || (rung === "clips" && mayTalk);
    this.#talk.hidden = !talks;
    if (!talks) this.#hold.set(false);
    Object.assign(this.#talk.dataset, { others: String(Boolean(speaking)), waits: String(waits) });
    const held = this.#talk.getAttribute("aria-pressed") === "true";
    const words = held ? t("talk-now") : speaking ? t("talk-others", { role: roleWords(speaking) }) : waits ? t("talk-waits") : t("hold-to-talk");
    relabel(this.#talk, speaking && !held ? speaking : "microphone", words);
  }

  /** For the adult at the child's device: both sides at once, or one after the other. @param {(on: boolean) => void} onChange */
  offerLoudspeaker(onChange) {
    const pressed = button({ action: "loudspeaker", picture: "microphone", words: t("hold-to-talk"), kind: "control-quiet" });
    pressed.setAttribute("aria-pressed", "false");
    pressed.onclick = () => {
      const on = pressed.getAttribute("aria-pressed") !== "true";
      pressed.setAttribute("aria-pressed", String(on));
      pressed.classList.toggle("control-main", on);
      onChange(on);
    };
    this.#loudspeaker.append(make("summary", {}, picture("loudspeaker"), t("loudspeaker")), pressed);
    part("for-adult").append(this.#loudspeaker);
  }

  /** @param {boolean} on whether the choice is in sight: never while the child is to have three controls */
  showLoudspeaker(on) {
    this.#loudspeaker.hidden = !on;
  }

  /** Show a picture that somebody has sent. @param {Role} role @param {string} name */
  hear(role, name) {
    this.#add(make("li", { "data-signal": name, "aria-label": `${roleWords(role)}: ${t(`signal-${name}`)}` }, picture(role), picture(`signal-${name}`)));
  }

  /** Show an adult's words. Never called on a child's page. @param {Role | null} role null: one's own @param {string} words */
  read(role, words) {
    this.#add(make("li", { "data-mine": String(!role) }, make("strong", {}, role ? roleWords(role) : t("you")), make("bdi", { class: "words" }, words)));
  }

  /** @param {LowRung | null} rung @param {boolean} child */
  #open(rung, child) {
    this.#section.dataset.rung = rung ?? "";
    this.#section.hidden = !rung;
    if (rung) this.#root.dataset.low = rung;
    else delete this.#root.dataset.low;
    const why = rung && rung !== "loudspeaker" ? WHY[rung]() : "";
    this.#why.hidden = !why;
    // A child sees the picture; the words are for a screen reader and are said aloud where the device can.
    this.#why.replaceChildren(picture(rung === "phone" ? "phone" : "resting"), make("span", { class: child ? "visually-hidden" : "" }, why));
    this.#callUp.hidden = rung !== "phone";
    this.#signals.hidden = this.#heard.hidden = rung === "loudspeaker" || rung === "phone";
    if (this.#write) this.#write.hidden = rung === "loudspeaker" || rung === "phone";
  }

  /** @param {string} name @param {boolean} child @param {(signal: string) => void} send */
  #signalButton(name, child, send) {
    const words = t(`signal-${name}`);
    const pressed = make("button", { type: "button", "data-action": "signal", "data-detail": name, "aria-label": words }, picture(`signal-${name}`));
    if (!child) pressed.append(make("span", { "aria-hidden": "true" }, words));
    pressed.onclick = () => {
      send(name);
      pressed.dataset.sent = "";
      setTimeout(() => delete pressed.dataset.sent, SENT_MS);
    };
    return pressed;
  }

  /** @param {import("../signaling/tickets.js").HelpPlan} plan @param {boolean} child */
  #drawCallUp({ contactName, phones }, child) {
    const name = contactName ? `\u2068${contactName}\u2069` : "";
    this.#callUp.append(
      picture("phone"),
      ...(name ? [make("p", {}, t("help-contact", { name }))] : []),
      ...phones.map((phone) => make("a", { class: "control control-warm", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, picture("phone"), make("bdi", { dir: "ltr" }, phone))),
      make("p", { class: child ? "visually-hidden" : "" }, t("phone-say")),
    );
  }

  /** @param {HTMLLIElement} line */
  #add(line) {
    this.#heard.append(line);
    while (this.#heard.childElementCount > HEARD_MAX) this.#heard.firstElementChild?.remove();
  }
}

/** @param {(words: string) => void} write */
function writeForm(write) {
  const input = make("input", { id: "low-words", maxlength: "280", autocomplete: "off", dir: "auto" });
  const form = make("form", { class: "write" }, make("label", { for: "low-words" }, t("write-words")), input,
    make("button", { class: "control control-main" }, picture("check"), make("span", {}, t("write-send"))));
  form.onsubmit = (event) => {
    event.preventDefault();
    if (input.value.trim()) write(input.value.trim());
    input.value = "";
  };
  return form;
}
