// Runs in the page or in its worker before anything else: lets a test lose the GPU at a chosen moment.
globalThis.gpu = { devices: [], fuse: Infinity, hangs: false, losesAt: Infinity };
{
  const { gpu } = globalThis;
  let readbacks = 0;
  const { requestDevice } = GPUAdapter.prototype;
  const { mapAsync } = GPUBuffer.prototype;
  GPUAdapter.prototype.requestDevice = async function (...words) {
    const device = await requestDevice.apply(this, words);
    gpu.devices.push(device);
    readbacks = 0;
    return device;
  };
  // Every result is read by this. `fuse` counts them down; the device is lost while the last one is on its way, as is
  // every device from its readback `losesAt` on.
  GPUBuffer.prototype.mapAsync = function (...words) {
    const mapped = mapAsync.apply(this, words);
    gpu.fuse -= 1;
    readbacks += 1;
    if (gpu.fuse > 0 && readbacks < gpu.losesAt) return mapped;
    gpu.fuse = Infinity;
    gpu.devices.at(-1).destroy();
    if (!gpu.hangs) return mapped;
    mapped.catch(() => undefined);
    return new Promise(() => {});
  };
}
