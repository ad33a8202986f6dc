/**
 * The steps of the quality ladder as data, best first, and what each costs on the wire.
 *
 * Packet time matters more than the codec's rate: every packet carries IP 20, UDP 8, RTP 12 and SRTP 10 bytes, a TURN
 * channel 4 and RED 5 more. RED sends each piece of sound twice. At 20 ms packets the headers alone cost 22 kbit/s.
 */

/** What `data-rung` may say. */
export const Rung = Object.freeze(/** @type {const} */ ({
  VIDEO: "video",
  SMALL_VIDEO: "small-video",
  STILLS: "stills",
  VOICE_24: "voice-24",
  VOICE_16: "voice-16",
  VOICE_12: "voice-12",
  VOICE_8: "voice-8",
  CLIPS: "clips",
  TEXT: "text",
  PHONE: "phone",
}));

/** @typedef {typeof Rung[keyof typeof Rung]} RungName */
/** @typedef {"video" | "small-video" | "stills" | "voice" | "clips" | "text" | "phone"} RungFamily the coarse word that `health` tells */
/** @typedef {{bps: number, packetMs: number, red: boolean}} Sound rate of the codec alone, without RED and headers */
/** @typedef {{width: number, height: number, fps: number, bps: number}} Picture */
/**
 * @typedef {object} RungData
 * @property {RungFamily} family
 * @property {Sound | null} sound
 * @property {Picture | null} picture
 * @property {number} stillEveryS seconds between two stills; 0: none
 * @property {number} kbps what sending it to one peer costs at the IP layer, in kbit/s
 */

export const HEADER_BYTES = 50;
export const RED_BYTES = 5;
/** One still: 160x120, JPEG or WebP, with the data channel's own headers. */
export const STILL_BYTES = 6_000;
export const STILL_EVERY_S = 5;
/** As much as speech gains from. */
export const OPUS_MOST_BPS = 24_000;
const CLIP_KBPS = 8;
const TEXT_KBPS = 1;

/** What sound costs at the IP layer, in kbit/s. @param {Sound} sound */
export function soundKbps({ bps, packetMs, red }) {
  const headers = ((HEADER_BYTES + (red ? RED_BYTES : 0)) * 8) / packetMs;
  return headers + (bps * (red ? 2 : 1)) / 1000;
}

/** To a browser that hears no RED (Firefox) Opus' own repair is what there is, and needs the whole rate. @param {Sound} sound @returns {Sound} */
export function withoutRed({ packetMs }) {
  return { bps: OPUS_MOST_BPS, packetMs, red: false };
}

/** @param {number} bps @param {number} packetMs @returns {Sound} */
const sound = (bps, packetMs) => ({ bps, packetMs, red: true });
const FULL = sound(OPUS_MOST_BPS, 20);

/** @param {RungFamily} family @param {Sound | null} sound @param {Picture | null} picture @param {number} extraKbps @param {number} stillEveryS @returns {RungData} */
function rung(family, sound, picture = null, extraKbps = 0, stillEveryS = 0) {
  const kbps = (sound ? soundKbps(sound) : 0) + (picture ? picture.bps / 1000 : 0) + extraKbps;
  return Object.freeze({ family, sound, picture, stillEveryS, kbps: Math.ceil(kbps) });
}

/** @type {Readonly<Record<RungName, RungData>>} */
export const RUNGS = Object.freeze({
  video: rung("video", FULL, { width: 320, height: 240, fps: 15, bps: 250_000 }),
  "small-video": rung("small-video", FULL, { width: 160, height: 120, fps: 10, bps: 60_000 }),
  stills: rung("stills", FULL, null, (STILL_BYTES * 8) / STILL_EVERY_S / 1000, STILL_EVERY_S),
  "voice-24": rung("voice", FULL),
  "voice-16": rung("voice", sound(16_000, 60)),
  "voice-12": rung("voice", sound(12_000, 60)),
  "voice-8": rung("voice", sound(8_000, 60)),
  clips: rung("clips", null, null, CLIP_KBPS),
  text: rung("text", null, null, TEXT_KBPS),
  phone: rung("phone", null),
});

/** Best first. */
export const LADDER = /** @type {readonly RungName[]} */ (Object.freeze(Object.keys(RUNGS)));

/** 0 is best. @param {RungName} name */
export const place = (name) => LADDER.indexOf(name);

/** The one that is lower. @param {RungName} one @param {RungName} other @returns {RungName} */
export const lower = (one, other) => (place(one) >= place(other) ? one : other);

/** @param {RungName} one @param {RungName} other @returns {RungName} */
export const higher = (one, other) => (place(one) <= place(other) ? one : other);

/** The rung `steps` below, never under the last. @param {RungName} name @param {number} steps @returns {RungName} */
export const below = (name, steps = 1) => LADDER[Math.min(LADDER.length - 1, place(name) + steps)] ?? Rung.PHONE;
