import assert from "node:assert/strict";
import { test } from "node:test";

import { overUdp } from "../../web/static/js/rtc/ice-servers.js";

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
