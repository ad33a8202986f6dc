/**
 * How much goes to whom: each connection has a congestion control of its own and none knows of the others, so the page caps
 * the sum. Pure. Sound over picture; psychologist and child over all others; a third person's picture is the first to go.
 */

import { REPAIRED_LEAST_BPS } from "./lean-description.js";
import { LADDER, OPUS_MOST_BPS, Rung, RUNGS, place, soundKbps, withoutRed } from "./rungs.js";

/** @typedef {import("./rungs.js").RungName} RungName */
/**
 * @typedef {object} Receiver
 * @property {string} peer
 * @property {string} role
 * @property {RungName} rung
 * @property {boolean} withheld only the lowest voice
 * @property {boolean} sound false: no live sound
 * @property {boolean} [signing] the picture comes first
 * @property {boolean} [red] whether speech is sent twice; unless told
 * @property {boolean} [wrapped] whether each packet goes to a relay in a message of its own, not in a channel
 * @property {number} [packetMs] how long the packets are that the other side asks for; the rung's, unless told
 */
/** 0: nothing of that kind. @typedef {{audioBps: number, videoBps: number, fps: number, width: number, stillEveryS: number}} Cap */

/** An uplink, which no browser measures, while somebody is on the lowest rung: take it for EDGE (60 kbit/s), of which the socket has 3 and 2 are left. */
export const THIN_UPLINK_KBPS = 55;
export const OPUS_LEAST_BPS = 6_000;
/** What a Send indication has over a channel's 4 bytes: STUN's header, the address and the length (RFC 8656, section 11). */
export const INDICATION_BYTES = 36;
/** What else each connection has to say, in kbit/s: reports of both kinds and checks; wrapped in such messages it is more. As measured on EDGE. */
export const BESIDE_KBPS = 2.6;
export const BESIDE_WRAPPED_KBPS = 3.5;
/** Headers of a picture's packets, over its own rate. */
export const PICTURE_HEADERS = 1.08;

const SMALL = /** @type {import("./rungs.js").Picture} */ (RUNGS[Rung.SMALL_VIDEO].picture);
/** What a signing hand needs to be followed at all. */
export const SIGNING_LEAST_BPS = 24_000;

const LOWEST = /** @type {import("./rungs.js").Sound} */ (RUNGS[Rung.VOICE_8].sound);

/**
 * @param {string} own role of this page (the classroom's, where a device holds several)
 * @param {readonly Receiver[]} receivers
 * @param {boolean} [narrow] whether something says that not even speech has room; unless told
 * @returns {Record<string, Cap>} by peer
 */
export function capSum(own, receivers, narrow = true) {
  const signing = receivers.some((receiver) => receiver.signing);
  const ranked = [...receivers].sort((one, other) => rank(own, one.role, signing) - rank(own, other.role, signing));
  const thin = receivers.some(({ rung, withheld }) => withheld || place(rung) >= place(Rung.VOICE_8));
  const room = thin ? THIN_UPLINK_KBPS : Infinity;
  /** @type {Record<string, Cap>} */ const caps = {};
  for (const receiver of ranked) {
    const { peer, rung, withheld, sound } = receiver;
    const lowest = withheld || (signing && rung !== Rung.VIDEO);
    const wanted = sound && place(rung) <= place(Rung.CLIPS) ? (lowest ? LOWEST : (RUNGS[rung].sound ?? LOWEST)) : null;
    caps[peer] = { audioBps: wanted ? asSent(receiver, wanted).bps : 0, videoBps: 0, fps: 0, width: 0, stillEveryS: 0 };
  }
  if (signing) makeWay(own, ranked, caps, room);
  const left = room - fitSound(ranked, caps, narrow ? room : Infinity);
  fitPictures(own, ranked, caps, left, signing);
  return caps;
}

/** While signing, sound goes where it would not leave the first one's picture its least. @param {string} own @param {Receiver[]} ranked @param {Record<string, Cap>} caps @param {number} room */
function makeWay(own, ranked, caps, room) {
  const [first] = ranked;
  if (!first || first.withheld || !RUNGS[first.rung].picture || !mayHavePicture(own, first, 0, room, true)) return;
  const least = (SIGNING_LEAST_BPS / 1000) * PICTURE_HEADERS;
  for (const receiver of [...ranked].reverse()) {
    const cap = caps[receiver.peer];
    const sounds = ranked.reduce((sum, each) => sum + soundCost(each, caps[each.peer]?.audioBps ?? 0), 0);
    if (cap && room - sounds < least) cap.audioBps = 0;
  }
}

