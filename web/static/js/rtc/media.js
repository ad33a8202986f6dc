/** This browser's own microphone and camera: asked for once, sound before picture, every refusal told by its kind. */

/** Small pictures on purpose: they must pass a village's uplink. */
export const VIDEO = { width: { ideal: 320 }, height: { ideal: 240 }, frameRate: { ideal: 15, max: 20 } };
export const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: { ideal: 1 } };

/** @typedef {"refused" | "busy" | "none" | "insecure" | "failed"} MediaProblem */
/** @typedef {"audio" | "video"} Kind */

export class LocalMedia {
  /** @type {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} */
  tracks = { audio: null, video: null };
  /** @type {{audio: MediaProblem | null, video: MediaProblem | null}} */
  problems = { audio: null, video: null };
  /** Whether the person wants to be heard and seen. */
  wanted = { audio: true, video: true };

  /** @param {() => void} onChange tracks, problems or wishes have changed */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** Ask for both with one question; where that fails, for sound alone, then for the picture alone. Never rejects. */
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.problems = { audio: "insecure", video: "insecure" };
      this.onChange();
      return;
    }
    const both = await this.#ask({ audio: AUDIO, video: VIDEO });
    if (both === "refused" && !(await this.#mayAskAlone())) this.problems = { audio: "refused", video: "refused" };
    else if (both) {
      this.problems.audio = await this.#ask({ audio: AUDIO });
      this.problems.video = await this.#ask({ video: VIDEO });
    }
    this.onChange();
  }

  /** @param {Kind} kind */
  has(kind) {
    return this.tracks[kind] !== null;
  }

  /** Whether it is there and wanted. @param {Kind} kind */
  isOn(kind) {
    return this.has(kind) && this.wanted[kind];
  }

  /** Switch on or off; a device that is missing is asked for again. @param {Kind} kind @param {boolean} on */
  async want(kind, on) {
    this.wanted[kind] = on;
    if (on && !this.has(kind)) this.problems[kind] = await this.#ask(kind === "audio" ? { audio: AUDIO } : { video: VIDEO });
    const track = this.tracks[kind];
    if (track) track.enabled = on;
    this.onChange();
  }

  /** Take another device. @param {Kind} kind @param {string} deviceId */
  async choose(kind, deviceId) {
    const device = { deviceId: { exact: deviceId } };
    // Many phones open one camera at a time: let the old one go first.
    this.#drop(kind);
    this.problems[kind] = await this.#ask(kind === "audio" ? { audio: { ...AUDIO, ...device } } : { video: { ...VIDEO, ...device } });
    this.onChange();
  }

  /** @param {Kind} kind @returns {Promise<{id: string, label: string, chosen: boolean}[]>} */
  async devices(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const current = this.tracks[kind]?.getSettings().deviceId;
    return all
      .filter((device) => device.kind === `${kind}input` && device.deviceId)
      .map((device) => ({ id: device.deviceId, label: device.label, chosen: device.deviceId === current }));
  }

  stop() {
    this.#drop("audio");
    this.#drop("video");
  }

  /** @param {Kind} kind */
  #drop(kind) {
    const track = this.tracks[kind];
    if (!track) return;
    track.onended = null;
    track.stop();
    this.tracks[kind] = null;
  }

  /** @param {MediaStreamConstraints} constraints @returns {Promise<MediaProblem | null>} */
  async #ask(constraints) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      for (const track of stream.getTracks()) this.#keep(track);
      return null;
    } catch (error) {
      return problemOf(error);
    }
  }

  /** @param {MediaStreamTrack} track */
  #keep(track) {
    const kind = /** @type {Kind} */ (track.kind);
    this.#drop(kind);
    this.tracks[kind] = track;
    this.problems[kind] = null;
    track.enabled = this.wanted[kind];
    if (kind === "audio" && "contentHint" in track) track.contentHint = "speech";
    track.onended = () => {
      this.tracks[kind] = null;
      this.problems[kind] = "none";
      this.onChange();
    };
  }

  /** Only the camera may have been refused for ever; then sound alone can still be had, without a second question. */
  async #mayAskAlone() {
    try {
      const [audio, video] = await Promise.all(
        ["microphone", "camera"].map((name) => navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })),
      );
      return audio?.state !== video?.state;
    } catch {
      return false;
    }
  }
}

/** @param {unknown} error @returns {MediaProblem} */
function problemOf(error) {
  switch (/** @type {DOMException} */ (error).name) {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}
