// Headless Firefox with WebGPU, for scripts that are run by hand: `npm install --no-save puppeteer-core@25.16.0` in this
// folder comes first.
import puppeteer from 'puppeteer-core';

/** Starts the browser at a path. */
export function launchFirefox(executablePath) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    protocolTimeout: 600_000,
    // WebGPU is off by default on Linux, and refuses software adapters.
    extraPrefsFirefox: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
  });
}
