//! `graftwork merge`

use serde_json::json;

use crate::args::{Common, Merge};
use crate::engine::read_adapter;
use crate::failure::Result;
use crate::output::Output;

/// Folds an adapter into a copy of its backbone.
pub fn run(args: &Merge, common: &Common) -> Result<()> {
    let file = read_adapter(&args.adapter, args.any_backbone)?;
    let backbone = graftwork::resolve_backbone(&args.backbone)?;
    let merged = graftwork::merge(&backbone, &file, &args.out)?;
    let mut out = Output::new();
    if common.json {
        out.json(&json!({
            "backbone": args.out,
            "head": merged.head,
            "fingerprint": merged.fingerprint.to_string(),
        }))?;
    } else {
        out.line(&format!("{} is the backbone with the adapter {} in it", args.out.display(), file.name))?;
        if let Some(head) = &merged.head {
            out.line(&format!("{} is its head, for --adapter", head.display()))?;
        }
    }
    out.flush().map(drop)
}
