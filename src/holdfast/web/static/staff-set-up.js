// What a script adds to the set-up, which works without one: copying, choosing colours and pictures.
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

for (const place of document.querySelectorAll("[data-picture]")) {
  const [file, text] = [place.querySelector("input"), place.querySelector("textarea")];
  file.hidden = false;
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    if (chosen === undefined) return;
    file.setCustomValidity(chosen.size > Number(place.dataset.most) ? place.dataset.large : "");
    if (!file.reportValidity()) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => { text.value = reader.result; });
    reader.readAsDataURL(chosen);
  });
}
