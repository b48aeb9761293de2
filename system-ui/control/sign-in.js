// What a browser without a credential sees: it asks for the one-use code of `weft ui`.

import { html, LitElement } from "../vendor/lit.js";
import { kiosk } from "./kiosk.js";

class SignIn extends LitElement {
  static properties = { problem: { state: true } };

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.problem = "";
  }

  createRenderRoot() {
    return this;
  }

  async #submit(event) {
    event.preventDefault();
    const field = this.querySelector("input");
    try {
      await kiosk.connection.authenticate(field.value.trim());
    } catch (error) {
      this.problem = error.code ? error.message : "Weft does not answer. Is weft-appd running?";
      field.select();
    }
  }

  render() {
    return html`
      <main class="sign-in">
        <img src="weft.svg" alt="" width="72" height="72">
        <h1>This screen is not signed in</h1>
        <p>On the machine itself, run <kbd>weft ui --open</kbd>, or run <kbd>weft ui</kbd> and enter the code at the end of its address. A code works once, for 60 seconds.</p>
        <form @submit=${this.#submit}>
          <label>Code <input name="code" required autocomplete="off" spellcheck="false" autofocus></label>
          <button class="primary">Sign in</button>
        </form>
        <p class="problem" role="alert">${this.problem}</p>
      </main>`;
  }
}

customElements.define("weft-sign-in", SignIn);
