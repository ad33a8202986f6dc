/** How much data the visit may take on this device: the choice, and how much of it is used, in words and a calm bar. */

import { make, part, picture, t } from "./room.js";

/** Where the device asks to save data and nobody has chosen; only said, never taken. */
export const SUGGESTED_MB = 20;
const BYTES_IN_MB = 1_000_000;

export class DataBudget {
  #select;
  #hint = make("p", { class: "soft" }, t("data-hint"));
  #bars = [newUse(), newUse()];
  /** What folds up on the classroom's page. */
  #details = make("details", { id: "data", hidden: true });
  #child;
  #saves;

  /**
   * @param {object} setting
   * @param {boolean} setting.child the page is the classroom's: the adult there chooses while the room waits or rests
   * @param {boolean} setting.saves the device asks to save data
   * @param {readonly number[]} setting.choices in MB; 0: as much as the line allows
   * @param {number} setting.chosen
   * @param {(megabytes: number) => void} setting.choose
   */
  constructor({ child, saves, choices, chosen, choose }) {
    this.#child = child;
    this.#saves = saves;
    const options = choices.map((megabytes) => make("option", { value: String(megabytes), selected: megabytes === chosen }, this.#optionWords(megabytes)));
    this.#select = make("select", { id: "data-choice" }, ...options);
    this.#select.onchange = () => choose(Number(this.#select.value));
    const label = make("label", { for: "data-choice", class: child ? "visually-hidden" : "" }, picture("link"), make("span", {}, t("data")));
    const [inside, outside] = /** @type {[Use, Use]} */ (this.#bars);
    const choice = make("div", { class: "data-choice" }, label, this.#select, inside.element, this.#hint);
    if (child) {
      this.#details.append(make("summary", {}, picture("link"), t("data")), choice);
      part("for-adult").append(this.#details);
    } else {
      part("devices").after(choice);
      outside.element.id = "data-used";
      part("for-adult").append(outside.element);
    }
  }

  /** @param {number} spentBytes @param {number} megabytes chosen @param {boolean} quiet whether nothing asks for the child's eyes */
  show(spentBytes, megabytes, quiet) {
    if (this.#child) {
      this.#details.hidden = !quiet;
      if (!quiet) this.#details.open = false;
    }
    const hint = !megabytes && this.#saves ? t("data-suggested", { data: amount(SUGGESTED_MB) }) : t("data-hint");
    if (this.#hint.textContent !== hint) this.#hint.textContent = hint;
    const used = Math.ceil(spentBytes / BYTES_IN_MB);
    const words = megabytes ? t("data-used", { used: String(used), all: amount(megabytes) }) : t("data-so-far", { used: amount(used) });
    for (const { element, bar, said } of this.#bars) {
      if (said.textContent !== words) said.textContent = words;
      bar.hidden = !megabytes;
      bar.max = megabytes || 1;
      bar.value = Math.min(used, bar.max);
      if (element.id) element.hidden = !megabytes;
    }
  }

  /** @param {number} megabytes */
  #optionWords(megabytes) {
    if (!megabytes) return t("hold-none");
    return this.#saves && megabytes === SUGGESTED_MB ? t("data-advised", { data: amount(megabytes) }) : amount(megabytes);
  }
}

/** @typedef {{element: HTMLElement, bar: HTMLProgressElement, said: HTMLElement}} Use */

/** @returns {Use} */
function newUse() {
  const bar = make("progress", { "aria-hidden": "true" });
  const said = make("span", {});
  return { element: make("p", { class: "data-use" }, bar, said), bar, said };
}

/** A number and its unit, which keep together among words that run the other way. @param {number} megabytes */
const amount = (megabytes) => `\u2068${t("data-megabytes", { n: megabytes })}\u2069`;
