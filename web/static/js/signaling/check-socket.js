/** The socket of a line check: words that never get lost, and frames where no peer carries them. */

/** @typedef {{type: "welcome", peer: boolean} | {type: "answer", sdp: string} | {type: "no-peer"} | {type: "told", pings: number, bytes: number, kbps: number | null}} Said */

export class CheckSocket {
  /** @type {((frame: Uint8Array) => void) | null} */
  onframe = null;
  /** @type {Said[]} */
  #said = [];
  /** @type {{resolve: (said: Said) => void, reject: (error: Error) => void} | null} */
  #listener = null;

  /** @param {string} permit */
  constructor(permit) {
    const address = new URL("/check/line", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.say({ type: "hello", permit });
    this.socket.onmessage = ({ data }) => {
      if (typeof data !== "string") this.onframe?.(new Uint8Array(data));
      else this.#take(JSON.parse(data));
    };
    this.socket.onclose = ({ code }) => {
      this.closeCode = code;
      this.#listener?.reject(new Error(String(code)));
    };
    this.closeCode = 0;
  }

  /** @param {Said} said */
  #take(said) {
    if (this.#listener) this.#listener.resolve(said);
    else this.#said.push(said);
    this.#listener = null;
  }

  /** @param {object} message */
  say(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** The next thing the server says; rejects with the close code. @returns {Promise<Said>} */
  hear() {
    const waiting = this.#said.shift();
    if (waiting) return Promise.resolve(waiting);
    if (this.closeCode) return Promise.reject(new Error(String(this.closeCode)));
    return new Promise((resolve, reject) => {
      this.#listener = { resolve, reject };
    });
  }

  /** @param {"peer" | "web"} over @returns {import("../lib/line-measurement.js").Control} */
  control(over) {
    return {
      down: (length) => this.say({ type: "down", over, length }),
      tell: async () => {
        this.say({ type: "tell", over });
        const said = await this.hear();
        return said.type === "told" ? said : { pings: 0, bytes: 0, kbps: null };
      },
    };
  }

  /** @param {Uint8Array<ArrayBuffer>} frame */
  send(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  waiting() {
    return this.socket.readyState === WebSocket.OPEN ? this.socket.bufferedAmount : 0;
  }

  close() {
    this.socket.close();
  }
}
