/**
 * The messages of `wasl.v1` as types; `signaling/PROTOCOL.md` describes them. Nothing of this file is loaded by a browser.
 *
 * @typedef {"classroom" | "social_worker" | "psychologist" | "guardian" | "interpreter" | "supervisor"} Role
 * @typedef {{participant: string, role: Role}} Seat
 * @typedef {{participant: string, role: Role, state: "joining" | "waiting" | "admitted" | "gone",
 *   presence: "present" | "away", peer: string, audio: boolean, video: boolean, you: boolean}} RosterSeat
 *
 * @typedef {{type: "welcome", visit: string, peer: string, resumeKey: string, participants: Seat[], admitted: boolean,
 *   now: string, startsAt: string, endsAt: string, closesAt: string, resumed: boolean,
 *   received: number}} Welcome
 * @typedef {{type: "room", seq: number, state: "waiting" | "live" | "paused" | "closed", reasons: string[], doorOpened: boolean,
 *   knocked: boolean, endingAt: string | null, pausesAt: string | null, missing: Role[]}} Room
 * @typedef {{type: "roster", seq: number, participants: RosterSeat[]}} Roster
 * @typedef {{type: "connect", seq: number, peer: string, polite: boolean, negotiation: number, relayOnly: boolean,
 *   iceServers: RTCIceServer[]}} Connect
 * @typedef {{type: "disconnect", seq: number, peer: string, negotiation: number}} Disconnect
 * @typedef {{type: "offer" | "answer", seq: number, from: string, negotiation: number,
 *   description: RTCSessionDescriptionInit}} RelayedDescription
 * @typedef {{type: "candidate", seq: number, from: string, negotiation: number, candidate: RTCIceCandidateInit | null}} RelayedCandidate
 * @typedef {{type: "ice-servers", seq: number, iceServers: RTCIceServer[], expiresAt: string | null}} IceServers
 * @typedef {{type: "help-asked", seq: number, role: Role}} HelpAsked
 * @typedef {{type: "adult-lost", seq: number, role: Role, pausesAt: string}} AdultLost
 * @typedef {{type: "adult-returned", seq: number, role: Role}} AdultReturned
 * @typedef {{type: "claim", seq: number, claim: string, role: Role}} ClaimWaiting
 * @typedef {{type: "closed", seq: number, reason: string}} Closed
 * @typedef {{type: "error", seq: number, code: string, regarding?: string}} ErrorMessage
 * @typedef {{type: "waiting" | "admitted" | "denied" | "removed" | "moved", seq: number}} Plain
 * @typedef {{type: "pong", now: string, received: number}} Pong
 * @typedef {{type: "sealing-key", seq: number, from: string, publicKey: string}} SealingKey
 * @typedef {{type: "clip", seq: number, from: string, clip: string, part: number, last: boolean, key: string | null, sealed: string}} Clip
 * @typedef {{type: "voice", frame: ArrayBuffer}} Voice what a binary frame is, unread
 * @typedef {{type: "signal", seq: number, from: string, picture: string}} Signal
 * @typedef {{type: "text", seq: number, from: string, sealed: string}} Text
 * @typedef {Welcome | Room | Roster | Connect | Disconnect | RelayedDescription | RelayedCandidate | IceServers | HelpAsked
 *   | AdultLost | AdultReturned | ClaimWaiting | Closed | ErrorMessage | Plain | Pong | SealingKey | Clip | Voice | Signal | Text} ServerMessage
 *
 * @typedef {[negotiation: number, connection: RTCPeerConnectionState, candidateType: "host" | "srflx" | "prflx" | "relay" | null,
 *   rttMs: number | null, lossPct: number | null, jitterMs: number | null, inventedPct: number | null,
 *   kbpsIn: number | null, kbpsOut: number | null]} LegHealth
 * @typedef {{type: "leave"} | {type: "knock"} | {type: "open-door"} | {type: "help"} | {type: "end"} | {type: "keep-going"}
 *   | {type: "ice-servers"} | {type: "admit" | "deny" | "remove", participant: string} | {type: "pause", on: boolean}
 *   | {type: "media", audio: boolean, video: boolean} | {type: "admit-claim" | "deny-claim", claim: string}
 *   | {type: "reconnect", peer: string, negotiation: number}
 *   | {type: "offer" | "answer", to: string, negotiation: number, description: RTCSessionDescriptionInit}
 *   | {type: "candidate", to: string, negotiation: number, candidate: RTCIceCandidateInit | null}
 *   | {type: "sealing-key", publicKey: string} | {type: "signal", picture: string, to?: string} | {type: "text", to: string, sealed: string}
 *   | {type: "clip", to: string[], clip: string, part: number, last: boolean, keys: string[], sealed: string}
 *   | {type: "voice", frame: Uint8Array<ArrayBuffer>}
 *   | {type: "health", rung: string, reason: string, legs: LegHealth[]}} ClientMessage
 */
export {};
