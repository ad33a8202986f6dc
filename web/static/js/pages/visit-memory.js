/** What this device remembers of its visit until the tab is closed: three figures, nobody's name. A reload begins with them. */

/** What may be chosen for a visit, in MB; 0: as much as the line allows. */
export const MEGABYTES = Object.freeze([0, 10, 20, 50, 100]);

/** @typedef {{megabytes: number, spentBytes: number, signingTurns: number}} Remembered */

/** @param {string} visit */
const keyOf = (visit) => `wasl-visit-${visit}`;

/** @param {string} visit @returns {Remembered} */
export function recall(visit) {
  try {
    const { megabytes, spentBytes, signingTurns } = JSON.parse(sessionStorage.getItem(keyOf(visit)) ?? "{}");
    return { megabytes: MEGABYTES.includes(megabytes) ? megabytes : 0, spentBytes: count(spentBytes), signingTurns: count(signingTurns) };
  } catch {
    return { megabytes: 0, spentBytes: 0, signingTurns: 0 };
  }
}

/** A browser that keeps nothing forgets at a reload. @param {string} visit @param {Remembered} figures */
export function remember(visit, figures) {
  try {
    sessionStorage.setItem(keyOf(visit), JSON.stringify(figures));
  } catch {
    return;
  }
}

/** @param {unknown} value @returns {number} */
const count = (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0);
