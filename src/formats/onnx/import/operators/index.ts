/** The operators that a network may have. */
import { activation, attribute, axisOf, type Call, type Operator } from '../call.ts';
import { unsupported } from '../errors.ts';
import { VIEWS } from '../values/views.ts';
import { sizeOf, type Activation } from '../values/value.ts';
import { arithmetic, batchNormalization, sum } from './arithmetic.ts';
import { elementFunction, extreme, FUNCTION_OPERATORS, selu } from './functions.ts';
import { concat, gatherOne, pad, slice, view } from './moves.ts';
import { averagePool, globalPool, maxPool, reduce } from './pools.ts';
import { conv, gemm, matMul } from './weights.ts';

/** Softmax of scores, which the loss computes itself. */
function softmax(call: Call): Activation {
  const x = activation(call);
  const rank = x.shape.length;
  const axis = axisOf(call, attribute(call, 'int', 'axis') ?? (call.opset < 13 ? 1 : -1), rank);
  // Before version 13 all axes from this one on were one.
  const scores = call.opset < 13 ? sizeOf(x.shape.slice(axis)) : x.shape[axis];
  if (scores !== sizeOf(x.shape.slice(1))) throw unsupported(call.onnx, 'is taken over one of several axes');
  return { ...x, ending: call.onnx.operator };
}

export const OPERATORS: Readonly<Record<string, Operator>> = {
  Conv: conv,
  Gemm: gemm,
  MatMul: matMul,
  BatchNormalization: batchNormalization,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalMaxPool: globalPool('max'),
  GlobalAveragePool: globalPool('average'),
  ReduceMax: reduce('max'),
  ReduceMean: reduce('average'),
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Div: arithmetic('Div'),
  Pow: arithmetic('Pow'),
  Sum: sum,
  Max: extreme((x, y) => Math.max(x, y)),
  Min: extreme((x, y) => Math.min(x, y)),
  ...Object.fromEntries(FUNCTION_OPERATORS.map((name) => [name, elementFunction])),
  Selu: selu,
  Concat: concat,
  Pad: pad,
  Slice: slice,
  Gather: gatherOne,
  ...Object.fromEntries(Object.keys(VIEWS).map((name) => [name, view])),
  Softmax: softmax,
  LogSoftmax: softmax,
};
