//! A backbone as JavaScript holds it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use graftwork::{
    AdapterChoice, AdapterFile, Device, FileError, GpuError, LoadOptions, NewAdapter, Survey, TrainConfig, files,
};
use js_sys::{Float32Array, Function, Uint8Array};
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::adapter::Adapter;
use crate::error::{Failure, Result};
use crate::options::{self, Options, bad};
use crate::probe::Probe;
use crate::source::Source;
use crate::tasks::{self, Front};

/// A frozen backbone on a device of its own. Adapters and calls in progress share it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Backbone {
    shared: RefCell<Option<Rc<Shared>>>,
}

/// What adapters and calls in progress keep alive. When the last of them is gone, so is the device with all its memory.
#[derive(Debug)]
pub struct Shared(pub graftwork::Backbone);

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(gpu) = self.0.device().as_gpu() {
            gpu.destroy();
        }
    }
}

#[wasm_bindgen]
impl Backbone {
    /// Loads a backbone on `device`: `gpu` or `cpu`. `names` and `sizes` are the files that there are, `dtype` is the type that
    /// matrices are stored in, if not the files', and `known` is what `identity` said of the same files before, if that is to be
    /// believed; `read(name, offset, length)` gives bytes of one; `progress` gets the fraction done.
    pub async fn load(
        device: String,
        names: Vec<String>,
        sizes: Vec<f64>,
        dtype: Option<String>,
        known: Option<String>,
        read: Function,
        progress: Function,
    ) -> Result<Backbone> {
        let mut load = LoadOptions::default();
        load.weight_type = dtype.as_deref().map(options::weight_type).transpose()?;
        // What another version may have kept is not known here.
        load.known = known.and_then(|known| known.parse().ok());
        let device = match device.as_str() {
            "gpu" => Device::gpu(&AdapterChoice::Preferred).await.map_err(graftwork::Error::from)?,
            "cpu" => Device::cpu(),
            other => return Err(bad(format!("unknown device `{other}`; known: gpu, cpu"))),
        };
        let report = |done: f64| drop(progress.call1(&JsValue::NULL, &JsValue::from_f64(done)));
        let open = |name: &str| {
            let at = names.iter().position(|other| other == name)?;
            Some(Source::new(&read, name, *sizes.get(at)?))
        };
        let loaded = graftwork::Backbone::from_folder(open, &device, load, report).await;
        if let (Err(_), Some(gpu)) = (&loaded, device.as_gpu()) {
            gpu.destroy();
        }
        let backbone = loaded.map_err(Failure::reading("bad-backbone"))?;
        Ok(Self { shared: RefCell::new(Some(Rc::new(Shared(backbone)))) })
    }

    /// What it is, as JSON.
    pub fn info(&self) -> Result<String> {
        let shared = self.shared()?;
        let (backbone, config) = (&shared.0, shared.0.config());
        let info = json!({
            "device": if backbone.device().as_gpu().is_some() { "gpu" } else { "cpu" },
            "fingerprint": backbone.fingerprint().to_string(),
            "hiddenSize": config.hidden_size,
            "layers": config.num_hidden_layers,
            "mask": backbone.mask(),
            "maxLength": config.max_length(),
            "parameters": backbone.parameters(),
        });
        Ok(info.to_string())
    }

    /// Its identity, for `load`.
    pub fn identity(&self) -> Result<String> {
        Ok(self.shared()?.0.identity().to_string())
    }

    /// Uploads an adapter in one file; with `any_backbone`, also one that was trained on other weights.
    pub fn attach(&self, name: &str, bytes: &[u8], any_backbone: bool) -> Result<Adapter> {
        let file = AdapterFile::from_bytes(name, bytes);
        self.attach_file(file, any_backbone)
    }

    /// Uploads an adapter of AdapterHub's files, by name.
    #[wasm_bindgen(js_name = attachFiles)]
    pub fn attach_files(&self, names: Vec<String>, contents: Vec<JsValue>, any_backbone: bool) -> Result<Adapter> {
        let bytes = contents.into_iter().map(|bytes| bytes.unchecked_into::<Uint8Array>().to_vec());
        let mut parts = BTreeMap::new();
        parts.extend(names.into_iter().zip(bytes));
        self.attach_file(files::adapterhub::from_files("the adapter", &parts), any_backbone)
    }

