/** The rung and its cause in a person's own words. Nothing is said while sound and picture are as they should be. */

import { t } from "./room.js";

/** What goes through. The rungs below voice speak for themselves. @type {Record<string, () => string>} */
const RUNGS = {
  "small-video": () => t("rung-small-video"), stills: () => t("rung-stills"),
  "voice-24": () => t("rung-voice"), "voice-16": () => t("rung-voice"), "voice-12": () => t("rung-voice"), "voice-8": () => t("rung-voice"),
};
/** Why it is no more. @type {Record<string, () => string>} */
const REASONS = {
  starting: () => t("why-starting"), "uplink-weak": () => t("why-uplink"), "downlink-weak": () => t("why-downlink"), "other-side-weak": () => t("why-other-side"),
  "long-way": () => t("why-long-way"), "no-path": () => t("why-no-path"), "line-lost": () => t("line-resting-long"), "data-budget": () => t("why-data"),
  "device-slow": () => t("why-device"), "battery-low": () => t("why-battery"), held: () => t("why-held"),
};

/** @param {import("../rtc/ladder.js").Decision} decision @param {boolean} camera whether this person's camera is on */
export function lineWords({ rung, reasons, legs }, camera) {
  const [reason = "starting"] = reasons;
  const words = RUNGS[rung]?.();
  const why = REASONS[reason]?.();
  if (reasons.includes("signing")) {
    const quiet = Object.values(legs).some(({ agreed }) => agreed);
    return [t("why-signing"), quiet ? t("signing-quiet") : "", why].filter(Boolean).join(" · ");
  }
  // Hold to talk says that the line is weak; it may be the data.
  if (rung === "clips" && reason === "data-budget") return why ?? "";
  // Whoever has switched the camera off knows why there is voice only.
  if (!words || (!why && !camera)) return "";
  return [words, why].filter(Boolean).join(" · ");
}
