/* Laid into each page before its own scripts: keeps hold of every connection, takes its figures, and presses the buttons
   that people would press, in the moment in which they can be pressed, so that nobody's hand is in the figures. The
   device is given a voice of its own in the page's language, which only writes down what it is asked to say. */
(() => {
  const OTHERS = 2;
  const UNTIL_HEARD_MS = 50;
  const EVERY_MS = 200;
  const PRESS_AGAIN_MS = 2000;
  const TALK_MS = 3000;
  const TALK_AGAIN_MS = 12000;
  const watched = {
    series: [], told: [], pressed: {}, firstSound: null, firstDirect: null, overSocket: null, connected: null, everybody: null, firstPicture: null, live: null,
    /* Whether to hold to talk whenever the page offers it. */ talks: false, talkedAt: 0,
  };
  window.watched = watched;

  let made = 0;
  let legs = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      legs.push({ pc: this, id: made++, from: null, stood: false, counts: {} });
    }
  };
  window.SpeechSynthesisUtterance = class {
    constructor(text) {
      this.text = text;
    }
  };
  Object.defineProperty(window, "speechSynthesis", {
    value: {
      getVoices: () => [{ localService: true, lang: document.documentElement.lang }],
      speak: ({ text }) => watched.told.push({ now: performance.now(), how: "said", words: text }),
      cancel: () => undefined,
    },
  });

  /* What the page itself puts on the loudspeaker is voice that came over the socket. From when on it is heard: silence is not. */
  const HEARD_RMS = 0.005;
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when = 0, ...more) {
    const samples = this.buffer.getChannelData(0);
    const loud = Math.sqrt(samples.reduce((all, sample) => all + sample * sample, 0) / samples.length) > HEARD_RMS;
    const { context } = this;
    const put = () => {
      if (context.state === "running") watched.overSocket ??= performance.now() + Math.max(0, when - context.currentTime) * 1000;
    };
    // What is put there before the loudspeaker is open is heard when it is.
    if (loud && context.state === "suspended") context.addEventListener("statechange", put, { once: true });
    else if (loud) put();
    return start.call(this, when, ...more);
  };

  /* Whose sound comes over a connection: the seat whose picture plays one of its tracks. */
  const roleOf = (pc) => {
    const tracks = new Set(pc.getReceivers().map(({ track }) => track));
    for (const seat of document.querySelectorAll("[data-seat]")) {
      const playing = seat.querySelector("video")?.srcObject?.getTracks() ?? [];
      if (playing.some((track) => tracks.has(track))) return seat.dataset.seat;
    }
    return null;
  };
  /* What the browser has counted of a stream so far. Firefox makes the stream of a picture anew within its connection
     and begins again at zero; and what a browser does not count at all is null, which is no good figure and no bad one. */
  const counted = (leg, { id }, name, value = null) => {
    const { last = 0, before = 0 } = leg.counts[`${id} ${name}`] ?? {};
    const now = { last: value, before: value !== null && value < last ? before + last : before };
    leg.counts[`${id} ${name}`] = now;
    return value === null ? null : now.before + value;
  };
  const sum = (one, other) => (one === null || other === null ? null : one + other);
  const figuresOf = async (leg) => {
    const found = {
      packets: 0, samples: 0, concealed: 0, invented: 0, delay: 0, emitted: 0, energy: 0, frames: 0, frozen: 0, width: 0,
    };
    const add = (name, value = null) => {
      found[name] = sum(found[name], value);
    };
    leg.from ??= roleOf(leg.pc);
    leg.stood ||= leg.pc.connectionState === "connected";
    if (!leg.stood) return { id: leg.id, from: leg.from, ...found };
    for (const entry of (await leg.pc.getStats()).values()) {
      if (entry.type !== "inbound-rtp") continue;
      if (entry.kind === "audio") {
        const { concealedSamples: concealed, silentConcealedSamples: silent } = entry;
        add("packets", entry.packetsReceived);
        add("samples", entry.totalSamplesReceived);
        add("concealed", concealed);
        add("invented", silent === undefined ? null : concealed - silent);
        add("delay", entry.jitterBufferDelay);
        add("emitted", entry.jitterBufferEmittedCount);
        add("energy", entry.totalAudioEnergy);
      } else {
        add("frames", counted(leg, entry, "frames", entry.framesDecoded));
        add("frozen", counted(leg, entry, "frozen", entry.totalFreezesDuration));
        found.width = Math.max(found.width, entry.frameWidth ?? 0);
      }
    }
    return { id: leg.id, from: leg.from, ...found };
  };
  /* What leads to nobody carries no sound: the page asks servers over connections of that kind. */
  const open = () => {
    legs = legs.filter(({ pc }) => pc.connectionState !== "closed");
    return legs.filter(({ pc }) => pc.getTransceivers().length > 0);
  };

  let shown = "";
  const readNotices = (now) => {
    const parts = ["line", "notices", "card"].map((id) => document.getElementById(id));
    const lowest = document.querySelector("#low:not([hidden]) .low-why:not([hidden])");
    const words = [...parts, lowest].map((part) => (part && !part.hidden ? part.textContent.trim() : "")).filter(Boolean).join(" / ");
    if (words && words !== shown) watched.told.push({ now, how: "shown", words });
    shown = words;
  };
  const look = async () => {
    const now = performance.now();
    const found = await Promise.all(open().map(figuresOf));
    const room = document.getElementById("room");
    const talkButton = document.querySelector('.talk[data-others="true"][aria-pressed="false"]');
    /* The button to hold shows who speaks. */
    const clip = talkButton?.querySelector("use").getAttribute("href").replace("#p-", "") ?? null;
    watched.series.push({ now, legs: found, clip, rung: room?.dataset.rung, signaling: room?.dataset.signaling });
    if (watched.series.length > 6000) watched.series.shift();
    if (room?.dataset.state === "live") watched.live ??= now;
    const heard = found.filter(({ energy, packets }) => (energy ?? packets) > 0);
    if (heard.length > 0) watched.firstDirect ??= now;
    const { overSocket } = watched;
    if (overSocket !== null && overSocket <= now) watched.firstSound ??= overSocket;
    watched.firstSound ??= watched.firstDirect;
    /* Of one person there may be two connections, while one takes the other's place. */
    const connected = open().filter(({ pc }) => pc.connectionState === "connected");
    if (new Set(connected.flatMap(({ from }) => from ?? [])).size === OTHERS) watched.connected ??= now;
    if (new Set(heard.flatMap(({ from }) => from ?? [])).size === OTHERS) watched.everybody ??= now;
    if (found.some(({ frames }) => frames > 0)) watched.firstPicture ??= now;
    readNotices(now);
  };
  const watch = async () => {
    try {
      await look();
    } finally {
      setTimeout(() => void watch(), watched.everybody === null ? UNTIL_HEARD_MS : EVERY_MS);
    }
  };

  const press = () => {
    for (const action of ["join", "knock", "open-door"]) {
      const button = document.querySelector(`button[data-action="${action}"]`);
      if (!button || button.disabled || performance.now() < (watched.pressed[action] ?? 0) || button.offsetParent === null) continue;
      watched.pressed[action] = performance.now() + PRESS_AGAIN_MS;
      button.click();
    }
    if (watched.everybody !== null) atOnce.disconnect();
  };
  const talk = () => {
    const button = document.querySelector('button[data-action="talk"]');
    if (!watched.talks || !button?.checkVisibility() || performance.now() < watched.talkedAt + TALK_AGAIN_MS) return;
    watched.talkedAt = performance.now();
    button.click();
    setTimeout(() => button.getAttribute("aria-pressed") === "true" && button.click(), TALK_MS);
  };
  const atOnce = new MutationObserver(press);
  atOnce.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "hidden", "data-screen", "data-state"] });
  /* What becomes visible by a style sheet alone is no mutation. */
  setInterval(press, 100);
  setInterval(talk, 500);
  void watch();

  /* By which way each connection's packets go, as this side sees it. */
  watched.paths = () =>
    Promise.all(open().map(async ({ pc, from }) => {
      const stats = await pc.getStats();
      const transport = [...stats.values()].find(({ type }) => type === "transport");
      const pair = stats.get(transport?.selectedCandidatePairId);
      const { candidateType = null, relayProtocol = null, url = null } = stats.get(pair?.localCandidateId) ?? {};
      return { from, candidateType, relayProtocol, url };
    }));

  /* In which format each of the others would hear speech best. */
  watched.formats = () =>
    open().map(({ pc }) => {
      const sdp = pc.remoteDescription?.sdp ?? "";
      const [, best] = /^m=audio \d+ \S+ (\d+)/m.exec(sdp) ?? [];
      return new RegExp(`^a=rtpmap:${best} (\\w+)`, "m").exec(sdp)?.[1] ?? null;
    });
})();
