// Headless Chromium with WebGPU on SwiftShader, so that it needs no GPU, or on the machine's own where
// GRAFTWORK_BROWSER_GPU is `hardware`; `executablePath` is the browser.
import { chromium } from 'playwright-core';

const software = [
  '--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--disable-quic',
  '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
// What Chrome's guide to WebGPU in headless Chrome on Linux names.
const hardware = [
  ...software.filter((word) => !word.startsWith('--use-webgpu-adapter')),
  '--use-angle=vulkan', '--disable-vulkan-surface', '--ignore-gpu-blocklist',
];

/** The switches for a GPU, `software` or `hardware`. */
export function argsFor(gpu) {
  return gpu === 'hardware' ? hardware : software;
}

export const args = argsFor(process.env.GRAFTWORK_BROWSER_GPU);

export function launch(executablePath) {
  return chromium.launch({ executablePath, args });
}

export function withTimeout(promise, milliseconds) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer after ${milliseconds / 1000} s`)), milliseconds).unref();
  });
  return Promise.race([promise, late]);
}
