/** Counts what goes over the network once the model is there: the claim that it is nothing is measured, not made. */
class Requests {
  /** Since the model loaded. */
  count = $state(0);
  #since = Infinity;

  constructor() {
    // The service worker sees what the page and the engine's worker ask for, and knows what it has itself.
    navigator.serviceWorker?.addEventListener('message', ({ data }) => {
      if (typeof data?.request === 'string') this.#add(performance.now());
    });
    navigator.serviceWorker?.startMessages();
    new BroadcastChannel('graftwork-requests').onmessage = () => this.#add(performance.now());
    // Without one, the page knows only of its own.
    const watch = new PerformanceObserver((list) => {
      if (navigator.serviceWorker?.controller) return;
      for (const { name, startTime } of list.getEntries()) {
        if (!/^(blob|data):/.test(name)) this.#add(startTime);
      }
    });
    watch.observe({ type: 'resource' });
  }

  /** Begins at zero. */
  reset(): void {
    this.count = 0;
    this.#since = performance.now();
  }

  #add(at: number): void {
    if (at >= this.#since) this.count += 1;
  }
}

export const requests = new Requests();
