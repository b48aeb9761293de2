// All of one session: limits asked and in force, grants with their use, the receipt, how it ended and why, and its log.

import { html, LitElement, nothing } from "../vendor/lit.js";
import { kiosk, Follow } from "../control/kiosk.js";
import { capability } from "../apps/capabilities.js";
import { open, sheet } from "../sheet.js";
import { Usage } from "./usage.js";
import { causeTitle, stateName } from "./words.js";

const POLL_MS = 1000;
const LOG_LINES = 500;
const ENGINES = { lib: "as a library", cli: "as a program" };

const time = at => new Date(at).toLocaleTimeString([], { hour12: false });

class Inspector extends LitElement {
  static properties = { session: {}, details: { state: true }, log: { state: true }, problem: { state: true } };

  #follow = new Follow(this);
  #timer = 0;
  #next = undefined;
  #usage = new Usage();
  #following = true;

  // Not as class fields: those would hide the accessors that Lit makes.
  constructor() {
    super();
    this.details = null;
    this.log = [];
    this.problem = "";
  }

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    open(this);
    this.#poll();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  async #poll() {
    try {
      const [details, log] = await Promise.all([
        kiosk.connection.request("QUERY_SESSION", { session_id: this.session }),
        kiosk.connection.request("READ_LOG", { session_id: this.session, since: this.#next, lines: LOG_LINES }),
      ]);
      this.details = details;
      this.problem = "";
      if (details.state !== "stopped") this.#usage.add(performance.now(), details.usage);
      if (log.entries.length > 0) this.log = [...this.log, ...log.entries].slice(-LOG_LINES);
      this.#next = log.next;
    } catch (error) {
      this.problem = error.message;
    }
    if (this.isConnected) this.#timer = setTimeout(() => this.#poll(), POLL_MS);
  }

  /** The log follows its end, unless a person has scrolled away from it. */
  willUpdate() {
    const log = this.querySelector(".log");
    this.#following = !log || log.scrollTop + log.clientHeight > log.scrollHeight - 8;
  }

  updated() {
    const log = this.querySelector(".log");
    if (log && this.#following) log.scrollTop = log.scrollHeight;
  }

  #limits(details) {
    const receipt = details.receipt ?? {};
    const rows = [["Processor", "cpu"], ["Memory", "memory"], ["Processes", "tasks"], ["Memory inside the engine", "linear_memory"]];
    return html`
      <h3>Limits</h3>
      <table><thead><tr><th scope="col">Of</th><th scope="col">Asked</th><th scope="col">In force</th></tr></thead>
        <tbody>${rows.map(([label, key]) => html`<tr><th scope="row">${label}</th>
          <td>${receipt.asked?.[key] ?? details.limits?.[key] ?? "–"}</td><td>${receipt.in_force?.[key] ?? "not enforced"}</td></tr>`)}</tbody></table>
      ${receipt.enforcement === "unenforced" ? html`<p class="note">This version runs apps as plain processes: only the engine's own limits are in force.</p>` : nothing}`;
  }

  #grants(details) {
    return html`
      <h3>Rights</h3>
      ${details.grants.length === 0 ? html`<p class="soft">None.</p>` : html`
        <ul class="plain">${details.grants.map(grant => html`
          <li>${capability(grant.name)} <span class="soft">${grant.used === 0 ? "not used" : `used ${grant.used} ×`}</span>
            ${grant.path ? html`<br><code>${grant.path}</code>` : nothing}</li>`)}</ul>`}`;
  }

  #end(end, name) {
    return html`
      <h3>How it ended</h3>
      <p><strong>${causeTitle({ name, end })}.</strong> ${end.message}</p>
      ${end.facts.length === 0 ? nothing : html`<ol class="timeline">${end.facts.map(fact => html`
        <li><time>${time(fact.at)}</time> <span class="soft">${fact.source}</span> ${fact.what}</li>`)}</ol>`}`;
  }

  #content() {
    const details = this.details;
    if (!details) return html`<div class="splash" role="status">${this.problem || html`<span class="spinner"></span>`}</div>`;
    return html`
      ${this.problem ? html`<p class="note" role="status">${this.problem}</p>` : nothing}
      <dl class="facts">
        <dt>State</dt><dd>${stateName(details)}${details.development ? html` <span class="badge">Development</span>` : nothing}</dd>
        <dt>Session</dt><dd><code>${details.session_id}</code></dd>
        <dt>App</dt><dd><code>${details.app_id}</code> ${details.version}</dd>
        <dt>Since</dt><dd>${new Date(details.started_at).toLocaleString()}</dd>
        ${details.pid ? html`<dt>Process</dt><dd><code>${details.pid}</code></dd>` : nothing}
        <dt>Engine</dt><dd>${details.receipt?.engine ? `Wasmtime ${details.receipt.engine_version ?? ""} ${ENGINES[details.receipt.engine] ?? ""}` : "–"}</dd>
        ${details.usage?.cpu_ms === undefined ? nothing : html`<dt>Processor time</dt><dd>${(details.usage.cpu_ms / 1000).toFixed(1)} s</dd>`}
      </dl>
      ${details.end ? this.#end(details.end, details.name) : this.#usage.graphs()}
      ${this.#limits(details)}
      ${this.#grants(details)}
      <h3>Log</h3>
      <div class="log" tabindex="0" role="log" aria-label="Log of ${details.name}">${this.log.length === 0 ? html`<span class="soft">It has written nothing.</span>`
        : this.log.map(entry => html`<div data-stream=${entry.stream}><time>${time(entry.at)}</time> ${entry.text}</div>`)}</div>
      <details><summary>Receipt</summary><pre tabindex="0">${JSON.stringify(details.receipt, null, 2)}</pre></details>
      <div class="actions">
        ${details.state === "stopped" ? html`<button class="primary" @click=${() => kiosk.again(this.session)}>Start again</button>`
          : html`<button @click=${() => kiosk.terminate(this.session)}>End</button>`}
      </div>`;
  }

  render() {
    const session = kiosk.sessions.get(this.session);
    const name = session ? kiosk.title(session) : this.details?.name ?? "Session";
    return sheet({ title: name, close: () => kiosk.sheet?.inspect === this.session && kiosk.open(null), content: this.#content() });
  }
}

customElements.define("weft-inspector", Inspector);
