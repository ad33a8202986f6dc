/** A button that is held while one speaks: by finger, mouse, or the space bar; a press without a pointer (assistive technology) starts and ends. */

export class HoldButton {
  #held = false;

  /** @param {HTMLButtonElement} element @param {(held: boolean) => void} onHold */
  constructor(element, onHold) {
    this.element = element;
    this.onHold = onHold;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      element.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      this.set(true);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) element.addEventListener(end, () => this.set(false));
    // A long touch is no wish for a menu.
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("click", (event) => event.detail === 0 && this.set(!this.#held));
    addEventListener("keydown", (event) => this.#key(event, true));
    addEventListener("keyup", (event) => this.#key(event, false));
    document.addEventListener("visibilitychange", () => document.hidden && this.set(false));
  }

  /** @param {boolean} held */
  set(held) {
    if (held === this.#held || (held && this.element.disabled)) return;
    this.#held = held;
    this.element.setAttribute("aria-pressed", String(held));
    this.onHold(held);
  }

  /** The space bar speaks wherever nothing else would take it. @param {KeyboardEvent} event @param {boolean} down */
  #key(event, down) {
    const target = /** @type {Element | null} */ (event.target);
    const isElsewhere = target !== this.element && target?.closest?.("input, textarea, select, button, a, summary, [contenteditable]");
    if (event.code !== "Space" || event.ctrlKey || event.metaKey || event.altKey || !this.element.checkVisibility()) return;
    if (isElsewhere || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (!event.repeat) this.set(down);
  }
}
