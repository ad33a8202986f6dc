/**
 * A description, made lean: a thin uplink has no room for what Chromium adds to speech by itself.
 *
 * Without transport-wide feedback nobody sends padding to probe the line, and RTCP shrinks; without header extensions each
 * packet is 8 bytes smaller. The packet time and the highest rate belong into the first description: an edge uplink that
 * default Opus floods starves the ICE and DTLS of the other connections. Each side describes what it wants to receive.
 *
 * Speech that is lost can be asked for again (`nack`, RFC 4585 6.2.1), which browsers do for pictures by themselves and for
 * sound when both descriptions say so. Who waits for that plays sound later: it is for short ways that lose much.
 *
 * Of the picture's header extensions only that feedback stays. The two sides number theirs apart, and where both add a
 * picture at once, Chromium refuses the offer that comes if it uses a number of the one rolled back for something else:
 * neither side would ever be stable again.
 *
 * Firefox speaks of the formats it was told not to offer (`a=rtcp-fb:121` where no 121 is offered), and Chromium refuses
 * such a description as a whole. What belongs to no format of its section goes.
 */

/** The codec's own ceiling; `setParameters` moves below it without negotiating anew. */
export const OPUS_MAX_BPS = 24_000;

/**
 * Opus repairs a lost packet from the next one (RFC 6716, section 2.1.7) where its rate allows: within 6 kHz it does at 21 kbit/s,
 * whatever is lost (libopus, `decide_fec`). Above 8 kHz a packet of 60 ms becomes three frames, of which the last alone is repaired.
 */
export const REPAIRED_RATE_HZ = 12_000;
export const REPAIRED_LEAST_BPS = 21_000;

/** The longest packets of Opus (RFC 7587, section 6.1): a rate that is small beside its headers is said best in few of them. */
export const LONGEST_PACKET_MS = 120;

/** Header extensions, but for the picture's congestion control, and their mixing. */
const NEEDLESS = /^a=extmap(-allow-mixed|:(?!\S+ \S*transport-wide-cc).*)\r\n/gm;

/** What is said of one format: of a payload type, in RFC 8866's words. */
const OF_A_FORMAT = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /;

/** What sections that share a transport say alike. */
const OF_THE_TRANSPORT = /^a=(?:ice-ufrag|ice-pwd|ice-options|fingerprint|setup):.*\r\n/gm;

/** Of before `a=msid`, and reports that nobody reads. */
const SAID_TWICE = /^a=(?:msid-semantic:|ssrc:\d+ msid:|rtcp-xr:).*\r\n/gm;

/** The formats that carry speech. */
const SPEECH = /^a=rtpmap:(\d+) (?:opus|red)\/48000/;

/**
 * @param {string} sdp an offer or an answer as the browser makes it
 * @param {number} packetMs how much sound each packet holds
 * @param {boolean} [again] whether sound that is lost is asked for again
 * @param {boolean} [repaired] whether it is to come within what Opus repairs
 * @returns {string} the same but for sound and for header extensions
 */
export function leanDescription(sdp, packetMs, again = false, repaired = false) {
  // Sections are told apart by their m-line; the first speaks of the whole description.
  return sdp
    .split(/^(?=m=)/m)
    .map((section) => (section.startsWith("m=audio") ? leanSection(section, packetMs, again, repaired) : section.replace(NEEDLESS, "")))
    .map(withoutStrangers)
    .join("");
}

/** @param {string} section */
function withoutStrangers(section) {
  const offered = new Set(section.match(/^m=\S+ \S+ \S+ (.*)\r\n/)?.[1]?.split(" "));
  const lines = section.split("\r\n");
  return lines.filter((line) => !OF_A_FORMAT.test(line) || offered.has(OF_A_FORMAT.exec(line)?.[1] ?? "")).join("\r\n");
}

/**
 * A description for the way: what all sections say of their one transport once, for all of them (RFC 8866, section 5.13; RFC 8839,
 * 5.4; RFC 8122, 5; RFC 4145, 4), and nothing that `a=msid` says already. An offer fits into one packet of TCP then.
 * @param {string} sdp a lean description
 * @returns {string} one that means the same
 */
export function shortDescription(sdp) {
  const [head = "", ...sections] = sdp.replace(SAID_TWICE, "").split(/^(?=m=)/m);
  const transports = new Set(sections.flatMap((section) => section.match(OF_THE_TRANSPORT)?.join("") ?? []));
  const [shared] = transports.size === 1 ? transports : [];
  if (!shared) return [head, ...sections].join("");
  return head + shared + sections.map((section) => section.replace(OF_THE_TRANSPORT, "")).join("");
}

