/** Counts what goes over the network once the model is there: the claim that it is nothing is measured, not made. */
class Requests {
  /** Since the model loaded. */
  count = $state(0);
  #counting = false;

  constructor() {
    const watch = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#add(entry.name, entry.startTime);
    });
    watch.observe({ type: 'resource' });
    // The page sees only its own; the service worker tells of the engine's.
    new BroadcastChannel('graftwork-requests').onmessage = () => this.#add('', performance.now());
  }

  #since = 0;

  reset(): void {
    this.count = 0;
    this.#since = performance.now();
    this.#counting = true;
  }

  #add(url: string, at: number): void {
    const leavesPage = !url.startsWith('blob:') && !url.startsWith('data:');
    if (this.#counting && leavesPage && at >= this.#since) this.count += 1;
  }
}

export const requests = new Requests();
