/* Laid into each page before its own scripts: keeps hold of every connection, takes its figures five times a second, and
   presses the buttons that people would press, at once, so that nobody's hand is in the figures. */
(() => {
  const EVERY_MS = 200;
  const watched = { connections: [], series: [], firstSound: null, firstPicture: null, live: null, pressed: {} };
  window.watched = watched;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      watched.connections.push(this);
    }
  };
  const figuresOf = async (pc) => {
    const found = { packets: 0, samples: 0, invented: 0, delay: 0, emitted: 0, energy: 0, frames: 0, frozen: 0, width: 0 };
    for (const entry of (await pc.getStats()).values()) {
      if (entry.type !== "inbound-rtp") continue;
      if (entry.kind === "audio") {
        found.packets += entry.packetsReceived ?? 0;
        found.samples += entry.totalSamplesReceived ?? 0;
        found.invented += (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0);
        found.delay += entry.jitterBufferDelay ?? 0;
        found.emitted += entry.jitterBufferEmittedCount ?? 0;
        found.energy += entry.totalAudioEnergy ?? 0;
      } else {
        found.frames += entry.framesDecoded ?? 0;
        found.frozen += entry.totalFreezesDuration ?? 0;
        found.width = Math.max(found.width, entry.frameWidth ?? 0);
      }
    }
    return found;
  };
  const look = async () => {
    const now = performance.now();
    const open = watched.connections.filter((pc) => pc.connectionState !== "closed");
    const legs = await Promise.all(open.map(figuresOf));
    const room = document.getElementById("room");
    const states = open.map((pc) => pc.connectionState);
    watched.series.push({ now, legs, states, rung: room?.dataset.rung, signaling: room?.dataset.signaling });
    if (watched.series.length > 6000) watched.series.shift();
    if (room?.dataset.state === "live") watched.live ??= now;
    if (legs.length > 1 && legs.every(({ energy }) => energy > 0)) watched.firstSound ??= now;
    if (legs.some(({ frames }) => frames > 0)) watched.firstPicture ??= now;
  };
  const press = () => {
    for (const action of ["join", "knock", "open-door"]) {
      const button = document.querySelector(`button[data-action="${action}"]`);
      if (!button || button.disabled || button.offsetParent === null || performance.now() < (watched.pressed[action] ?? 0)) continue;
      watched.pressed[action] = performance.now() + 2000;
      button.click();
    }
  };
  setInterval(() => void look(), EVERY_MS);
  setInterval(press, 100);
})();
