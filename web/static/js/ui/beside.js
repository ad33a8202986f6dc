/** On the classroom's device: the social worker sits beside the child and takes their own seat with their own spoken code. */

import { make, part, picture, t } from "./room.js";

/**
 * @param {(code: string, waiting: () => void) => Promise<void>} give hands the code on; rejects with a title, or a code;
 *   `waiting`: another adult has been asked and may take a while
 */
export function showBeside(give) {
  const input = make("input", { id: "beside-code", inputmode: "numeric", autocomplete: "off", maxlength: "16", dir: "ltr", required: true });
  const wrong = make("p", { role: "alert", class: "wrong" });
  const asked = make("p", { role: "status" });
  const form = make(
    "form",
    {},
    make("label", { for: "beside-code" }, t("beside-code")),
    input,
    make("button", { class: "control control-main" }, picture("check"), make("span", {}, t("beside-go"))),
    asked,
    wrong,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      await give(input.value, () => asked.replaceChildren(t("claim-waiting-text")));
    } catch (error) {
      const { code, title } = /** @type {{code: string, title: string}} */ (error);
      wrong.textContent = title || t(code === "claim-denied" ? code : "no-network");
      input.select();
    }
    asked.replaceChildren();
  };
  part("beside-form").replaceChildren(form);
  input.focus();
}
