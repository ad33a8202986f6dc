/** What the page does about its line once it is in: the ladder, the summaries for the server, and words for people. */

import { Quality } from "../rtc/quality.js";
import { lineWords } from "../ui/line-words.js";

export const HEALTH_INTERVAL_MS = 5_000;

/**
 * @param {object} hands
 * @param {import("../ui/room.js").Model} hands.model
 * @param {import("../rtc/mesh.js").Mesh} hands.mesh
 * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} hands.send
 * @param {() => void} hands.render
 * @param {() => void} hands.suspect this side's line may be gone
 */
export function keepLine({ model, mesh, send, render, suspect }) {
  /** @param {string} peer */
  const seatOf = (peer) => model.roster.find((seat) => seat.peer === peer);
  const quality = new Quality({
    mesh,
    role: () => model.role ?? "",
    roleOf: (peer) => seatOf(peer)?.role ?? "",
    speaks: (peer) => seatOf(peer)?.audio ?? false,
    online: () => model.signaling === "online",
    live: () => model.mayHear,
    onSilence: suspect,
    onView: ({ decision, path, pictures }) => {
      Object.assign(model, { quality: decision, path, pictures, line: lineWords(decision, model.on.video) });
      render();
    },
  });
  setInterval(() => {
    const legs = quality.summaries();
    if (!model.admitted || !model.quality || !legs.length) return;
    const [reason = "starting"] = model.quality.reasons;
    send({ type: "health", rung: model.quality.rung, reason: reason === "line-good" && !model.on.video ? "camera-off" : reason, legs });
  }, HEALTH_INTERVAL_MS);
  return quality;
}
