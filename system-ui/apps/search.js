// What a person means by a few letters: names first, then what apps say of themselves, then ids.

/** How well one word fits: 0 not at all, else more is better. The first part of an id (com.) says nothing about an app. */
function fit(app, word) {
  const name = app.name.toLowerCase();
  if (name.startsWith(word)) return 4;
  if (name.split(/[\s-]+/).some(part => part.startsWith(word))) return 3;
  if (name.includes(word)) return 2;
  const rest = `${app.description ?? ""} ${app.app_id.slice(app.app_id.indexOf(".") + 1)}`.toLowerCase();
  return rest.split(/[\s.]+/).some(part => part.startsWith(word)) || app.app_id === word ? 1 : 0;
}

/** The apps that every word of `query` fits, the best first; all by name where nothing is asked. */
export function search(apps, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return apps
    .map(app => ({ app, fits: words.map(word => fit(app, word)) }))
    .filter(({ fits }) => !fits.includes(0))
    .map(({ app, fits }) => ({ app, score: fits.reduce((sum, one) => sum + one, 0) }))
    .sort((a, b) => b.score - a.score || a.app.name.localeCompare(b.app.name))
    .map(({ app }) => app);
}
