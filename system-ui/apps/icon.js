// An app's icon: the package's own, or a drawn letter on a colour that is always the same for the app.

import { html } from "../vendor/lit.js";

const HUES = 8;

function hue(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return sum % HUES;
}

/** Decorative: the app's name always stands beside it. */
export function icon(appId, name, url) {
  return url
    ? html`<img class="icon" src=${url} alt="" draggable="false">`
    : html`<span class="icon letter" data-hue=${hue(appId)} aria-hidden="true">${[...(name || appId)][0]?.toUpperCase()}</span>`;
}
