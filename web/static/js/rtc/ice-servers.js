/**
 * Which servers are asked first. A browser asks all of its TURN servers at once, each over each connection; on an EDGE line
 * three TLS handshakes stand before the first sound. UDP alone first, everything when that leads nowhere.
 */

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

/** Whether a candidate shows that a server has answered. @param {RTCIceCandidate | null} candidate */
export const cameThrough = (candidate) => candidate?.type === "relay" || candidate?.type === "srflx";
