/** The two posts of a check: the permit for its socket, and the forecast from its numbers. */

/** @typedef {{permit: string, iceServers: RTCIceServer[]}} Permit */
/** @typedef {{instruction: string, rung: string, megabytes: number}} Forecast */

/** @param {string | null} secret of a link, where this device has none yet @returns {Promise<Permit>} */
export const askPermit = (secret) => post("/api/check/begin", secret ? { secret } : {});

/** @param {object} numbers @returns {Promise<Forecast>} */
export const askForecast = (numbers) => post("/api/check/forecast", numbers);

/** Rejects with an error whose message is the problem's code. @param {string} path @param {object} body @returns {Promise<any>} */
async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.code ?? "unknown");
  return answer;
}
