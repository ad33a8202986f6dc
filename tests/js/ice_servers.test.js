import assert from "node:assert/strict";
import { test } from "node:test";

import { Answered, overUdp } from "../../web/static/js/rtc/ice-servers.js";

const secret = { username: "u", credential: "c" };

test("TCP and TLS wait, and the credentials stay with their server", () => {
  const servers = [{ urls: ["turn:a:3478", "turn:a:3478?transport=tcp", "turns:a:443?transport=tcp"], ...secret }, { urls: "stun:a:3478" }];
  assert.deepEqual(overUdp(servers), [{ urls: ["turn:a:3478"], ...secret }, { urls: ["stun:a:3478"] }]);
});

test("where nothing is reached by UDP, everything is asked", () => {
  const servers = [{ urls: ["turns:a:443?transport=tcp"], ...secret }];
  assert.deepEqual(overUdp(servers), servers);
  assert.deepEqual(overUdp([]), []);
});

test("whether UDP passes is known by who answered when servers were asked last", () => {
  /** @param {object} facts @returns {RTCIceCandidate} */
  const candidate = (facts) => /** @type {any} */ ({ type: "relay", usernameFragment: "a", ...facts });
  const answered = new Answered();
  answered.take(candidate({ type: "host" }), false);
  assert.deepEqual([answered.any, answered.overUdp], [false, false]);
  for (const relayProtocol of ["udp", null]) {
    const once = new Answered();
    once.take(candidate({ relayProtocol }), true);
    assert.equal(once.overUdp, true);
  }
  answered.take(candidate({ relayProtocol: "udp" }), true);
  answered.take(candidate({ relayProtocol: "tls" }), true);
  assert.deepEqual([answered.any, answered.overUdp], [true, true]);
  answered.take(candidate({ relayProtocol: "tls", usernameFragment: "b" }), true);
  assert.equal(answered.overUdp, false);
  answered.take(candidate({ type: "srflx", usernameFragment: "b" }), true);
  assert.equal(answered.overUdp, true);
});

test("a browser that does not tell which server it was has UDP where nothing else was asked", () => {
  for (const wide of [true, false]) {
    const answered = new Answered();
    answered.take(/** @type {any} */ ({ type: "relay", usernameFragment: "a" }), wide);
    assert.equal(answered.overUdp, !wide);
  }
});
