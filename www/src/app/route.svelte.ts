/** The views, by what stands behind the `#` of the address. */
export const VIEWS = { try: 'Try it', lists: 'Lists', names: 'Names', ask: 'Ask', teach: 'Teach', yours: 'Yours' } as const;
export type View = keyof typeof VIEWS;

class Route {
  view = $state<View>(read());

  constructor() {
    addEventListener('hashchange', () => (this.view = read()));
  }

  go(view: View): void {
    location.hash = view;
  }
}

function read(): View {
  const name = location.hash.slice(1);
  return name in VIEWS ? (name as View) : 'try';
}

export const route = new Route();
