/** Constants that are nodes of the graph. */
import type { OnnxNode, OnnxTensor } from '../messages.ts';
import { attribute } from './call.ts';
import { unsupported } from './errors.ts';
import type { Constant } from './values/value.ts';

/** @param constantOf reads a tensor of the file */
export function constantNode(
  onnx: OnnxNode,
  constantOf: (name: string, tensor: OnnxTensor) => Constant,
): Constant {
  const name = onnx.outputs[0] ?? '';
  const tensor = attribute({ onnx }, 'tensor', 'value');
  if (tensor) return constantOf(name, tensor);
  const one = (value: number, isWhole: boolean): Constant => ({
    ...{ kind: 'constant', shape: [], numbers: Float64Array.of(value), isFloat: !isWhole },
  });
  const float = attribute({ onnx }, 'float', 'value_float');
  if (float !== undefined) return one(float, false);
  const int = attribute({ onnx }, 'int', 'value_int');
  if (int !== undefined) return one(int, true);
  const floats = attribute({ onnx }, 'floats', 'value_floats');
  const list = floats ?? attribute({ onnx }, 'ints', 'value_ints');
  if (!list) throw unsupported(onnx, 'holds no numbers');
  return {
    ...{ kind: 'constant', shape: [list.length], numbers: Float64Array.from(list) },
    isFloat: floats !== undefined,
  };
}
