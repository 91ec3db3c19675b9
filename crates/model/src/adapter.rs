//! Adapters on a device, and what each configuration computes.
//!
//! With h the output of a sub-layer's dense, x the sub-layer's input, LN the backbone's frozen norm, and
//! `A(z) = dropout(scaling * (W_up act(W_down LNb(z) + b_down) + b_up))`, AdapterHub 1.3.0 (`methods/modeling.py`) computes
//! ```text
//! sequential:  s = original_ln_before ? h + x : h              z = original_ln_before ? LN(s) : h
//!              r = residual_before_ln ? h : z                  ("post_add": s)
//!              y = adapter_residual_before_ln ? LNa(A(z) + r) : LNa(A(z)) + r
//! parallel:    y = LNa(A(x)) + h
//! both:        output = original_ln_after ? LN(y + x) : y
//! ```
//! where the adapter's own norms LNb and LNa are there only with `ln_before` and `ln_after`.

use std::collections::BTreeMap;

use graftwork_tensor::{Device, Param, Tape, Var};

use crate::adapter_tensors::{ADAPTER_LAYER_NORM_EPS, Part, canonical_name};
use crate::arena::Arena;
use crate::backbone::Backbone;
use crate::head::Head;
use crate::layers::{Dense, Norm, activation};
use crate::{AdapterConfig, AdapterFile, ResidualBeforeLn, Result, Scaling, Site};

/// An adapter and its head on a device, fitted to a backbone.
#[derive(Debug, Clone)]
pub struct Adapter {
    config: AdapterConfig,
    modules: BTreeMap<(usize, Site), Module>,
    head: Option<Head>,
    arena: Arena,
    /// Everything but the weights.
    description: AdapterFile,
    /// The backbone that it is attached to.
    backbone: usize,
}

impl Adapter {
    /// Uploads an adapter for inference.
    ///
    /// # Errors
    /// If it does not fit the backbone, or was trained on another one.
    pub fn load(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, false)
    }

    /// Uploads an adapter that will be trained: with room for its gradients.
    ///
    /// # Errors
    /// As [`Adapter::load`].
    pub fn load_trainable(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, true)
    }

    fn new(backbone: &Backbone, file: &AdapterFile, trainable: bool) -> Result<Self> {
        file.check_backbone(backbone.config(), Some(&backbone.fingerprint()))?;
        if file.head.as_ref().is_some_and(|head| head.use_pooler) && !backbone.has_pooler() {
            return Err(crate::Error::NoPooler { adapter: file.name.clone() });
        }
        let layers = backbone.config().num_hidden_layers;
        let specs = file.tensor_specs(layers)?;
        let arena = Arena::new(backbone.device(), &specs, &file.tensors, trainable);
        backbone.device().check(arena.weights())?;
        let mut modules = BTreeMap::new();
        for layer in 0..layers {
            for site in Site::ALL.into_iter().filter(|site| file.config.has_adapter(layer, *site)) {
                modules.insert((layer, site), Module::new(&arena, layer, site));
            }
        }
        let head = file.head.as_ref().map(|head| Head::new(head, &arena, backbone.config()));
        let description = AdapterFile { tensors: BTreeMap::new(), ..file.clone() };
        Ok(Self { config: file.config.clone(), modules, head, arena, description, backbone: backbone.id() })
    }

    pub(crate) fn backbone(&self) -> usize {
        self.backbone
    }

    /// Its parameters.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Its head, if it has one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Everything about it but the weights.
    pub fn description(&self) -> &AdapterFile {
        &self.description
    }

    /// Reads the weights back and gives the adapter as it is saved.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn to_file(&self, device: &Device) -> Result<AdapterFile> {
        Ok(AdapterFile { tensors: self.arena.read(device).await?, ..self.description.clone() })
    }

    /// What follows a sub-layer's dense: the adapter if there is one at this place, and the norm with its residual.
    pub(crate) fn after_sub_layer(&self, tape: &mut Tape, place: (usize, Site), [h, x]: [&Var; 2], norm: &Norm) -> Var {
        let Some(module) = self.modules.get(&place) else { return norm.forward(tape, h, Some(x)) };
        let config = &self.config;
        let y = if config.is_parallel {
            module.forward(tape, config, x, h, false)
        } else {
            let z = if config.original_ln_before { &norm.forward(tape, h, Some(x)) } else { h };
            let skip = match config.residual_before_ln {
                ResidualBeforeLn::Yes => h,
                ResidualBeforeLn::No => z,
                ResidualBeforeLn::PostAdd => &tape.add(h, x),
            };
            module.forward(tape, config, z, skip, config.adapter_residual_before_ln)
        };
        if config.original_ln_after { norm.forward(tape, &y, Some(x)) } else { y }
    }
}

