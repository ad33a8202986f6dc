/** What keeps the ladder down beside the line: a slow device, an empty battery, the visit's data. Pure. */

import { LADDER, Rung, RUNGS, below, higher, lower, place } from "./rungs.js";

/** @typedef {import("./rungs.js").RungName} RungName */
/** @typedef {import("./samples.js").Sample} Sample */
/** `least`: what saving may lead to; a device that is not of the two who talk keeps a voice. @typedef {{bytes: number, endsAt: number, least?: RungName}} Budget */
/** What people have decided. @typedef {{hold: RungName | null, signing: boolean, budget: Budget | null}} Wishes */
/** @typedef {{tired: RungName | null, tiredUntil: number, tiredWhy: "device-slow" | "battery-low"}} Tiredness */

export const TIRED_MS = 30_000;
export const BATTERY_LOW = 0.15;
export const BATTERY_EMPTY = 0.08;
export const BUDGET_STEP = 0.8;
export const GOODBYE_MS = 120_000;
/** With less than this much voice left beside the goodbye, clips. */
export const BUDGET_LAST_MS = 10_000;
/** A picture that is to come must fit with this to spare, so that what headers cost beside does not take it back at once. */
export const BUDGET_MARGIN = 1.2;

/** @type {Readonly<Wishes>} */
export const NO_WISHES = Object.freeze({ hold: null, signing: false, budget: null });

/** A device that has been slow stays spared for a while. @param {Tiredness} before @param {Sample} latest @param {number} now @returns {Tiredness} */
export function tiredness(before, { cpu, battery }, now) {
  const level = battery && !battery.charging ? battery.level : 1;
  if (cpu === "critical" || level < BATTERY_EMPTY) return spare(Rung.VOICE_24);
  if (cpu === "serious" || level < BATTERY_LOW) return spare(Rung.SMALL_VIDEO);
  return now < before.tiredUntil ? before : { ...before, tired: null };

  /** @param {RungName} rung @returns {Tiredness} */
  function spare(rung) {
    const kept = before.tired && now < before.tiredUntil ? lower(rung, before.tired) : rung;
    return { tired: kept, tiredUntil: now + TIRED_MS, tiredWhy: level < BATTERY_LOW ? "battery-low" : "device-slow" };
  }
}

/**
 * The rung that the visit's data allow: the even share of what is left after the goodbye, never under the lowest voice; at 80 %
 * one step down; and clips, rather than no goodbye, when only that is left. Never cuts.
 * @param {{current: RungName, settled: boolean, step: RungName | null}} before the rung that is shown, whether it has stood for a while, and where 80 % has put it already
 * @param {Sample} latest @param {number} now @param {Wishes} wishes
 * @returns {{ceiling: RungName | null, step: RungName | null}}
 */
export function budgetCeiling(before, latest, now, { budget }) {
  if (!budget) return { ceiling: null, step: null };
  const spent = latest.spentBytes ?? 0;
  const goodbye = budget.endsAt - now <= GOODBYE_MS;
  const planMs = Math.max(GOODBYE_MS, budget.endsAt - now - (goodbye ? 0 : GOODBYE_MS));
  /** Both ways, to and from everybody. @param {RungName} rung @param {number} ms */
  const bytes = (rung, ms) => (RUNGS[rung].kbps * 2 * latest.legs.length * ms) / 8;
  const left = budget.bytes - spent - (goodbye ? 0 : bytes(Rung.VOICE_8, GOODBYE_MS));
  const share = higher(LADDER.find((rung) => bytes(rung, planMs) * (RUNGS[rung].picture && place(rung) < place(before.current) ? BUDGET_MARGIN : 1) <= left) ?? Rung.PHONE, Rung.VOICE_8);
  // After a reload the rung is still on its way up: one step below that would be many.
  const lowered = before.settled ? higher(below(before.current), Rung.VOICE_8) : null;
  const step = spent < budget.bytes * BUDGET_STEP ? null : (before.step ?? lowered);
  const voice = step ? lower(share, step) : share;
  return { ceiling: goodbye || left > bytes(Rung.VOICE_8, BUDGET_LAST_MS) ? voice : (budget.least ?? Rung.CLIPS), step };
}
