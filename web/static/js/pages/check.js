/** The page of the check: wires the four steps together. */

import { measure } from "../lib/line-measurement.js";
import { LinePeer } from "../rtc/line-peer.js";
import { openDevice, playNotes, stop, VoiceLoop } from "../rtc/own-devices.js";
import { askForecast, askPermit } from "../signaling/check-requests.js";
import { CheckSocket } from "../signaling/check-socket.js";

/** @typedef {import("../rtc/own-devices.js").Outcome} Outcome */
/** @typedef {import("../lib/line-measurement.js").Measured & {path: string}} LineNumbers */

const LOOK_MS = 1_500;
const SPEAK_MS = 12_000;
/** The voice comes back after three seconds; then it is enough. */
const ECHO_MS = 4_500;
const LOUD_ENOUGH = 0.06;
const LINE_MS = 13_400;
/** What the permit may take beside. */
const PERMIT_MS = 1_500;
/** A peer that has not connected by then does not connect on this network. */
const PEER_MS = 9_000;
/** What a measurement over the web may take longer, after the peer was waited for in vain; the server ends it at 20 s. */
const WEB_EXTRA_MS = 3_600;
/** On a way this long, a peer that did not connect in time says nothing about the network's rules. */
const LONG_WAY_MS = 300;
const KILOBIT = ["downKbps", "upKbps"];
/** More is not told apart, and matters to no visit. */
const KBPS_SHOWN_MAX = 5_000;

/** @type {Record<string, string>} */
const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");
/** The link's secret, taken out of the address so that nobody reads it over a shoulder. */
const secret = location.hash.slice(1) || null;
if (secret) history.replaceState(null, "", location.pathname + location.search);

