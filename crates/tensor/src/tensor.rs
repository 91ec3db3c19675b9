use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::{RwLockReadGuard, RwLockWriteGuard};

use graftwork_gpu::{Binding, Buffer};

use crate::cpu::CpuBuffer;

/// A row-major matrix of f32 on some device; a vector is a matrix of one row. Clones share the data, which goes back
/// to the device's pool when the last clone is dropped.
#[derive(Clone)]
pub struct Tensor {
    rows: usize,
    cols: usize,
    storage: Storage,
    offset: usize,
}

#[derive(Clone)]
pub(crate) enum Storage {
    Cpu(CpuBuffer),
    Gpu(Buffer),
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.storage {
            Storage::Cpu(_) => "cpu",
            Storage::Gpu(_) => "gpu",
        };
        write!(f, "Tensor({} x {} on {place})", self.rows, self.cols)
    }
}

impl Tensor {
    pub(crate) fn new(rows: usize, cols: usize, storage: Storage, offset: usize) -> Self {
        Self { rows, cols, storage, offset }
    }

    /// Rows, for example tokens.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, for example the hidden size.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A matrix that shares this tensor's data from element `start` on. On a GPU `start` is a multiple of 64.
    ///
    /// # Panics
    /// If it doesn't lie inside.
    pub fn view(&self, start: usize, rows: usize, cols: usize) -> Self {
        assert!(start + rows * cols <= self.len(), "a view of {rows} x {cols} at {start} leaves {self:?}");
        Self { rows, cols, storage: self.storage.clone(), offset: self.offset + start }
    }

    /// The same data with another shape.
    pub fn reshape(&self, rows: usize, cols: usize) -> Self {
        assert_eq!(rows * cols, self.len(), "a reshape keeps the number of elements");
        self.view(0, rows, cols)
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn binding(&self) -> Binding<'_> {
        match &self.storage {
            Storage::Gpu(buffer) => Binding { buffer, offset: self.offset as u64 * 4, bytes: self.len() as u64 * 4 },
            Storage::Cpu(_) => panic!("a tensor of the CPU was used on the GPU"),
        }
    }

    fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len()
    }

    pub(crate) fn cpu(&self) -> CpuRead<'_> {
        CpuRead { guard: self.cpu_buffer().read(), range: self.range() }
    }

    pub(crate) fn cpu_mut(&self) -> CpuWrite<'_> {
        CpuWrite { guard: self.cpu_buffer().write(), range: self.range() }
    }

    fn cpu_buffer(&self) -> &CpuBuffer {
        match &self.storage {
            Storage::Cpu(buffer) => buffer,
            Storage::Gpu(_) => panic!("a tensor of the GPU was used on the CPU"),
        }
    }
}

/// Read access to a CPU tensor's elements.
pub(crate) struct CpuRead<'a> {
    guard: RwLockReadGuard<'a, Vec<f32>>,
    range: Range<usize>,
}

/// Write access to a CPU tensor's elements.
pub(crate) struct CpuWrite<'a> {
    guard: RwLockWriteGuard<'a, Vec<f32>>,
    range: Range<usize>,
}

impl Deref for CpuRead<'_> {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.guard[self.range.clone()]
    }
}

impl Deref for CpuWrite<'_> {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.guard[self.range.clone()]
    }
}

impl DerefMut for CpuWrite<'_> {
    fn deref_mut(&mut self) -> &mut [f32] {
        let range = self.range.clone();
        &mut self.guard[range]
    }
}

/// A vector of u32 on some device: token ids, positions, sequence bounds, labels.
#[derive(Clone)]
pub struct Indices {
    len: usize,
    storage: IndexStorage,
}

#[derive(Clone)]
enum IndexStorage {
    /// The bits of f32s, so that they come from the same pool.
    Cpu(CpuBuffer),
    Gpu(Buffer),
}

impl fmt::Debug for Indices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Indices({})", self.len)
    }
}

impl Indices {
    pub(crate) fn cpu(buffer: CpuBuffer, values: impl Iterator<Item = u32>) -> Self {
        let mut len = 0;
        for (to, value) in bytemuck::cast_slice_mut(&mut buffer.write()[..]).iter_mut().zip(values) {
            *to = value;
            len += 1;
        }
        Self { len, storage: IndexStorage::Cpu(buffer) }
    }

    pub(crate) fn gpu(buffer: Buffer, len: usize) -> Self {
        Self { len, storage: IndexStorage::Gpu(buffer) }
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn values(&self) -> IndexRead<'_> {
        match &self.storage {
            IndexStorage::Cpu(buffer) => IndexRead { guard: buffer.read(), len: self.len },
            IndexStorage::Gpu(_) => panic!("indices of the GPU were used on the CPU"),
        }
    }

    pub(crate) fn binding(&self) -> Binding<'_> {
        match &self.storage {
            IndexStorage::Gpu(buffer) => Binding { buffer, offset: 0, bytes: self.len as u64 * 4 },
            IndexStorage::Cpu(_) => panic!("indices of the CPU were used on the GPU"),
        }
    }
}

/// Read access to indices on the CPU.
pub(crate) struct IndexRead<'a> {
    guard: RwLockReadGuard<'a, Vec<f32>>,
    len: usize,
}

impl Deref for IndexRead<'_> {
    type Target = [u32];
    fn deref(&self) -> &[u32] {
        bytemuck::cast_slice(&self.guard[..self.len])
    }
}
