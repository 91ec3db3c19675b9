import { openCache } from './store.js';
import type { Support } from './types.js';

/** The smallest module with a SIMD instruction. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Tells what runs in this browser, and why. */
export async function isSupported(): Promise<Support> {
  const cache = (await openCache()) !== undefined;
  const none = { device: 'cpu', gpu: undefined, cache } as const;
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(SIMD)) {
    return { ...none, supported: false, reason: 'this browser has no WebAssembly with SIMD' };
  }
  const webgpu = (globalThis.navigator as Partial<Navigator> | undefined)?.gpu;
  if (webgpu === undefined) {
    const reason = globalThis.isSecureContext ? 'this browser has no WebGPU' : 'WebGPU needs https or localhost';
    return { ...none, supported: true, reason };
  }
  const adapter = await webgpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (adapter === null) return { ...none, supported: true, reason: 'WebGPU finds no GPU on this machine' };
  const { info } = adapter;
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word !== '');
  // Firefox keeps the name to itself.
  const gpu = words.join(' ') || 'unnamed';
  if (info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(gpu)) {
    return { ...none, supported: true, gpu, reason: 'the only GPU is a software one, which is slower than the CPU' };
  }
  return { supported: true, device: 'gpu', gpu, cache, reason: 'WebGPU has a hardware GPU' };
}
