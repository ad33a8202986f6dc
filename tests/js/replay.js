/** Replays a trace of measurements through the ladder, sample by sample, as a page would. */

import { readFileSync, readdirSync } from "node:fs";

import { NO_WISHES } from "../../web/static/js/rtc/ceilings.js";
import { START, decide } from "../../web/static/js/rtc/ladder.js";
import { RUNGS } from "../../web/static/js/rtc/rungs.js";

const FOLDER = new URL("../contract/ladder_traces/", import.meta.url);
const WINDOW_SAMPLES = 30;

export const traceNames = () => readdirSync(FOLDER).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));

export const readTrace = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));

/** One step for each sample: {at, sample, rung, reasons, legs, say}. */
export function replay({ samples, wishes = {} }, further = {}) {
  let state = START;
  return samples.map((sample, index) => {
    const window = samples.slice(Math.max(0, index + 1 - WINDOW_SAMPLES), index + 1);
    const decision = decide(state, window, sample.at, { ...NO_WISHES, ...wishes, ...further });
    state = decision.state;
    return { at: sample.at, sample, ...decision };
  });
}

/** Changes of what `pick` returns: {at, from, to, step}. */
export function changesOf(steps, pick) {
  const changes = [];
  for (const [index, step] of steps.entries()) {
    const from = index ? pick(steps[index - 1]) : undefined;
    if (from !== undefined && pick(step) !== undefined && from !== pick(step)) changes.push({ at: step.at, from, to: pick(step), step });
  }
  return changes;
}

export const peersOf = (steps) => [...new Set(steps.flatMap(({ legs }) => Object.keys(legs)))];

/** What the main connection of the sample is: the classroom's, or for the classroom the psychologist's. */
export const mainOf = ({ legs }) => legs.find(({ role }) => role === "classroom") ?? legs.find(({ role }) => role === "psychologist") ?? legs[0];

export const isVoice = (rung) => RUNGS[rung].sound !== null;
export const hasPicture = (rung) => RUNGS[rung].picture !== null || RUNGS[rung].stillEveryS > 0;
export const rungAt = (steps, second) => steps.find(({ at }) => at >= second * 1000)?.rung;
