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
// What an adapter's file is, in one word.
window.digest = async (adapter) => {
  const bytes = await (await adapter.export()).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};
window.ready = true;
