// The daemon: how each part of this machine is, and the settings it takes.

import { html, live, LitElement, nothing } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";

const STATES = { present: "Present", degraded: "Degraded", missing: "Missing" };

class DaemonSettings extends LitElement {
  static properties = { status: { state: true } };

  #follow = new Follow(this);

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.status = null;
  }

  createRenderRoot() {
    return this;
  }

  async firstUpdated() {
    const [status, settings] = await Promise.all([kiosk.ask("STATUS", {}), kiosk.ask("QUERY_SETTINGS", {})]);
    this.status = status;
    kiosk.settings = settings?.values ?? [];
    kiosk.changed();
  }

  async #set(setting, value) {
    const answer = await kiosk.ask("SET_SETTING", { key: setting.key, value });
    if (answer) kiosk.settings = answer.values;
    kiosk.changed();
  }

  #read(setting, field) {
    if (typeof setting.value === "number") return Number(field.value);
    return field.value;
  }

  #field(setting) {
    const label = setting.key;
    if (typeof setting.value === "boolean") {
      return html`<input type="checkbox" role="switch" aria-label=${label} .checked=${live(setting.value)} ?disabled=${setting.locked}
        @change=${event => this.#set(setting, event.target.checked)}>`;
    }
    const text = Array.isArray(setting.value) ? JSON.stringify(setting.value) : String(setting.value ?? "");
    return html`<input type=${typeof setting.value === "number" ? "number" : "text"} aria-label=${label} .value=${live(text)} ?disabled=${setting.locked || Array.isArray(setting.value)}
      @change=${event => this.#set(setting, this.#read(setting, event.target))}>`;
  }

  render() {
    if (!this.status) return html`<div class="empty" role="status"><span class="spinner"></span></div>`;
    return html`
      <h3>Parts of this machine</h3>
      <ul class="rows">${this.status.parts.map(part => html`
        <li data-part=${part.part}><span class="dot" data-state=${part.state}></span>
          <div class="row-text"><strong>${part.part}</strong> <span class="badge ${part.state === "present" ? "" : "warn"}">${STATES[part.state]}</span>
            <p class="soft">${part.detail}</p>${part.remedy ? html`<p><code>${part.remedy}</code></p>` : nothing}</div></li>`)}</ul>
      <h3>Settings</h3>
      <ul class="rows">${(kiosk.settings ?? []).map(setting => html`
        <li><div class="row-text"><label><code>${setting.key}</code></label>
            <p class="soft">${setting.locked ? "Set by this machine’s policy" : `From ${setting.source}`}</p></div>
          ${this.#field(setting)}
          ${!setting.locked && setting.source !== "default" ? html`<button aria-label="Reset ${setting.key}" @click=${() => this.#set(setting, null)}>Reset</button>` : nothing}</li>`)}</ul>`;
  }
}

customElements.define("weft-settings-daemon", DaemonSettings);
