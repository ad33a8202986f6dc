/**
 * The quality of every connection, once a second: measured, told to the other end, judged by the ladder, and applied under
 * the caps. Loaded once there are connections; until then all send the lowest voice. Knows neither page nor socket.
 */

import { capSum } from "./caps.js";
import { NO_WISHES } from "./ceilings.js";
import { START, decide } from "./ladder.js";
import { hearing, read, summary } from "./readings.js";
import { LADDER, RUNGS, Rung, place } from "./rungs.js";
import { FIRST_PACKET_MS } from "./mesh.js";

/** @typedef {import("./mesh.js").Mesh} Mesh */
/** @typedef {import("./readings.js").Readings} Readings */
/** @typedef {import("./samples.js").Sample} Sample */
/** @typedef {import("./samples.js").End} End */
/** @typedef {import("./ladder.js").Decision} Decision */
/** @typedef {import("./ceilings.js").Wishes} Wishes */
/** @typedef {{decision: Decision, path: "turn" | "direct" | "", pictures: Set<string>}} View `pictures`: peers whose picture moves */

export const LOOK_EVERY_MS = 1_000;
export const WINDOW_MS = 75_000;
/** A report of the other end that is older says nothing about now. */
export const REPORT_MAX_AGE_MS = 4_000;
/** An encoder that has been short of processor time for this many looks: the device is slow. */
export const SLOW_LOOKS = 10;
/** Losses that only short packets with their own repair bear (in-band FEC on top of RED); worth an offer. */
export const SHORT_PACKETS_LOSS_PCT = 8;
/** A picture that has stood still for this long is no picture. */
export const FROZEN_MS = 3_000;
/** Silence of everybody at once is this side's own line. */
export const ALL_SILENT_MS = 1_000;
const SHORT_PACKET_MS = 20;
const LOSS_OVER_MS = 10_000;

export class Quality {
  /** What people have decided. @type {Wishes} */
  wishes = NO_WISHES;
  /** Whether nothing was to flow at the last look. */
  #rested = false;
  /** @type {Map<string, {pc: RTCPeerConnection, now: Readings, told: Readings | null, slow: number, short: boolean, seenAt: number}>} */ #known = new Map();
  /** @type {Sample[]} */ #window = [];
  #state = START;
  #spentBytes = 0;
  /** @type {{level: number, charging: boolean} | null} */ #battery = null;
  #timer = 0;
  #looking = false;

  /**
   * @param {object} wiring
   * @param {Mesh} wiring.mesh
   * @param {() => string} wiring.role of this page
   * @param {(peer: string) => string} wiring.roleOf
   * @param {(peer: string) => boolean} wiring.speaks whether that person's microphone is on
   * @param {() => boolean} wiring.online whether the server hears us
   * @param {() => boolean} wiring.live whether sound is to flow
   * @param {(view: View) => void} wiring.onView after each look
   * @param {() => void} wiring.onSilence nothing comes from anybody who should be heard
   */
  constructor(wiring) {
    this.wiring = wiring;
    void this.#watchBattery();
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** Keep everybody at this rung or below, as the psychologist wishes; "" or nonsense: as the line allows. @param {string} rung */
  hold(rung) {
    this.wishes = { ...this.wishes, hold: LADDER.find((name) => name === rung) ?? null };
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** The legs of a `health` message, since the last one. */
  summaries() {
    return this.wiring.mesh.legs().flatMap(({ id, negotiation }) => {
      const known = this.#known.get(id);
      if (!known) return [];
      const told = known.told;
      known.told = known.now;
      return [summary(negotiation, told, known.now)];
    });
  }

  async #look() {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#lookOnce();
    } finally {
      this.#looking = false;
    }
  }

