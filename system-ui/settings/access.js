// Who else may look: read-only tokens, and the end of all credentials.

import { html, LitElement, nothing } from "../vendor/lit.js";
import { kiosk } from "../control/kiosk.js";

const DAY_S = 86_400;

class AccessSettings extends LitElement {
  static properties = { token: { state: true }, asking: { state: true } };

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.token = null;
    this.asking = false;
  }

  createRenderRoot() {
    return this;
  }

  async #mint() {
    const answer = await kiosk.ask("MINT_TOKEN", { role: "observer", ttl_s: DAY_S });
    this.token = answer?.token ?? null;
  }

  async #revoke() {
    this.asking = false;
    this.token = null;
    await kiosk.ask("REVOKE_TOKENS", {});
  }

  render() {
    return html`
      <h3>Read-only access</h3>
      <p>A token for a dashboard or a script on this machine: it sees sessions and apps, and can change nothing. It lasts a day and is renewed while it is used.</p>
      <div class="actions"><button class="primary" @click=${this.#mint}>Make a token</button></div>
      ${this.token ? html`<p>Copy it now; it is shown once.</p><pre class="token" tabindex="0">${this.token}</pre>` : nothing}
      <h3>End all access</h3>
      <p>Every token and every signed-in screen loses access, this one too. <kbd>weft ui --open</kbd> on this machine signs in again.</p>
      <div class="actions">${this.asking
        ? html`<button class="danger" @click=${this.#revoke}>End all, sign me out</button><button @click=${() => (this.asking = false)}>Keep</button>`
        : html`<button @click=${() => (this.asking = true)}>End all access…</button>`}</div>`;
  }
}

customElements.define("weft-settings-access", AccessSettings);
