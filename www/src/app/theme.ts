/** What the visitor chose; `auto` is what his system says. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'graftwork-theme';

/** The stored choice. */
export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

/** Shows the choice, and keeps a new one. */
export function applyTheme(choice?: Theme): void {
  const now = choice ?? theme();
  if (now === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = now;
  try {
    if (choice === 'auto') localStorage.removeItem(KEY);
    else if (choice !== undefined) localStorage.setItem(KEY, choice);
  } catch {
    // Without storage it holds for this visit.
  }
}
