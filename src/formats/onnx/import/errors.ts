import { MasksearchError } from '../../../core/error.ts';
import { shown } from '../../safetensors/header.ts';
import type { OnnxNode } from '../messages.ts';

const FIX = 'export the network without it; docs/onnx.md has what is supported';

/** The operator with its domain, and the node's name or that of its output. */
export const called = (node: OnnxNode): string =>
  `${shown(operatorOf(node)).slice(1, -1)} ${shown(nameOf(node))}`;

/** With its domain, unless it is a standard one; as the file calls it. */
export const operatorOf = ({ operator, foreign, domain }: OnnxNode): string =>
  foreign ?? (domain === '' ? operator : `${domain}.${operator}`);

/** The node's name, or that of its first output. */
export const nameOf = ({ name, outputs }: OnnxNode): string => (name === '' ? (outputs[0] ?? '') : name);

/** The error of a node that no network here can do. `why` continues a sentence that starts with the node. */
export const unsupported = (node: OnnxNode, why: string, fix = FIX): MasksearchError =>
  new MasksearchError('bad-input', `${called(node)} ${why}`, fix);

/** The error of a file that no exporter writes. */
export const invalid = (message: string): MasksearchError =>
  new MasksearchError('bad-input', message, 'use a file that an exporter wrote');