/// One bottleneck: the adapter of one layer and site.
#[derive(Debug, Clone)]
struct Module {
    norm_before: Option<Norm>,
    down: Dense,
    up: Dense,
    scaling: Option<Param>,
    norm_after: Option<Norm>,
}

impl Module {
    fn new(arena: &Arena, layer: usize, site: Site) -> Self {
        let get = |part| arena.get(&canonical_name(layer, site, part));
        let need = |part| get(part).expect("the adapter's tensors were checked");
        let norm =
            |gamma, beta| Some(Norm { gamma: get(gamma)?, beta: get(beta)?, eps: ADAPTER_LAYER_NORM_EPS as f32 });
        Self {
            norm_before: norm(Part::NormBeforeWeight, Part::NormBeforeBias),
            down: Dense { weight: need(Part::DownWeight), bias: get(Part::DownBias) },
            up: Dense { weight: need(Part::UpWeight), bias: get(Part::UpBias) },
            scaling: get(Part::Scaling),
            norm_after: norm(Part::NormAfterWeight, Part::NormAfterBias),
        }
    }

    /// `LNa(A(z)) + skip`, or `LNa(A(z) + skip)` with `skip_before_norm`.
    fn forward(&self, tape: &mut Tape, config: &AdapterConfig, z: &Var, skip: &Var, skip_before_norm: bool) -> Var {
        let normed;
        let z = match &self.norm_before {
            Some(norm) => {
                normed = norm.forward(tape, z, None);
                &normed
            }
            None => z,
        };
        let inner = self.down.forward(tape, z, activation(&config.non_linearity));
        match &self.norm_after {
            None => self.scaled_up(tape, config, &inner, Some(skip)),
            Some(norm) if skip_before_norm => {
                let sum = self.scaled_up(tape, config, &inner, Some(skip));
                norm.forward(tape, &sum, None)
            }
            Some(norm) => {
                let y = self.scaled_up(tape, config, &inner, None);
                let y = norm.forward(tape, &y, None);
                tape.add(&y, skip)
            }
        }
    }

    /// `skip + dropout(scaling * (W_up inner + b_up))`, in as few ops as the configuration allows.
    fn scaled_up(&self, tape: &mut Tape, config: &AdapterConfig, inner: &Var, skip: Option<&Var>) -> Var {
        let p = if tape.drops() { config.dropout as f32 } else { 0.0 };
        let mut up = self.up.linear();
        if let Scaling::Fixed(factor) = config.scaling {
            up.alpha = factor as f32;
        }
        let (after_up, after_scaling) = match (&self.scaling, p > 0.0) {
            (None, false) => (skip, None),
            (None, true) => (None, None),
            (Some(_), false) => (None, skip),
            (Some(_), true) => (None, None),
        };
        let mut y = tape.linear(inner, up, after_up);
        if let Some(scaling) = &self.scaling {
            y = tape.scale(&y, scaling, after_scaling);
        }
        if p > 0.0 { tape.dropout(&y, p, skip) } else { y }
    }
}
