// Stands inline in the call page, right behind the join button: on a thin line the tap is answered while the rest of the page is still
// on its way. `dialled` and `dial` are those of dial.js, which stands at its head.
const secret = location.hash.slice(1);
const join = document.querySelector('button[data-action="join"]');
// The modules look for their places in the page when they are read.
const whole = new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
const room = () => whole.then(() => import("wasl/pages/call.js"));

for (const link of document.querySelectorAll("#before .languages a")) link.hash = secret;

join.onclick = async () => {
  join.disabled = true;
  join.setAttribute("aria-busy", "true");
  try {
    const asked = askEarly();
    openLoudspeaker().catch(() => 0);
    const { start } = await room();
    await start(secret, asked);
  } catch (error) {
    console.error(error);
    document.getElementById("no-parts").hidden = false;
    join.disabled = false;
    // A browser does not ask twice for a module that failed to load.
    join.onclick = () => location.reload();
  }
  join.removeAttribute("aria-busy");
};
join.disabled = false;
room().catch(() => 0);
// What gives voices a way until connections stand.
const parts = JSON.parse(document.querySelector('[type="importmap"]').textContent).imports["wasl/"];
const follow = (name) => fetch(`${parts}clips/${name}.js`, { priority: "low" }).then((answer) => answer.arrayBuffer());

// The seat is asked for while the modules still come, and its ticket lets the socket in at once: round trips are what a thin line lacks.
function askEarly() {
  const visit = location.pathname.split("/call/")[1];
  if (!secret && !visit) return { take: () => null, takeSocket: () => null, key: () => null, tellKey: async () => 0 };
  // The server lets go of a socket that says nothing: whoever has read for longer gets a new one.
  if (!dialled || dialled.socket.readyState > WebSocket.OPEN) dial();
  const call = dialled;
  call.taken = true;
  const { socket } = call;
  const early = {
    socket, dialledAt: call.openedAfterMs ? Date.now() : call.at, roundTripMs: 0, met: false, pings: [], heard: [], closedWith: 0,
    get openedAfterMs() { return call.openedAfterMs; },
  };
  const keys = makeKeys().catch(() => 0);
  let said = null;
  socket.onmessage = ({ data }) => {
    if (!says(data, "pong")) hear(data);
    else early.roundTripMs = Math.min(early.roundTripMs || Infinity, performance.now() - early.pings.shift());
  };
  // Voice comes as bytes.
  const says = (data, type) => typeof data === "string" && data.startsWith(`{"type":"${type}"`);
  // Others learn this page's key as soon as it has a place: no voice waits for modules and two more ways.
  const tellKey = async (peer, send) => {
    const made = await keys;
    if (made && !said && send({ type: "sealing-key", publicKey: made.publicKey })) said = { peer, ...made };
  };
  const hear = (data) => {
    early.heard.push(data);
    if (!says(data, "welcome")) return;
    tellKey(JSON.parse(data).peer, (message) => {
      if (!sockets.length || socket.readyState > WebSocket.OPEN) return false;
      early.said = message;
      socket.send(JSON.stringify(message));
      return true;
    });
  };
  socket.onclose = ({ code }) => (early.closedWith = code);
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const { meeting } = socket;
  const [path, body] = secret ? ["/api/join/exchange", { secret, meeting }] : [`/api/visits/${visit}/ticket`, { meeting }];
  const answer = fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).then(async (response) => {
    const facts = await response.clone().json().catch(() => 0);
    early.met = Boolean((facts.entrance ?? facts).ticket);
    return response;
  }).catch(() => null);
  // When the first of the room's parts is here, the line carries the last one: these follow at once.
  import("wasl/rtc/mesh.js").then(() => Promise.all(["socket-voice", "capture-worklet"].map(follow))).catch(() => 0);
  const answers = [answer];
  const sockets = [early];
  // On a slow line something follows at once (SLOW_OPENING_MS in socket.js), until the modules take over: what TCP has lost of the
  // answers before, it sends again as soon as it hears that later ones have come.
  const hurry = setInterval(() => {
    if (!sockets.length || early.heard.length || socket.readyState > WebSocket.OPEN) return clearInterval(hurry);
    if (call.openedAfterMs < 180) return;
    early.pings.push(performance.now());
    socket.send('{"type":"ping","received":0}');
  }, 250);
  return { take: () => answers.pop() ?? null, takeSocket: () => sockets.pop() ?? null, key: () => said, tellKey };
}

// The first time, a browser may take a second and more to open the loudspeaker, later 20 ms: it is opened while the rest still comes.
async function openLoudspeaker() {
  const first = new AudioContext();
  first.onstatechange = () => first.state === "running" && first.close();
}

async function makeKeys() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return { privateKey, publicKey: btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replace("=", "") };
}

// A page that Back brings to life again has lost its socket and its devices.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Whoever looks at the page the day before has all of it at hand; a visit that has begun keeps its line to itself.
if ("serviceWorker" in navigator) {
  const keep = () => navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  addEventListener("load", () => setTimeout(() => (join.disabled ? setTimeout(keep, 90_000) : keep()), 2_000));
}
