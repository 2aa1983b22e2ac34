// The element-wise function a layer ends with; `activation` counts none 0, sigmoid 1, tanh 2, relu 3.
override activation: u32;

// WGSL lets a compiler assume that infinities do not occur. With weights and activations below 1e15 and fewer than
// 1e7 of them, no sum reaches float32's end; weights are checked on the host, activations are clamped here.
const activation_limit = 1e15;

fn activate(v: pack) -> pack {
  switch (activation) {
    case 1u: {
      return 1.0 / (1.0 + exp(-clamp(v, pack(-80.0), pack(80.0))));
    }
    case 2u: {
      // Written with a falling exponential: it cannot overflow, and the built-in may be off by 1e-5.
      let e = exp(-2.0 * min(abs(v), pack(40.0)));
      return sign(v) * (1.0 - e) / (1.0 + e);
    }
    case 3u: {
      return clamp(v, pack(0.0), pack(activation_limit));
    }
    default: {
      return clamp(v, pack(-activation_limit), pack(activation_limit));
    }
  }
}
