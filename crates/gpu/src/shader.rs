//! WGSL sources and their variants.
//!
//! A shader is one file of `shaders/`, preceded by the shared fragments of `shaders/lib/` that it uses. Both are
//! joined when the crate is compiled. What differs between variants (tile sizes, head size, which epilogue) are
//! top-level `const`s of the file: a variant is the same text with other values, so that every file is WGSL as it
//! stands, array sizes may depend on a variant, and the driver's compiler folds every branch on one.

use std::hash::{Hash, Hasher};

/// How a shader uses one of its storage buffers, in binding order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `var<storage, read>`
    Read,
    /// `var<storage, read_write>`
    ReadWrite,
}

/// A compute shader: entry point `main`, storage buffers at bindings `0..n` of group 0, and one uniform struct
/// of at most 256 bytes at binding `n`.
#[derive(Debug)]
pub struct Shader {
    /// The file's name without `.wgsl`.
    pub name: &'static str,
    /// Fragments, then the file itself.
    pub parts: &'static [&'static str],
    /// One entry a storage buffer.
    pub buffers: &'static [Access],
}

/// The constants that make a variant: names and values, in a fixed order.
pub type Constants = [(&'static str, u32)];

impl Shader {
    /// The WGSL text of a variant: each `const NAME: TYPE = VALUE;` named in `constants` gets its new value.
    ///
    /// # Panics
    /// If the shader has no such constant: a misspelt name must not pass in silence.
    pub fn source(&self, constants: &Constants) -> String {
        let mut text = self.parts.join("\n");
        for (name, value) in constants {
            let start = text
                .find(&format!("const {name}:"))
                .unwrap_or_else(|| panic!("shader {} has no constant {name}", self.name));
            let equals = start + text[start..].find('=').expect("a const has a value");
            let end = start + text[start..].find(';').expect("a const ends");
            let value = match text[start..equals].split(':').nth(1).map(str::trim) {
                Some("bool") => (*value != 0).to_string(),
                _ => format!("{value}u"),
            };
            text.replace_range(equals + 1..end, &format!(" {value}"));
        }
        text
    }

    pub(crate) fn key(&self, constants: &Constants) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        self.name.hash(&mut hasher);
        constants.hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SHADER: Shader =
        Shader { name: "t", parts: &["const A: u32 = 1u; const B: bool = false;", "const C: u32 = 7u;"], buffers: &[] };

    #[test]
    fn constants_are_replaced_by_name() {
        let text = SHADER.source(&[("B", 1), ("C", 9)]);
        assert_eq!(text, "const A: u32 = 1u; const B: bool = true;\nconst C: u32 = 9u;");
        assert_ne!(SHADER.key(&[("C", 9)]), SHADER.key(&[("C", 8)]));
    }

    #[test]
    #[should_panic(expected = "no constant D")]
    fn an_unknown_constant_is_a_bug() {
        SHADER.source(&[("D", 1)]);
    }
}
