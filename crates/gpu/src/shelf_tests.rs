use super::*;

const MB: u64 = 1 << 20;

/// Takes everything, then gives everything back; returns how many pieces had to be made.
fn step(shelf: &mut Shelf<()>, sizes: &[u64]) -> usize {
    let mut made = 0;
    let mut held = Vec::new();
    for size in sizes {
        held.push(match shelf.take(*size) {
            (Some((_, size)), _) => size,
            (None, _) => {
                shelf.made(*size);
                made += 1;
                *size
            }
        });
    }
    held.into_iter().for_each(|size| shelf.give_back((), size));
    made
}

#[test]
fn the_same_work_again_makes_nothing() {
    let mut shelf = Shelf::default();
    // More than any fixed bound that suits a small machine.
    let sizes = [300 * MB, 40 * MB, 300 * MB, 7 * MB];
    assert_eq!(step(&mut shelf, &sizes), 4);
    for _ in 0..3 * WINDOW {
        assert_eq!(step(&mut shelf, &sizes), 0);
    }
    let memory = MemoryUse { used_bytes: 0, pooled_bytes: 647 * MB, buffers: 4, peak_bytes: 647 * MB };
    assert_eq!(shelf.memory(), memory);
}

#[test]
fn batches_of_changing_length_share_what_one_of_them_needs() {
    let mut shelf = Shelf::default();
    let (mut made, mut most) = (0, 0);
    for i in 0..2000u64 {
        let tokens = 100 + i * 7919 % 900;
        let layers = [5, 30, 8, 30, 30, 8, 8, 16, 30, 5, 30, 8].map(|kb| size_class(tokens * kb * 1024));
        made += step(&mut shelf, &layers);
        most = most.max(shelf.memory().pooled_bytes);
    }
    let peak = shelf.memory().peak_bytes;
    assert!(most <= peak + peak / 4, "{most} bytes wait, {peak} were in use");
    assert!(made < 240, "{made} of 24000 were made anew");
}

#[test]
fn what_no_longer_comes_is_freed() {
    let mut shelf = Shelf::default();
    step(&mut shelf, &[500 * MB, 500 * MB]);
    for i in 0..WINDOW {
        step(&mut shelf, &[MB, 2 * MB, (3 + i % 2) * MB]);
    }
    assert!(shelf.memory().pooled_bytes <= FLOOR, "{:?}", shelf.memory());
}

#[test]
fn the_oldest_size_goes_first() {
    let mut shelf = Shelf::default();
    step(&mut shelf, &[10 * MB, 60 * MB]);
    step(&mut shelf, &[10 * MB]);
    // 70 wait, 87.5 may be held.
    assert_eq!(step(&mut shelf, &[25 * MB]), 1);
    assert_eq!(step(&mut shelf, &[10 * MB]), 0);
    assert_eq!(step(&mut shelf, &[60 * MB]), 1);
}

#[test]
fn a_little_larger_will_do_and_much_larger_not() {
    let mut shelf = Shelf::default();
    step(&mut shelf, &[1280]);
    assert_eq!(step(&mut shelf, &[1024]), 0);
    assert_eq!(step(&mut shelf, &[512]), 1);
    assert_eq!(shelf.clear().len(), 2);
    assert_eq!((shelf.memory().pooled_bytes, shelf.memory().buffers), (0, 0));
}

#[test]
fn size_classes_hold_what_is_asked_and_waste_little() {
    for bytes in (1u64..100_000).step_by(7).chain([1 << 27, (1 << 27) - 1]) {
        let class = size_class(bytes);
        assert!(class >= bytes && class.is_multiple_of(64));
        assert!(bytes < 1024 || class * 4 <= bytes * 5, "{bytes} -> {class}");
    }
    assert_eq!(size_class(1 << 27), 1 << 27);
}