    /// Uploads the adapter of an interrupted run, with the weights that it had in the run's state; `head` is the one that it taught,
    /// if one was chosen.
    #[wasm_bindgen(js_name = attachRun)]
    pub fn attach_run(&self, bytes: &[u8], state: &[u8], head: Option<String>) -> Result<Adapter> {
        let shared = self.shared()?;
        let file = AdapterFile::from_bytes("the saved run", bytes).map_err(graftwork::Error::from).map_err(damaged)?;
        let adapter = shared.0.attach(&file).map_err(Failure::reading("wrong-backbone"))?;
        let state = adapter.read_state("the saved run", state).map_err(damaged)?;
        let learned = adapter.file_at(&state);
        Adapter::of_run(shared, (file, learned), head)
    }

    /// A new adapter, ready to be trained.
    pub fn create(&self, options: &str) -> Result<Adapter> {
        create(self.shared()?, options, None)
    }

    /// Counts, as JSON, what of texts is not read or hardly understood.
    pub fn survey(&self, texts: Vec<String>, options: &str) -> Result<String> {
        let shared = self.shared()?;
        let mut options = Options::parse(options)?;
        let limit = options.limit()?;
        options.end()?;
        let encoded = shared.0.encode_long(&texts, limit)?;
        let most = limit.max_length.unwrap_or(shared.0.config().max_length());
        let found = Survey::of(encoded.iter().map(Vec::as_slice), most);
        let counts = json!({
            "texts": found.texts,
            "longer": found.longer,
            "longest": found.longest,
            "truncated": found.truncated,
            "uncovered": found.uncovered,
        });
        Ok(counts.to_string())
    }

    /// A classifier that learns while examples come in.
    pub fn probe(&self, options: &str) -> Result<Probe> {
        Probe::new(self.shared()?, options)
    }

    /// Vectors of texts without an adapter, one after the other; with pooling `none`, of their tokens.
    pub async fn embed(&self, texts: Vec<String>, options: String) -> Result<Vectors> {
        let shared = self.shared()?;
        embed(&shared, None, &texts, &options).await
    }

    /// Bytes and buffers in use on the GPU and of the WebAssembly memory, as JSON.
    pub fn memory(&self) -> Result<String> {
        let shared = self.shared()?;
        let used = shared.0.device().as_gpu().map(|gpu| gpu.memory()).unwrap_or_default();
        let wasm = wasm_bindgen::memory().unchecked_into::<js_sys::WebAssembly::Memory>().buffer();
        let wasm = wasm.unchecked_into::<js_sys::ArrayBuffer>().byte_length();
        let memory = json!({
            "gpuUsedBytes": used.used_bytes,
            "gpuPooledBytes": used.pooled_bytes,
            "gpuBuffers": used.buffers,
            "wasmBytes": wasm,
        });
        Ok(memory.to_string())
    }

    /// Why the device was lost, in the browser's words; undefined if it was not.
    pub fn lost(&self) -> Result<Option<String>> {
        Ok(match self.shared()?.0.device().as_gpu().and_then(|gpu| gpu.lost()) {
            Some(GpuError::Lost { reason }) => Some(reason),
            _ => None,
        })
    }

    /// Lets go of the device. Memory is free when calls in progress have ended and its adapters are disposed of too.
    pub fn dispose(&self) {
        self.shared.take();
    }
}

impl Backbone {
    /// What it shares, until it is disposed of.
    pub fn shared(&self) -> Result<Rc<Shared>> {
        self.shared.borrow().clone().ok_or_else(|| Failure::new("disposed", "the backbone was disposed of"))
    }

    fn attach_file(&self, file: std::result::Result<AdapterFile, FileError>, any_backbone: bool) -> Result<Adapter> {
        let shared = self.shared()?;
        let mut file = file.map_err(|error| Failure::new("bad-adapter", error.to_string()))?;
        if any_backbone {
            file.metadata.backbone_fingerprint = None;
        }
        Adapter::new(shared, file)
    }
}

