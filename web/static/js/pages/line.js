/** What the page does about its line once it is in: the ladder, the summaries for the server, and words for people. */

import { Quality } from "../rtc/quality.js";
import { DataBudget } from "../ui/data-budget.js";
import { lineWords } from "../ui/line-words.js";
import { isQuiet } from "../ui/room.js";
import { MEGABYTES, recall, remember } from "./visit-memory.js";

export const HEALTH_INTERVAL_MS = 5_000;
const BYTES_IN_MB = 1_000_000;

/**
 * @param {object} hands
 * @param {import("../ui/room.js").Model} hands.model
 * @param {import("../rtc/mesh.js").Mesh} hands.mesh
 * @param {(message: import("../signaling/messages.js").ClientMessage) => boolean} hands.send
 * @param {() => void} hands.render
 * @param {() => void} hands.suspect this side's line may be gone
 * @param {() => number} hands.socketBytes what the socket has carried, both ways
 * @param {() => number} hands.endsAt when the visit is to end, by the server's clock
 */
export function keepLine({ model, mesh, send, render, suspect, socketBytes, endsAt }) {
  /** @param {string} peer */
  const seatOf = (peer) => model.roster.find((seat) => seat.peer === peer);
  const quality = new Quality({
    mesh,
    role: () => model.role ?? "",
    roleOf: (peer) => seatOf(peer)?.role ?? "",
    speaks: (peer) => seatOf(peer)?.audio ?? false,
    visitLeftMs: () => endsAt() - model.now(),
    online: () => model.signaling === "online",
    live: () => model.mayHear,
    onSilence: suspect,
    onView: ({ decision, path, pictures }) => {
      countSocket();
      Object.assign(model, { quality: decision, path, pictures, line: lineWords(decision, model.on.video) });
      render();
    },
  });
  let { megabytes, ...before } = recall(model.visit);
  Object.assign(quality, before);
  let counted = 0;
  /** What speaks between browsers knows no socket: its bytes are added here. */
  const countSocket = () => {
    quality.spentBytes += socketBytes() - counted;
    counted = socketBytes();
  };
  /** @param {number} chosen */
  const spend = (chosen) => {
    megabytes = chosen;
    quality.budgetBytes = chosen ? chosen * BYTES_IN_MB : null;
  };
  const keep = () => {
    countSocket();
    remember(model.visit, { megabytes, spentBytes: quality.spentBytes, signingTurns: quality.signingTurns });
  };
  spend(megabytes);
  const budget = new DataBudget({
    child: model.role === "classroom",
    saves: Boolean(/** @type {{connection?: {saveData?: boolean}}} */ (navigator).connection?.saveData),
    choices: MEGABYTES,
    chosen: megabytes,
    choose: (chosen) => {
      spend(chosen);
      keep();
      render();
    },
  });
  addEventListener("pagehide", keep);
  setInterval(() => {
    keep();
    const legs = quality.summaries();
    if (!model.admitted || !model.quality || !legs.length) return;
    const [reason = "starting"] = model.quality.reasons;
    send({ type: "health", rung: model.quality.rung, reason: reason === "line-good" && !model.on.video ? "camera-off" : reason, legs });
  }, HEALTH_INTERVAL_MS);
  return {
    /** @param {string} rung */
    hold: (rung) => quality.hold(rung),
    /** @param {boolean} on */
    sign: (on) => {
      quality.sign(on);
      keep();
    },
    signing: () => quality.signing,
    render: () => budget.show(quality.spentBytes, megabytes, isQuiet(model)),
  };
}

/** @typedef {ReturnType<typeof keepLine>} Line */
