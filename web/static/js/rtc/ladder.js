/**
 * The ladder that never hangs up: one pure function says, from what both ends of every connection have measured, on which
 * rung each of them stands. It knows neither page, socket nor connection; time is an argument.
 *
 * Every connection has a rung of its own, because one weak line must not take the child's picture from everybody; the page
 * shows that of its main connection. The weaker end decides. Down is quick and up is slow: a climb is a trial that is taken
 * back when speech suffers, and tried again later and later. At most two changes a minute; what can not wait for that
 * (a picture that costs speech, a rate that the line does not carry) is withheld at once: `withheld`.
 */

import { NO_WISHES, budgetCeiling, tiredness } from "./ceilings.js";
import { Rung, RUNGS, below, higher, place } from "./rungs.js";
import { SUFFERS_PCT, look, median, weakEnd } from "./samples.js";

/** @typedef {import("./rungs.js").RungName} RungName */
/**
 * Why it is this rung and not a better one; the words of `health` on the wire.
 * @typedef {"line-good" | "starting" | "uplink-weak" | "downlink-weak" | "other-side-weak" | "long-way" | "no-path"
 *   | "line-lost" | "data-budget" | "device-slow" | "battery-low" | "held" | "signing"} Reason
 */
/** What is to be said aloud now. @typedef {"line-resting" | "hold-to-talk" | "write-or-point" | "call-by-phone"} Notice */
/** @typedef {import("./samples.js").Sample} Sample */
/** @typedef {import("./samples.js").LegSample} LegSample */
/** @typedef {import("./ceilings.js").Wishes} Wishes */
/** @typedef {import("./ceilings.js").Tiredness} Tiredness */
/**
 * @typedef {object} LegState
 * @property {RungName} rung
 * @property {Reason} reason
 * @property {number} since of this rung
 * @property {readonly number[]} changes of the last minute
 * @property {number} aliveAt when something was last heard, or the start
 * @property {number} livingSince start of the present stretch of life
 * @property {boolean} met whether it has ever been connected
 * @property {number} cleanSince start of the present stretch without trouble
 * @property {number} baseRttMs the way without queues
 * @property {number | null} calmLossPct what this line loses without our doing
 * @property {boolean} withheld picture and rates above the lowest are kept back although the rung has them
 * @property {boolean} queued what was sent has waited in a queue since more was last tried: somewhere the way is narrow
 * @property {number} quietUntil while signing: the picture has the line for itself
 * @property {number} quietings how often sound had to go while signing
 * @property {boolean} mute voice can not live here: clips instead, and no live sound
 * @property {number} triedAt of the last climb
 * @property {RungName | null} barred this rung and all above have failed
 * @property {number} barredUntil
 * @property {number} failures
 */
/**
 * @typedef {object} State
 * @property {Readonly<Record<string, LegState>>} legs
 * @property {number} onlineAt when the socket last stood
 * @property {Notice | null} said
 * @property {number} saidAt
 * @property {Tiredness} tiredness
 * @property {RungName | null} budgetStep
 */
/**
 * `withheld`: only the lowest voice now. `queued`: a queue was seen on the way, so it carries little. `sound`: false where signing needs the line, data are short, or voice can not live; `agreed`:
 * the other end is told so and takes the silence for no loss. `clips`: hold to talk, from the moment it is needed, even where the
 * rung has changed too often to change again.
 * @typedef {{rung: RungName, reason: Reason, withheld: boolean, queued: boolean, sound: boolean, agreed: boolean, clips: boolean}} LegDecision
 */
/** `spares`: what this device's data allow, for the others to keep to. @typedef {{rung: RungName, reasons: Reason[], legs: Record<string, LegDecision>, say: Notice | null, spares: RungName | null, state: State}} Decision */

