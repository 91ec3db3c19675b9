//! Memory that waits to be used again, by size, and how much of it may wait.

use std::collections::BTreeMap;

/// Bytes that may always wait: small work is never worth a call to the system.
const FLOOR: u64 = 32 << 20;
/// Requests over which the most that was in use is remembered: a few training steps.
const WINDOW: u64 = 4096;

/// What is held, in bytes and pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Bytes that somebody uses.
    pub used_bytes: u64,
    /// Bytes that wait to be used again.
    pub pooled_bytes: u64,
    /// Buffers that exist, used or waiting.
    pub buffers: u64,
    /// The most bytes that were ever in use at once.
    pub peak_bytes: u64,
}

/// Pieces of memory by size class, each used or waiting. Together they are at most a quarter more than what was in
/// use at once lately, so that a step finds everything that the step before it gave back, while nothing stays for sizes
/// that no longer come. What was not asked for longest goes first.
#[derive(Debug)]
pub struct Shelf<T> {
    classes: BTreeMap<u64, Class<T>>,
    memory: MemoryUse,
    requests: u64,
    /// The most bytes in use in this window of requests, and in the one before.
    peaks: [u64; 2],
}

#[derive(Debug)]
struct Class<T> {
    waiting: Vec<T>,
    last_request: u64,
}

/// The size class of a request: four a power of two, so at most a fifth is wasted, and batches of nearly equal size
/// share buffers.
pub fn size_class(bytes: u64) -> u64 {
    let bytes = bytes.max(256);
    let quarter = (bytes.next_power_of_two() / 8).max(64);
    bytes.div_ceil(quarter) * quarter
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { classes: BTreeMap::new(), memory: MemoryUse::default(), requests: 0, peaks: [0; 2] }
    }
}

impl<T> Shelf<T> {
    /// A piece of this class, or of one up to twice as large, and its size; also what now waits in vain and is to be freed.
    /// Without a piece the caller makes a new one of exactly this class and says so by [`Shelf::made`].
    pub fn take(&mut self, class: u64) -> (Option<(T, u64)>, Vec<T>) {
        self.requests += 1;
        if self.requests.is_multiple_of(WINDOW) {
            self.peaks = [self.memory.used_bytes, self.peaks[0]];
        }
        let found = self.find(class);
        let more = if found.is_some() { 0 } else { class };
        (found, self.surplus(more))
    }

    fn find(&mut self, class: u64) -> Option<(T, u64)> {
        let enough = |(_, class): &(&u64, &mut Class<T>)| !class.waiting.is_empty();
        let (size, found) = self.classes.range_mut(class..=2 * class).find(enough)?;
        found.last_request = self.requests;
        let (piece, size) = (found.waiting.pop()?, *size);
        self.memory.pooled_bytes -= size;
        self.use_more(size);
        Some((piece, size))
    }

    /// A new piece is in use.
    pub fn made(&mut self, class: u64) {
        self.memory.buffers += 1;
        self.use_more(class);
    }

    /// A piece is no longer used.
    pub fn give_back(&mut self, piece: T, size: u64) {
        self.memory.used_bytes -= size;
        self.memory.pooled_bytes += size;
        let now = self.requests;
        let class = self.classes.entry(size).or_insert_with(|| Class { waiting: Vec::new(), last_request: now });
        class.waiting.push(piece);
    }

    /// What exceeds the bound once `more` bytes are in use too.
    fn surplus(&mut self, more: u64) -> Vec<T> {
        let used = self.memory.used_bytes + more;
        let peak = self.peaks[0].max(self.peaks[1]).max(used);
        let limit = (peak + peak / 4).max(FLOOR);
        let mut surplus = Vec::new();
        while used + self.memory.pooled_bytes > limit && self.memory.pooled_bytes > 0 {
            let waiting = self.classes.iter_mut().filter(|(_, class)| !class.waiting.is_empty());
            let Some((size, oldest)) = waiting.min_by_key(|(_, class)| class.last_request) else { break };
            self.memory.pooled_bytes -= size;
            self.memory.buffers -= 1;
            surplus.extend(oldest.waiting.pop());
        }
        surplus
    }

    /// Every piece that waits.
    pub fn clear(&mut self) -> Vec<T> {
        let waiting: Vec<T> = std::mem::take(&mut self.classes).into_values().flat_map(|class| class.waiting).collect();
        self.memory.pooled_bytes = 0;
        self.memory.buffers -= waiting.len() as u64;
        waiting
    }

    /// What is held.
    pub fn memory(&self) -> MemoryUse {
        self.memory
    }

    fn use_more(&mut self, bytes: u64) {
        let memory = &mut self.memory;
        memory.used_bytes += bytes;
        memory.peak_bytes = memory.peak_bytes.max(memory.used_bytes);
        self.peaks[0] = self.peaks[0].max(memory.used_bytes);
    }
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
