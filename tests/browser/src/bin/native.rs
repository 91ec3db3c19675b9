//! `native GOLDEN OUT`: the native side. Reads the files below GOLDEN and writes its answer to OUT.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::PathBuf};

    let mut words = env::args_os().skip(1).map(PathBuf::from);
    let (Some(golden), Some(out)) = (words.next(), words.next()) else { return Err("usage: native GOLDEN OUT".into()) };
    let read = |name: String| fs::read(golden.join(&name)).map_err(|error| format!("{name}: {error}"));
    let files = graftwork_browser_test::files().into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // The CPU bodies: another implementation than the shaders.
    let answer = pollster::block_on(graftwork_browser_test::work(&graftwork_tensor::Device::cpu(), &files))?;
    fs::write(&out, answer.to_json())?;
    println!("native answer of the {}: {}", answer.device, out.display());
    Ok(())
}

/// wasm-pack builds every target of the package; on wasm32 there is nothing native to do.
#[cfg(target_arch = "wasm32")]
fn main() {}
