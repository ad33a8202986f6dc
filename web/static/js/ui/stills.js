/** Stills on the page: one frame of the own camera, made small, and those of others in their seats. Nothing is kept. */

import { make, roleWords, t } from "./room.js";

/** The longer side; the shorter follows the camera: 160x120 for most. */
export const LONG_SIDE_PX = 160;
/** Once no newer one has come for this long, a still would show what is no more. */
export const SHOWN_MAX_MS = 20_000;
/** A camera that gives nothing within this gives nothing now. */
export const CAMERA_TIMEOUT_MS = 2_000;
const QUALITIES = [0.6, 0.45, 0.3, 0.2, 0.1];

/** One frame of a camera, WebP or JPEG, of at most `bytes`; null where none can be had. @param {MediaStreamTrack} track @param {number} bytes */
export async function grabStill(track, bytes) {
  const video = make("video", { playsinline: true });
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  try {
    const late = new Promise((resolve) => setTimeout(resolve, CAMERA_TIMEOUT_MS));
    await Promise.race([video.play(), late]);
    return await encode(video, bytes);
  } finally {
    video.srcObject = null;
  }
}

/** @param {HTMLVideoElement} video @param {number} bytes */
async function encode(video, bytes) {
  const { videoWidth, videoHeight } = video;
  const canvas = make("canvas");
  const drawing = canvas.getContext("2d", { alpha: false });
  if (!videoWidth || !videoHeight || !drawing) return null;
  const scale = LONG_SIDE_PX / Math.max(videoWidth, videoHeight);
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const webp = await blobOf(canvas, "image/webp", quality);
    const still = webp?.type === "image/webp" ? webp : await blobOf(canvas, "image/jpeg", quality);
    if (still && still.size <= bytes) return still;
  }
  return null;
}

/** @param {HTMLCanvasElement} canvas @param {string} type @param {number} quality @returns {Promise<Blob | null>} */
const blobOf = (canvas, type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality));

/** Draws others' stills where no picture of them moves, and takes them away when they are over. */
export class StillsView {
  /** @type {Map<string, {canvas: HTMLCanvasElement, at: number}>} by peer */ #stills = new Map();

  /** @param {(participant: string) => HTMLElement | undefined} tileOf */
  constructor(tileOf) {
    this.tileOf = tileOf;
  }

  /** A still of somebody has come. It is drawn at once and not kept: there is no address by which it could be had again. @param {string} peer @param {Blob} still */
  async take(peer, still) {
    const bitmap = await createImageBitmap(still).catch(() => null);
    if (!bitmap) return;
    const canvas = make("canvas", { class: "still", role: "img", width: String(bitmap.width), height: String(bitmap.height) });
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    this.#stills.set(peer, { canvas, at: performance.now() });
  }

  /** @param {import("./room.js").Model} model */
  draw({ room, paused, roster, pictures }) {
    const now = performance.now();
    /** @type {Set<string>} */ const seen = new Set();
    for (const { you, state, video, peer, participant, role } of roster) {
      if (you || state !== "admitted") continue;
      // Who sits together is seen in the first one's place.
      const first = !seen.has(peer);
      const still = first ? this.#stills.get(peer) : undefined;
      seen.add(peer);
      const shows = still && room?.state === "live" && !paused && video && !pictures.has(peer) && now - still.at < SHOWN_MAX_MS;
      const tile = this.tileOf(participant);
      if (first && !shows) this.#stills.delete(peer);
      if (tile) show(tile, shows ? still.canvas : null, role);
    }
    for (const peer of this.#stills.keys()) if (!seen.has(peer)) this.#stills.delete(peer);
  }
}

/** The new one fades in over the one before it. @param {HTMLElement} tile @param {HTMLCanvasElement | null} canvas @param {import("./room.js").Role} role */
function show(tile, canvas, role) {
  const shown = [...tile.querySelectorAll(":scope > .still")];
  if (canvas && shown.at(-1) === canvas) return;
  for (const old of canvas ? shown.slice(0, -1) : shown) old.remove();
  if (!canvas) return;
  shown.at(-1)?.setAttribute("aria-hidden", "true");
  canvas.setAttribute("aria-label", t("still-picture", { role: roleWords(role) }));
  tile.querySelector(":scope > .picture")?.before(canvas);
}
