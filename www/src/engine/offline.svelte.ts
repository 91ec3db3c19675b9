/** Whether the page would open without a network. */
class Offline {
  state = $state<'setting up' | 'ready' | 'unavailable'>('setting up');
  online = $state(navigator.onLine);

  /** Sets up the service worker; never rejects. */
  async start(): Promise<void> {
    addEventListener('online', () => (this.online = true));
    addEventListener('offline', () => (this.online = false));
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) {
      this.state = 'unavailable';
      return;
    }
    try {
      await navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
      await navigator.serviceWorker.ready;
      this.state = 'ready';
    } catch {
      // A private window, or a full disk: the page works, but only with a network. Without one it is there already.
      this.state = navigator.serviceWorker.controller === null ? 'unavailable' : 'ready';
    }
  }
}

export const offline = new Offline();
