//! Shaders without what only people read: comments and indentation are a third of what a browser would download of them.
//!
//! This happens when the crate is compiled, so what the tests validate is what runs everywhere. Lines stay lines: the
//! numbers in a driver's messages are those of the file.

/// The code in WGSL text, and how many bytes it has. There are no strings in WGSL, so `//` always begins a comment.
pub const fn code<const N: usize>(text: &str) -> ([u8; N], usize) {
    let text = text.as_bytes();
    let (mut code, mut len) = ([0; N], 0);
    let (mut at, mut line) = (0, 0);
    while at < text.len() {
        if text[at] == b'/' && at + 1 < text.len() && text[at + 1] == b'/' {
            while at < text.len() && text[at] != b'\n' {
                at += 1;
            }
            continue;
        }
        if text[at] == b'\n' {
            while len > line && code[len - 1] == b' ' {
                len -= 1;
            }
            line = len + 1;
        }
        if text[at] != b' ' || len > line {
            code[len] = text[at];
            len += 1;
        }
        at += 1;
    }
    (code, len)
}

/// The first `N` bytes.
pub const fn first<const N: usize, const M: usize>(bytes: &[u8; M]) -> [u8; N] {
    let (mut first, mut at) = ([0; N], 0);
    while at < N {
        first[at] = bytes[at];
        at += 1;
    }
    first
}

/// The code of a shader's file, as a constant. The path is as in `include_str!`.
#[macro_export]
macro_rules! shader_code {
    ($path:expr) => {{
        const TEXT: &str = include_str!($path);
        const CODE: ([u8; TEXT.len()], usize) = $crate::code::code(TEXT);
        const BYTES: &[u8; CODE.1] = &$crate::code::first(&CODE.0);
        match std::str::from_utf8(BYTES) {
            Ok(code) => code,
            Err(_) => panic!("not UTF-8"),
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go_and_lines_stay() {
        let text = "// a\n\n  if (a / b) { // c\n    x();   \n  }//\n// d";
        let (bytes, len) = code::<99>(text);
        assert_eq!(std::str::from_utf8(&bytes[..len]).unwrap(), "\n\nif (a / b) {\nx();\n}\n");
    }
}
