// Versions and licences.

import { html, LitElement, nothing } from "../vendor/lit.js";
import { kiosk } from "../control/kiosk.js";

class AboutSettings extends LitElement {
  static properties = { status: { state: true }, library: { state: true }, licence: { state: true } };

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.status = null;
    this.library = null;
    this.licence = "";
  }

  createRenderRoot() {
    return this;
  }

  async firstUpdated() {
    this.status = await kiosk.ask("STATUS", {});
    this.library = await fetch("vendor/lit.json").then(answer => (answer.ok ? answer.json() : null), () => null);
    if (this.library) this.licence = await fetch(this.library.text).then(answer => (answer.ok ? answer.text() : ""), () => "");
  }

  render() {
    const engine = this.status?.parts.find(part => part.part === "engine");
    return html`
      <dl class="facts">
        <dt>Weft</dt><dd>${kiosk.version}</dd>
        <dt>Running since</dt><dd>${this.status ? new Date(this.status.started_at).toLocaleString() : "…"}</dd>
        <dt>Engine</dt><dd>${engine?.detail ?? "…"}</dd>
        ${this.library ? html`<dt>${this.library.name}</dt><dd>${this.library.version}</dd>` : nothing}
      </dl>
      <h3>Licences</h3>
      <dl class="facts">
        <dt>Wasmtime</dt><dd>Apache-2.0 with the LLVM exception</dd>
        <dt>.NET</dt><dd>MIT</dd>
        ${this.library ? html`<dt>${this.library.name}</dt><dd>${this.library.licence}</dd>` : nothing}
      </dl>
      ${this.licence ? html`<details><summary>Text of ${this.library.name}’s licence</summary><pre tabindex="0">${this.licence}</pre></details>` : nothing}
      <h3>Keys</h3>
      <dl class="facts">
        <dt><kbd>Ctrl Alt H</kbd></dt><dd>Home</dd>
        <dt><kbd>Ctrl Alt ← →</kbd></dt><dd>Previous, next window</dd>
        <dt><kbd>Ctrl Alt W</kbd></dt><dd>All windows</dd>
        <dt><kbd>Ctrl Alt T</kbd></dt><dd>Side by side</dd>
        <dt><kbd>Ctrl Alt I</kbd></dt><dd>About this session</dd>
        <dt><kbd>Ctrl Alt N</kbd></dt><dd>Notifications</dd>
        <dt><kbd>Ctrl Alt S</kbd></dt><dd>Settings</dd>
        <dt><kbd>Esc</kbd></dt><dd>Close what lies over the rest</dd>
      </dl>
      <h3>Gestures of three fingers</h3>
      <dl class="facts">
        <dt>Up</dt><dd>All windows</dd>
        <dt>Down</dt><dd>Home</dd>
        <dt>Left, right</dt><dd>Next, previous window</dd>
      </dl>`;
  }
}

customElements.define("weft-settings-about", AboutSettings);