/** Lower the last in rank first, until all fit or all are lowest. Returns what the sound costs, in kbit/s. @param {Receiver[]} ranked @param {Record<string, Cap>} caps @param {number} room */
function fitSound(ranked, caps, room) {
  const rates = [...new Set(LADDER.flatMap((name) => RUNGS[name].sound?.bps ?? [])), OPUS_LEAST_BPS, 0];
  const cost = () => ranked.reduce((sum, receiver) => sum + soundCost(receiver, caps[receiver.peer]?.audioBps ?? 0), 0);
  for (const rate of rates) {
    for (const receiver of [...ranked].reverse()) {
      const cap = caps[receiver.peer];
      const bps = lowered(receiver, rate);
      if (cap && cap.audioBps > bps && cost() > room) cap.audioBps = bps;
    }
  }
  return cost();
}

/** A rate, or what takes its place where speech is not sent twice: its repair until all else is at its least, then the lowest voice. @param {Receiver} receiver @param {number} rate */
function lowered({ red = true }, rate) {
  if (red) return Math.max(rate, OPUS_LEAST_BPS);
  return rate > LOWEST.bps ? OPUS_MOST_BPS : rate ? REPAIRED_LEAST_BPS : LOWEST.bps;
}

/** @param {Receiver} receiver @param {number} bps */
function soundCost({ rung, red = true, wrapped = false, packetMs = (RUNGS[rung].sound ?? LOWEST).packetMs }, bps) {
  const beside = wrapped ? (INDICATION_BYTES * 8) / packetMs + BESIDE_WRAPPED_KBPS : BESIDE_KBPS;
  return bps ? soundKbps({ bps, packetMs, red }) + beside : 0;
}

/** @param {Receiver} receiver @param {import("./rungs.js").Sound} sound */
const asSent = ({ red = true }, sound) => (red ? sound : withoutRed(sound));

/** @param {string} own @param {Receiver[]} ranked @param {Record<string, Cap>} caps @param {number} room kbit/s that sound has left @param {boolean} signing */
function fitPictures(own, ranked, caps, room, signing) {
  let left = room;
  for (const [index, receiver] of ranked.entries()) {
    const { peer, rung, withheld } = receiver;
    const cap = caps[peer];
    const { picture, stillEveryS, kbps } = RUNGS[rung];
    if (!cap || withheld) continue;
    if (stillEveryS) {
      const costs = kbps - RUNGS[Rung.VOICE_24].kbps;
      if (costs <= left) [cap.stillEveryS, left] = [stillEveryS, left - costs];
      continue;
    }
    if (!picture || !mayHavePicture(own, receiver, index, room, signing)) continue;
    const fits = (picture.bps / 1000) * PICTURE_HEADERS <= left;
    const chosen = fits ? picture : signing ? slower(left) : null;
    if (!chosen) continue;
    Object.assign(cap, { videoBps: chosen.bps, fps: chosen.fps, width: chosen.width });
    left -= (chosen.bps / 1000) * PICTURE_HEADERS;
  }
}

/**
 * Where pictures are small the line is thin: one picture to the one who matters, and none from a third person. While signing an
 * interpreter is no third person, and has the child's picture beside the psychologist.
 * @param {string} own @param {Receiver} receiver @param {number} index in rank @param {number} room @param {boolean} signing
 */
function mayHavePicture(own, { role, rung }, index, room, signing) {
  if (rung !== Rung.SMALL_VIDEO) return true;
  const interpreted = signing && [own, role].includes("interpreter");
  if (room === Infinity && index > 0 && !interpreted) return false;
  return !isThird(own) || role !== "classroom" || interpreted;
}

/** The small picture at its own frame rate, as coarse as the line asks. @param {number} kbps @returns {import("./rungs.js").Picture | null} */
function slower(kbps) {
  const bps = Math.floor((kbps * 1000) / PICTURE_HEADERS);
  return bps >= SIGNING_LEAST_BPS ? { ...SMALL, bps } : null;
}

/** Who comes first: for the child the psychologist, for all others the child; where hands speak, the interpreter is next. @param {string} own @param {string} role @param {boolean} signing */
function rank(own, role, signing) {
  const others = signing ? ["psychologist", "interpreter", "social_worker"] : ["psychologist", "social_worker"];
  const order = own === "classroom" ? others : ["classroom", ...others];
  const found = order.indexOf(role);
  return found < 0 ? order.length : found;
}

/** @param {string} role */
function isThird(role) {
  return role !== "classroom" && role !== "psychologist";
}
