// What a session uses over time, as it was seen while someone looked: two small graphs.

import { html, nothing, svg } from "../vendor/lit.js";

const KEPT = 120; // samples: two minutes, at one a second
const WIDTH = 240;
const HEIGHT = 48;
const MEBIBYTE = 1048576;

export class Usage {
  #samples = []; // {at (ms), memory (bytes), processor (% of one)}
  #last = null;

  /** Notes what QUERY_SESSION answered as `usage`; what could not be read is absent there. */
  add(at, { cpu_ms, memory } = {}) {
    const last = this.#last;
    this.#last = { at, cpu_ms };
    const processor = last?.cpu_ms === undefined || cpu_ms === undefined ? undefined : (100 * (cpu_ms - last.cpu_ms)) / (at - last.at);
    this.#samples = [...this.#samples.slice(1 - KEPT), { at, memory: memory === undefined ? undefined : memory / MEBIBYTE, processor }];
  }

  graphs() {
    if (this.#samples.length === 0) return nothing;
    return html`
      <h3>Use in the last two minutes</h3>
      <div class="graphs">
        ${this.#graph("Memory", "memory", value => `${value.toFixed(1)} MiB`)}
        ${this.#graph("Processor", "processor", value => `${value.toFixed(0)} %`)}
      </div>`;
  }

  #graph(label, key, text) {
    const seen = this.#samples.filter(sample => sample[key] !== undefined);
    if (seen.length === 0) return nothing;
    const now = seen[seen.length - 1];
    const most = Math.max(...seen.map(sample => sample[key]));
    // Air above, so that a level line is not mistaken for a limit.
    const top = Math.max(most * 1.25, 1);
    const points = seen.map(sample => {
      const x = WIDTH - ((now.at - sample.at) / 1000) * (WIDTH / KEPT), y = HEIGHT - (sample[key] / top) * HEIGHT;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    const first = points[0].split(",")[0];
    return html`
      <figure class="graph">
        <figcaption>${label} <strong>${text(now[key])}</strong> <span class="soft">most ${text(most)}</span></figcaption>
        <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          ${points.length > 1 ? svg`
            <polygon points="${first},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}"></polygon>
            <polyline points=${points.join(" ")} vector-effect="non-scaling-stroke"></polyline>` : nothing}
        </svg>
      </figure>`;
  }
}
