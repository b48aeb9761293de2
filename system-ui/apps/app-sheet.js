// About one app: what it is, what it may do, and the decision whether it may.

import { html, LitElement, nothing } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { open, sheet } from "../sheet.js";
import { capability } from "./capabilities.js";
import { icon } from "./icon.js";

class AppSheet extends LitElement {
  static properties = { app: {} };

  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    open(this);
  }

  async #approve() {
    if (await kiosk.ask("APPROVE", { app_id: this.app.app_id })) this.#leave(() => kiosk.launch(this.app.app_id));
  }

  #leave(then) {
    this.querySelector("dialog").close();
    then?.();
  }

  #actions(running) {
    if (this.app.needs_approval) {
      return html`<button class="primary" @click=${this.#approve}>Approve and open</button>
        <button @click=${() => this.#leave()}>Not now</button>`;
    }
    return html`
      <button class="primary" @click=${() => this.#leave(() => kiosk.activate(this.app.app_id))}>${running ? "Show" : "Open"}</button>
      ${running && !this.app.single
        ? html`<button @click=${() => this.#leave(() => kiosk.launch(this.app.app_id))}>Start another</button>` : nothing}
      ${running ? html`<button @click=${() => this.#leave(() => kiosk.terminate(running.session_id))}>End</button>` : nothing}`;
  }

  render() {
    const app = this.app;
    const fresh = new Set(app.unapproved ?? []);
    return sheet({
      title: app.name,
      kind: "card",
      lead: icon(app.app_id, app.name, app.icon_url),
      close: () => this.dispatchEvent(new Event("close")),
      content: html`
        ${app.description ? html`<p>${app.description}</p>` : nothing}
        <h3>${app.needs_approval ? "It asks to" : "It may"}</h3>
        ${app.capabilities.length === 0 ? html`<p class="soft">Nothing beyond its own window.</p>` : html`
          <ul class="plain">${app.capabilities.map(one => html`
            <li>${capability(one)} ${fresh.has(one) ? html`<span class="badge warn">New</span>` : nothing}<br><code>${one}</code></li>`)}</ul>`}
        <dl class="facts">
          <dt>Version</dt><dd>${app.version}</dd>
          <dt>Id</dt><dd><code>${app.app_id}</code></dd>
          <dt>Publisher</dt><dd>${app.source === "development" ? "Development build, not signed" : app.trusted ? "Signed by a trusted key" : "Not trusted"}</dd>
        </dl>
        <div class="actions">${this.#actions(kiosk.sessionOf(app.app_id))}</div>`,
    });
  }
}

customElements.define("weft-app-sheet", AppSheet);
