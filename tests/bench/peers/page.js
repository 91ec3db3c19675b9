// ?library=...: opens the model with that library. What is then asked of it (`embed`, `train`, `alternate`) is
// `window.opened`, whose functions are timed here, alike for all.
const settings = Object.fromEntries(new URL(location.href).searchParams);
if (settings.threads) Object.defineProperty(navigator, 'hardwareConcurrency', { value: Number(settings.threads) });
const { open } = await import(`./${settings.library}.js`);
window.opened = await open(settings, 'the first text of this visit');
// Since the navigation began.
window.firstAnswer = performance.now();

/** Milliseconds of each call, until there are `least` of them and they took `seconds` together. */
async function timed(work, { least, seconds }) {
  const ms = [];
  let last;
  for (let sum = 0; ms.length < least || (sum < seconds * 1000 && ms.length < 50); sum += ms.at(-1)) {
    const started = performance.now();
    last = await work(ms.length);
    ms.push(performance.now() - started);
  }
  return { ms, last };
}

window.ask = {
  /** Calls of the first `warm` seconds do not count, one at least: something may be planned or compiled, workers may start. */
  async embed({ texts, warm, ...effort }) {
    await timed(() => opened.embed(texts), { least: 1, seconds: warm });
    const { ms, last } = await timed(() => opened.embed(texts), effort);
    return { ms, vectors: last.map((row) => [...row]) };
  },
  /** The steps' losses, and the time between them: the first one is not among the times. */
  async train({ step, steps }) {
    const losses = [];
    const ends = [];
    for await (const loss of opened.train(step, steps)) {
      losses.push(loss);
      ends.push(performance.now());
    }
    return { ms: [(ends.at(-1) - ends[0]) / (ends.length - 1)], losses };
  },
  /** One text, each time by the other one of two adapters. */
  async alternate({ text, ...effort }) {
    const adapters = await opened.adapters();
    for (const adapter of adapters) await adapter(text);
    return { ms: (await timed((i) => adapters[i % adapters.length](text), effort)).ms };
  },
};

// Memory of WebAssembly in this page (a worker's is known to whoever has it).
window.memory = async () => ({
  wasm: (await opened.memory?.()) ?? [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
  heap: performance.memory?.usedJSHeapSize ?? null,
});
