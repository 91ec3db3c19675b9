//! Where tensors live: the CPU, or one GPU.

use std::sync::{Arc, Mutex};

use graftwork_gpu::{AdapterChoice, Gpu, MemoryUse, Readback};

use crate::cpu::CpuPool;
use crate::ops::gemm::{GemmChoice, GemmKernel, Kernels};
use crate::tensor::Storage;
use crate::{Indices, Result, Tensor};

/// Floats behind every tensor of a guarded device, and the value that must still stand there afterwards.
const GUARD_FLOATS: usize = 64;
const SENTINEL: f32 = -7.125e-3;

/// The kind of GPU that kernels are made for. The two kinds' results differ in rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpuKind {
    /// Shaders run on the CPU: its caches serve memory well, and threads that wait for each other are dear.
    Software,
    /// Workgroups have memory of their own, and waiting in them costs little.
    Hardware,
}

impl GpuKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Software, Self::Hardware];

    fn gemm(self) -> GemmChoice {
        match self {
            Self::Software => GemmChoice::Always(GemmKernel::Registers),
            Self::Hardware => GemmChoice::Measured,
        }
    }
}

/// The CPU, or an open GPU. Clones share it.
#[derive(Debug, Clone)]
pub struct Device {
    backend: Backend,
    guarded: Option<Arc<Mutex<Vec<Tensor>>>>,
    kernels: Kernels,
    kind: GpuKind,
}

/// What [`Device::start_read`] asked for.
pub enum Reading {
    /// Of the CPU, which computes at once.
    #[doc(hidden)]
    Read(Vec<f32>),
    /// Of a GPU.
    #[doc(hidden)]
    Asked(Readback),
}

#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Cpu(Arc<CpuPool>),
    Gpu(Gpu),
}

impl Device {
    /// The CPU path: the oracle of every shader, and what runs where there is no hardware GPU.
    pub fn cpu() -> Self {
        Self::new(Backend::Cpu(Arc::default()), GpuKind::Software)
    }

    fn new(backend: Backend, kind: GpuKind) -> Self {
        Self { backend, guarded: None, kernels: Kernels::new(kind.gemm()), kind }
    }

    /// Opens a GPU.
    pub async fn gpu(choice: &AdapterChoice) -> Result<Self> {
        Ok(Self::from_gpu(Gpu::open(choice).await?))
    }

    /// Wraps an open GPU.
    pub fn from_gpu(gpu: Gpu) -> Self {
        let kind = if gpu.adapter().software { GpuKind::Software } else { GpuKind::Hardware };
        Self::new(Backend::Gpu(gpu), kind)
    }

    /// The same device with the kernels that are made for another kind of GPU; the CPU has none. What is prepared for kernels,
    /// such as [`Sequences`](crate::ops::attention::Sequences), is used on the device that it was made on.
    #[must_use]
    pub fn tuned_for(&self, kind: GpuKind) -> Self {
        Self { kernels: Kernels::new(kind.gemm()), kind, ..self.clone() }
    }

    /// The same device with another choice of the matrix product's kernel. Without it, GPUs in software take
    /// [`GemmKernel::Registers`], and others measure.
    #[must_use]
    pub fn with_gemm(&self, choice: GemmChoice) -> Self {
        Self { kernels: Kernels::new(choice), ..self.clone() }
    }

    pub(crate) fn gpu_kind(&self) -> GpuKind {
        self.kind
    }

    pub(crate) fn kernels(&self) -> &Kernels {
        &self.kernels
    }

    /// The preferred GPU if it is a hardware one, else the CPU: a software GPU is slower than the CPU path.
    pub async fn auto() -> Self {
        match Gpu::open(&AdapterChoice::Preferred).await {
            Ok(gpu) if !gpu.adapter().software => Self::from_gpu(gpu),
            _ => Self::cpu(),
        }
    }

    /// The GPU, unless this is the CPU.
    pub fn as_gpu(&self) -> Option<&Gpu> {
        match &self.backend {
            Backend::Gpu(gpu) => Some(gpu),
            Backend::Cpu(_) => None,
        }
    }

    /// `cpu`, or the adapter's name and backend.
    pub fn name(&self) -> String {
        match &self.backend {
            Backend::Cpu(_) => "cpu".to_string(),
            Backend::Gpu(gpu) => format!("{} ({})", gpu.adapter().name, gpu.adapter().backend),
        }
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// A `rows` x `cols` tensor with undefined content: every op writes all of its output.
    pub fn empty(&self, rows: usize, cols: usize) -> Tensor {
        let len = rows * cols;
        let Some(guarded) = &self.guarded else {
            return Tensor::new(rows, cols, self.storage(len), 0);
        };
        let mut poison = vec![f32::NAN; len];
        poison.resize(len + GUARD_FLOATS, SENTINEL);
        let whole = Tensor::new(1, poison.len(), self.storage(poison.len()), 0);
        self.write(&whole, &poison);
        let tensor = whole.view(0, rows, cols);
        guarded.lock().expect("the guard's lock").push(whole);
        tensor
    }

    fn storage(&self, len: usize) -> Storage {
        match &self.backend {
            Backend::Cpu(pool) => Storage::Cpu(pool.take(len)),
            Backend::Gpu(gpu) => Storage::Gpu(gpu.buffer(len as u64 * 4)),
        }
    }

    /// A tensor with the given row-major values.
    ///
    /// # Panics
    /// If `values` has not `rows * cols` elements.
    pub fn tensor(&self, rows: usize, cols: usize, values: &[f32]) -> Tensor {
        assert_eq!(values.len(), rows * cols, "values of a {rows} x {cols} tensor");
        let tensor = self.empty(rows, cols);
        self.write(&tensor, values);
        tensor
    }

    /// A tensor of zeros.
    pub fn zeros(&self, rows: usize, cols: usize) -> Tensor {
        let tensor = self.empty(rows, cols);
        match tensor.storage() {
            Storage::Cpu(_) => tensor.cpu_mut().fill(0.0),
            Storage::Gpu(_) => self.write(&tensor, &vec![0.0; rows * cols]),
        }
        tensor
    }

    /// Uploads indices (token ids, positions, labels, ...).
    pub fn indices(&self, values: &[u32]) -> Indices {
        self.indices_from(values.len(), values.iter().copied())
    }

    /// Uploads so many indices.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn indices_from(&self, count: usize, values: impl Iterator<Item = u32>) -> Indices {
        let indices = match &self.backend {
            Backend::Cpu(pool) => Indices::cpu(pool.take(count), values.take(count)),
            Backend::Gpu(gpu) => {
                let values: Vec<u32> = values.collect();
                let buffer = gpu.buffer(values.len() as u64 * 4);
                gpu.write(&buffer, 0, bytemuck::cast_slice(&values));
                Indices::gpu(buffer, values.len())
            }
        };
        assert_eq!(indices.len(), count, "indices");
        indices
    }

