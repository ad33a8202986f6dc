import assert from "node:assert/strict";
import { test } from "node:test";

import { askedPacketMs, asksAgain, leanDescription, shortDescription } from "../../web/static/js/rtc/lean-description.js";

const HEAD = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "a=msid-semantic: WMS s"];
const AUDIO = [
  "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 0", "c=IN IP4 0.0.0.0", "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", "a=sendrecv", "a=msid:s sound", "a=rtcp-mux",
  "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc",
  "a=fmtp:111 minptime=10;useinbandfec=1;stereo=0", "a=rtpmap:0 PCMU/8000", "a=ssrc:7 cname:x", "a=ssrc:7 msid:s sound",
];
const CONGESTION_CONTROL = "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const VIDEO = ["m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", CONGESTION_CONTROL, "a=msid:s picture", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc"];
const text = (...sections) => `${sections.flat().join("\r\n")}\r\n`;
const CHROMIUM = text(HEAD, AUDIO, VIDEO);
const FIREFOX = text(HEAD, ["m=audio 9 UDP/TLS/RTP/SAVPF 109 9", "a=mid:0", "a=rtpmap:109 opus/48000/2", "a=fmtp:109 maxplaybackrate=48000;stereo=1", "a=rtpmap:9 G722/8000"]);
const lines = (sdp) => sdp.split("\r\n");

test("the sound's section is lean and says packet time and the highest rate", () => {
  const [sound, picture] = leanDescription(CHROMIUM, 60).split(/^(?=m=)/m).slice(1);
  assert.ok(!/extmap|transport-cc/.test(sound));
  assert.ok(lines(sound).includes("a=fmtp:111 minptime=10;stereo=0;useinbandfec=1;usedtx=1;maxaveragebitrate=24000"));
  assert.ok(lines(sound).includes("a=ptime:60") && lines(sound).includes("a=maxptime:120"));
  assert.ok(lines(sound).includes("a=fmtp:63 111/111"), "RED's own format stays");
  assert.equal(picture, `${VIDEO.join("\r\n")}\r\n`, "the picture keeps its congestion control");
});

test("speech that is lost is asked for again where that is wanted, in either browser's numbers, and nothing else of sound is", () => {
  const asked = (sdp, again) => lines(leanDescription(sdp, 60, again).split(/^(?=m=)/m)[1]).filter((line) => line.startsWith("a=rtcp-fb:"));
  assert.deepEqual(asked(CHROMIUM, true), ["a=rtcp-fb:63 nack", "a=rtcp-fb:111 nack"]);
  assert.deepEqual(asked(FIREFOX, true), ["a=rtcp-fb:109 nack"]);
  assert.deepEqual(asked(leanDescription(CHROMIUM, 60, true), false), []);
});

test("speech that Opus is to repair comes within what it repairs, whatever the browser had said", () => {
  const opus = (/** @type {string} */ sdp, /** @type {boolean} */ repaired) => lines(leanDescription(sdp, 60, false, repaired)).find((line) => /^a=fmtp:(109|111) /.test(line));
  assert.equal(opus(FIREFOX, true), "a=fmtp:109 stereo=1;useinbandfec=1;usedtx=1;maxaveragebitrate=24000;maxplaybackrate=12000");
  assert.match(opus(CHROMIUM, true) ?? "", /;maxplaybackrate=12000$/);
  assert.doesNotMatch(opus(CHROMIUM, false) ?? "", /maxplaybackrate/);
  assert.match(opus(FIREFOX, false) ?? "", /maxplaybackrate=48000/);
});

test("what all sections say of their transport is said once on the way, and nothing else is lost", () => {
  const transport = ["a=ice-ufrag:u", "a=ice-pwd:p", "a=ice-options:trickle", "a=fingerprint:sha-256 AA:BB", "a=setup:actpass"];
  const [head, sound, picture] = shortDescription(text(HEAD, [...AUDIO, ...transport], [...VIDEO, ...transport])).split(/^(?=m=)/m);
  assert.deepEqual(lines(head).slice(-transport.length - 1, -1), transport);
  assert.equal(sound, text(AUDIO).replace("a=ssrc:7 msid:s sound\r\n", ""));
  assert.equal(picture, text(VIDEO));
  const rejected = ["m=video 0 UDP/TLS/RTP/SAVPF 96", "a=mid:1"];
  assert.ok(lines(shortDescription(text(HEAD, [...AUDIO, ...transport], rejected))).indexOf("a=setup:actpass") < HEAD.length + transport.length, "a refused section has none");
});

