/** The page of the spoken code: eight digits become this browser's seat, and the call page opens. */

import { exchangeCode } from "../signaling/tickets.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("code-form"));
const field = /** @type {HTMLInputElement} */ (document.getElementById("field-code"));
const wrong = /** @type {HTMLElement} */ (document.getElementById("code-error"));
const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

form.onsubmit = async (event) => {
  event.preventDefault();
  wrong.hidden = true;
  try {
    const { visit } = await exchangeCode(field.value);
    location.assign(`/call/${visit}`);
  } catch (error) {
    const { title } = /** @type {import("../signaling/tickets.js").RequestError} */ (error);
    wrong.textContent = title || strings["no-network"];
    wrong.hidden = false;
    field.select();
  }
};
