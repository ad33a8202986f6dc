/** Whether sound comes over a connection now, as what plays it tells. */

/** Sound is put out many times a second while it comes. */
export const SOUND_FRESH_MS = 1_000;

/** @param {Pick<RTCPeerConnection, "getReceivers">} pc */
export function soundComes(pc) {
  const now = performance.timeOrigin + performance.now();
  const sounds = pc.getReceivers().filter(({ track }) => track.kind === "audio");
  return sounds.some((receiver) => receiver.getSynchronizationSources().some(({ timestamp }) => now - timestamp < SOUND_FRESH_MS));
}
