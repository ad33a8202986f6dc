/**
 * The modules that come after the tap, brought before they are imported: a browser never asks again for one that failed to
 * load, and what it has downloaded once it imports from its own store.
 */

/** Between two pieces during a call on a thin line: 10 kB at once would hold up speech on EDGE for 0.7 s. */
export const PIECE_EVERY_MS = 1_500;
/** What nobody can do without is asked for again after this. */
export const ASK_AGAIN_MS = 2_000;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether it came to its end. @param {URL} piece @returns {Promise<boolean>} */
const bring = (piece) => fetch(piece).then((answer) => answer.arrayBuffer()).then(() => true, () => false);

/** Ask until it has come. @param {URL} piece */
export async function bringAtLast(piece) {
  while (!(await bring(piece))) await pause(ASK_AGAIN_MS);
}

/** One after the other; what does not come is left to its import. @param {URL[]} pieces @param {() => boolean} slowly */
export async function bringPieces(pieces, slowly) {
  for (const piece of pieces) {
    await bring(piece);
    if (slowly()) await pause(PIECE_EVERY_MS);
  }
}
