// The admin's page of open rooms: asks the server every two seconds and fills the same cards that the server drew.

const POLL_INTERVAL_MS = 2000;

/** @typedef {Record<string, string>} Leg */
/** @typedef {{number: string, state: string, present: string, since: string, remarks: string, legs: Leg[]}} Room */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Copies the one element of a template and writes each text into the place of its name.
 * @param {string} id
 * @param {Record<string, unknown>} fields
 * @returns {Element}
 */
function filled(id, fields) {
  const source = /** @type {HTMLTemplateElement} */ (element(id)).content.firstElementChild;
  if (!source) throw new Error(`#${id} is empty`);
  const copy = /** @type {Element} */ (source.cloneNode(true));
  for (const place of copy.querySelectorAll("[data-field]")) {
    place.textContent = String(fields[place.getAttribute("data-field") ?? ""] ?? "");
  }
  return copy;
}

/**
 * @param {Room} room
 * @returns {Element}
 */
function card(room) {
  const drawn = filled("room-template", room);
  drawn.setAttribute("data-room", room.number);
  drawn.querySelector("[data-legs]")?.replaceChildren(...room.legs.map((leg) => filled("leg-template", leg)));
  return drawn;
}

/** @param {{asOf: string, rooms: Room[]}} overview */
function show(overview) {
  element("as-of").textContent = overview.asOf;
  element("rooms").replaceChildren(...overview.rooms.map(card));
  element("no-rooms").hidden = overview.rooms.length > 0;
}

async function poll() {
  if (!document.hidden) {
    let isAnswered = false;
    try {
      const answer = await fetch(element("rooms").dataset.source ?? "", { headers: { accept: "application/json" } });
      if (answer.status === 401) location.reload();
      if (answer.ok) {
        show(await answer.json());
        isAnswered = true;
      }
    } catch {
      // Told on the page; the next round tries again.
    }
    element("out-of-date").hidden = isAnswered;
  }
  setTimeout(poll, POLL_INTERVAL_MS);
}

setTimeout(poll, POLL_INTERVAL_MS);