const S = 1_000;
export const CHANGES_MAX = 2;
export const CHANGES_WITHIN_MS = 60 * S;
/** A connection that brings nothing for this long is dead; afterwards clips, sooner where it has once stood. */
export const SILENT_MS = 3 * S;
export const HEARD_WITHIN_MS = 2 * S;
export const RECENT_MS = 3 * S;
export const SETTLES_MS = 2 * S;
export const CLIPS_AFTER_MS = 15 * S;
export const NEVER_MET_MS = 25 * S;
export const PICTURE_GIVES_WAY_MS = 2 * S;
/** The socket, or a clip, that hangs for this long makes room for words, and then for the telephone. */
export const CLIPS_HANG_MS = 30 * S;
export const STEP_OFF_MS = 60 * S;
export const BACK_AFTER_MS = 2 * S;
/** Clean for this long before each climb. */
export const FAST_CLIMB_MS = 4 * S;
export const SLOW_CLIMB_MS = 12 * S;
/** On a long way, where a few lucky seconds look like a wide one. */
export const FAR_CLIMB_MS = 25 * S;
export const PICTURE_HEADROOM_MS = 20 * S;
/** A way as short as this, and without loss, holds no village's line: the picture need not wait. */
export const NEAR_RTT_MS = 50;
export const NEAR_HEADROOM_MS = 4 * S;
/** A rung that has stood for this long is what the line carries. */
export const STANDS_MS = 30 * S;
/** What is over sooner was a stutter. */
export const STUTTER_MS = 8 * S;
export const LARGER_PICTURE_MS = 60 * S;
/** A way longer than this, and with this loss, is a thin line: edge. */
export const LONG_WAY_MS = 380;
export const LONG_WAY_LOSS_PCT = 2;
export const STRONG_RTT_MS = 130;
export const STRONG_LOSS_PCT = 1;
export const PICTURE_LOSS_PCT = 6;
/** Sound that waits this long for what comes late, and loss that has grown by this much. */
export const BUFFER_LONG_MS = 1_200;
export const LOSS_GROWS_PCT = 10;
/** Share of speech invented: too much to understand. */
export const UNINTELLIGIBLE_PCT = 25;
export const UNINTELLIGIBLE_MS = 10 * S;
export const TRIAL_MS = 15 * S;
export const RETRY_MS = 60 * S;
export const RETRY_MAX_MS = 900 * S;
export const SAY_EVERY_MS = 25 * S;

/** @type {Readonly<State>} */
export const START = Object.freeze({
  legs: Object.freeze({}), onlineAt: -Infinity, said: null, saidAt: -Infinity,
  tiredness: Object.freeze({ tired: null, tiredUntil: 0, tiredWhy: "device-slow" }), budgetStep: null,
});

/**
 * @param {State} state what the last decision returned, or START
 * @param {readonly Sample[]} window the samples of the last 30 seconds, newest last
 * @param {number} now ms
 * @param {Wishes} wishes
 * @returns {Decision}
 */
