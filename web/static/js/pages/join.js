// Stands inline in the call page, right behind the join button: on a thin line the tap is answered while the rest of the page is still
// on its way. `dialled` and `dial` are those of dial.js, which stands at its head.
const secret = location.hash.slice(1);
const join = document.querySelector('button[data-action="join"]');
// On one connection answers come in the order in which the server gives them: where they take long, the seat is not to wait behind
// the room. Whoever looks at the door for a moment has all of the room before the tap; elsewhere it comes at once.
const slow = performance.getEntriesByType("navigation").some((page) => page.responseStart - page.requestStart > 120);

// The modules look for their places in the page when they are read.
const whole = new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
const room = () => whole.then(() => import("wasl/pages/call.js"));

for (const link of document.querySelectorAll("#before .languages a")) link.hash = secret;

join.onclick = async () => {
  join.disabled = true;
  join.setAttribute("aria-busy", "true");
  try {
    const asked = askEarly();
    if (slow) await new Promise((resolve) => setTimeout(resolve, 100));
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
whole.then(() => setTimeout(() => room().catch(() => 0), slow && 300));

// The seat is asked for, and the socket greeted, while the modules still come: round trips are what a thin line lacks.
function askEarly() {
  const visit = location.pathname.split("/call/")[1];
  if (!secret && !visit) return { take: () => null, takeSocket: () => null };
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const [path, body] = secret ? ["/api/join/exchange", { secret }] : [`/api/visits/${visit}/ticket`, {}];
  const answer = fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  const answers = [answer];
  // The server lets go of a socket that says nothing: whoever has read for longer gets a new one.
  if (!dialled || dialled.socket.readyState > WebSocket.OPEN) dial();
  const call = dialled;
  const isOpen = call.openedAfterMs > 0;
  const early = {
    socket: call.socket, dialledAt: isOpen ? Date.now() : call.at, openedAfterMs: call.openedAfterMs, roundTripMs: 0,
    greeted: false, pings: [], heard: [], closedWith: 0,
  };
  const know = () => Object.assign(early, { socket: call.socket, openedAfterMs: call.openedAfterMs }, !isOpen && { dialledAt: call.at });
  const listen = () => {
    know();
    early.socket.onmessage = ({ data }) => {
      if (!data.startsWith('{"type":"pong"')) early.heard.push(data);
      else early.roundTripMs = Math.min(early.roundTripMs || Infinity, performance.now() - early.pings.shift());
    };
    early.socket.onclose = ({ code }) => (early.closedWith = code);
  };
  const sockets = [early];
  const greet = async () => {
    await call.opened;
    if (!sockets.length) return;
    listen();
    const { socket } = early;
    // On a slow line something follows at once (SLOW_OPENING_MS in socket.js), until the modules take over: what TCP has lost of the
    // answers before, it sends again as soon as it hears that later ones have come.
    const hurry = setInterval(() => {
      if (!sockets.length || early.heard.length || socket.readyState !== WebSocket.OPEN) return clearInterval(hurry);
      if (call.openedAfterMs < 180) return;
      early.pings.push(performance.now());
      socket.send('{"type":"ping","received":0}');
    }, 250);
    const facts = await (await answer)?.clone().json();
    const { ticket } = facts?.entrance ?? facts ?? {};
    if (!ticket) return clearInterval(hurry);
    if (!sockets.length) return;
    early.greeted = true;
    socket.send(JSON.stringify({ type: "hello", ticket }));
  };
  greet().catch(() => undefined);
  const takeSocket = () => {
    call.taken = true;
    know();
    return sockets.pop() ?? null;
  };
  return { take: () => answers.pop() ?? null, takeSocket };
}

// A page that Back brings to life again has lost its socket and its devices.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Whoever looks at the page the day before has all of it at hand; a visit that has begun keeps its line to itself.
if ("serviceWorker" in navigator) {
  const keep = () => navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  addEventListener("load", () => setTimeout(() => (join.disabled ? setTimeout(keep, 90_000) : keep()), 2_000));
}