    /// Overwrites a tensor.
    ///
    /// # Panics
    /// If the number of elements differs.
    pub fn write(&self, tensor: &Tensor, values: &[f32]) {
        assert_eq!(values.len(), tensor.len(), "values of a {} x {} tensor", tensor.rows(), tensor.cols());
        match (&self.backend, tensor.storage()) {
            (Backend::Gpu(gpu), Storage::Gpu(buffer)) => {
                gpu.write(buffer, tensor.offset() as u64 * 4, bytemuck::cast_slice(values));
            }
            _ => tensor.cpu_mut().copy_from_slice(values),
        }
    }

    /// Waits for everything recorded and copies a tensor out, row-major. A GPU then measures what it has to choose among, if
    /// there is anything new.
    pub async fn read(&self, tensor: &Tensor) -> Result<Vec<f32>> {
        let asked = self.start_read(tensor)?;
        self.finish_read(asked).await
    }

    /// The first half of [`Device::read`]: hands over what was recorded, so that the GPU computes while the host goes on. What is
    /// recorded afterwards does not change what will be read.
    pub fn start_read(&self, tensor: &Tensor) -> Result<Reading> {
        Ok(match (&self.backend, tensor.storage()) {
            (Backend::Gpu(gpu), Storage::Gpu(buffer)) => {
                Reading::Asked(gpu.start_read(buffer, tensor.offset() as u64 * 4, tensor.len() as u64 * 4)?)
            }
            _ => Reading::Read(tensor.cpu().to_vec()),
        })
    }

    /// The second half of [`Device::read`]: waits.
    pub async fn finish_read(&self, asked: Reading) -> Result<Vec<f32>> {
        let values = self.wait(asked).await?;
        self.kernels.measure(self).await?;
        Ok(values)
    }

    /// The same, and nothing else.
    pub(crate) async fn wait(&self, asked: Reading) -> Result<Vec<f32>> {
        match (self.as_gpu(), asked) {
            (Some(gpu), Reading::Asked(asked)) => Ok(bytemuck::pod_collect_to_vec(&gpu.finish_read(asked).await?)),
            (_, Reading::Read(values)) => Ok(values),
            (None, Reading::Asked(_)) => panic!("what a GPU was asked for was waited for on the CPU"),
        }
    }

    /// Why a tensor will never have its elements, if there was no room for it or for what it is computed from.
    pub fn check(&self, tensor: &Tensor) -> Result<()> {
        match (&self.backend, tensor.storage()) {
            (Backend::Gpu(gpu), Storage::Gpu(buffer)) => Ok(gpu.check_buffer(buffer)?),
            _ => Ok(()),
        }
    }

    /// The most bytes that one tensor may have; `None` if only memory bounds it.
    pub fn max_tensor_bytes(&self) -> Option<u64> {
        self.as_gpu().map(Gpu::max_buffer_bytes)
    }

    /// What its tensors hold, and what waits to be used again.
    pub fn memory(&self) -> MemoryUse {
        match &self.backend {
            Backend::Cpu(pool) => pool.memory(),
            Backend::Gpu(gpu) => gpu.memory(),
        }
    }

    /// Hands what was recorded to the GPU; does nothing on the CPU.
    pub fn submit(&self) {
        if let Backend::Gpu(gpu) = &self.backend {
            gpu.submit();
        }
    }

    /// A device whose tensors are poisoned with NaN and followed by sentinels, for tests: an element that an op does
    /// not write shows as NaN, a write past the end is found by [`Device::check_guards`].
    pub fn guarded(&self) -> Self {
        Self { guarded: Some(Arc::default()), ..self.clone() }
    }

    /// How many tensors of a guarded device were written past their end.
    pub async fn check_guards(&self) -> Result<usize> {
        let tensors = match &self.guarded {
            Some(list) => list.lock().expect("the guard's lock").clone(),
            None => Vec::new(),
        };
        let mut broken = 0;
        for whole in tensors {
            let values = self.read(&whole).await?;
            broken += usize::from(values[values.len() - GUARD_FLOATS..].iter().any(|v| *v != SENTINEL));
        }
        Ok(broken)
    }
}
