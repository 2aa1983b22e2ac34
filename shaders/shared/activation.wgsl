// The element-wise function that a layer ends with. Which one is text: what is not called costs no compile time.

// WGSL lets a compiler assume that infinities do not occur. No float32 sum overflows if weights and activations are
// below 1e15 and a sum has fewer than 1e7 products: weights are checked on the host, activations are clamped here.
const activation_limit = 1e15;

const alpha: f32 = {alpha}; // the function's parameter

fn activate(v: pack) -> pack {
  return activate_{activation}(v);
}

fn activate_none(v: pack) -> pack {
  return clamp(v, pack(-activation_limit), pack(activation_limit));
}

fn activate_sigmoid(v: pack) -> pack {
  return 1.0 / (1.0 + exp(-clamp(v, pack(-80.0), pack(80.0))));
}

fn activate_tanh(v: pack) -> pack {
  // The exponent is never positive, so it cannot overflow. The built-in tanh may be off by 1e-5.
  let e = exp(-2.0 * min(abs(v), pack(40.0)));
  return sign(v) * (1.0 - e) / (1.0 + e);
}

fn activate_relu(v: pack) -> pack {
  return clamp(v, pack(0.0), pack(activation_limit));
}

fn activate_relu6(v: pack) -> pack {
  return clamp(v, pack(0.0), pack(6.0));
}

fn activate_leaky_relu(v: pack) -> pack {
  let x = activate_none(v);
  return activate_none(select(x, alpha * x, x < pack(0.0)));
}

fn activate_elu(v: pack) -> pack {
  return activate_none(select(v, alpha * (exp(clamp(v, pack(-80.0), pack(0.0))) - 1.0), v < pack(0.0)));
}

fn activate_hard_sigmoid(v: pack) -> pack {
  return clamp(fma(pack(alpha), activate_none(v), pack(0.5)), pack(0.0), pack(1.0));
}

fn activate_silu(v: pack) -> pack {
  return activate_none(v) * activate_sigmoid(v);
}

fn activate_hard_swish(v: pack) -> pack {
  return activate_none(v) * (clamp(v + 3.0, pack(0.0), pack(6.0)) * (1.0 / 6.0));
}

fn activate_gelu(v: pack) -> pack {
  let x = activate_none(v);
  return 0.5 * x * (1.0 + sign(x) * erf(abs(x) * 0.70710678));
}

// The error function of v >= 0, as 1 - exp(-v p(v)). The polynomial p was fitted (Lawson's iteration, least largest error of
// the result) to -log(erfc(v)) / v from 0 to 4, where the result is off by 1.6e-8, with the roundings of float32 by 1.4e-7.
// From 4 on the result is 1 in float32.
fn erf(v: pack) -> pack {
  let x = min(v, pack(4.0));
  var p = pack(3.1441799e-5);
  p = fma(p, x, pack(-3.0881388e-4));
  p = fma(p, x, pack(1.0324344e-3));
  p = fma(p, x, pack(5.3688750e-4));
  p = fma(p, x, pack(-1.9583926e-2));
  p = fma(p, x, pack(0.10291960));
  p = fma(p, x, pack(0.63659775));
  p = fma(p, x, pack(1.1283803));
  return 1.0 - exp(-x * p);
}

// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. As (1 + tanh(u)) / 2 is a sigmoid of 2u, nothing cancels below 0.
fn activate_gelu_tanh(v: pack) -> pack {
  // From 10 on in magnitude the sigmoid is 1 in float32, or below 1e-34, and the cube of 1e15 would be infinite.
  let x = clamp(v, pack(-10.0), pack(10.0));
  let gate = activate_sigmoid(x * fma(pack(0.071354816), x * x, pack(1.5957691)));
  return clamp(v, pack(-10.0), pack(activation_limit)) * gate;
}

fn activate_softplus(v: pack) -> pack {
  return activate_relu(v) + log(1.0 + exp(-min(abs(v), pack(80.0))));
}
