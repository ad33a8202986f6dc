/** On the classroom's device: the social worker sits beside the child and takes their own seat with their own spoken code. */

import { make, part, picture, t } from "./room.js";

/** @param {(code: string) => Promise<void>} give hands the code on; rejects with the words to show */
export function showBeside(give) {
  const input = make("input", { id: "beside-code", inputmode: "numeric", autocomplete: "off", maxlength: "16", dir: "ltr", required: true });
  const wrong = make("p", { role: "alert", class: "wrong" });
  const form = make(
    "form",
    {},
    make("label", { for: "beside-code" }, t("beside-code")),
    input,
    make("button", { class: "control control-main" }, picture("check"), make("span", {}, t("beside-go"))),
    wrong,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      await give(input.value);
    } catch (error) {
      wrong.textContent = /** @type {Error} */ (error).message;
      input.select();
    }
  };
  part("beside-form").replaceChildren(form);
  input.focus();
}