export function decide(state, window, now, wishes = NO_WISHES) {
  const latest = window.at(-1);
  if (!latest) return { rung: Rung.VOICE_8, reasons: ["starting"], legs: {}, say: null, spares: null, state };
  const main = mainLeg(latest.legs);
  const onlineAt = latest.online || state.onlineAt === -Infinity ? now : state.onlineAt;
  const tired = tiredness(state.tiredness, latest, now);
  const before = main && state.legs[main.peer];
  const settled = before !== undefined && now - before.since >= STANDS_MS;
  const budget = budgetCeiling({ current: before?.rung ?? Rung.VOICE_8, settled, step: state.budgetStep }, latest, now, wishes);
  /** @type {[RungName, Reason][]} */
  const ceilings = [];
  if (tired.tired) ceilings.push([tired.tired, tired.tiredWhy]);
  // Hold to talk takes everybody: who speaks must know that sound flows to nobody.
  const clipsOnly = budget.ceiling === Rung.CLIPS || latest.legs.some(({ spares }) => spares === Rung.CLIPS);
  if (clipsOnly) ceilings.push([Rung.CLIPS, "data-budget"]);
  else if (budget.ceiling) ceilings.push([budget.ceiling, "data-budget"]);
  if (wishes.hold) ceilings.push([wishes.hold, "held"]);
  const page = { now, window, latest, wishes, ceilings, offlineMs: now - onlineAt, weak: weakEnd(window, now) };
  /** @type {Record<string, LegState>} */ const legs = {};
  /** @type {Record<string, LegDecision>} */ const decisions = {};
  for (const { peer, spares } of latest.legs) {
    const all = spares ? /** @type {[RungName, Reason][]} */ ([...ceilings, [spares, "data-budget"]]) : ceilings;
    // To a child who signs the picture is the voice: what saves takes its size and the sound, never the picture.
    const bounds = wishes.signing ? all.map(([rung, reason]) => /** @type {[RungName, Reason]} */ ([higher(rung, Rung.SMALL_VIDEO), reason])) : all;
    const leg = decideLeg(state.legs[peer] ?? newLeg(now), peer, { ...page, ceilings: bounds });
    legs[peer] = leg;
    const spared = all.some(([rung, reason]) => reason === "data-budget" && place(rung) > place(wishes.signing ? Rung.SMALL_VIDEO : Rung.VOICE_8));
    const agreed = wishes.signing ? spared || now < leg.quietUntil : spared && place(leg.rung) >= place(Rung.CLIPS);
    const clips = place(leg.rung) >= place(Rung.CLIPS) || now - leg.aliveAt >= patienceMs(leg);
    decisions[peer] = { rung: leg.rung, reason: leg.reason, withheld: leg.withheld, queued: leg.queued, sound: !agreed && !leg.mute, agreed: agreed && !leg.mute, clips };
  }
  const shown = main && legs[main.peer];
  const rung = shown?.rung ?? Rung.VOICE_8;
  const silent = shown !== undefined && now - shown.aliveAt > SILENT_MS;
  const due = dueNotice(rung, silent, Boolean(main && decisions[main.peer]?.clips));
  const say = due && (due !== state.said || now - state.saidAt >= SAY_EVERY_MS) ? due : null;
  const saidAt = say ? now : state.saidAt;
  const why = shown?.reason ?? "starting";
  /** @type {Reason[]} */ const also = [...(tired.tired ? [tired.tiredWhy] : []), ...(wishes.signing ? [/** @type {const} */ ("signing")] : [])];
  const reasons = [...new Set(wishes.signing && why === "line-good" ? also : [why, ...also])];
  return { rung, reasons, legs: decisions, say, spares: budget.ceiling, state: { legs, onlineAt, said: due, saidAt, tiredness: tired, budgetStep: budget.step } };
}

/** The connection between child and psychologist is the one that counts. @param {readonly LegSample[]} legs */
function mainLeg(legs) {
  return legs.find(({ role }) => role === "classroom") ?? legs.find(({ role }) => role === "psychologist") ?? legs[0];
}

/** @param {RungName} rung @param {boolean} silent @param {boolean} clips @returns {Notice | null} */
function dueNotice(rung, silent, clips) {
  if (rung === Rung.PHONE) return "call-by-phone";
  if (rung === Rung.TEXT) return "write-or-point";
  if (clips) return "hold-to-talk";
  return silent ? "line-resting" : null;
}

/** How long nothing may come before clips. @param {LegState} leg */
const patienceMs = ({ met }) => (met ? CLIPS_AFTER_MS : NEVER_MET_MS);

/** @param {number} now @returns {LegState} */
function newLeg(now) {
  return {
    rung: Rung.VOICE_8, reason: "starting", since: now, changes: [], aliveAt: now, livingSince: now, met: false, cleanSince: now,
    baseRttMs: Infinity, calmLossPct: null, withheld: false, queued: false, quietUntil: 0, quietings: 0, mute: false, triedAt: -Infinity, barred: null, barredUntil: 0, failures: 0,
  };
}

/** @typedef {{now: number, window: readonly Sample[], latest: Sample, wishes: Wishes, ceilings: [RungName, Reason][], offlineMs: number, weak: Reason}} Page */

