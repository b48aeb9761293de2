// The home screen: installed apps, search, and what a person must decide before an app may start.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { glyph } from "../glyphs.js";
import { moveInGrid } from "../grid-keys.js";
import "./app-sheet.js";
import { icon } from "./icon.js";
import { search } from "./search.js";
import { stateName } from "../sessions/words.js";

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

  #open(app) {
    if (app.needs_approval) this.about = app.app_id;
    else kiosk.activate(app.app_id);
  }

  #searchKey(event) {
    const [first] = search(kiosk.apps, this.query);
    if (event.key === "Enter" && first) {
      this.#open(first);
      this.query = "";
    } else if (event.key === "Escape") {
      this.query = "";
    } else if (event.key === "ArrowDown") {
      this.querySelector(".tile-open")?.focus();
      event.preventDefault();
    }
  }

  #gridKey(event) {
    if (!moveInGrid(event, ".tile-open") && event.key === "ArrowUp") this.querySelector("input").focus();
  }

  /** A long touch or the other mouse button. */
  #aboutInstead(event, app) {
    event.preventDefault();
    this.about = app.app_id;
  }

  #tile(app) {
    const running = kiosk.sessionOf(app.app_id);
    return html`
      <li class="tile" @contextmenu=${event => this.#aboutInstead(event, app)}>
        <button class="tile-open" data-app=${app.app_id} @click=${() => this.#open(app)}>
          ${icon(app.app_id, app.name, app.icon_url)}
          <span class="tile-name">${app.name}</span>
          ${running ? html`<span class="running" data-state=${running.state}><span class="unseen">${stateName(running)}</span></span>` : nothing}
          ${app.needs_approval ? html`<span class="badge warn">Needs approval</span>`
            : app.source === "development" ? html`<span class="badge">Development</span>` : nothing}
        </button>
        <button class="tile-more quiet round" aria-label="About ${app.name}" @click=${() => (this.about = app.app_id)}>${glyph("more")}</button>
      </li>`;
  }

  #empty() {
    if (this.query) {
      return html`<div class="empty"><h2>Nothing is called “${this.query}”</h2><p>Search looks at names, descriptions and ids.</p></div>`;
    }
    return kiosk.online
      ? html`<div class="empty"><h2>No apps yet</h2><p>Install one on this machine: <kbd>weft install FOLDER</kbd></p></div>`
      : html`<div class="empty" role="status"><span class="spinner"></span><p>Connecting to Weft…</p></div>`;
  }

  render() {
    const found = search(kiosk.apps, this.query);
    const about = this.about && kiosk.app(this.about);
    return html`
      <section class="launcher" aria-label="Apps" ?inert=${Boolean(about)}>
        <search>
          ${glyph("search")}
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
