//! The native side: writes the files that the page reads, and `native.json`, the answer.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(env::args_os().nth(1).ok_or("usage: native FOLDER")?);
    let files = graftwork_browser_test::make_files();
    for (name, bytes) in graftwork_browser_test::FILES.iter().zip(&files) {
        fs::write(dir.join(name), bytes)?;
    }
    // The CPU bodies: another implementation than the shaders, checked against PyTorch elsewhere.
    let answer = pollster::block_on(graftwork_browser_test::work(&graftwork_tensor::Device::cpu(), &files))?;
    fs::write(dir.join("native.json"), answer.to_json())?;
    println!("native answer, computed on {}", answer.device);
    Ok(())
}

/// wasm-pack builds every target of the package; on wasm32 there is nothing native to do.
#[cfg(target_arch = "wasm32")]
fn main() {}
