// Stands inline in the call page, so that the first answer of the server is all that the join button needs.
const secret = location.hash.slice(1);
const join = document.querySelector('button[data-action="join"]');

for (const link of document.querySelectorAll("#before .languages a")) link.hash = secret;

join.onclick = async () => {
  join.disabled = true;
  join.setAttribute("aria-busy", "true");
  try {
    const { start } = await import("wasl/pages/call.js");
    await start(secret);
  } catch (error) {
    console.error(error);
    document.getElementById("no-parts").hidden = false;
    join.disabled = false;
    // A browser does not ask twice for a module that failed to load.
    join.onclick = () => location.reload();
  }
  join.removeAttribute("aria-busy");
};
join.disabled = false;

// A page that Back brings to life again has lost its socket and its devices.
addEventListener("pageshow", (event) => event.persisted && location.reload());

if ("serviceWorker" in navigator) {
  addEventListener("load", () => setTimeout(() => navigator.serviceWorker.register("/sw.js").catch(() => undefined), 2_000));
}
