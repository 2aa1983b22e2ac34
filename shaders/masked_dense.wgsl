// Masked dense layer with bias and activation.
//
// One invocation computes a few neighbouring outputs for a pack of images, so an input is fetched once for all of them.
// Reads of weights are uniform, from workgroup memory; reads of images are coalesced, since images are innermost.
// Grid: rows tiles of outputs, z candidates.

// #include "shared/candidate.wgsl"
// #include "shared/layer_params.wgsl"
// #include "shared/weights_tile.wgsl"
// #include "shared/activation.wgsl"

@group(0) @binding(1) var<storage, read> records: array<u32>; // [candidate, word]
@group(0) @binding(2) var<storage, read> states: array<u32>; // [candidate, word]
@group(0) @binding(3) var<storage, read> x: array<pack>; // [candidate, input, pack]
@group(0) @binding(4) var<storage, read> weight: array<f32>; // [output, input]
@group(0) @binding(5) var<storage, read> bias: array<f32>; // [output]
@group(0) @binding(6) var<storage, read> mask: array<u32>; // [slot, word] bits of weight
@group(0) @binding(7) var<storage, read_write> y: array<pack>; // [candidate, output, pack]

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let candidate = params.first_candidate + group.z;
  let tile_row = row_of(group);
  if (tile_row >= rows || states[state_at(candidate, state_stopped)] != 0u) {
    return;
  }
  let slot = records[candidate * params.record_words + record_slots + params.mask];
  let first_output = tile_row * tile_quads * 4u;
  let place = pack_of(group, lane);
  let inside = place < params.images / pack_images;
  let x_place = (params.x_first + group.z * params.x_candidate) / pack_images + place;
  let x_stride = params.x_stride / pack_images;

  // Every sum starts at the bias and adds its products in ascending input order, one fma each.
  // #for q in 0..quads
  // #for i in 0..4
  var sum_{q}_{i} = pack(bias[min(first_output + {q}u * 4u + {i}u, outputs - 1u)]);
  // #end
  // #end
  for (var first = 0u; first < positions; first += tile_positions) {
    workgroupBarrier();
    stage_weights(first_output, first, slot, lane);
    workgroupBarrier();
    if (inside) {
      let end = min(first + tile_positions, positions);
      var input = first;
      for (; input + {unroll}u <= end; input += {unroll}u) {
        let x_at = x_place + input * x_stride;
        let tile = (input - first) * tile_quads;
        // #for u in 0..unroll
        let x_{u} = x[x_at + {u}u * x_stride];
        // #for q in 0..quads
        let w_{u}_{q} = weights_tile[tile + {u}u * tile_quads + {q}u];
        // #for i in 0..4
        sum_{q}_{i} = fma(pack(w_{u}_{q}[{i}]), x_{u}, sum_{q}_{i});
        // #end
        // #end
        // #end
      }
      for (; input < end; input++) {
        let value = x[x_place + input * x_stride];
        let tile = (input - first) * tile_quads;
        // #for q in 0..quads
        let w_{q} = weights_tile[tile + {q}u];
        // #for i in 0..4
        sum_{q}_{i} = fma(pack(w_{q}[{i}]), value, sum_{q}_{i});
        // #end
        // #end
      }
    }
  }

  if (inside) {
    let y_place = (params.y_first + group.z * params.y_candidate) / pack_images + place;
    let y_stride = params.y_stride / pack_images;
    // #for q in 0..quads
    // #for i in 0..4
    if (first_output + {q}u * 4u + {i}u < outputs) {
      y[y_place + (first_output + {q}u * 4u + {i}u) * y_stride] = activate(sum_{q}_{i});
    }
    // #end
    // #end
  }
}
