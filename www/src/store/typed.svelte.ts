import { SvelteMap } from 'svelte/reactivity';

const KEY = 'graftwork-typed ';

/** What is half typed, by its place. It outlasts a look at another view and a reload; every tab has its own. */
class Typed {
  #texts = new SvelteMap<string, string>(stored());

  get(place: string): string {
    return this.#texts.get(place) ?? '';
  }

  set(place: string, text: string): void {
    if (text === '') this.#texts.delete(place);
    else this.#texts.set(place, text);
    try {
      if (text === '') sessionStorage.removeItem(KEY + place);
      else sessionStorage.setItem(KEY + place, text);
    } catch {
      // Without storage it is there until the page is left.
    }
  }

  /** Forgets all of it, or what was typed at places that begin so. */
  clear(begin = ''): void {
    for (const place of [...this.#texts.keys()]) if (place.startsWith(begin)) this.set(place, '');
  }
}

function stored(): [place: string, text: string][] {
  try {
    return Object.entries(sessionStorage as Record<string, string>)
      .filter(([key]) => key.startsWith(KEY)).map(([key, text]) => [key.slice(KEY.length), text]);
  } catch {
    return [];
  }
}

export const typed = new Typed();
