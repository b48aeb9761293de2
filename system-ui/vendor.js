// What the pages use of Lit: ./dev bundles it to vendor/lit.js.
export { html, LitElement, nothing, svg } from "lit";
export { live } from "lit/directives/live.js";
export { repeat } from "lit/directives/repeat.js";
