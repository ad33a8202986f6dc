/**
 * Speech sent and heard twice (RED, RFC 2198) in a browser that knows only Opus. Runs in a worker of its own, between the browser's
 * codec and its packets (W3C WebRTC Encoded Transform).
 */

import { HeldSpeech } from "./held-speech.js";
import { readRed, RedPayloads } from "./red-payloads.js";

/** @typedef {{red: number[], opus: number}} Numbers payload types: under which packets go and come, and of the speech within them */
/** @typedef {{readable: ReadableStream, writable: WritableStream, options: Numbers & {side: "sender" | "receiver"}}} Transformer */

/** Put the speech of the packet before beside that of each. Whatever goes out under another payload type was agreed to be plain. @param {Numbers} numbers */
function repeating({ red, opus }) {
  const payloads = new RedPayloads(opus);
  return new TransformStream({
    transform(frame, controller) {
      const { payloadType, rtpTimestamp = frame.timestamp } = frame.getMetadata();
      if (red.includes(payloadType)) frame.data = payloads.next(new Uint8Array(frame.data), rtpTimestamp).buffer;
      controller.enqueue(frame);
    },
  });
}

/** Play what is said, and with it what was lost right behind it. @param {Numbers} numbers */
function repairing({ red, opus }) {
  const held = new HeldSpeech();
  let timer = 0;
  return new TransformStream({
    transform(frame, controller) {
      /** @param {ReturnType<HeldSpeech<any>["take"]>} ready */
      const play = (ready) => {
        // The connection may be gone by the time that a wait is over.
        if (controller.desiredSize === null) return;
        for (const { item, speech } of ready) controller.enqueue(Object.assign(item, { data: speech.slice().buffer }));
      };
      const { payloadType, rtpTimestamp = frame.timestamp } = frame.getMetadata();
      if (!red.includes(payloadType)) {
        play(held.release());
        return controller.enqueue(frame);
      }
      const spoken = readRed(new Uint8Array(frame.data), opus);
      if (spoken) play(held.take(frame, rtpTimestamp, spoken));
      if (held.item !== frame) return;
      clearTimeout(timer);
      timer = setTimeout(() => play(held.release()), held.waitMs);
    },
    flush: () => clearTimeout(timer),
  });
}

/** @param {Transformer} transformer */
export function translateSpeech({ readable, writable, options }) {
  return readable.pipeThrough(options.side === "sender" ? repeating(options) : repairing(options)).pipeTo(writable);
}

Object.assign(globalThis, {
  /** A sender or a receiver of the page's has been given to this worker. @param {{transformer: Transformer}} event */
  onrtctransform: ({ transformer }) => void translateSpeech(transformer).catch(() => undefined),
});
// The page waits for this.
globalThis.postMessage?.("ready");
