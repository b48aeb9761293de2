// The daemon: how each part of this machine is, and the settings it takes.

import { html, live, LitElement, nothing } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";

const ENVIRONMENT = "environment ";
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

  #field(setting, fixed) {
    const id = `setting-${setting.key}`;
    if (typeof setting.value === "boolean") {
      return html`<input id=${id} type="checkbox" role="switch" .checked=${live(setting.value)} ?disabled=${fixed}
        @change=${event => this.#set(setting, event.target.checked)}>`;
    }
    if (setting.words) {
      return html`<select id=${id} ?disabled=${fixed} @change=${event => this.#set(setting, event.target.value)}>
        ${setting.words.map(word => html`<option .selected=${live(word === setting.value)}>${word}</option>`)}</select>`;
    }
    const text = Array.isArray(setting.value) ? JSON.stringify(setting.value) : String(setting.value ?? "");
    return html`<input id=${id} type=${typeof setting.value === "number" ? "number" : "text"} .value=${live(text)} ?disabled=${fixed || Array.isArray(setting.value)}
      spellcheck="false" autocomplete="off" @change=${event => this.#set(setting, this.#read(setting, event.target))}>`;
  }

  #origin(setting) {
    if (setting.locked) return "Set by this machine’s policy";
    if (setting.source === "default") return "Default";
    return setting.source.startsWith(ENVIRONMENT) ? `Set by ${setting.source.slice(ENVIRONMENT.length)} where Weft was started` : `From ${setting.source}`;
  }

  #setting(setting) {
    const fixed = setting.locked || setting.source.startsWith(ENVIRONMENT);
    return html`
      <li class="setting"><div class="row-text">
          <label for="setting-${setting.key}">${setting.summary ?? setting.key}</label>
          <p class="soft"><code>${setting.key}</code> · ${this.#origin(setting)}</p></div>
        ${!fixed && setting.source !== "default" ? html`<button aria-label="Reset ${setting.key}" @click=${() => this.#set(setting, null)}>Reset</button>` : nothing}
        ${this.#field(setting, fixed)}</li>`;
  }

  render() {
    if (!this.status) return html`<div class="empty" role="status"><span class="spinner"></span></div>`;
    return html`
      <h3>Parts of this machine</h3>
      <ul class="rows">${this.status.parts.map(part => html`
        <li data-part=${part.part}><span class="dot" data-state=${part.state}></span>
          <div class="row-text"><strong class="sentence">${part.part}</strong> <span class="badge ${part.state === "present" ? "" : "warn"}">${STATES[part.state]}</span>
            <p class="soft">${part.detail}</p>${part.remedy ? html`<p><code>${part.remedy}</code></p>` : nothing}</div></li>`)}</ul>
      <h3>Settings</h3>
      <ul class="rows">${(kiosk.settings ?? []).map(setting => this.#setting(setting))}</ul>`;
  }
}

customElements.define("weft-settings-daemon", DaemonSettings);
