// The element-wise function that a layer ends with.
override activation: u32; // none 0, sigmoid 1, tanh 2, relu 3

// WGSL lets a compiler assume that infinities do not occur. No float32 sum overflows if weights and activations are
// below 1e15 and a sum has fewer than 1e7 products: weights are checked on the host, activations are clamped here.
const activation_limit = 1e15;

fn activate(v: pack) -> pack {
  switch (activation) {
    case 1u: {
      return 1.0 / (1.0 + exp(-clamp(v, pack(-80.0), pack(80.0))));
    }
    case 2u: {
      // The exponent is never positive, so it cannot overflow. The built-in tanh may be off by 1e-5.
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
