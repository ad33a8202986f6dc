// The admin's page of open rooms: asks the server every two seconds and fills the same cards that the server drew.
// A card stays the same element while its room is open, so that nobody loses their place on the page.

const POLL_INTERVAL_MS = 2000;
/** Levels whose sentence is worth interrupting a reader for. */
const TROUBLE = ["poor", "bad"];

/** @typedef {Record<string, string>} Line */
/** @typedef {{number: string, level: string, figure: string, sentence: string, seats: Line[], legs: Line[]} & Record<string, unknown>} Room */

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
 * Copies the one element of a template.
 * @param {string} id
 * @returns {Element}
 */
function empty(id) {
  const source = /** @type {HTMLTemplateElement} */ (element(id)).content.firstElementChild;
  if (!source) throw new Error(`#${id} is empty`);
  return /** @type {Element} */ (source.cloneNode(true));
}

/**
 * Writes each text into the place of its name, where it is another one; places inside lists are not the card's own.
 * @param {Element} drawn
 * @param {Record<string, unknown>} fields
 */
function fill(drawn, fields) {
  for (const place of drawn.querySelectorAll("[data-field]")) {
    const list = place.closest("[data-seats], [data-legs]");
    if (list && drawn.contains(list)) continue;
    const text = String(fields[place.getAttribute("data-field") ?? ""] ?? "");
    if (place.textContent !== text) place.textContent = text;
  }
}

/**
 * Gives a list as many lines as there are, and fills them.
 * @param {Element | null} list
 * @param {string} template
 * @param {Line[]} lines
 */
function fillList(list, template, lines) {
  if (!list) return;
  while (list.children.length > lines.length) list.lastElementChild?.remove();
  while (list.children.length < lines.length) list.append(empty(template));
  lines.forEach((line, at) => fill(/** @type {Element} */ (list.children[at]), line));
}

/** @param {{asOf: string, rooms: Room[]}} overview */
function show(overview) {
  element("as-of").textContent = overview.asOf;
  const list = element("rooms");
  /** @type {Map<string, HTMLElement>} */
  const cards = new Map();
  for (const card of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-room]"))) cards.set(card.dataset.room ?? "", card);
  const news = [];
  for (const [at, room] of overview.rooms.entries()) {
    const card = cards.get(room.number) ?? /** @type {HTMLElement} */ (empty("room-template"));
    cards.delete(room.number);
    const before = card.querySelector("[data-field=sentence]")?.textContent;
    if (TROUBLE.includes(room.level) && before !== room.sentence) news.push(room.sentence);
    card.dataset.room = room.number;
    card.dataset.level = room.level;
    fill(card, room);
    fillList(card.querySelector("[data-seats]"), "seat-template", room.seats);
    fillList(card.querySelector("[data-legs]"), "leg-template", room.legs);
    if (list.children[at] !== card) list.insertBefore(card, list.children[at] ?? null);
  }
  for (const gone of cards.values()) gone.remove();
  if (news.length) element("news").textContent = news.join(" ");
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
