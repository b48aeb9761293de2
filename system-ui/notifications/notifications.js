// What apps and Weft have to say, kept until it is dismissed.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { glyph } from "../glyphs.js";
import { icon } from "../apps/icon.js";
import { open, sheet } from "../sheet.js";
import { sender } from "./sender.js";

class Notifications extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    open(this);
  }

  #one(notification) {
    const from = sender(notification);
    return html`
      <li class="notification">
        ${icon(from.id, from.name, from.icon)}
        <div><span class="soft">${from.name}</span><strong>${notification.title}</strong><p>${notification.body}</p>
          ${from.session ? html`<button @click=${() => kiosk.show(from.session)}>Show ${from.name}</button>` : nothing}</div>
        <button class="quiet round" aria-label="Dismiss ${notification.title}" @click=${() => kiosk.dismiss(notification.notification_id)}>${glyph("close")}</button>
      </li>`;
  }

  render() {
    const all = [...kiosk.notifications].reverse();
    return sheet({
      title: "Notifications",
      close: () => kiosk.sheet === "notifications" && kiosk.open(null),
      content: all.length === 0
        ? html`<div class="empty">${glyph("bell")}<p>Nothing new.</p></div>`
        : html`<ul class="notifications">${repeat(all, one => one.notification_id, one => this.#one(one))}</ul>
          <div class="actions"><button @click=${() => all.forEach(one => kiosk.dismiss(one.notification_id))}>Dismiss all</button></div>`,
    });
  }
}

customElements.define("weft-notifications", Notifications);
