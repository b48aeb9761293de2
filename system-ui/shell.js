// The whole screen: what is in front, the taskbar, the sheets over it, and the keys that reach all of them.

import { html, LitElement, nothing } from "./vendor/lit.js";
import { kiosk, Follow } from "./control/kiosk.js";
import "./apps/launcher.js";
import "./sessions/taskbar.js";

// What the first screen is drawn without: fetched when the connection says something, and again at the next word where that failed.
// A tag that is drawn before its module has come is filled when it does.
const LATER = ["./sessions/windows.js", "./apps/app-sheet.js", "./notifications/toasts.js", "./notifications/notifications.js", "./sessions/switcher.js", "./sessions/inspector.js",
  "./settings/settings.js", "./control/sign-in.js"];

class Shell extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    window.addEventListener("keydown", this.#key);
    window.addEventListener("message", this.#keyOfPage);
    kiosk.connection.addEventListener("state", this.#fetchLater);
    this.#fetchLater();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.#key);
    window.removeEventListener("message", this.#keyOfPage);
    kiosk.connection.removeEventListener("state", this.#fetchLater);
  }

  #fetchLater = () => {
    if (kiosk.connection.state !== "connecting") LATER.forEach(module => import(module).catch(() => {}));
  };

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
