//! Every op: the GPU against the CPU body over one table of shapes, and derivatives against finite differences.

mod activate;
mod activation_bwd;
mod adamw;
mod add;
mod add_columns;
mod attention;
mod binary_cross_entropy;
mod clear;
mod cross_entropy;
mod device;
mod dropout;
mod embed;
mod gather_rows;
mod gemm;
mod layer_norm;
mod mean_squared_error;
mod normalize;
mod planted_fault;
mod pool;
mod reduce;
mod scale;
mod segment_cross_entropy;
mod shaders;
mod sum_rows;
mod weight;
mod word_cross_entropy;
