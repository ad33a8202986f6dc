/**
 * How much goes to whom: each connection has a congestion control of its own and none knows of the others, so the page caps
 * the sum. Pure. Sound over picture; psychologist and child over all others; a third person's picture is the first to go.
 */

import { LADDER, Rung, RUNGS, place, soundKbps } from "./rungs.js";

/** @typedef {import("./rungs.js").RungName} RungName */
/**
 * @typedef {object} Receiver
 * @property {string} peer
 * @property {string} role
 * @property {RungName} rung
 * @property {boolean} withheld only the lowest voice
 * @property {boolean} sound false: no live sound
 */
/** 0: nothing of that kind. @typedef {{audioBps: number, videoBps: number, fps: number, width: number, stillEveryS: number}} Cap */

/** An uplink nobody has measured, while somebody is on the lowest rung: take it for EDGE (60 kbit/s). */
export const THIN_UPLINK_KBPS = 58;
/** Of an uplink that was measured; the rest is for reports, keep-alives and signaling. */
export const UPLINK_SHARE = 0.85;
export const OPUS_LEAST_BPS = 6_000;
/** Headers of a picture's packets, over its own rate. */
export const PICTURE_HEADERS = 1.08;

const LOWEST = RUNGS[Rung.VOICE_8].sound;

/**
 * @param {string} own role of this page (the classroom's, where a device holds several)
 * @param {readonly Receiver[]} receivers
 * @param {number | null} uplinkKbps what the uplink carries in all; null: unknown
 * @returns {Record<string, Cap>} by peer
 */
export function capSum(own, receivers, uplinkKbps) {
  const ranked = [...receivers].sort((one, other) => rank(own, one.role) - rank(own, other.role));
  const thin = receivers.some(({ rung, withheld }) => withheld || place(rung) >= place(Rung.VOICE_8));
  const room = uplinkKbps !== null ? uplinkKbps * UPLINK_SHARE : thin ? THIN_UPLINK_KBPS : Infinity;
  /** @type {Record<string, Cap>} */ const caps = {};
  for (const { peer, rung, withheld, sound } of ranked) {
    const wanted = sound && place(rung) <= place(Rung.CLIPS) ? ((withheld ? LOWEST : RUNGS[rung].sound) ?? LOWEST) : null;
    caps[peer] = { audioBps: wanted?.bps ?? 0, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 };
  }
  const left = room - fitSound(ranked, caps, room);
  fitPictures(own, ranked, caps, left);
  return caps;
}

/** Lower the last in rank first, until all fit or all are lowest. Returns what the sound costs, in kbit/s. @param {Receiver[]} ranked @param {Record<string, Cap>} caps @param {number} room */
function fitSound(ranked, caps, room) {
  const rates = [...new Set(LADDER.flatMap((name) => RUNGS[name].sound?.bps ?? [])), OPUS_LEAST_BPS];
  const cost = () => ranked.reduce((sum, receiver) => sum + soundCost(receiver, caps[receiver.peer]?.audioBps ?? 0), 0);
  for (const rate of rates) {
    for (const { peer } of [...ranked].reverse()) {
      const cap = caps[peer];
      if (cap && cap.audioBps > rate && cost() > room) cap.audioBps = rate;
    }
  }
  return cost();
}

/** Packets are as long as the rung's: that is negotiated and does not follow at once. @param {Receiver} receiver @param {number} bps */
function soundCost({ rung }, bps) {
  const { packetMs, red } = RUNGS[rung].sound ?? { packetMs: 60, red: true };
  return bps ? soundKbps({ bps, packetMs, red }) : 0;
}

/** @param {string} own @param {Receiver[]} ranked @param {Record<string, Cap>} caps @param {number} room kbit/s that sound has left */
function fitPictures(own, ranked, caps, room) {
  let left = room;
  for (const [index, { peer, role, rung, withheld }] of ranked.entries()) {
    const cap = caps[peer];
    const { picture, stillEveryS, kbps } = RUNGS[rung];
    if (!cap || withheld) continue;
    if (stillEveryS) {
      const costs = kbps - RUNGS[Rung.VOICE_24].kbps;
      if (costs <= left) [cap.stillEveryS, left] = [stillEveryS, left - costs];
      continue;
    }
    // Where pictures are small the line is thin: one picture to the one who matters, and none from a third person.
    const thin = rung === Rung.SMALL_VIDEO && room === Infinity;
    if (!picture || (thin && index > 0) || (rung === Rung.SMALL_VIDEO && isThird(own) && role === "classroom")) continue;
    const chosen = [picture, RUNGS[Rung.SMALL_VIDEO].picture].find((each) => each && (each.bps / 1000) * PICTURE_HEADERS <= left);
    if (!chosen) continue;
    Object.assign(cap, { videoBps: chosen.bps, fps: chosen.fps, width: chosen.width });
    left -= (chosen.bps / 1000) * PICTURE_HEADERS;
  }
}

/** Who comes first: for the child the psychologist, for all others the child. @param {string} own @param {string} role */
function rank(own, role) {
  const order = own === "classroom" ? ["psychologist", "social_worker"] : ["classroom", "psychologist", "social_worker"];
  const found = order.indexOf(role);
  return found < 0 ? order.length : found;
}

/** @param {string} role */
function isThird(role) {
  return role !== "classroom" && role !== "psychologist";
}
