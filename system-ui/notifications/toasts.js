// What passes by: notifications as they come, and what did not work.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { glyph } from "../glyphs.js";
import { icon } from "../apps/icon.js";
import { sender } from "./sender.js";

class Toasts extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  #show(toast, session) {
    kiosk.dropToast(toast);
    kiosk.show(session);
  }

  #one(toast) {
    const from = toast.from && sender(toast.from);
    return html`
      <div class="toast" ?data-error=${toast.error}>
        ${from ? icon(from.id, from.name, from.icon) : nothing}
        <div><strong>${toast.title}</strong><p>${toast.body}</p>
          ${from?.session ? html`<button class="quiet link" @click=${() => this.#show(toast, from.session)}>Show ${from.name}</button>` : nothing}</div>
        <button class="quiet round" aria-label="Hide" @click=${() => kiosk.dropToast(toast)}>${glyph("close")}</button>
      </div>`;
  }

  render() {
    return html`<div class="toasts" role="status" aria-live="polite">${repeat(kiosk.toasts, toast => toast.key, toast => this.#one(toast))}</div>`;
  }
}

customElements.define("weft-toasts", Toasts);
