// The few drawn signs of the system UI, on a 24 px grid; always beside a label that is read out.

import { svg } from "./vendor/lit.js";

const PATHS = {
  home: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  windows: "M3 3h13v13H3zm2 2v9h9V5zM18 8h3v13H8v-3h2v1h9v-9h-1z",
  search: "M10 3a7 7 0 1 0 4.2 12.6l5.1 5.1 1.4-1.4-5.1-5.1A7 7 0 0 0 10 3zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10z",
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zM9.5 19a2.5 2.5 0 0 0 5 0z",
  settings: "M3 6h10v2H3zM17 6h4v2h-4zM13 4h3v6h-3zM3 16h4v2H3zM11 16h10v2H11zM8 14h3v6H8z",
  info: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 6h2v7h-2zm0-3h2v2h-2z",
  tile: "M3 5h8v14H3zm2 2v10h4V7zM13 5h8v14h-8zm2 2v10h4V7z",
  full: "M4 4h16v16H4zm2 2v12h12V6z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4L12 13.4 6.4 19 5 17.6l5.6-5.6L5 6.4z",
  more: "M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
};

export function glyph(name) {
  return svg`<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} fill-rule="evenodd"></path></svg>`;
}