/** @param {LegState} old @param {string} peer @param {Page} page @returns {LegState} */
function decideLeg(old, peer, page) {
  const { now, wishes } = page;
  const leg = { ...old, changes: old.changes.filter((at) => now - at < CHANGES_WITHIN_MS) };
  const seen = look(page.window, peer, now, RECENT_MS);
  const alive = seen.connected && (leg.mute || look(page.window, peer, now, HEARD_WITHIN_MS).heard);
  if (!alive) return withoutLine(leg, page);
  if (now - leg.aliveAt > SILENT_MS || !leg.met) {
    leg.livingSince = leg.cleanSince = now;
    leg.baseRttMs = Infinity;
  }
  leg.met = true;
  leg.aliveAt = now;
  // Slowly upwards, so that a new and longer way is believed after a while.
  leg.baseRttMs = Math.min(leg.baseRttMs * 1.005, seen.rttMs ?? Infinity);
  if (place(leg.rung) >= place(Rung.CLIPS)) return backToVoice(leg, page);
  // A new connection's first seconds are full of holes that nobody hears.
  const settledMs = now - leg.livingSince - SETTLES_MS;
  if (settledMs <= 0) return leg;
  const heard = look(page.window, peer, now, Math.min(RECENT_MS, settledMs), median);
  const delayed = (heard.rttMs ?? 0) > 2 * leg.baseRttMs + 250 || heard.bufferMs > BUFFER_LONG_MS;
  const losing = heard.lossPct > (leg.calmLossPct ?? heard.lossPct) + LOSS_GROWS_PCT;
  const suffering = heard.inventedPct > SUFFERS_PCT || (delayed && (losing || heard.inventedPct > SUFFERS_PCT / 2));
  const near = leg.baseRttMs <= NEAR_RTT_MS && seen.lossPct <= STRONG_LOSS_PCT;
  // Where the way is short and loses nothing, holes in the sound are this machine's doing and say nothing of the line.
  if (delayed || losing || (suffering && !near)) leg.cleanSince = now;
  leg.queued ||= delayed;
  const trial = now - leg.triedAt < TRIAL_MS;
  if (!trial && !delayed) leg.calmLossPct = heard.lossPct * 0.1 + (leg.calmLossPct ?? heard.lossPct) * 0.9;
  // Loss that comes without delay is the line's own: a lower rate does not mend it, unless a climb has just brought it.
  // Nor is it the line when a short way without loss stutters for a moment: a busy machine. Only a picture that goes on costing speech gives way.
  const steady = !near || look(page.window, peer, now, STUTTER_MS).inventedPct > SUFFERS_PCT;
  const congested = suffering && (delayed || losing || (trial && !near) || (RUNGS[leg.rung].picture !== null && steady));
  const ceiling = ceilingOf(leg, page);
  if (wishes.signing) keepForPicture(leg, now, delayed || losing || congested);
  if (congested) {
    if (!wishes.signing) leg.withheld = true;
    leg.reason = page.weak;
    fall(leg, page, trial, delayed || heard.inventedPct > 3 * SUFFERS_PCT);
  } else if (place(leg.rung) < place(ceiling.rung)) {
    leg.withheld = ceiling.reason !== "held" && !mayChange(leg, CHANGES_MAX);
    if (!leg.withheld) move(leg, ceiling.rung, ceiling.reason, now);
  } else climb(leg, peer, page, ceiling);
  const badFor = look(page.window, peer, now, UNINTELLIGIBLE_MS);
  const hopeless = badFor.inventedPct > UNINTELLIGIBLE_PCT && now - leg.since >= UNINTELLIGIBLE_MS && now - leg.livingSince >= UNINTELLIGIBLE_MS;
  if (hopeless && !wishes.signing && place(leg.rung) < place(Rung.CLIPS) && mayChange(leg, CHANGES_MAX)) {
    bar(leg, now);
    leg.mute = true;
    move(leg, Rung.CLIPS, page.weak, now);
  }
  return leg;
}

