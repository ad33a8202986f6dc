/**
 * Whether a connection that has stood still carries: what ICE says of it, and what comes over it. Firefox says `disconnected` of
 * a way whose checks alone were lost (RFC 7675: one each five seconds, not said again), which on EDGE every third is.
 */

import { soundComes } from "../lib/sound-arrival.js";

/** A connection on which sound was heard and nothing comes any more is in trouble, whatever ICE still believes. */
export const SILENT_MS = 3_000;
export const DOUBTFUL_MS = 900;
/** After coming back, silence is looked at with doubt for this long. */
export const HURRY_MS = 4_000;
/** What has come within two looks says that the way carries, whatever has become of its checks. */
export const CARRIES_MS = 2_000;

export class Liveness {
  /** How long no sound has come where some was heard before; 0: all is well. */
  silentMs = 0;
  #arrivedAt = -Infinity;
  #hurriedAt = -Infinity;

  /** @param {Pick<RTCPeerConnection, "connectionState" | "iceConnectionState" | "getReceivers">} pc */
  constructor(pc) {
    this.pc = pc;
  }

  /** Something of the other side's has come. */
  noteArrival() {
    this.#arrivedAt = Date.now();
  }

  /** This side has come back or changed its network. */
  hurry() {
    this.#hurriedAt = Date.now();
    this.doubt();
  }

  /** Silence that would be borne otherwise is trouble. */
  doubt() {
    if (this.isHurried && this.silentMs >= DOUBTFUL_MS) this.silentMs = Math.max(this.silentMs, SILENT_MS);
  }

  get isHurried() {
    return Date.now() - this.#hurriedAt < HURRY_MS;
  }

  /** The connection's state, but `connected` as long as something comes. @returns {RTCPeerConnectionState} */
  get state() {
    const { connectionState } = this.pc;
    return connectionState === "disconnected" && this.#carries ? "connected" : connectionState;
  }

  /** What is to be mended, if anything. @returns {"failed" | "troubled" | null} */
  get trouble() {
    const states = [this.pc.connectionState, this.pc.iceConnectionState];
    if (states.includes("failed")) return "failed";
    return this.silentMs >= SILENT_MS || (states.includes("disconnected") && !this.#carries) ? "troubled" : null;
  }

  /** Looks begin with the ladder, which on EDGE is some seconds behind the first connection: until then sound alone tells. */
  get #carries() {
    return Date.now() - this.#arrivedAt < CARRIES_MS || soundComes(this.pc);
  }
}
