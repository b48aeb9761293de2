// The whole screen: what is in front, the taskbar, the sheets over it, and the keys that reach all of them.

import { kiosk, Follow } from "./control/kiosk.js"; // first of all: it asks the daemon while the rest is set up
import { html, LitElement, nothing } from "./vendor/lit.js";
import "./apps/launcher.js";
import "./control/sign-in.js";
import "./notifications/notifications.js";
import "./notifications/toasts.js";
import "./sessions/inspector.js";
import "./sessions/switcher.js";
import "./sessions/taskbar.js";
import "./sessions/windows.js";
import "./settings/settings.js";

class Shell extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    window.addEventListener("keydown", this.#key);
    window.addEventListener("message", this.#keyOfPage);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.#key);
    window.removeEventListener("message", this.#keyOfPage);
  }

  #key = event => {
    if (event.key === "Escape" && kiosk.sheet) {
      kiosk.open(null);
      event.preventDefault();
      return;
    }
    if (event.ctrlKey && event.altKey && this.#act(event.code)) event.preventDefault();
  };

  /** Where an app's page has the focus its bridge hands these keys on; no other window than the one in front has a say. */
  #keyOfPage = event => {
    const frame = [...this.querySelectorAll("iframe")].find(one => one.contentWindow === event.source);
    if (frame?.closest("[data-front]") && !kiosk.sheet) this.#act(event.data?.weftKey);
  };

  #act(code) {
    const actions = {
      KeyH: () => kiosk.show("home"),
      KeyS: () => kiosk.show("settings"),
      KeyT: () => kiosk.tile(!kiosk.tiled),
      KeyW: () => kiosk.open("switcher"),
      KeyN: () => kiosk.open("notifications"),
      KeyI: () => kiosk.sessions.has(kiosk.front) && kiosk.open({ inspect: kiosk.front }),
      ArrowRight: () => kiosk.cycle(1),
      ArrowLeft: () => kiosk.cycle(-1),
    };
    if (!Object.hasOwn(actions, code)) return false;
    actions[code]();
    return true;
  }

  #sheet() {
    if (kiosk.sheet === "notifications") return html`<weft-notifications></weft-notifications>`;
    if (kiosk.sheet === "switcher") return html`<weft-switcher></weft-switcher>`;
    if (kiosk.sheet?.inspect) return html`<weft-inspector .session=${kiosk.sheet.inspect}></weft-inspector>`;
    return nothing;
  }

  render() {
    if (kiosk.connection.state === "unauthorized") return html`<weft-sign-in></weft-sign-in>`;
    const windows = kiosk.front !== "home" && kiosk.front !== "settings";
    return html`
      <main class="stage" ?inert=${kiosk.sheet !== null}>
        <h1 class="unseen">Weft</h1>
        <weft-launcher ?hidden=${kiosk.front !== "home"}></weft-launcher>
        <weft-windows ?hidden=${!windows}></weft-windows>
        ${kiosk.front === "settings" ? html`<weft-settings></weft-settings>` : nothing}
      </main>
      <weft-taskbar ?inert=${kiosk.sheet !== null}></weft-taskbar>
      ${this.#sheet()}
      <weft-toasts></weft-toasts>`;
  }
}

customElements.define("weft-shell", Shell);
