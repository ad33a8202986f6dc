/* Gives a Firefox a microphone that speaks, as Chromium's does: its own made-up one has a steady tone, which Opus codes as
   music, without any repair. Called with the sound as a WAV file in base64. */
(speech) => {
  const bytes = Uint8Array.from(atob(speech), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
  const speak = async () => {
    const player = new Audio(url);
    player.loop = true;
    const stream = player.mozCaptureStream();
    const begun = new Promise((resolve) => stream.addEventListener("addtrack", resolve, { once: true }));
    await player.play();
    if (!stream.getAudioTracks().length) await begun;
    return stream.getAudioTracks()[0];
  };
  const { mediaDevices } = navigator;
  // An empty page is not secure, and has none.
  if (!mediaDevices) return;
  const given = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await given(constraints);
    for (const tone of stream.getAudioTracks()) {
      stream.removeTrack(tone);
      stream.addTrack(await speak());
    }
    return stream;
  };
}
