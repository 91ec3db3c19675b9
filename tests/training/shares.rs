//! A step's batch in shares: whoever computes them, the bytes are the same, and the numbers those of the whole batch.

use graftwork_model::AdapterFile;
use graftwork_tensor::Device;
use graftwork_tests::{block_on, golden};
use graftwork_train::few_shot::FewShot;
use graftwork_train::{StepReport, TrainConfig, Trainer, Turn};

use crate::texts::*;
