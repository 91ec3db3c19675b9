// Runs in the engine's worker before anything else: watches the workers that it starts, and lets a test break them.
{
  const others = { started: 0, calls: {}, inputs: 0, ends: 0, cannotStart: false, breaksAt: Infinity };
  globalThis.others = others;
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      super(others.cannotStart ? '/no-such-worker.js' : url, options);
      others.started += 1;
    }

    postMessage(message, ...transfer) {
      const { kind, method, args } = message;
      if (kind === 'call') {
        others.calls[method] = (others.calls[method] ?? 0) + 1;
        if (method === 'load') others.load = args[1];
        others.inputs += args.find(Array.isArray)?.length ?? 0;
      }
      if (kind === 'call' && method !== 'load' && (others.breaksAt -= 1) <= 0) {
        others.breaksAt = Infinity;
        setTimeout(() => this.onerror(new ErrorEvent('error', { message: 'it ran out of memory', cancelable: true })), 5);
        return;
      }
      super.postMessage(message, ...transfer);
    }

    terminate() {
      this.ended ??= (others.ends += 1);
      super.terminate();
    }
  };
}
