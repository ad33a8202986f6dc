/**
 * The quality of every connection, once a second: measured, told to the other end, judged by the ladder, and applied under
 * the caps. Loaded once there are connections; until then all send the lowest voice. Knows neither page nor socket.
 */

import { capSum } from "./caps.js";
import { NO_WISHES } from "./ceilings.js";
import { bindsNoChannel } from "./ice-servers.js";
import { START, decide } from "./ladder.js";
import { AT_ONCE, LOOK_BACK_MS, playoutDelay } from "./playout-delay.js";
import { hearing, read, summary } from "./readings.js";
import { agreedSilence, heldBy, readEnd, sparedBy, turnsOf } from "./reports.js";
import { LADDER, RUNGS, Rung, place } from "./rungs.js";
import { median } from "./samples.js";
import { FIRST_PACKET_MS } from "./mesh.js";

/** @typedef {import("./mesh.js").Mesh} Mesh */
/** @typedef {import("./readings.js").Readings} Readings */
/** @typedef {import("./samples.js").Sample} Sample */
/** @typedef {import("./samples.js").End} End */
/** @typedef {import("./ladder.js").Decision} Decision */
/** @typedef {import("./ceilings.js").Wishes} Wishes */
/** `pictures`: peers whose picture moves. @typedef {{decision: Decision, path: "turn" | "direct" | "", pictures: Set<string>}} View */

export const LOOK_EVERY_MS = 1_000;
export const WINDOW_MS = 75_000;
/** An encoder that has been short of processor time for this many looks: the device is slow. */
export const SLOW_LOOKS = 10;
/** Losses that only short packets with their own repair bear (in-band FEC on top of RED), and asking again; worth an offer. */
export const LOSSY_PCT = 8;
/** On a longer way what is sent again comes too late for people who talk with each other. */
export const AGAIN_RTT_MAX_MS = 250;
/** One look in which something was lost may be chance; what an outage has swallowed is told in one. */
export const LOSING_LOOKS = 2;
/** A picture that has stood still for this long is no picture. */
export const FROZEN_MS = 3_000;
/** Silence of everybody at once is this side's own line. */
export const ALL_SILENT_MS = 1_000;
const SHORT_PACKET_MS = 20;
const LOSS_OVER_MS = 10_000;
/** Whose word on signing counts: the two who may switch it, and the child's page, which remembers while they are away. */
const TELL_SIGNING = new Set(["psychologist", "social_worker", "classroom"]);
/** Who can not do without each other, so that their data are saved to the last. */
const TALKERS = new Set(["classroom", "psychologist"]);

export class Quality {
  /** What people have decided. @type {Wishes} */
  wishes = NO_WISHES;
  /** How often signing was switched, by anybody: odd is on. The highest number that is told holds, so it survives whoever is away. */
  signingTurns = 0;
  /** What the visit may cost this device, in bytes; null: as much as the line allows. @type {number | null} */
  budgetBytes = null;
  /** Both ways, of the whole visit. */
  spentBytes = 0;
  /** What this device's data allow, for the others to keep to. @type {import("./rungs.js").RungName | null} */ #spares = null;
  /** To whom no sound goes although the line would carry it. @type {Set<string>} */ #agreed = new Set();
  /** Whether nothing was to flow at the last look. */
  #rested = false;
  /** @type {Map<string, {pc: RTCPeerConnection, now: Readings, told: Readings | null, slow: number, lossy: boolean, again: boolean, repaired: boolean, twice: boolean, seenAt: number, froze: boolean, delay: import("./playout-delay.js").PlayoutDelay}>} */ #known = new Map();
  /** @type {Sample[]} */ #window = [];
  #state = START;
  /** @type {{level: number, charging: boolean} | null} */ #battery = null;
  #timer = 0;
  #looking = false;