test("sections with transports of their own keep them", () => {
  const apart = text(HEAD, [...AUDIO, "a=ice-ufrag:one"], [...VIDEO, "a=ice-ufrag:two"]);
  assert.deepEqual(shortDescription(apart).match(/a=ice-ufrag:\S+|^m=\w+/gm), ["m=audio", "a=ice-ufrag:one", "m=video", "a=ice-ufrag:two"]);
});

test("how long packets are to be is read from what the other side asks for", () => {
  for (const packetMs of [20, 60]) assert.equal(askedPacketMs(leanDescription(CHROMIUM, packetMs)), packetMs);
  assert.deepEqual([askedPacketMs(CHROMIUM), askedPacketMs(undefined)], [undefined, undefined]);
});

test("a description that asks for sound again is known by it, and not by what it asks of pictures", () => {
  const picture = text(HEAD, AUDIO, [...VIDEO, "a=rtcp-fb:96 nack"]);
  for (const sdp of [CHROMIUM, FIREFOX, picture]) {
    assert.equal(asksAgain(leanDescription(sdp, 60)), false);
    assert.equal(asksAgain(leanDescription(sdp, 60, true)), true);
  }
  assert.equal(asksAgain(undefined), false);
});

test("of the picture's header extensions only congestion control stays", () => {
  const offered = text(HEAD, AUDIO, [...VIDEO, "a=extmap:13 urn:3gpp:video-orientation", "a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid"]);
  assert.equal(leanDescription(offered, 60), leanDescription(CHROMIUM, 60));
});

test("what Firefox says of formats that it does not offer goes, for Chromium would refuse the whole", () => {
  const offered = text(HEAD, AUDIO, [...VIDEO, "a=rtcp-fb:121 nack pli", "a=fmtp:99 apt=121", "a=rtpmap:123 H264/90000"]);
  assert.equal(leanDescription(offered, 60), leanDescription(CHROMIUM, 60));
});

test("no line is lost or empty, and the mixed-extension line goes", () => {
  const lean = leanDescription(CHROMIUM, 20);
  assert.ok(lean.endsWith("\r\n") && !lean.includes("\r\n\r\n"));
  assert.ok(!lean.includes("extmap-allow-mixed"));
  for (const line of [...HEAD.slice(0, 5), "a=mid:0", "a=rtcp-mux", "a=ssrc:7 cname:x"]) assert.ok(lines(lean).includes(line), line);
});

for (const packetMs of [20, 40, 60]) {
  test(`${packetMs} ms: twice is the same as once, and a later packet time replaces an earlier one`, () => {
    for (const sdp of [CHROMIUM, FIREFOX]) {
      const once = leanDescription(sdp, packetMs);
      assert.equal(leanDescription(once, packetMs), once);
      assert.equal(leanDescription(leanDescription(sdp, 10, true), packetMs), once);
      assert.equal(leanDescription(leanDescription(sdp, 10), packetMs, true), leanDescription(sdp, packetMs, true));
    }
  });
}

test("Firefox's Opus is found by its name, whatever its number", () => {
  const described = lines(leanDescription(FIREFOX, 60));
  assert.ok(described.includes("a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1;usedtx=1;maxaveragebitrate=24000"));
  assert.ok(described.includes("a=ptime:60"));
});

test("anything else is left as it is", () => {
  const without = text(HEAD.filter((line) => line !== "a=extmap-allow-mixed"), VIDEO);
  for (const sdp of ["", "nonsense", "v=0\r\n", without, "m=audio 0 UDP 8\r\na=rtpmap:8 PCMA/8000\r\n"]) assert.equal(leanDescription(sdp, 60), sdp);
});
