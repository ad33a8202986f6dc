/** How much a sender may send. */

/**
 * Change what differs; a sender that has no encoding yet, or refuses, keeps what it has.
 * @param {RTCRtpSender} sender @param {RTCRtpEncodingParameters} wanted
 */
export async function limit(sender, wanted) {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding || Object.entries(wanted).every(([name, value]) => encoding[/** @type {keyof RTCRtpEncodingParameters} */ (name)] === value)) return;
  Object.assign(encoding, wanted);
  await sender.setParameters(parameters).catch((error) => console.warn("limit:", error));
}