  /**
   * @param {object} wiring
   * @param {Mesh} wiring.mesh
   * @param {() => string} wiring.role of this page
   * @param {(peer: string) => string} wiring.roleOf
   * @param {(peer: string) => boolean} wiring.speaks whether that person's microphone is on
   * @param {() => number} wiring.visitLeftMs until the visit is to end
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

  /** Keep the picture and let the sound go where the line is weak, for a child who signs. @param {boolean} on */
  sign(on) {
    if (on !== this.signing) this.signingTurns += 1;
  }

  get signing() {
    return this.signingTurns % 2 === 1;
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
    const readings = await Promise.all(legs.map(({ peer }) => read(peer)));
    /** @type {Set<string>} */ const pictures = new Set();
    let slow = false;
    const samples = legs.map(({ id, peer, report, isSpare }, index) => {
      const now = /** @type {Readings} */ (readings[index]);
      const before = this.#known.get(id);
      const same = before?.pc === peer.pc ? before : null;
      const last = same?.now ?? now;
      const here = hearing(last, now);
      // Firefox counts a picture's bytes from zero again when it starts anew.
      this.spentBytes += Math.max(0, now.bytesIn - last.bytesIn) + Math.max(0, now.bytesOut - last.bytesOut);
      const seenAt = now.pictures > last.pictures ? at : (same?.seenAt ?? -Infinity);
      if (at - seenAt < FROZEN_MS) pictures.add(id);
      const slowLooks = now.slowEncoder ? (same?.slow ?? 0) + 1 : 0;
      slow ||= slowLooks >= SLOW_LOOKS;
      const froze = now.freezes > last.freezes;
      this.#known.set(id, { pc: peer.pc, now, told: same?.told ?? null, slow: slowLooks, lossy: same?.lossy ?? false, again: same?.again ?? false, repaired: same?.repaired ?? false, twice: peer.isRepeated, seenAt, froze, delay: same?.delay ?? { ...AT_ONCE, soundMs: mesh.firstDelayMs } });
      // Nothing may be concluded from silence that was agreed: a pause, a room that rests, a microphone that is off.
      if (!here.packets && (!speaks(id) || agreedSilence(report, at))) here.packets = null;
      const heard = here.packets !== 0 || isSpare || !live() || peer.state !== "connected";
      peer.noteLook({ silentMs: heard ? 0 : peer.liveness.silentMs + now.at - last.at, arrived: now.arrived > last.arrived });
      const hold = role() === "psychologist" ? this.wishes.hold : null;
      const { inventedPct, lossPct, bufferMs, packets } = here;
      peer.channels?.report([inventedPct, lossPct, bufferMs, packets, hold, this.signingTurns, this.#spares, this.#agreed.has(id)]);
      if (roleOf(id) === "psychologist" && report) this.wishes = { ...this.wishes, hold: heldBy(report) };
      if (TELL_SIGNING.has(roleOf(id))) this.signingTurns = Math.max(this.signingTurns, turnsOf(report));
      const spares = sparedBy(report, TALKERS.has(roleOf(id)));
      return { peer: id, role: roleOf(id), connection: now.connection, rttMs: now.rttMs, here, there: readEnd(report, at), spares };
    });
    const least = TALKERS.has(role()) ? Rung.CLIPS : Rung.VOICE_8;
    const budget = this.budgetBytes === null ? null : { bytes: this.budgetBytes, endsAt: at + this.wiring.visitLeftMs(), least };
    this.wishes = { ...this.wishes, signing: this.signing, budget };
    if (legs.every(({ peer }) => peer.liveness.silentMs >= ALL_SILENT_MS)) this.wiring.onSilence();
    const { spentBytes } = this;
    this.#window.push({ at, online: online(), legs: samples, spentBytes, cpu: slow ? "serious" : "nominal", battery: this.#battery });
    while ((this.#window[0]?.at ?? at) < at - WINDOW_MS) this.#window.shift();
    this.#bufferPlayout(legs, at);
    const rested = this.#rested;
    this.#rested = !live();
    if (this.#rested) return;
    if (rested) this.#state = awake(this.#state, at);
    const decision = decide(this.#state, this.#window, at, this.wishes);
    this.#state = decision.state;
    this.#spares = decision.spares;
    this.#apply(decision, samples, at);
    const types = readings.flatMap(({ candidateType }) => candidateType ?? []);
    this.wiring.onView({ decision, path: types.includes("relay") ? "turn" : types.length ? "direct" : "", pictures });
  }

  /** @param {ReturnType<Mesh["legs"]>} legs @param {number} at */
  #bufferPlayout(legs, at) {
    for (const { id, peer } of legs) {
      const known = this.#known.get(id);
      if (!known || peer.state !== "connected") continue;
      const heard = this.#window.filter((sample) => sample.at > Math.max(at - LOOK_BACK_MS, known.delay.changedAt))
        .flatMap((sample) => sample.legs.filter((leg) => leg.peer === id && leg.connection === "connected"));
      known.delay = playoutDelay(known.delay, heard, { froze: known.froze, again: peer.asksAgain, twice: peer.isRepeated }, at);
      peer.setPlayoutDelay({ audioMs: known.delay.soundMs, videoMs: known.delay.pictureMs });
    }
  }

  /** @param {Decision} decision @param {import("./samples.js").LegSample[]} samples @param {number} at */
  #apply(decision, samples, at) {
    const peers = new Map(this.wiring.mesh.legs().map(({ id, peer }) => [id, peer]));
    const receivers = samples.flatMap(({ peer, role }) => {
      const leg = decision.legs[peer];
      const wrapped = this.#known.get(peer)?.now.candidateType === "relay" && bindsNoChannel();
      const { repeats: red, packetMs } = peers.get(peer) ?? {};
      return leg ? [{ peer, role, rung: leg.rung, withheld: leg.withheld, sound: leg.sound, signing: this.wishes.signing, red, packetMs, wrapped }] : [];
    });
    const narrow = this.wiring.mesh.isThin || Object.values(decision.legs).some(({ queued }) => queued);
    const caps = capSum(this.wiring.role(), receivers, narrow);
    const silent = receivers.filter(({ peer, sound }) => (sound ? !caps[peer]?.audioBps : decision.legs[peer]?.agreed));
    this.#agreed = new Set(silent.map(({ peer }) => peer));
    for (const { peer, rung } of receivers) {
      const cap = caps[peer];
      const { packetMs, again, repaired } = this.#packets(peer, rung, at);
      if (cap) this.wiring.mesh.setCap(peer, cap, packetMs, again, repaired);
    }
  }

  /**
   * Where much is lost: short packets if they pay for their headers, and lost ones again if they come in time. Where anything is,
   * and speech is not sent twice: what Opus repairs. @param {string} peer @param {import("./rungs.js").RungName} rung @param {number} at
   */
  #packets(peer, rung, at) {
    const known = this.#known.get(peer);
    if (!known) return { packetMs: FIRST_PACKET_MS, again: false, repaired: false };
    const losses = this.#window.filter((sample) => sample.at > at - LOSS_OVER_MS)
      .flatMap(({ legs }) => legs.filter((leg) => leg.peer === peer).map(({ here }) => here.lossPct ?? 0));
    // The median: what an outage has swallowed is told all at once when the line is back.
    known.lossy ||= losses.length >= LOSS_OVER_MS / LOOK_EVERY_MS / 2 && median(losses) >= LOSSY_PCT;
    known.again ||= known.lossy && (known.now.rttMs ?? Infinity) <= AGAIN_RTT_MAX_MS;
    known.repaired ||= !known.twice && losses.filter(Boolean).length >= LOSING_LOOKS;
    const short = known.lossy && RUNGS[rung].sound && place(rung) <= place(Rung.VOICE_24);
    return { packetMs: short ? SHORT_PACKET_MS : FIRST_PACKET_MS, again: known.again, repaired: known.repaired };
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
