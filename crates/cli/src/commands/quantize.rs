//! `graftwork quantize`

use serde_json::json;

use crate::args::{Common, Quantize};
use crate::failure::Result;
use crate::output::Output;

/// Writes a backbone in 8-bit integers.
pub fn run(args: &Quantize, common: &Common) -> Result<()> {
    let backbone = graftwork::resolve_backbone(&args.backbone)?;
    let fingerprint = graftwork::quantize(&backbone, &args.out)?;
    let mut out = Output::new();
    if common.json {
        out.json(&json!({ "backbone": args.out, "fingerprint": fingerprint.to_string() }))?;
    } else {
        out.line(&format!("{} is the backbone in 8-bit integers; it takes the same adapters", args.out.display()))?;
    }
    out.flush().map(drop)
}