/** While signing sound goes at the first trouble, and is tried again later and later. @param {LegState} leg @param {number} now @param {boolean} trouble */
function keepForPicture(leg, now, trouble) {
  leg.withheld = false;
  if (!trouble) return;
  if (now - leg.quietUntil > 2 * RETRY_MS) leg.quietings = 0;
  if (now < leg.quietUntil) leg.quietUntil = Math.max(leg.quietUntil, now + PICTURE_HEADROOM_MS);
  else {
    leg.quietUntil = now + Math.min(RETRY_MAX_MS, PICTURE_HEADROOM_MS * 2 ** leg.quietings);
    leg.quietings += 1;
  }
}

/** Nothing comes: wait, then clips, then words, and last the telephone. @param {LegState} leg @param {Page} page */
function withoutLine(leg, { now, latest, wishes, offlineMs }) {
  const silentMs = now - leg.aliveAt;
  const reason = leg.met ? "line-lost" : "no-path";
  leg.cleanSince = now;
  if (silentMs > PICTURE_GIVES_WAY_MS && leg.met && !wishes.signing) leg.withheld = true;
  const hangs = offlineMs >= CLIPS_HANG_MS || (latest.clipAgeS ?? 0) * S >= CLIPS_HANG_MS;
  const settled = now - leg.since >= STEP_OFF_MS;
  if (place(leg.rung) < place(Rung.CLIPS)) {
    const next = wishes.signing ? Rung.TEXT : Rung.CLIPS;
    if (silentMs >= patienceMs(leg) && mayChange(leg, CHANGES_MAX)) move(leg, next, reason, now);
    else if (silentMs >= PICTURE_GIVES_WAY_MS + SILENT_MS && leg.met && hasPicture(leg.rung) && !wishes.signing && mayChange(leg, CHANGES_MAX)) move(leg, Rung.VOICE_24, reason, now);
  } else if (leg.rung === Rung.CLIPS && hangs && settled) move(leg, Rung.TEXT, reason, now);
  else if (leg.rung === Rung.TEXT && !latest.online && settled) move(leg, Rung.PHONE, reason, now);
  else if (place(leg.rung) > place(Rung.CLIPS) && latest.online && !hangs && mayChange(leg, 1) && !wishes.signing) move(leg, Rung.CLIPS, reason, now);
  return leg;
}

/** @param {LegState} leg @param {Page} page */
function backToVoice(leg, page) {
  const { now, wishes } = page;
  const ceiling = ceilingOf(leg, page);
  if (place(ceiling.rung) >= place(Rung.CLIPS)) return leg;
  const ready = leg.mute && !wishes.signing ? now >= leg.barredUntil : now - leg.livingSince >= BACK_AFTER_MS;
  if (!ready || !mayChange(leg, CHANGES_MAX)) return leg;
  if (leg.mute) leg.triedAt = now;
  leg.mute = false;
  leg.withheld = false;
  leg.cleanSince = leg.livingSince = now;
  move(leg, wishes.signing ? Rung.SMALL_VIDEO : Rung.VOICE_8, "starting", now);
  return leg;
}

/** @param {LegState} leg @param {Page} page @param {boolean} trial @param {boolean} badly */
function fall(leg, { now, wishes, weak }, trial, badly) {
  /** @type {RungName} */
  let target = place(leg.rung) < place(Rung.VOICE_24) ? Rung.VOICE_24 : badly || leg.rung !== Rung.VOICE_24 ? Rung.VOICE_8 : Rung.VOICE_12;
  if (leg.rung === Rung.VIDEO && !badly) target = Rung.SMALL_VIDEO;
  if (wishes.signing) target = Rung.SMALL_VIDEO;
  if (place(target) <= place(leg.rung) || !mayChange(leg, CHANGES_MAX)) return;
  if (trial) bar(leg, now);
  move(leg, target, weak, now);
}

