// What a script adds to the set-up, which works without one: copying, choosing colours.
for (const place of document.querySelectorAll("[data-copy]")) {
  const input = place.querySelector("input");
  const button = Object.assign(document.createElement("button"), {
    type: "button", className: "button plain", textContent: place.dataset.copy,
  });
  input.after(button);
  input.addEventListener("focus", () => input.select());
  button.addEventListener("click", async () => {
    input.select();
    try { await navigator.clipboard.writeText(input.value); } catch { document.execCommand("copy"); }
    button.textContent = place.dataset.copied;
    setTimeout(() => { button.textContent = place.dataset.copy; }, 2000);
  });
}

for (const input of document.querySelectorAll("[data-colour]")) {
  const chooser = Object.assign(document.createElement("input"), {
    type: "color", value: /^#[0-9a-f]{6}$/i.test(input.value) ? input.value : "#0b6b5d",
  });
  chooser.setAttribute("aria-label", document.querySelector(`label[for="${input.id}"]`)?.textContent ?? "");
  input.after(chooser);
  chooser.addEventListener("input", () => { input.value = chooser.value; });
  input.addEventListener("input", () => { if (/^#[0-9a-f]{6}$/i.test(input.value)) chooser.value = input.value; });
}

// While a business is named: its address, and whether that is free; and the zone of this browser.
const opening = document.querySelector("[data-opening]");
if (opening !== null) {
  const [name, slug, zone] = ["name", "slug", "zone"].map((id) => document.getElementById(id));
  const says = document.getElementById("slug-says");
  let isOwn = slug.value !== "";
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    await new Promise((done) => { setTimeout(done, 250); });
    const typed = isOwn ? slug.value : name.value;
    if (mine !== asked || typed === "") return;
    const url = new URL(opening.dataset.opening, location.href);
    url.searchParams.set(isOwn ? "slug" : "name", typed);
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (mine !== asked || !answer.ok) return;
    const said = await answer.json();
    if (!isOwn) slug.value = said.slug;
    says.textContent = said.says;
    says.className = said.free ? "help good" : "fault";
  };
  slug.addEventListener("input", () => { isOwn = slug.value !== ""; ask(); });
  name.addEventListener("input", ask);
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isThere = [...zone.options].some((one) => one.value === own);
  // Asked anew with the zone, the page has that zone's currency too.
  if (isThere && own !== zone.value && name.value === "" && !location.search.includes("zone=")) {
    location.replace(`${location.pathname}?zone=${encodeURIComponent(own)}`);
  }
}
