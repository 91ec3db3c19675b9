// Runs in the page or in its worker before anything else: counts the calls into the WebAssembly module, by name, and
// the texts that are classified.
Object.assign(globalThis, { moduleCalls: {}, classifiedTexts: 0 });
{
  const { instantiateStreaming } = WebAssembly;
  const counted = ([name, thing]) => {
    if (typeof thing !== 'function') return [name, thing];
    return [name, (...words) => {
      globalThis.moduleCalls[name] = (globalThis.moduleCalls[name] ?? 0) + 1;
      // The adapter, and where and how many the texts are.
      if (name === 'adapter_classify') globalThis.classifiedTexts += words[2];
      return thing(...words);
    }];
  };
  WebAssembly.instantiateStreaming = async (...words) => {
    const { instance, module } = await instantiateStreaming(...words);
    return { instance: { exports: Object.fromEntries(Object.entries(instance.exports).map(counted)) }, module };
  };
}
