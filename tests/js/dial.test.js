import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../web/static/js/pages/dial.js", import.meta.url), "utf8");

/** Run the inline script as the page does, on sockets that open when told, and a clock that goes when told. */
function door() {
  /** @type {any[]} */ const made = [];
  /** @type {(() => void)[]} */ const timers = [];
  let now = 1_000;
  class Socket {
    readyState = 0;
    /** @type {() => void} */ opened = () => undefined;
    /** @param {URL} address @param {string[]} protocols */
    constructor(address, protocols) {
      Object.assign(this, { address: address.href, protocols });
      made.push(this);
    }
    /** @param {string} _type @param {() => void} opened */
    addEventListener(_type, opened) {
      this.opened = opened;
    }
    close() {
      this.readyState = 3;
    }
    opens() {
      this.readyState = 1;
      this.opened();
    }
  }
  const page = vm.createContext({
    WebSocket: Socket, URL, crypto, Date: { now: () => now }, location: { href: "https://wasl.example/j#s", hash: "#secret", pathname: "/j" },
    setTimeout: (/** @type {() => void} */ act) => timers.push(act),
  });
  vm.runInContext(SOURCE, page);
  const stalls = () => {
    now += 3_000;
    timers.splice(0).forEach((act) => act());
  };
  return { made, stalls, call: () => vm.runInContext("dialled", page) };
}

test("each socket has a name of its own, of which the address tells nothing, and which nobody can guess", () => {
  const { made, stalls } = door();
  stalls();
  for (const { address, protocols, meeting } of made) {
    assert.equal(address, "wss://wasl.example/ws");
    assert.deepEqual([...protocols], ["wasl.v1", `meet.${meeting}`]);
    assert.match(meeting, /^(\d+-){3}\d+$/);
  }
  assert.equal(new Set(made.map(({ meeting }) => meeting)).size, 2);
});

test("a socket that opens in time stays alone", () => {
  const { made, stalls, call } = door();
  made[0].opens();
  stalls();
  assert.equal(made.length, 1);
  assert.equal(call().socket, made[0]);
});

test("the one that opens first is the one, whichever that is, and the other is closed", () => {
  for (const [first, other] of [[0, 1], [1, 0]]) {
    const { made, stalls, call } = door();
    stalls();
    made[first ?? 0].opens();
    made[other ?? 0].opens();
    assert.equal(call().socket, made[first ?? 0]);
    assert.deepEqual([made[first ?? 0].readyState, made[other ?? 0].readyState], [1, 3]);
    assert.equal(call().openedAfterMs, 3_000);
  }
});

test("while none is open the page is handed the younger, with the time of its own dialling", () => {
  const { made, stalls, call } = door();
  stalls();
  assert.deepEqual([call().socket, call().at], [made[1], 4_000]);
  call().taken = true;
  made[0].opens();
  assert.deepEqual([made[0].readyState, made[1].readyState], [3, 0]);
  made[1].opens();
  assert.equal(made[1].readyState, 1);
});

test("nothing is dialled beside a socket that has been handed on, or that was refused", () => {
  for (const end of ["taken", "refused"]) {
    const { made, stalls, call } = door();
    if (end === "taken") call().taken = true;
    else made[0].close();
    stalls();
    assert.equal(made.length, 1);
  }
});
