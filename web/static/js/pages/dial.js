// Stands inline at the head of the call page: the socket opens while the page still comes and while people look at the door. It
// says nothing and spends nothing before the tap.
let dialled = null;

function dial() {
  const socket = new WebSocket(new URL("/ws", location.href.replace(/^http/, "ws")), "wasl.v1");
  const call = { socket, at: Date.now(), openedAfterMs: 0 };
  socket.addEventListener("open", () => (call.openedAfterMs = Date.now() - call.at));
  dialled = call;
}

if (location.hash.length > 1 || location.pathname.startsWith("/call/")) dial();
