//! What is read of a text that is longer than the limit.

use std::ops::Range;

/// What is read of a text that has more tokens than one sequence may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LongTexts {
    /// Its first tokens.
    #[default]
    First,
    /// Its beginning and its end: a quarter of the room and three quarters, as the 128 and 382 of 510 tokens of Sun et al.,
    /// "How to Fine-Tune BERT for Text Classification?" (2019).
    Ends,
    /// All of it, as sequences of which each has a quarter in common with the one before, as those of transformers'
    /// `return_overflowing_tokens`. Of a text that needs more than 16, 16 that lie evenly over it.
    Windows,
}

impl LongTexts {
    /// The most windows of a text that share a batch.
    pub const MOST_WINDOWS: usize = 16;

    /// Their names in options and files, and what they do.
    pub const NAMES: &[(&str, &str)] = &[
        ("first", "Its first tokens"),
        ("ends", "Its beginning and its end: a quarter of the tokens and three quarters"),
        ("windows", "All of it in overlapping windows, at most 16, whose features are averaged"),
    ];
    /// In the order of their names.
    pub const ALL: [Self; 3] = [Self::First, Self::Ends, Self::Windows];

    /// Its name in options and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The choice of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// Which of `n` tokens the sequences get, each with room for `room`, which is at least 1: of each sequence the parts.
    pub(super) fn parts(self, n: usize, room: usize) -> Vec<Vec<Range<usize>>> {
        if n <= room {
            return vec![only(0..n)];
        }
        match self {
            Self::First => vec![only(0..room)],
            Self::Ends => {
                let beginning = room.div_ceil(4);
                vec![vec![0..beginning, n - (room - beginning)..n]]
            }
            Self::Windows => windows(n, room, room / 4, Self::MOST_WINDOWS).into_iter().map(only).collect(),
        }
    }
}

/// Windows of `room` tokens over `n` tokens, of which each has `stride` in common with the one before, as those of
/// transformers' `return_overflowing_tokens`: one that is wide enough if the text is short. Where more than `most` (at
/// least 2) would be needed, `most` that lie evenly.
pub(super) fn windows(n: usize, room: usize, stride: usize, most: usize) -> Vec<Range<usize>> {
    let step = room.saturating_sub(stride).max(1);
    let needed = 1 + n.saturating_sub(room).div_ceil(step);
    let start = |i| if needed > most { i * (n - room) / (most - 1) } else { i * step };
    (0..needed.min(most)).map(|i| start(i)..(start(i) + room).min(n)).collect()
}

/// One part alone.
pub(super) fn only(part: Range<usize>) -> Vec<Range<usize>> {
    std::iter::once(part).collect()
}

/// How many tokens are in at least one of these parts, which begin one after the other.
pub(super) fn union(parts: &[Vec<Range<usize>>]) -> usize {
    let mut end = 0;
    let new = |part: &Range<usize>| {
        let new = part.end.saturating_sub(part.start.max(end));
        end = end.max(part.end);
        new
    };
    parts.iter().flatten().map(new).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_read_whole() {
        for choice in LongTexts::ALL {
            for room in 1..40 {
                for n in 0..=room {
                    assert_eq!(choice.parts(n, room), [only(0..n)]);
                }
            }
        }
    }

    #[test]
    fn nothing_is_read_twice_or_left_out_that_need_not() {
        for room in 1..40 {
            for n in room + 1..20 * room {
                for choice in LongTexts::ALL {
                    let parts = choice.parts(n, room);
                    let lengths = || parts.iter().map(|parts| parts.iter().map(Range::len).sum::<usize>());
                    assert!(lengths().all(|length| (1..=room).contains(&length)), "{choice:?} {n} {room}");
                    let mut read = vec![false; n];
                    parts.iter().flatten().flat_map(Range::clone).for_each(|token| read[token] = true);
                    let count = read.iter().filter(|read| **read).count();
                    assert_eq!(union(&parts), count, "{choice:?} {n} {room}");
                    match choice {
                        LongTexts::First | LongTexts::Ends => assert_eq!((parts.len(), count), (1, room)),
                        LongTexts::Windows => {
                            assert!(parts.len() <= LongTexts::MOST_WINDOWS);
                            assert_eq!(count, n.min(LongTexts::MOST_WINDOWS * room), "{n} {room}");
                            assert!(read[0] && read[n - 1]);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_shares_of_the_paper() {
        assert_eq!(LongTexts::Ends.parts(1000, 510), [vec![0..128, 618..1000]]);
        assert_eq!(LongTexts::Windows.parts(100, 40), [only(0..40), only(30..70), only(60..100)]);
        assert_eq!(LongTexts::from_name("ends"), Some(LongTexts::Ends));
        assert_eq!(LongTexts::from_name("all"), None);
    }
}
