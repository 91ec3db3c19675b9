// ?library=...: opens the model with that library and says when the first answer was there. `run.mjs` then goes on
// with what `window.opened` has.
const settings = Object.fromEntries(new URL(location.href).searchParams);
const { open } = await import(`./${settings.library}.js`);
window.opened = await open(settings, 'The first text of this visit.');
// Since the navigation began.
window.firstAnswer = performance.now();