/** Whether a description asks for sound again. @param {string | undefined} sdp */
export function asksAgain(sdp = "") {
  return sdp.split(/^(?=m=)/m).some((section) => section.startsWith("m=audio") && /^a=rtcp-fb:\S+ nack\r$/m.test(section));
}

/** Whether a description has speech sent twice (RFC 2198). @param {string | undefined} sdp */
export function speaksRed(sdp = "") {
  return /^a=rtpmap:\d+ red\/48000/m.test(sdp);
}

/** Whether whoever describes itself hears best what is sent twice: formats stand in that order (RFC 3264, section 5.1). @param {string | undefined} sdp */
export function prefersRed(sdp = "") {
  const best = /^m=audio \d+ \S+ (\d+)/m.exec(sdp)?.[1];
  return sdp.includes(`a=rtpmap:${best} red/48000`);
}

/** How long the packets of speech are that a description asks for, in ms; undefined: it does not say. @param {string | undefined} sdp */
export function askedPacketMs(sdp = "") {
  const asked = /^a=ptime:(\d+)/m.exec(sdp)?.[1];
  return asked ? Number(asked) : undefined;
}

/** A description of the other side's, as if it had asked for speech in the longest packets, which it bears. @param {RTCSessionDescriptionInit} description @returns {RTCSessionDescriptionInit} */
export function withLongestPackets({ type, sdp }) {
  return { type, sdp: sdp?.replace(/^a=ptime:\d+/m, `a=ptime:${LONGEST_PACKET_MS}`) };
}

/** @param {string} section @param {number} packetMs @param {boolean} again @param {boolean} repaired */
function leanSection(section, packetMs, again, repaired) {
  const opus = section.match(/^a=rtpmap:(\d+) opus\/48000/m)?.[1];
  const settings = { useinbandfec: 1, usedtx: 1, maxaveragebitrate: OPUS_MAX_BPS, ...(repaired && { maxplaybackrate: REPAIRED_RATE_HZ }) };
  const lines = section
    .split("\r\n")
    .filter((line) => !/^a=(extmap|ptime|maxptime)|^a=rtcp-fb:\S+ (transport-cc|nack)$/.test(line))
    .map((line) => (opus && line.startsWith(`a=fmtp:${opus} `) ? withSettings(line, settings) : line));
  const rejected = /^m=audio 0 /.test(section);
  if (opus && !rejected) {
    const formats = again ? lines.flatMap((line) => line.match(SPEECH)?.[1] ?? []) : [];
    lines.splice(lines.length - 1, 0, ...formats.map((format) => `a=rtcp-fb:${format} nack`), `a=ptime:${packetMs}`, `a=maxptime:${LONGEST_PACKET_MS}`);
  }
  return lines.join("\r\n");
}

/** @param {string} line the `a=fmtp` line of Opus @param {Record<string, number>} settings */
function withSettings(line, settings) {
  const [name = "", ...rest] = line.split(" ");
  const kept = rest.join(" ").split(";").filter((setting) => !(setting.split("=", 1).join() in settings));
  return `${name} ${[...kept, ...Object.entries(settings).map((each) => each.join("="))].join(";")}`;
}

/**
 * Put RED first and leave out what nobody of ours speaks. For the offering side alone: an answering side that sets its
 * preferences sends no RED. A browser without RED (Firefox) has Opus alone: see `red-translator.js`.
 * @param {RTCRtpTransceiver} transceiver
 */
export function preferSound(transceiver) {
  prefer(transceiver, "audio", ["audio/red", "audio/opus"]);
}

/** Whether this browser says and hears speech twice by itself: not Firefox. */
export function knowsRed() {
  const { codecs = [] } = globalThis.RTCRtpReceiver?.getCapabilities?.("audio") ?? {};
  return !codecs.length || codecs.some(({ mimeType }) => mimeType.toLowerCase() === "audio/red");
}

/** VP8 is what all browsers share and what a slow machine can encode. @param {RTCRtpTransceiver} transceiver */
export function preferPicture(transceiver) {
  prefer(transceiver, "video", ["video/VP8", "video/rtx"]);
}

/** @param {RTCRtpTransceiver} transceiver @param {"audio" | "video"} kind @param {string[]} types best first */
function prefer(transceiver, kind, types) {
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const wanted = types.flatMap((type) => known.filter(({ mimeType }) => mimeType.toLowerCase() === type.toLowerCase()));
  if (wanted.length) transceiver.setCodecPreferences?.(wanted);
}