/// A new adapter, which begins with the modules of another one, or with new ones.
pub fn create(shared: Rc<Shared>, options: &str, from: Option<AdapterFile>) -> Result<Adapter> {
    let mut options = Options::parse(options)?;
    let (front, labels) = head(&mut options)?;
    let seed = options.count("seed")?.unwrap_or(TrainConfig::default().seed);
    let mut new = NewAdapter::of_task(front.info, &labels).recipe(options.recipe()?).seed(seed);
    if let Some(name) = options.text("head")? {
        new = new.head(name);
    }
    for (name, mut own) in options.named("and")? {
        let (other, labels) = head(&mut own)?;
        own.end()?;
        if let Some(joint) = [front, other].iter().find(|front| !front.info.heads.is_empty()) {
            return Err(bad(format!("{} has heads of its own, so none can be beside them", joint.info.name)));
        }
        new = new.and(name, other.info, labels.into_iter().flatten());
    }
    if let Some(file) = from {
        // Its name and its method come with it.
        new = new.on(file);
    } else {
        let name = options.text("name")?.unwrap_or_else(|| "adapter".to_owned());
        new = new.named(name).method(options.method()?);
    }
    options.end()?;
    let file = shared.0.new_adapter(new).map_err(Failure::reading("bad-option"))?;
    Adapter::new(shared, file)
}

/// What a head is to be for, or the heads of a task: its task, and the labels of each.
fn head(options: &mut Options) -> Result<(&'static Front, Vec<Vec<String>>)> {
    let front = tasks::named(options.text("task")?.as_deref().unwrap_or(graftwork::text_classification::INFO.name))?;
    let mut given = Vec::new();
    for of_head in ["labels", "tags"] {
        given.push(options.texts(of_head)?.unwrap_or_default());
    }
    // Some tasks have outputs of their own, whatever is learned.
    let data = (front.data)(&[], &given)?;
    let labels: Vec<Vec<String>> = data.label_sets().into_iter().map(<[String]>::to_vec).collect();
    for (of_head, (name, given)) in ["labels", "tags"].into_iter().zip(&given).enumerate() {
        if !given.is_empty() && labels.get(of_head) != Some(given) {
            return Err(bad(format!("{name} are not for {}", front.info.name)));
        }
    }
    Ok((front, labels))
}

fn damaged(error: graftwork::Error) -> Failure {
    Failure::new("bad-run", format!("the saved run cannot be taken up again: {error}"))
}

/// Vectors end to end, and how many belong to each text.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Vectors {
    values: Vec<f32>,
    counts: Vec<u32>,
}

#[wasm_bindgen]
impl Vectors {
    /// All numbers.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Float32Array {
        Float32Array::from(self.values.as_slice())
    }

    /// How many vectors each text has.
    #[wasm_bindgen(getter)]
    pub fn counts(&self) -> Vec<u32> {
        self.counts.clone()
    }
}

/// Embeds with or without an adapter.
pub async fn embed(
    shared: &Shared,
    adapter: Option<&graftwork::Adapter>,
    texts: &[String],
    options: &str,
) -> Result<Vectors> {
    let mut options = Options::parse(options)?;
    let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
    let max_length = max_length.unwrap_or(shared.0.config().max_length());
    let (normalize, pooling) = (options.flag("normalize")?, options.pooling()?);
    options.end()?;
    let Some(pooling) = pooling else {
        let call = adapter.map_or_else(|| shared.0.embed_tokens(texts), |adapter| adapter.embed_tokens(texts));
        let rows = call.max_length(max_length).long_texts(long_texts).normalize(normalize).await?;
        let counts = rows.iter().map(|text| text.len() as u32).collect();
        return Ok(Vectors { counts, values: rows.into_iter().flatten().flatten().collect() });
    };
    let call = adapter.map_or_else(|| shared.0.embed(texts), |adapter| adapter.embed(texts));
    let rows = call.pooling(pooling).max_length(max_length).long_texts(long_texts).normalize(normalize).await?;
    Ok(Vectors { counts: vec![1; rows.len()], values: rows.into_iter().flatten().collect() })
}
