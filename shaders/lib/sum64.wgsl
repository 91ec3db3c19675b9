// The sum of one number a thread over a workgroup of 64, the same in every thread, in a fixed order: eight threads sum
// eight numbers each, then every thread sums those eight. A tree would take six barriers, and barriers are what costs
// on software adapters; one thread after another would take 64 additions.

var<workgroup> parts: array<f32, 64>;
var<workgroup> eighths: array<f32, 8>;

fn sum64(lane: u32, value: f32) -> f32 {
    parts[lane] = value;
    workgroupBarrier();
    if (lane < 8u) {
        var sum = 0.0;
        for (var i = 0u; i < 8u; i++) {
            sum += parts[8u * lane + i];
        }
        eighths[lane] = sum;
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < 8u; i++) {
        sum += eighths[i];
    }
    return sum;
}
