// Settings: a list of sections and the one that is open. Each section is a module of its own.

import { html, LitElement } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import "./daemon.js";
import "./apps.js";
import "./access.js";
import "./about.js";

const SECTIONS = {
  apps: { title: "Apps", page: () => html`<weft-settings-apps></weft-settings-apps>` },
  daemon: { title: "System", page: () => html`<weft-settings-daemon></weft-settings-daemon>` },
  access: { title: "Access", page: () => html`<weft-settings-access></weft-settings-access>` },
  about: { title: "About", page: () => html`<weft-settings-about></weft-settings-about>` },
};

class Settings extends LitElement {
  static properties = { section: { state: true } };

  #follow = new Follow(this);

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.section = "apps";
  }

  createRenderRoot() {
    return this;
  }

  render() {
    return html`
      <div class="settings">
        <nav aria-label="Settings">
          <p class="settings-title">Settings</p>
          ${Object.entries(SECTIONS).map(([key, { title }]) => html`
            <button class="section" aria-current=${this.section === key ? "page" : "false"} @click=${() => (this.section = key)}>${title}</button>`)}
        </nav>
        <section class="settings-page" aria-label=${SECTIONS[this.section].title} tabindex="-1">
          <h2>${SECTIONS[this.section].title}</h2>
          ${kiosk.online ? SECTIONS[this.section].page() : html`<div class="empty" role="status"><span class="spinner"></span><p>Connecting to Weft…</p></div>`}
        </section>
      </div>`;
  }
}

customElements.define("weft-settings", Settings);
