/** The page of the spoken code: eight digits become this browser's seat, and the call page opens. */

import { takeSeatByCode } from "../signaling/tickets.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("code-form"));
const field = /** @type {HTMLInputElement} */ (document.getElementById("field-code"));
const wrong = /** @type {HTMLElement} */ (document.getElementById("code-error"));
const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

/** @param {string} name of what is said where the server has no words of its own @param {string} [title] the server's */
function say(name, title) {
  wrong.textContent = title || strings[name];
  wrong.hidden = false;
}

form.onsubmit = async (event) => {
  event.preventDefault();
  wrong.hidden = true;
  try {
    const { visit } = await takeSeatByCode(field.value, () => say("claim-waiting-text"));
    location.assign(`/call/${visit}`);
  } catch (error) {
    const { code, title } = /** @type {import("../signaling/tickets.js").RequestError} */ (error);
    say(code in strings ? code : "no-network", title);
    field.select();
  }
};
