/**
 * Which servers are asked first. A browser asks all of its TURN servers at once, each over each connection; on an EDGE line
 * three TLS handshakes stand before the first sound. UDP alone first, everything when that leads nowhere.
 */

import { knowsRed } from "./lean-description.js";

/** Whether a server is reached by UDP. @param {string} url */
const isUdp = (url) => /^(stun|turn):/.test(url) && !/[?&]transport=tcp/.test(url);

/** The servers without those that need TCP or TLS; all of them where nothing would be left. @param {readonly RTCIceServer[]} servers @returns {RTCIceServer[]} */
export function overUdp(servers) {
  const narrow = servers.flatMap((server) => {
    const urls = [server.urls].flat().filter(isUdp);
    return urls.length ? [{ ...server, urls }] : [];
  });
  return narrow.length ? narrow : [...servers];
}

/** Which of the servers have answered a connection, by the candidates that it found. */
export class Answered {
  /** At all, ever. */ any = false;
  /** Over UDP, when they were asked last. */ overUdp = false;
  /** @type {string | null} */ #generation = null;

  /** @param {RTCIceCandidate | null} candidate @param {boolean} wide whether servers over TCP and TLS were asked too: not every browser tells which one it was */
  take(candidate, wide) {
    if (candidate?.type !== "relay" && candidate?.type !== "srflx") return;
    // Chromium tells null of a relay that it reaches over UDP.
    const { relayProtocol = wide ? "unknown" : null } = /** @type {{relayProtocol?: string | null}} */ (candidate);
    if (candidate.usernameFragment !== this.#generation) this.overUdp = false;
    this.#generation = candidate.usernameFragment;
    this.any = true;
    this.overUdp ||= candidate.type === "srflx" || (relayProtocol ?? "udp") === "udp";
  }
}

/**
 * A relay lets in only who comes from an address that was named to it, whatever the port (RFC 8656, section 9), and the other
 * side's relay is most often the same machine. Named before the other side's candidate has come, its first checks are let in:
 * on EDGE that candidate is a second or more on its way. Nobody is at this port.
 * @param {string} address @returns {RTCIceCandidateInit}
 */
export const neighbour = (address) => ({ candidate: `candidate:0 1 udp 1 ${address} 1024 typ relay raddr 0.0.0.0 rport 0`, sdpMLineIndex: 0 });

/**
 * Whether this browser binds no channel at a relay (RFC 8656, section 12) and wraps each packet: Firefox. It can not be asked, and is
 * told by what else it lacks.
 */
export const bindsNoChannel = () => !knowsRed();
