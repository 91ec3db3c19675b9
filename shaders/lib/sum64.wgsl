// The sum of one number a thread over a workgroup of 64, the same in every thread. Every thread adds all 64 in
// ascending order: one barrier instead of a tree's six, and barriers are what costs on software adapters.

var<workgroup> parts: array<f32, 64>;

fn sum64(lane: u32, value: f32) -> f32 {
    workgroupBarrier();
    parts[lane] = value;
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < 64u; i++) {
        sum += parts[i];
    }
    return sum;
}
