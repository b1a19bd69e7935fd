// The booking pages of a business inside another site:
// <script src="https://book.example/widget.js" data-tenant="sarah" data-offering="cut" async></script>
// Where the script stands, the element <holdfast-booking> follows; it may also be written by itself.
(() => {
  const me = document.currentScript;
  const base = new URL(".", me.src);

  class Booking extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot !== null) return;
      const parts = ["embed", this.getAttribute("tenant"), this.getAttribute("offering")];
      const url = new URL(parts.filter(Boolean).map(encodeURIComponent).join("/"), base);
      const language = this.getAttribute("lang");
      if (language) url.searchParams.set("lang", language);
      const frame = document.createElement("iframe");
      frame.src = url.href;
      frame.title = this.getAttribute("label") || "Booking";
      Object.assign(frame.style, { border: "0", width: "100%", height: "640px", display: "block" });
      // The host's styles end at the shadow, ours at the frame.
      this.attachShadow({ mode: "open" }).append(frame);
      this.style.display = "block";
      this.listen = (event) => {
        if (event.source !== frame.contentWindow || event.origin !== base.origin) return;
        const { holdfast, height } = event.data ?? {};
        if (holdfast === "size" && height > 0) frame.style.height = `${Math.ceil(height)}px`;
        if (holdfast === "top" && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      };
      window.addEventListener("message", this.listen);
    }

    disconnectedCallback() {
      window.removeEventListener("message", this.listen);
    }
  }

  if (!customElements.get("holdfast-booking")) customElements.define("holdfast-booking", Booking);
  if (me.dataset.tenant) {
    const element = document.createElement("holdfast-booking");
    for (const name of ["tenant", "offering", "lang", "label"]) {
      if (me.dataset[name]) element.setAttribute(name, me.dataset[name]);
    }
    me.after(element);
  }
})();
