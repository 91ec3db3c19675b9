//! Dot products of all pairs of rows: `y = scale * x x^T`.

use super::gemm::{Epilogue, Layout, gemm};
use crate::{Tape, Var};

impl Tape {
    /// `scale * x x^T`: x [N, D] -> [N, N]. With rows of length 1 and a scale of 1 these are the cosines.
    pub fn similarity(&mut self, x: &Var, scale: f32) -> Var {
        let (rows, cols) = (x.value().rows(), x.value().cols());
        let epilogue = Epilogue { alpha: scale, ..Epilogue::default() };
        let y = self.device().empty(rows, rows);
        gemm(self.device(), x.value(), x.value(), Layout::Nt, epilogue, &y);
        let (value, learns, x) = (x.value().clone(), x.has_gradient(), x.slot());
        self.record(y, learns, move |device, dy, grads| {
            // dx = scale * (dy + dy^T) x
            let (left, dx) = (device.empty(rows, cols), device.empty(rows, cols));
            gemm(device, &dy, &value, Layout::Nn, epilogue, &left);
            gemm(device, &dy, &value, Layout::Tn, Epilogue { residual: Some(&left), ..epilogue }, &dx);
            grads.add(device, x, dx);
        })
    }
}
