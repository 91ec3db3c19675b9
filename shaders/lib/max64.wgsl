// The largest of one number a thread over a workgroup of 64, the same in every thread.

var<workgroup> tops: array<f32, 64>;

fn max64(lane: u32, value: f32) -> f32 {
    tops[lane] = value;
    workgroupBarrier();
    var top = value;
    for (var other = 0u; other < 64u; other++) {
        top = max(top, tops[other]);
    }
    return top;
}
