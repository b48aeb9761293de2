// A panel over the rest: a real <dialog>, so that focus, Escape and what lies behind behave as people expect.

import { glyph } from "./glyphs.js";
import { html } from "./vendor/lit.js";

/** `open` is called by the component's firstUpdated. */
export function open(host) {
  host.querySelector("dialog").showModal();
}

/** A sheet's frame. `close` runs when it is closed, however that happens. */
export function sheet({ title, kind = "side", close, content, lead = "" }) {
  const self = event => event.target === event.currentTarget && event.currentTarget.close();
  return html`
    <dialog class="sheet ${kind}" aria-labelledby="sheet-title" @close=${close} @click=${self}>
      <div class="sheet-body">
        <header>${lead}<h2 id="sheet-title">${title}</h2>
          <button class="quiet round" aria-label="Close" @click=${event => event.currentTarget.closest("dialog").close()}>${glyph("close")}</button></header>
        ${content}
      </div>
    </dialog>`;
}