/** @param {LegState} leg @param {string} peer @param {Page} page @param {{rung: RungName, reason: Reason}} ceiling */
function climb(leg, peer, page, ceiling) {
  const { now, wishes } = page;
  const cleanMs = now - leg.cleanSince;
  if (leg.withheld && cleanMs >= (hasPicture(leg.rung) ? PICTURE_HEADROOM_MS : SLOW_CLIMB_MS)) leg.withheld = leg.queued = false;
  if (now - leg.triedAt > TRIAL_MS && now >= leg.barredUntil) leg.barred = null;
  if (place(leg.rung) <= place(Rung.VOICE_24) && now - leg.since > 2 * RETRY_MS) leg.failures = 0;
  const long = look(page.window, peer, now, SLOW_CLIMB_MS);
  const near = leg.baseRttMs <= NEAR_RTT_MS && long.lossPct <= STRONG_LOSS_PCT;
  const strong = near || (leg.baseRttMs <= STRONG_RTT_MS && long.lossPct <= STRONG_LOSS_PCT && long.inventedPct <= 1);
  const far = leg.baseRttMs > LONG_WAY_MS;
  /** @type {RungName | null} */ let target = null;
  if (wishes.signing && place(leg.rung) > place(Rung.SMALL_VIDEO)) target = cleanMs >= FAST_CLIMB_MS ? Rung.SMALL_VIDEO : null;
  else if (place(leg.rung) > place(Rung.VOICE_24)) {
    const calm = !far || look(page.window, peer, now, FAR_CLIMB_MS).lossPct <= LONG_WAY_LOSS_PCT;
    if (cleanMs >= (far ? FAR_CLIMB_MS : FAST_CLIMB_MS) && calm) target = Rung.VOICE_24;
    else if (!calm && cleanMs >= SLOW_CLIMB_MS) leg.reason = "long-way";
  } else if (leg.rung === Rung.VOICE_24 || leg.rung === Rung.STILLS) {
    const headroom = near ? NEAR_HEADROOM_MS : PICTURE_HEADROOM_MS;
    const quiet = look(page.window, peer, now, headroom);
    if (cleanMs >= headroom && quiet.lossPct <= PICTURE_LOSS_PCT && (near || quiet.inventedPct <= 2)) {
      target = strong ? Rung.VIDEO : Rung.SMALL_VIDEO;
    }
  } else if (leg.rung === Rung.SMALL_VIDEO && cleanMs >= LARGER_PICTURE_MS && strong) target = Rung.VIDEO;
  if (!target) return;
  let reason = /** @type {Reason} */ ("line-good");
  if (leg.barred && place(target) <= place(leg.barred)) [target, reason] = [below(leg.barred), leg.reason];
  if (place(target) < place(ceiling.rung)) [target, reason] = [ceiling.rung, ceiling.reason];
  if (place(target) >= place(leg.rung)) {
    leg.reason = reason;
    return;
  }
  // A climb leaves room for the way back, except on a line that has shown its strength, and to a picture that does not give way.
  if (!mayChange(leg, strong || wishes.signing || leg.barred === null && leg.changes.length === 0 ? CHANGES_MAX : 1)) return;
  leg.triedAt = now;
  leg.withheld = leg.queued = false;
  move(leg, target, reason, now);
}

/** @param {LegState} leg @param {Page} page @returns {{rung: RungName, reason: Reason}} */
function ceilingOf(leg, { ceilings }) {
  return ceilings.reduce(
    (found, [rung, reason]) => (place(rung) > place(found.rung) ? { rung, reason } : found),
    { rung: /** @type {RungName} */ (Rung.VIDEO), reason: leg.reason },
  );
}

/** @param {RungName} rung */
const hasPicture = (rung) => place(rung) < place(Rung.VOICE_24);

/** @param {LegState} leg @param {number} most */
const mayChange = (leg, most) => leg.changes.length < most;

/** @param {LegState} leg @param {RungName} rung @param {Reason} reason @param {number} now */
function move(leg, rung, reason, now) {
  Object.assign(leg, { rung, reason, since: now, changes: [...leg.changes, now] });
}

/** The rung has failed: try it again later, and after each failure later still. @param {LegState} leg @param {number} now */
function bar(leg, now) {
  leg.barred = leg.rung;
  leg.barredUntil = now + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** leg.failures);
  leg.failures += 1;
}
