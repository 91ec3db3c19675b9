//! Every variant of every shader is valid WGSL, and every file of `shaders/` belongs to an op.

use std::path::Path;

use graftwork_tensor::ops;

#[test]
fn every_variant_is_valid() {
    let mut count = 0;
    for (shader, variants) in ops::shaders() {
        for constants in variants {
            let source = shader.source(&constants);
            let module = naga::front::wgsl::parse_str(&source)
                .unwrap_or_else(|e| panic!("{} {constants:?}: {}", shader.name, e.emit_to_string(&source)));
            // `unpack2x16float` is in WGSL's core; naga asks because some GPUs before WebGPU have not got it.
            let core = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
            let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), core);
            validator
                .validate(&module)
                .unwrap_or_else(|e| panic!("{} {constants:?}: {}", shader.name, e.emit_to_string(&source)));
            let storage = |v: &naga::GlobalVariable| matches!(v.space, naga::AddressSpace::Storage { .. });
            let bound = module.global_variables.iter().filter(|(_, v)| storage(v)).count();
            assert_eq!(bound, shader.buffers.len(), "bindings of {}", shader.name);
            assert!(bound <= 8, "{} needs more storage buffers than WebGPU grants by default", shader.name);
            count += 1;
        }
    }
    assert!(count > 60, "only {count} variants");
}

#[test]
fn every_file_belongs_to_an_op() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shaders");
    let registered: Vec<&str> = ops::shaders().iter().flat_map(|(shader, _)| shader.parts.iter().copied()).collect();
    let mut count = 0;
    for folder in [folder.clone(), folder.join("lib")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "wgsl") {
                let text = std::fs::read_to_string(&path).unwrap();
                let line = |line: &str| line.split("//").next().unwrap_or_default().trim().to_owned() + "\n";
                let code: String = text.lines().map(line).collect();
                assert!(registered.contains(&code.as_str()), "no op uses {}", path.display());
                assert!(text.starts_with("//"), "{} has no header", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 15, "only {count} files");
}
