// Keeps the shell of the call page, which holds nothing of anybody: the page opens without a network, and the second
// visit loads nothing. The server writes `ASSETS = {version, urls}` before this line.
const CACHE = `wasl-shell-${ASSETS.version}`;
const PAGE = "/j";
// Each of these holds all that it needs.
const OURS = /^js\/(pages\/(call|line|stills)|rtc\/(mesh|readings|ladder|red-translator|red-worker)|ui\/(adult|beside|low-rungs)|clips\/(socket-voice|outgoing|playback|panel|capture-worklet))\.(js|css)$/;
const MODULES = Object.entries(ASSETS.urls).filter(([name]) => OURS.test(name)).map(([, url]) => url);
/** Every visit has the same page; its address and its secret stay with the browser. */
const isCallPage = (url) => url.pathname === PAGE || url.pathname.startsWith("/call/");

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forgetOld().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    if (isCallPage(url)) event.respondWith(page(event, url));
    // A language chosen on any page is the language of the next call page too.
    else if (url.searchParams.has("lang")) event.waitUntil(caches.open(CACHE).then((cache) => cache.delete(PAGE)));
  } else if (MODULES.includes(url.pathname)) event.respondWith(kept(event.request));
});

async function fill() {
  const cache = await caches.open(CACHE);
  // The page that registers us has just loaded most of this: `force-cache` takes it from there, not from the line.
  await Promise.all(MODULES.map((url) => cache.add(new Request(url, { cache: "force-cache" }))));
  await keep(cache, await fetch(new Request(PAGE, { cache: "force-cache" })));
}

async function forgetOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("wasl-shell-") && name !== CACHE).map((name) => caches.delete(name)));
}

async function keep(cache, response) {
  if (response.ok && !response.redirected) await cache.put(PAGE, response.clone());
  return response;
}

async function kept(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** The page as kept. Asked for in a language, it comes from the server; without a network any language will do. */
async function page(event, url) {
  const cache = await caches.open(CACHE);
  const own = await cache.match(PAGE);
  if (own && !url.searchParams.has("lang")) return own;
  try {
    return await keep(cache, await fetch(event.request));
  } catch (error) {
    if (own) return own;
    throw error;
  }
}
