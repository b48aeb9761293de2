// The windows: one frame per session that has a page. A frame never moves in the document, for it would load again; how many are seen is CSS.

import { html, LitElement, nothing, repeat } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { icon } from "../apps/icon.js";
import { glyph } from "../glyphs.js";
import { causeTitle } from "./words.js";

class Windows extends LitElement {
  #follow = new Follow(this);

  createRenderRoot() {
    return this;
  }

  #badges(session, app) {
    return html`
      ${session.development ?? app?.source === "development" ? html`<span class="badge">Development</span>` : nothing}
      ${session.enforcement === "unenforced" ? html`<span class="badge warn" title="This version runs apps without process limits">Limits not enforced</span>` : nothing}`;
  }

  #content(session, app) {
    const id = session.session_id;
    const face = icon(session.app_id, session.name, app?.icon_url);
    switch (session.state) {
      case "starting":
        return html`<div class="splash" role="status">${face}<p>${session.name} starts…</p><span class="spinner"></span></div>`;
      case "stopping":
        return html`<div class="splash" role="status">${face}<p>${session.name} ends…</p><span class="spinner"></span></div>`;
      case "stopped":
        return html`
          <div class="splash ended" role="alert">${face}
            <h3>${causeTitle(session)}</h3>
            <p>${session.end?.message ?? "Finding out why…"}</p>
            <div class="actions">
              <button class="primary" @click=${() => kiosk.again(id)}>Start again</button>
              <button @click=${() => kiosk.open({ inspect: id })}>What happened</button>
              <button @click=${() => kiosk.close(id)}>Close</button>
            </div>
          </div>`;
      default:
        return session.ui_url
          ? html`<iframe title=${kiosk.title(session)} src=${session.ui_url} sandbox="allow-scripts allow-same-origin allow-forms" allow="" referrerpolicy="no-referrer"></iframe>`
          : html`<div class="splash">${face}<h3>${session.name} runs</h3><p>It is a service: it has no window of its own.</p></div>`;
    }
  }

  #window(session) {
    const id = session.session_id;
    const app = kiosk.app(session.app_id);
    const front = kiosk.front === id;
    const title = kiosk.title(session);
    return html`
      <section class="window" ?data-front=${front} data-session=${id} data-state=${session.state} aria-label=${title} ?hidden=${!kiosk.tiled && !front}>
        <header @pointerdown=${() => !front && kiosk.show(id)}>
          ${icon(session.app_id, session.name, app?.icon_url)}
          <h2>${title}</h2>
          ${this.#badges(session, app)}
          <span class="gap"></span>
          <button class="quiet round" aria-label="About this session of ${title}" @click=${() => kiosk.open({ inspect: id })}>${glyph("info")}</button>
          <button class="quiet round" aria-label=${kiosk.tiled ? `Show ${title} alone` : "Show all windows side by side"}
            @click=${() => { kiosk.tile(!kiosk.tiled); kiosk.show(id); }}>${kiosk.tiled ? glyph("full") : glyph("tile")}</button>
          <button class="quiet round" aria-label="Close ${title}"
            @click=${() => kiosk.dispose(id)}>${glyph("close")}</button>
        </header>
        ${this.#content(session, app)}
      </section>`;
  }

  render() {
    return html`<div class="windows" ?data-tiled=${kiosk.tiled} data-count=${kiosk.sessions.size}>
      ${repeat(kiosk.sessions.values(), session => session.session_id, session => this.#window(session))}</div>`;
  }
}

customElements.define("weft-windows", Windows);
