// The bar below: home, sessions with their state, notifications, clock, and whether Weft is there.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { afterFrame } from "../after-frame.js";
import { icon } from "../apps/icon.js";
import { glyph } from "../glyphs.js";
import { stateName } from "./words.js";

const CONNECTION = {
  connecting: "Connecting to Weft",
  online: "Connected to Weft",
  offline: "Weft does not answer; trying again",
};

class Taskbar extends LitElement {
  static properties = { time: { state: true } };

  #follow = new Follow(this);
  #ticks = false;
  #timer = 0;
  #front = "";

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.time = null;
  }

  createRenderRoot() {
    return this;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  /** Says the time, and wakes at the turn of the minute only. */
  #tick() {
    const now = new Date();
    this.time = { iso: now.toISOString(), text: now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) };
    this.#timer = setTimeout(() => this.#tick(), 60_000 - (Date.now() % 60_000));
  }

  #task(session) {
    const id = session.session_id;
    const app = kiosk.app(session.app_id);
    const title = kiosk.title(session);
    return html`
      <li class="task" data-state=${session.state} ?data-front=${kiosk.front === id}>
        <button class="task-show" aria-pressed=${kiosk.front === id} title=${title} @click=${() => kiosk.show(id)}>
          ${icon(session.app_id, session.name, app?.icon_url)}<span class="dot"></span><span class="task-name">${title}</span><span class="unseen">${stateName(session)}</span></button>
        <button class="task-close" aria-label=${session.state === "stopped" ? `Close ${title}` : `End ${title}`}
          @click=${() => kiosk.dispose(id)}>${glyph("close")}</button>
      </li>`;
  }

  updated() {
    this.#startClock();
    this.#scrollToFront();
  }

  /** Not before there is something to see: the first use of a locale takes the browser longer than all the rest of the first screen. */
  #startClock() {
    if (this.#ticks || kiosk.connection.state === "connecting") return;
    this.#ticks = true;
    afterFrame(() => this.isConnected && this.#tick());
  }

  /** Where there are more sessions than fit, the one in front is among those seen. */
  #scrollToFront() {
    if (this.#front === kiosk.front) return;
    this.#front = kiosk.front;
    this.querySelector(".task[data-front]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  render() {
    const state = kiosk.connection.state;
    const count = kiosk.notifications.length;
    return html`
      <nav class="taskbar" aria-label="Taskbar">
        <button class="quiet round" aria-label="Home" aria-pressed=${kiosk.front === "home"} aria-keyshortcuts="Control+Alt+H" @click=${() => kiosk.show("home")}>
          ${glyph("home")}</button>
        <ul class="tasks" aria-label="Sessions">${repeat(kiosk.sessions.values(), session => session.session_id, session => this.#task(session))}</ul>
        ${kiosk.sessions.size > 1 ? html`
          <button class="quiet round" aria-label="All windows" aria-keyshortcuts="Control+Alt+W" @click=${() => kiosk.open("switcher")}>
            ${glyph("windows")}</button>` : nothing}
        <button class="quiet round" aria-label="Notifications, ${count}" aria-keyshortcuts="Control+Alt+N" @click=${() => kiosk.open("notifications")}>
          ${glyph("bell")}
          ${count > 0 ? html`<span class="count" aria-hidden="true">${count}</span>` : nothing}</button>
        <button class="quiet round" aria-label="Settings" aria-pressed=${kiosk.front === "settings"} aria-keyshortcuts="Control+Alt+S" @click=${() => kiosk.show("settings")}>
          ${glyph("settings")}</button>
        <span class="connection" data-state=${state} role="status" aria-label=${CONNECTION[state]} title=${CONNECTION[state]}>
          <span class="dot"></span>${state === "online" ? nothing : html`<span class="connection-text">${state === "offline" ? "Reconnecting" : "Connecting"}</span>`}</span>
        <time class="clock" datetime=${this.time?.iso ?? nothing}>${this.time?.text}</time>
      </nav>`;
  }
}

customElements.define("weft-taskbar", Taskbar);