/** @param {string} key @param {Record<string, string | number>} [values] */
function say(key, values = {}) {
  return (strings[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @template {HTMLElement} T @param {string} id @returns {T} */
const element = (id) => /** @type {T} */ (document.getElementById(id));
const root = element("check");
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} step @param {"running" | "good" | "bad" | "waiting"} outcome @param {string} [words] */
function show(step, outcome, words = "") {
  const card = /** @type {HTMLElement} */ (root.querySelector(`[data-step="${step}"]`));
  card.dataset.outcome = outcome;
  const place = card.querySelector(".check-words");
  if (place) place.textContent = words;
  if (outcome === "running") card.scrollIntoView({ block: "center", behavior: "smooth" });
}

/** @returns {Promise<Outcome>} */
async function checkCamera() {
  show("camera", "running");
  const { stream, outcome } = await openDevice({ video: { width: 320, height: 240 } });
  const mirror = /** @type {HTMLVideoElement} */ (element("mirror"));
  mirror.hidden = !stream;
  mirror.srcObject = stream;
  show("camera", stream ? "good" : "bad", say(`camera-${outcome}`));
  if (stream) await pause(LOOK_MS);
  return outcome;
}

/** @param {AudioContext} context @returns {Promise<Outcome>} */
async function checkMicrophone(context) {
  show("microphone", "running", say("microphone-speak"));
  const { stream, outcome } = await openDevice({ audio: true });
  if (!stream) {
    show("microphone", "bad", say(`microphone-${outcome}`));
    return outcome;
  }
  const level = /** @type {HTMLMeterElement} */ (element("level"));
  const loop = new VoiceLoop(context, stream);
  level.hidden = false;
  let until = performance.now() + SPEAK_MS;
  let heard = false;
  while (performance.now() < until) {
    level.value = loop.level();
    if (!heard && level.value > LOUD_ENOUGH) {
      heard = true;
      until = performance.now() + ECHO_MS;
    }
    await pause(50);
  }
  loop.close();
  stop(stream);
  level.hidden = true;
  show("microphone", heard ? "good" : "bad", say(heard ? "microphone-works" : "microphone-silent"));
  return heard ? "works" : "silent";
}

/** @param {AudioContext} context @returns {Promise<Outcome>} */
async function checkSpeaker(context) {
  show("speaker", "running", say("speaker-playing"));
  const answers = element("heard");
  answers.hidden = false;
  playNotes(context);
  const heard = await new Promise((resolve) => {
    answers.onclick = ({ target }) => {
      const action = target instanceof Element ? target.closest("button")?.dataset.action : "";
      if (action === "play") playNotes(context);
      else if (action) resolve(action === "heard");
    };
  });
  answers.hidden = true;
  show("speaker", heard ? "good" : "bad", say(heard ? "speaker-works" : "speaker-silent"));
  return heard ? "works" : "silent";
}

/** @returns {Promise<LineNumbers | null>} null: there was no line, or no right to measure it */
async function checkLine() {
  show("line", "running", say("line-running"));
  const bar = /** @type {HTMLProgressElement} */ (element("measuring"));
  bar.hidden = false;
  const began = performance.now();
  const ticking = setInterval(() => (bar.value = (performance.now() - began) / 1000), 250);
  try {
    const numbers = await measureLine(began);
    const webOnly = numbers.path === "unknown";
    show("line", numbers.path === "blocked" ? "bad" : "good", say(webOnly ? "line-web-only" : "line-done"));
    return numbers;
  } catch (error) {
    const code = error instanceof Error ? error.message : "";
    root.dataset.fault = code;
    const busy = ["too-many-tries", "4429"].includes(code);
    show("line", "bad", say(code === "invitation-not-valid" ? "line-not-yours" : busy ? "line-busy" : "line-failed"));
    return null;
  } finally {
    clearInterval(ticking);
    bar.hidden = true;
  }
}

/** @param {number} asked @returns {Promise<LineNumbers>} */
async function measureLine(asked) {
  const { permit, iceServers } = await askPermit(secret);
  const began = Math.min(performance.now(), asked + PERMIT_MS);
  const socket = new CheckSocket(permit);
  // Candidates are looked for while the socket opens: on a long way each round counts.
  const offering = new LinePeer(iceServers);
  const offer = offering.offer();
  /** @type {LinePeer | null} */
  let peer = null;
  try {
    const welcome = await within(socket.hear(), LINE_MS);
    if (welcome?.type !== "welcome") throw new Error("no-network");
    let path = welcome.peer ? "blocked" : "unknown";
    if (welcome.peer) peer = await connect(socket, offering, offer, began + PEER_MS);
    if (peer) path = await peer.path();
    const measured = await measure(peer ?? socket, socket.control(peer ? "peer" : "web"), {
      lossy: peer !== null,
      until: began + LINE_MS + (path === "blocked" ? WEB_EXTRA_MS : 0),
    });
    if (path === "blocked" && (measured.rttMs ?? 0) > LONG_WAY_MS) path = "unknown";
    return { path, ...measured };
  } finally {
    offering.close();
    socket.close();
  }
}

/** @param {CheckSocket} socket @param {LinePeer} peer @param {Promise<string>} offer @param {number} until @returns {Promise<LinePeer | null>} */
async function connect(socket, peer, offer, until) {
  const opening = async () => {
    socket.say({ type: "offer", sdp: await offer });
    const answer = await socket.hear();
    if (answer.type !== "answer") return false;
    await peer.take(answer.sdp);
    await peer.opened;
    return true;
  };
  return (await within(opening(), until - performance.now()).catch(() => false)) ? peer : null;
}

/** @template T @param {Promise<T>} promise @param {number} ms @returns {Promise<T | null>} */
const within = (promise, ms) => Promise.race([promise, pause(ms).then(() => null)]);

/** @param {LineNumbers | null} line @param {{camera: Outcome, microphone: Outcome, speaker: Outcome}} devices */
async function conclude(line, devices) {
  const numbers = line ?? { path: "unknown" };
  // Without a line there is nobody to ask, and one answer only.
  const nothing = { instruction: "no-line", rung: "phone", megabytes: 0 };
  const told = line ? await askForecast({ ...devices, ...numbers }).catch(() => nothing) : nothing;
  element("instruction").textContent = say(`do-${told.instruction}`);
  element("rung").textContent = say(`rung-${told.rung}`);
  element("megabytes").textContent = say("megabytes", { n: told.megabytes });
  for (const place of root.querySelectorAll("[data-number]")) {
    const name = place instanceof HTMLElement ? (place.dataset.number ?? "") : "";
    place.textContent = inWords(name, /** @type {Record<string, any>} */ (numbers)[name]);
  }
  root.dataset.instruction = told.instruction;
  root.dataset.rung = told.rung;
  root.dataset.numbers = JSON.stringify(numbers);
  const result = element("result");
  result.hidden = false;
  result.scrollIntoView({ block: "start", behavior: "smooth" });
}

/** @param {string} name @param {string | number | null | undefined} value */
function inWords(name, value) {
  if (value === null || value === undefined) return say("unknown");
  if (name === "path") return say(`path-${value}`);
  const n = Number(value);
  if (KILOBIT.includes(name)) return (n > KBPS_SHOWN_MAX ? "> " : "") + say("kbps", { n: Math.min(KBPS_SHOWN_MAX, Math.round(n)) });
  return name.endsWith("Ms") ? say("ms", { n: Math.round(n) }) : say("percent", { n: n.toFixed(1) });
}

async function run() {
  root.dataset.state = "running";
  element("result").hidden = true;
  for (const step of ["camera", "microphone", "speaker", "line"]) show(step, "waiting");
  const context = new AudioContext();
  const camera = await checkCamera();
  const microphone = await checkMicrophone(context);
  const speaker = await checkSpeaker(context);
  const mirror = /** @type {HTMLVideoElement} */ (element("mirror"));
  stop(mirror.srcObject instanceof MediaStream ? mirror.srcObject : null);
  mirror.srcObject = null;
  mirror.hidden = true;
  await context.close();
  const line = await checkLine();
  await conclude(line, { camera, microphone, speaker });
  root.dataset.state = "done";
}

for (const button of root.querySelectorAll('[data-action="begin"], [data-action="again"]')) {
  button.addEventListener("click", () => {
    const begin = /** @type {HTMLElement} */ (root.querySelector('[data-action="begin"]'));
    begin.hidden = true;
    void run();
  });
}
