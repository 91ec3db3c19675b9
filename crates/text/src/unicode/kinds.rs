//! What is asked of a character's general category, a bit each. The build script reads this file too.

/// C without the unassigned: control, format, private use.
pub const OTHER: u32 = 1 << 0;
/// Mn.
pub const MARK_NONSPACING: u32 = 1 << 1;
/// M.
pub const MARK: u32 = 1 << 2;
/// Nd.
pub const DIGIT: u32 = 1 << 3;
/// Pc.
pub const CONNECTOR: u32 = 1 << 4;
/// P.
pub const PUNCTUATION: u32 = 1 << 5;
/// So.
pub const SYMBOL_OTHER: u32 = 1 << 6;
/// M as of today's Unicode; the others are those of its version 8, which published models know.
pub const MARK_TODAY: u32 = 1 << 7;
