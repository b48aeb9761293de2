// What apps and Weft have to say: passing (toasts) and kept until dismissed (the sheet).

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { glyph } from "../glyphs.js";
import { icon } from "../apps/icon.js";
import { open, sheet } from "../sheet.js";

function sender(notification) {
  const session = kiosk.sessions.get(notification.session_id);
  return session ? { id: session.app_id, name: session.name, icon: kiosk.app(session.app_id)?.icon_url } : { id: "weft", name: "Weft", icon: "weft.svg" };
}

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
    const session = kiosk.sessions.has(notification.session_id) ? notification.session_id : null;
    return html`
      <li class="notification">
        ${icon(from.id, from.name, from.icon)}
        <div><span class="soft">${from.name}</span><strong>${notification.title}</strong><p>${notification.body}</p>
          ${session ? html`<button @click=${() => kiosk.show(session)}>Show ${from.name}</button>` : nothing}</div>
        <button class="quiet round" aria-label="Dismiss ${notification.title}" @click=${() => kiosk.dismiss(notification.notification_id)}>${glyph("close")}</button>
      </li>`;
  }

  render() {
    const all = [...kiosk.notifications].reverse();
    return sheet({
      title: "Notifications",
      close: () => kiosk.sheet === "notifications" && kiosk.open(null),
      content: all.length === 0
        ? html`<div class="empty"><p>Nothing new.</p></div>`
        : html`<ul class="notifications">${repeat(all, one => one.notification_id, one => this.#one(one))}</ul>
          <div class="actions"><button @click=${() => all.forEach(one => kiosk.dismiss(one.notification_id))}>Dismiss all</button></div>`,
    });
  }
}

class Toasts extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  render() {
    return html`<div class="toasts" role="status" aria-live="polite">${repeat(kiosk.toasts, toast => toast.key, toast => html`
      <div class="toast" ?data-error=${toast.error}>
        <div><strong>${toast.title}</strong><p>${toast.body}</p></div>
        <button class="quiet round" aria-label="Hide" @click=${() => kiosk.dropToast(toast)}>${glyph("close")}</button>
      </div>`)}</div>`;
  }
}

customElements.define("weft-notifications", Notifications);
customElements.define("weft-toasts", Toasts);
