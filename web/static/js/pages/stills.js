/** Stills, both ways, once a rung has them: loaded when the first one is to go out, or has begun to come. */

import { StillReceiver, StillSender } from "../rtc/stills.js";
import { StillsView, grabStill } from "../ui/stills.js";

export const LOOK_EVERY_MS = 1_000;

/**
 * @param {object} hands
 * @param {import("../ui/room.js").RoomView} hands.view
 * @param {import("../rtc/mesh.js").Mesh} hands.mesh
 * @param {() => void} hands.render
 */
export function keepStills({ view, mesh, render }) {
  const stills = new StillsView((participant) => view.tileOf(participant));
  const received = new StillReceiver();
  mesh.onStillPiece = (id, connection, piece) => {
    const still = received.take(connection, piece);
    if (still) void stills.take(id, still).then(render);
  };
  const sender = new StillSender({
    picture: () => mesh.picture,
    receivers: () => mesh.legs().map(({ id, peer }) => ({ id, everyS: peer.stillEveryS, send: (piece) => peer.channels?.sendStillPiece(piece) ?? false })),
    grab: grabStill,
  });
  setInterval(() => sender.look(), LOOK_EVERY_MS);
  return stills;
}