  async #lookOnce() {
    const { mesh, online, live, role, roleOf, speaks } = this.wiring;
    const at = performance.now();
    const legs = mesh.legs();
    if (!legs.length) return;
    const readings = await Promise.all(legs.map(({ peer }) => read(peer.pc)));
    /** @type {Set<string>} */ const pictures = new Set();
    let slow = false;
    const samples = legs.map(({ id, peer, report }, index) => {
      const now = /** @type {Readings} */ (readings[index]);
      const before = this.#known.get(id);
      const same = before?.pc === peer.pc ? before : null;
      const last = same?.now ?? now;
      const here = hearing(last, now);
      this.#spentBytes += now.bytesIn - last.bytesIn + now.bytesOut - last.bytesOut;
      const seenAt = now.pictures > last.pictures ? at : (same?.seenAt ?? -Infinity);
      if (at - seenAt < FROZEN_MS) pictures.add(id);
      const slowLooks = now.slowEncoder ? (same?.slow ?? 0) + 1 : 0;
      slow ||= slowLooks >= SLOW_LOOKS;
      this.#known.set(id, { pc: peer.pc, now, told: same?.told ?? null, slow: slowLooks, short: same?.short ?? false, seenAt });
      // Nothing may be concluded from silence that was agreed: a pause, a room that rests, a microphone that is off.
      if (!here.packets && !speaks(id)) here.packets = null;
      const heard = here.packets !== 0 || !live() || peer.pc.connectionState !== "connected";
      peer.noteSilence(heard ? 0 : peer.silentMs + (now.at - last.at) * (same ? 1 : 0));
      const hold = role() === "psychologist" ? this.wishes.hold : null;
      peer.report([here.inventedPct, here.lossPct, here.bufferMs, here.packets, hold]);
      if (roleOf(id) === "psychologist" && report) this.wishes = { ...this.wishes, hold: holdOf(report) };
      return { peer: id, role: roleOf(id), connection: now.connection, rttMs: now.rttMs, here, there: parse(report, at) };
    });
    if (legs.every(({ peer }) => peer.silentMs >= ALL_SILENT_MS)) this.wiring.onSilence();
    const [uplinkKbps, spentBytes] = [null, this.#spentBytes];
    this.#window.push({ at, online: online(), legs: samples, uplinkKbps, spentBytes, cpu: slow ? "serious" : "nominal", battery: this.#battery });
    while ((this.#window[0]?.at ?? at) < at - WINDOW_MS) this.#window.shift();
    const rested = this.#rested;
    this.#rested = !live();
    if (this.#rested) return;
    if (rested) this.#state = awake(this.#state, at);
    const decision = decide(this.#state, this.#window, at, this.wishes);
    this.#state = decision.state;
    this.#apply(decision, samples, at);
    const types = readings.flatMap(({ candidateType }) => candidateType ?? []);
    this.wiring.onView({ decision, path: types.includes("relay") ? "turn" : types.length ? "direct" : "", pictures });
  }

  /** @param {Decision} decision @param {import("./samples.js").LegSample[]} samples @param {number} at */
  #apply(decision, samples, at) {
    const receivers = samples.flatMap(({ peer, role }) => {
      const leg = decision.legs[peer];
      return leg ? [{ peer, role, rung: leg.rung, withheld: leg.withheld, sound: leg.sound }] : [];
    });
    const caps = capSum(this.wiring.role(), receivers, null);
    for (const { peer, rung } of receivers) {
      const cap = caps[peer];
      if (cap) this.wiring.mesh.setCap(peer, cap, this.#packetMs(peer, rung, at));
    }
  }

  /** Short packets only where they pay for their headers. @param {string} peer @param {import("./rungs.js").RungName} rung @param {number} at */
  #packetMs(peer, rung, at) {
    const known = this.#known.get(peer);
    if (!known || place(rung) > place(Rung.VOICE_24) || !RUNGS[rung].sound) return FIRST_PACKET_MS;
    const losses = this.#window.filter((sample) => sample.at > at - LOSS_OVER_MS)
      .flatMap(({ legs }) => legs.filter((leg) => leg.peer === peer).map(({ here }) => here.lossPct ?? 0));
    const loss = losses.reduce((sum, value) => sum + value, 0) / Math.max(1, losses.length);
    known.short ||= losses.length >= LOSS_OVER_MS / LOOK_EVERY_MS / 2 && loss >= SHORT_PACKETS_LOSS_PCT;
    return known.short ? SHORT_PACKET_MS : FIRST_PACKET_MS;
  }

  async #watchBattery() {
    const { getBattery } = /** @type {{getBattery?: () => Promise<any>}} */ (/** @type {unknown} */ (navigator));
    const battery = await getBattery?.call(navigator).catch(() => null);
    if (!battery) return;
    const tell = () => {
      this.#battery = { level: battery.level, charging: battery.charging };
    };
    battery.onlevelchange = battery.onchargingchange = tell;
    tell();
  }
}

/** What was agreed to be silent has not been lost. @param {typeof START} state @param {number} now @returns {typeof START} */
function awake(state, now) {
  const legs = Object.entries(state.legs).map(([peer, leg]) => [peer, { ...leg, aliveAt: now, cleanSince: now }]);
  return { ...state, legs: Object.fromEntries(legs) };
}

/** The rung that the psychologist holds, where a report of theirs says so. @param {import("./mesh.js").Report} report @returns {import("./rungs.js").RungName | null} */
function holdOf({ report }) {
  try {
    const hold = JSON.parse(String(report))[4];
    return LADDER.find((rung) => rung === hold) ?? null;
  } catch {
    return null;
  }
}

/** What the other end says it hears; null when it has not said so lately, or says nonsense. @param {import("./mesh.js").Report | null} report @param {number} now @returns {End | null} */
function parse(report, now) {
  if (!report || now - report.at > REPORT_MAX_AGE_MS) return null;
  try {
    const [inventedPct, lossPct, bufferMs, packets] = JSON.parse(String(report.report)).map((/** @type {unknown} */ value) => (typeof value === "number" ? value : null));
    return { inventedPct, lossPct, bufferMs, packets };
  } catch {
    return null;
  }
}
