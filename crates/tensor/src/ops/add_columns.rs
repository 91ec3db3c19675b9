//! Adds blocks of columns to a wide matrix: what belongs to one projection of a fused query, key and value matrix.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tape, Tensor, Var};

/// `shaders/add_columns.wgsl`
pub static SHADER: Shader = Shader {
    name: "add_columns",
    parts: &[wgsl!("add_columns.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::Read, Access::ReadWrite],
};

/// `shaders/add_columns_bwd.wgsl`
pub static SHADER_BWD: Shader = Shader {
    name: "add_columns_bwd",
    parts: &[wgsl!("add_columns_bwd.wgsl")],
    buffers: &[Access::Read, Access::ReadWrite],
};

/// The most blocks of one call: query, key and value.
pub const MOST: usize = 3;

/// `y = x` with each block [T, width] added from its first column on; x and y [T, N].
///
/// # Panics
/// If there are more than three blocks, they overlap, or one leaves the matrix.
pub fn add_columns(device: &Device, x: &Tensor, blocks: &[(usize, &Tensor)], y: &Tensor) {
    same_shape("add_columns", x, y);
    check(x, blocks);
    match device.backend() {
        Backend::Cpu(_) => {
            let read: Vec<_> = blocks.iter().map(|(first, block)| (*first, block.cols(), block.cpu())).collect();
            let slices: Vec<_> = read.iter().map(|(first, width, values)| (*first, *width, &**values)).collect();
            add_columns_cpu(&x.cpu(), x.cols(), &slices, &mut y.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let bound = |i: usize| blocks.get(i).map_or(x, |(_, block)| block).binding();
            let buffers = [x.binding(), bound(0), bound(1), bound(2), y.binding()];
            let place = |i: usize| blocks.get(i).map_or([0; 2], |(first, block)| [*first as u32, block.cols() as u32]);
            let params = [[x.len() as u32, x.cols() as u32], place(0), place(1), place(2)].concat();
            dispatch(gpu, &SHADER, &[], &buffers, &params, groups_for(x.len()));
        }
    }
}

fn check(x: &Tensor, blocks: &[(usize, &Tensor)]) {
    assert!(blocks.len() <= MOST, "add_columns: {} blocks", blocks.len());
    for (i, (first, block)) in blocks.iter().enumerate() {
        let end = first + block.cols();
        assert!(block.rows() == x.rows() && end <= x.cols(), "add_columns: {block:?} at {first} of {x:?}");
        let apart = |(other, o): &(usize, &Tensor)| end <= *other || other + o.cols() <= *first;
        assert!(blocks[..i].iter().all(apart), "add_columns: overlapping blocks");
    }
}

/// The CPU body; x and y have `cols` columns, a block is its first column, its width and its elements.
pub fn add_columns_cpu<F: Float>(x: &[F], cols: usize, blocks: &[(usize, usize, &[F])], y: &mut [F]) {
    y.copy_from_slice(x);
    for (t, row) in y.chunks_mut(cols.max(1)).enumerate() {
        for (first, width, block) in blocks {
            let added = &block[t * width..][..*width];
            row[*first..][..*width].iter_mut().zip(added).for_each(|(y, b)| *y += *b);
        }
    }
}

/// `dblock = dy[:, first..first + width]`: dy [T, N], dblock [T, width].
pub fn add_columns_bwd(device: &Device, dy: &Tensor, first: usize, dblock: &Tensor) {
    let (cols, width) = (dy.cols(), dblock.cols());
    assert!(dblock.rows() == dy.rows() && first + width <= cols, "add_columns_bwd: {dblock:?} at {first} of {dy:?}");
    match device.backend() {
        Backend::Cpu(_) => add_columns_bwd_cpu(&dy.cpu(), cols, first, width, &mut dblock.cpu_mut()),
        Backend::Gpu(gpu) => {
            let params = [dblock.len(), cols, first, width].map(|n| n as u32);
            let groups = groups_for(dblock.len());
            dispatch(gpu, &SHADER_BWD, &[], &[dy.binding(), dblock.binding()], &params, groups);
        }
    }
}

/// The CPU body.
pub fn add_columns_bwd_cpu<F: Float>(dy: &[F], cols: usize, first: usize, width: usize, dblock: &mut [F]) {
    for (block, row) in dblock.chunks_mut(width.max(1)).zip(dy.chunks(cols.max(1))) {
        block.copy_from_slice(&row[first..first + width]);
    }
}

impl Tape {
    /// x with each block added from its first column on: x [T, N], blocks [T, width], at most three.
    pub fn add_columns(&mut self, x: &Var, blocks: Vec<(usize, Var)>) -> Var {
        let y = self.device().empty(x.value().rows(), x.value().cols());
        let values: Vec<_> = blocks.iter().map(|(first, block)| (*first, block.value())).collect();
        add_columns(self.device(), x.value(), &values, &y);
        let learns = x.has_gradient() || blocks.iter().any(|(_, block)| block.has_gradient());
        let x = x.slot();
        let blocks: Vec<_> = blocks.iter().map(|(first, block)| (*first, block.value().cols(), block.slot())).collect();
        self.record(y, learns, move |device, dy, grads| {
            for (first, width, block) in blocks.into_iter().filter(|(.., block)| block.has_gradient()) {
                let dblock = device.empty(dy.rows(), width);
                add_columns_bwd(device, &dy, first, &dblock);
                grads.add(device, block, dblock);
            }
            grads.add(device, x, dy);
        })
    }
}
