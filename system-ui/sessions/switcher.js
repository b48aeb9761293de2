// All windows at a glance, to pick one or end it.

import { html, LitElement, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { icon } from "../apps/icon.js";
import { glyph } from "../glyphs.js";
import { moveInGrid } from "../grid-keys.js";
import { open, sheet } from "../sheet.js";
import { causeTitle, stateName } from "./words.js";

class Switcher extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    open(this);
    this.querySelector("[data-front]")?.focus();
  }

  render() {
    const sessions = [...kiosk.sessions.values()];
    return sheet({
      title: "Windows",
      kind: "wide",
      close: () => kiosk.sheet === "switcher" && kiosk.open(null),
      content: sessions.length === 0 ? html`<p class="soft">Nothing is open.</p>` : html`
        <ul class="cards" @keydown=${event => moveInGrid(event, ".card")}>${repeat(sessions, session => session.session_id, session => html`
          <li><button class="card" ?data-front=${kiosk.front === session.session_id} @click=${() => kiosk.show(session.session_id)}>
            ${icon(session.app_id, session.name, kiosk.app(session.app_id)?.icon_url)}
            <strong>${kiosk.title(session)}</strong>
            <span class="soft">${session.state === "stopped" ? causeTitle(session) : stateName(session)}</span></button>
            <button class="card-close quiet round" aria-label=${session.state === "stopped" ? `Close ${kiosk.title(session)}` : `End ${kiosk.title(session)}`}
              @click=${() => kiosk.dispose(session.session_id)}>${glyph("close")}</button></li>`)}</ul>
        <div class="actions">
          <button @click=${() => kiosk.tile(!kiosk.tiled)}>${kiosk.tiled ? "One at a time" : "Side by side"}</button>
          <button @click=${() => kiosk.show("home")}>Home</button>
        </div>`,
    });
  }
}

customElements.define("weft-switcher", Switcher);
