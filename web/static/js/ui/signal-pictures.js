/** The pictures with which people speak when no voice gets through. Drawn as all of the page's: 24 x 24, round ends, one stroke. */

const SHAPES = {
  hello: '<path d="M12 3.5c5 0 8.8 3.2 8.8 7.4s-3.8 7.4-8.8 7.4c-.9 0-1.7-.1-2.5-.3L5 20.5l.6-3.9c-1.5-1.4-2.4-3.4-2.4-5.7 0-4.2 3.8-7.4 8.8-7.4ZM9 9h.01M15 9h.01M8.3 12.2c1.8 2.7 5.6 2.7 7.4 0"/>',
  yes: '<path d="M7.5 10.5v9H4.8a1.3 1.3 0 0 1-1.3-1.3v-6.4c0-.7.6-1.3 1.3-1.3h2.7l4-7c1.5 0 2.6 1.2 2.4 2.7l-.6 3.8h5.2c1.3 0 2.2 1.2 1.9 2.4l-1.5 5.7c-.2.8-1 1.4-1.9 1.4H7.5"/>',
  no: '<circle cx="12" cy="12" r="8.7"/><path d="M8.5 8.5l7 7M15.5 8.5l-7 7"/>',
  good: '<circle cx="12" cy="12" r="8.7"/><path d="M8.8 9.7h.01M15.2 9.7h.01M7.8 13.4c1.9 3.4 6.5 3.4 8.4 0Z"/>',
  sad: '<circle cx="12" cy="12" r="8.7"/><path d="M8.8 10h.01M15.2 10h.01M8.3 16.3c1.8-2.4 5.6-2.4 7.4 0M16.3 12.3c-.9 1.3-.9 2.3 0 2.3s.9-1 0-2.3"/>',
  "i-hear-you": '<path d="M5 9.5a5.5 5.5 0 0 1 11 0c0 3.5-3.2 4.2-3.5 7-.3 2.5-1.8 4-3.6 4-1.6 0-2.7-1-3-2.4M8 10a2.5 2.5 0 0 1 5 0c0 1.8-1.8 2-1.8 3.6M18.5 5.5a6.5 6.5 0 0 1 0 8M21 3.8a10 10 0 0 1 0 11.4"/>',
  "i-do-not-hear-you": '<path d="M5 9.5a5.5 5.5 0 0 1 11 0c0 3.5-3.2 4.2-3.5 7-.3 2.5-1.8 4-3.6 4-1.6 0-2.7-1-3-2.4M8 10a2.5 2.5 0 0 1 5 0c0 1.8-1.8 2-1.8 3.6M3 21L21 3"/>',
  wait: '<path d="M6.5 3h11M6.5 21h11M7.8 3v3.2c0 2.8 4.2 3.7 4.2 5.8s-4.2 3-4.2 5.8V21M16.2 3v3.2c0 2.8-4.2 3.7-4.2 5.8s4.2 3 4.2 5.8V21M10.3 18.7h3.4"/>',
  again: '<path d="M4.5 12a7.5 7.5 0 0 1 12.8-5.3L20 9.3M20 4.5v4.8h-4.8M19.5 12a7.5 7.5 0 0 1-12.8 5.3L4 14.7M4 19.5v-4.8h4.8"/>',
  "need-help": '<circle cx="12" cy="12" r="8.7"/><circle cx="12" cy="12" r="3.6"/><path d="M5.9 5.9l3.5 3.5M14.6 14.6l3.5 3.5M18.1 5.9l-3.5 3.5M9.4 14.6l-3.5 3.5"/>',
  "thank-you": '<path d="M12 12.2S6.2 8.9 6.2 5.3A2.9 2.9 0 0 1 12 3.8a2.9 2.9 0 0 1 5.8 1.5c0 3.6-5.8 6.9-5.8 6.9ZM2.8 15.5c2.6-1.2 4.4-.6 5.9.9h3.8c1.3 0 1.3 2 0 2H9.8M13.6 17.5l4.8-2.6c1.5-.7 2.6 1 1.4 1.9-3.6 2.7-6 4.2-8.9 4.2-3 0-4.2-1.2-8.1-.9"/>',
  goodbye: '<path d="M8 13.5L5.6 9.8a1.4 1.4 0 0 1 2.4-1.5l2 3-3.2-5.5a1.4 1.4 0 0 1 2.5-1.4l3.1 5.4-2.2-4.2a1.4 1.4 0 0 1 2.5-1.3l3.8 7 .6-2.6c.3-1.3 2.4-1.2 2.4.4 0 3.7-.3 6.5-2.7 8.8-2.6 2.5-6.7 1.9-8.8-4.4M3.5 15c.5 2.5 1.7 4.3 3.5 5.5M17.5 3c1.5.6 2.5 1.6 3 3"/>',
};

const LOUDSPEAKER = '<path d="M4 9.8v4.4h3.3l4.7 4V5.8l-4.7 4H4ZM15.5 9.3a4 4 0 0 1 0 5.4M18 6.8a7.5 7.5 0 0 1 0 10.4"/>';

/** In the order in which they are offered. */
export const SIGNALS = Object.keys(SHAPES);

/** Put the pictures beside those that the page already has; `picture("signal-hello")` and `picture("loudspeaker")` then draw them. */
export function addSignalPictures() {
  const sprite = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sprite.setAttribute("hidden", "");
  const all = [["loudspeaker", LOUDSPEAKER], ...Object.entries(SHAPES).map(([name, shape]) => [`signal-${name}`, shape])];
  sprite.innerHTML = all.map(([name, shape]) => `<symbol id="p-${name}" viewBox="0 0 24 24">${shape}</symbol>`).join("");
  document.body.append(sprite);
}
