// Arrow keys in a grid move by what the eye sees: to the nearest one in that direction.

const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const SAME_ROW_PX = 4;
const SIDEWAYS_COSTS = 4;

/** Moves the focus among the elements that `selector` names below the listener; false where there is none further on. */
export function moveInGrid(event, selector) {
  const step = STEPS[event.key];
  if (!step || !event.target.matches(selector)) return true;
  event.preventDefault();
  const from = event.target.getBoundingClientRect();
  let best = null;
  for (const one of event.currentTarget.querySelectorAll(selector)) {
    const to = one.getBoundingClientRect();
    const dx = to.left - from.left, dy = to.top - from.top;
    const along = dx * step[0] + dy * step[1], cost = along + SIDEWAYS_COSTS * (Math.abs(dx * step[1]) + Math.abs(dy * step[0]));
    if (along > SAME_ROW_PX && (!best || cost < best.cost)) best = { one, cost };
  }
  best?.one.focus();
  return best !== null;
}
