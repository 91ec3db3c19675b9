// Runs in the page or in its worker before anything else: counts the calls into the WebAssembly module, by name, and
// the texts that are classified.
Object.assign(globalThis, { moduleCalls: {}, classifiedTexts: 0 });
{
  const { instantiateStreaming } = WebAssembly;
  const counted = ([name, thing]) => {
    if (typeof thing !== 'function') return [name, thing];
    return [name, (...words) => {
      globalThis.moduleCalls[name] = (globalThis.moduleCalls[name] ?? 0) + 1;
      // The adapter, where the task's name is and how long, and where and how many the texts are.
      if (name === 'adapter_answer') globalThis.classifiedTexts += words[4];
      return thing(...words);
    }];
  };
  WebAssembly.instantiateStreaming = async (...words) => {
    const { instance, module } = await instantiateStreaming(...words);
    return { instance: { exports: Object.fromEntries(Object.entries(instance.exports).map(counted)) }, module };
  };
}
