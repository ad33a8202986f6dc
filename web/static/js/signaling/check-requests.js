/** The two posts of a check: the permit for its socket, and the forecast from its numbers. */

/** @typedef {{permit: string, iceServers: RTCIceServer[]}} Permit */
/** @typedef {{instruction: string, rung: string, megabytes: number}} Forecast */

/** @param {string | null} secret of a link, where this device has none yet @returns {Promise<Permit>} */
export const askPermit = (secret) => post("/api/check/begin", secret ? { secret } : {});

/** @param {object} numbers @returns {Promise<Forecast>} */
export const askForecast = (numbers) => post("/api/check/forecast", numbers);

/** A request that a bad line has swallowed is asked once more, on a connection of its own. */
const PATIENCE_MS = [4_000, 9_000];

/** Rejects with an error whose message is the problem's code. @param {string} path @param {object} body @returns {Promise<any>} */
async function post(path, body) {
  const [soon = 0, late = 0] = PATIENCE_MS;
  return ask(path, body, soon).catch((error) => {
    if (error instanceof RefusedError) throw error;
    return ask(path, body, late);
  });
}

/** The server has answered, with a problem. */
class RefusedError extends Error {}

/** @param {string} path @param {object} body @param {number} patienceMs @returns {Promise<any>} */
async function ask(path, body, patienceMs) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
  const answer = await response.json();
  if (!response.ok) throw new RefusedError(answer.code ?? "unknown");
  return answer;
}
