// The home screen: installed apps, search, and what a person must decide before an app may start.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { glyph } from "../glyphs.js";
import { icon } from "./icon.js";
import "./app-sheet.js";

class Launcher extends LitElement {
  static properties = { query: { state: true }, about: { state: true } };

  #follow = new Follow(this);

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.query = "";
    this.about = null;
  }

  createRenderRoot() {
    return this;
  }

  get #found() {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    return kiosk.apps
      .filter(app => words.every(word => `${app.name} ${app.app_id} ${app.description ?? ""}`.toLowerCase().includes(word)))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  #open(app) {
    if (app.needs_approval) this.about = app.app_id;
    else kiosk.activate(app.app_id);
  }

  #searchKey(event) {
    const tiles = [...this.querySelectorAll(".tile-open")];
    if (event.key === "Enter" && this.#found.length > 0) {
      this.#open(this.#found[0]);
      this.query = "";
    } else if (event.key === "Escape") {
      this.query = "";
    } else if (event.key === "ArrowDown") {
      tiles[0]?.focus();
      event.preventDefault();
    }
  }

  /** Arrow keys move by what the eye sees: the nearest tile in that direction. */
  #gridKey(event) {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!step || !event.target.matches(".tile-open")) return;
    const from = event.target.getBoundingClientRect();
    let best = null;
    for (const tile of this.querySelectorAll(".tile-open")) {
      const to = tile.getBoundingClientRect();
      const dx = to.left - from.left, dy = to.top - from.top;
      const along = dx * step[0] + dy * step[1], across = Math.abs(dx * step[1]) + Math.abs(dy * step[0]);
      if (along > 4 && (!best || along + across * 4 < best.cost)) best = { tile, cost: along + across * 4 };
    }
    event.preventDefault();
    if (best) best.tile.focus();
    else if (event.key === "ArrowUp") this.querySelector("input").focus();
  }

  #tile(app) {
    const running = kiosk.sessionOf(app.app_id);
    return html`
      <li class="tile">
        <button class="tile-open" data-app=${app.app_id} @click=${() => this.#open(app)}>
          ${icon(app.app_id, app.name, app.icon_url)}
          <span class="tile-name">${app.name}</span>
          <span class="tile-state">
            ${app.needs_approval ? html`<span class="badge warn">Needs approval</span>`
              : app.source === "development" ? html`<span class="badge">Development</span>`
              : running ? html`<span class="running">${running.state === "starting" ? "Starting" : "Running"}</span>` : nothing}
          </span>
        </button>
        <button class="tile-more" aria-label="About ${app.name}" @click=${() => (this.about = app.app_id)}>${glyph("more")}</button>
      </li>`;
  }

  #empty() {
    if (this.query) {
      return html`<div class="empty"><h2>Nothing is called “${this.query}”</h2><p>Search looks at names, ids and descriptions.</p></div>`;
    }
    return kiosk.online
      ? html`<div class="empty"><h2>No apps yet</h2><p>Install one on this machine: <kbd>weft install FOLDER</kbd></p></div>`
      : html`<div class="empty" role="status"><span class="spinner"></span><p>Connecting to Weft…</p></div>`;
  }

  render() {
    const found = this.#found;
    const about = this.about && kiosk.app(this.about);
    return html`
      <section class="launcher" aria-label="Apps" ?inert=${Boolean(about)}>
        <search>
          <input type="search" aria-label="Search apps" placeholder="Search apps" autocomplete="off" .value=${this.query}
            @input=${event => (this.query = event.target.value)} @keydown=${this.#searchKey}>
        </search>
        ${found.length === 0 ? this.#empty() : html`
          <ul class="tiles" @keydown=${this.#gridKey}>${repeat(found, app => app.app_id, app => this.#tile(app))}</ul>`}
      </section>
      ${about ? html`<weft-app-sheet .app=${about} @close=${() => (this.about = null)}></weft-app-sheet>` : nothing}`;
  }
}

customElements.define("weft-launcher", Launcher);
