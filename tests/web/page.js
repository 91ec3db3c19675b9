// What the test calls by name in the page.
import * as graftwork from '/dist/index.js';
import { panicNow } from '/dist/engine.js';

window.graftwork = graftwork;
window.panicNow = panicNow;
// An error as the test sees it: what was thrown, in plain values.
window.failure = async (work) => {
  try {
    await work();
    return 'nothing was thrown';
  } catch (error) {
    // A DOMException has a number there.
    return typeof error.code === 'string' ? error.code : error.name;
  }
};
window.ready = true;
