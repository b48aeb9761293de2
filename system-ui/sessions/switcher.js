// All windows at a glance, to pick one or end it.

import { html, LitElement } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { icon } from "../apps/icon.js";
import { open, sheet } from "../sheet.js";
import { causeTitle } from "./end.js";

const STATES = { starting: "Starting", running: "Running", stopping: "Ending" };

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
        <ul class="cards">${sessions.map(session => html`
          <li><button class="card" ?data-front=${kiosk.front === session.session_id} @click=${() => kiosk.show(session.session_id)}>
            ${icon(session.app_id, session.name, kiosk.app(session.app_id)?.icon_url)}
            <strong>${session.name}</strong>
            <span class="soft">${session.state === "stopped" ? causeTitle(session) : STATES[session.state]}</span></button></li>`)}</ul>
        <div class="actions">
          <button @click=${() => kiosk.tile(!kiosk.tiled)}>${kiosk.tiled ? "One at a time" : "Side by side"}</button>
          <button @click=${() => kiosk.show("home")}>Home</button>
        </div>`,
    });
  }
}

customElements.define("weft-switcher", Switcher);
