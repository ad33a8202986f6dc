/** What the other end tells once a second over the connection itself: what it hears, and what people have decided there. Pure. */

import { LADDER, Rung, higher } from "./rungs.js";

/** @typedef {import("./mesh.js").Report} Report */
/** @typedef {import("./rungs.js").RungName} RungName */
/** @typedef {import("./samples.js").End} End */

/** A report that is older says nothing about now. */
export const REPORT_MAX_AGE_MS = 4_000;
/** Nobody switches more often in a visit. */
export const SIGNING_TURNS_MAX = 10_000;
const [HOLD, SIGNING, SPARES, SILENT] = [4, 5, 6, 7];

/** What it hears of us; null when it has not said so lately, or says nonsense. @param {Report | null} report @param {number} now @returns {End | null} */
export function readEnd(report, now) {
  if (!report || now - report.at > REPORT_MAX_AGE_MS) return null;
  const told = parts(report);
  if (!told) return null;
  const [inventedPct = null, lossPct = null, bufferMs = null, packets = null] = told.slice(0, HOLD).map((value) => (typeof value === "number" ? value : null));
  return { inventedPct, lossPct, bufferMs, packets };
}

/** The rung that the psychologist holds, where a report of theirs says so. @param {Report | null} report */
export const heldBy = (report) => rungIn(parts(report)?.[HOLD]);

/** How often signing was switched; 0 for nonsense. @param {Report | null} report @returns {number} */
export function turnsOf(report) {
  const turns = parts(report)?.[SIGNING];
  return typeof turns === "number" && Number.isInteger(turns) && turns >= 0 && turns <= SIGNING_TURNS_MAX ? turns : 0;
}

/** The rung that its data allow. Only the two who talk may ask everybody to hold to talk. @param {Report | null} report @param {boolean} talks @returns {RungName | null} */
export function sparedBy(report, talks) {
  const rung = rungIn(parts(report)?.[SPARES]);
  return rung && higher(rung, talks ? Rung.CLIPS : Rung.VOICE_8);
}

/** Whether it sends no sound on purpose, and the line lives. @param {Report | null} report @param {number} now */
export const agreedSilence = (report, now) => report !== null && now - report.at <= REPORT_MAX_AGE_MS && parts(report)?.[SILENT] === true;

/** @param {Report | null} report @returns {unknown[] | null} */
function parts(report) {
  try {
    const told = JSON.parse(String(report?.report));
    return Array.isArray(told) ? told : null;
  } catch {
    return null;
  }
}

/** @param {unknown} name @returns {RungName | null} */
const rungIn = (name) => LADDER.find((rung) => rung === name) ?? null;
