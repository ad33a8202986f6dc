// Stands inline at the head of the call page: the socket opens while the page still comes and while people look at the door. It
// says nothing and spends nothing before the tap; the ticket that is asked for then meets it in the server, by a name that nobody
// can guess. What a thin line loses of a handshake TCP says again after one or more seconds: a socket that is not open by then gets
// another beside it, and until the tap the one that opens first is the one.
let dialled = null;

function dial() {
  const begunAt = Date.now();
  const call = { socket: null, at: begunAt, openedAfterMs: 0, taken: false };
  const begin = () => {
    const meeting = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const socket = new WebSocket(new URL("/ws", location.href.replace(/^http/, "ws")), ["wasl.v1", "meet." + meeting]);
    socket.meeting = meeting;
    socket.binaryType = "arraybuffer";
    // Until one is open the younger is the one to hope for.
    Object.assign(call, { socket, at: Date.now() });
    socket.addEventListener("open", () => {
      if (call.openedAfterMs || (call.taken && socket !== call.socket)) return socket.close(1000);
      call.socket = socket;
      call.openedAfterMs = Math.max(1, Date.now() - begunAt);
    });
  };
  begin();
  setTimeout(() => call.socket.readyState || call.taken || begin(), 3_000);
  dialled = call;
}

if (location.hash.length > 1 || location.pathname.startsWith("/call/")) dial();
