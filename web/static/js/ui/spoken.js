/** Sentences said aloud by a voice that lives on this device; without one in the page's language they stay pictures. */

/** Nothing is ever sent to a voice elsewhere: `localService`. @param {string} lang */
function voiceFor(lang) {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find((voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === lang) ?? null;
}

/** Say it, if this device can. @param {string} words @returns {boolean} whether it is said */
export function speak(words) {
  const voice = voiceFor(document.documentElement.lang);
  if (!voice) return false;
  const said = new SpeechSynthesisUtterance(words);
  said.voice = voice;
  said.lang = voice.lang;
  said.rate = 0.9;
  speechSynthesis.cancel();
  speechSynthesis.speak(said);
  return true;
}

/** Be silent: somebody begins to talk. */
export const hush = () => globalThis.speechSynthesis?.cancel();
