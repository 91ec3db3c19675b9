// Headless Chromium with WebGPU on SwiftShader, so that it needs no GPU; `executablePath` is the browser.
import { chromium } from 'playwright-core';

export const args = [
  '--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--disable-quic',
  '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export function launch(executablePath) {
  return chromium.launch({ executablePath, args });
}

export function withTimeout(promise, milliseconds) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer after ${milliseconds / 1000} s`)), milliseconds).unref();
  });
  return Promise.race([promise, late]);
}
