// Installed apps: what each may do, what waits for approval, the version before, and removal.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { capability } from "../apps/capabilities.js";
import { icon } from "../apps/icon.js";
import { search } from "../apps/search.js";

class AppSettings extends LitElement {
  static properties = { removing: { state: true }, busy: { state: true } };

  #follow = new Follow(this);

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.removing = null;
    this.busy = null;
  }

  createRenderRoot() {
    return this;
  }

  async #do(type, app, done) {
    this.busy = app.app_id;
    const answer = await kiosk.ask(type, { app_id: app.app_id });
    this.busy = null;
    this.removing = null;
    if (answer) kiosk.toast({ title: done, body: answer.version ? `${app.name} ${answer.version}` : app.name });
  }

  #actions(app) {
    if (this.removing === app.app_id) {
      return html`<span>Remove ${app.name}? Its saved data stays.</span>
        <button class="danger" @click=${() => this.#do("UNINSTALL", app, "Removed")}>Remove</button>
        <button @click=${() => (this.removing = null)}>Keep</button>`;
    }
    return html`
      ${app.needs_approval ? html`<button class="primary" @click=${() => this.#do("APPROVE", app, "Approved")}>Approve</button>` : nothing}
      ${app.rollback_to ? html`
        <button aria-label="Back to ${app.rollback_to} of ${app.name}" @click=${() => this.#do("ROLLBACK", app, "Back to the version before")}>Back to ${app.rollback_to}</button>` : nothing}
      <button aria-label="Remove ${app.name}" @click=${() => (this.removing = app.app_id)}>Remove…</button>`;
  }

  render() {
    if (kiosk.apps.length === 0) return html`<p class="soft">No apps are installed. <kbd>weft install FOLDER</kbd> on this machine installs one.</p>`;
    return html`<ul class="rows">${repeat(search(kiosk.apps, ""), app => app.app_id, app => html`
      <li>
        ${icon(app.app_id, app.name, app.icon_url)}
        <div class="row-text">
          <strong>${app.name}</strong> <span class="soft">${app.version}</span>
          ${app.source === "development" ? html`<span class="badge">Development</span>` : nothing}
          ${app.needs_approval ? html`<span class="badge warn">Needs approval</span>` : nothing}
          <p class="soft">${app.capabilities.map(capability).join(" · ") || "Nothing beyond its own window."}</p>
          ${app.needs_approval && app.unapproved ? html`<p>New: ${app.unapproved.map(capability).join(" · ")}</p>` : nothing}
          <div class="actions" ?inert=${this.busy === app.app_id}>${this.#actions(app)}</div>
        </div>
      </li>`)}</ul>`;
  }
}

customElements.define("weft-settings-apps", AppSettings);
