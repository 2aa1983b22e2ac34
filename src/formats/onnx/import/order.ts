/** The nodes that a graph's output depends on, each after those that it reads. Exporters write them in any order. */
import { shown } from '../../safetensors/header.ts';
import type { OnnxGraph, OnnxNode } from '../messages.ts';
import { called, invalid } from './errors.ts';

/** Throws 'bad-input' for a value that two nodes give, one that nothing gives, and a cycle. */
export function orderedNodes(
  graph: OnnxGraph,
  output: string,
  given: ReadonlySet<string>,
): readonly OnnxNode[] {
  const producers = new Map<string, OnnxNode>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (producers.has(name) || given.has(name)) throw invalid(`two nodes of the graph give ${shown(name)}`);
      producers.set(name, node);
    }
  }
  const ordered: OnnxNode[] = [];
  const state = new Map<OnnxNode, 'open' | 'done'>();
  const last = producers.get(output);
  // Depth first without recursion: a file may have a chain of any length.
  const stack = last ? [last] : [];
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    if (state.get(node) === 'done') stack.pop();
    else if (state.get(node) === 'open') {
      // All that it reads was done above it on the stack.
      state.set(node, 'done');
      ordered.push(node);
      stack.pop();
    } else {
      state.set(node, 'open');
      for (const name of node.inputs) {
        if (name === '' || given.has(name)) continue;
        const producer = producers.get(name);
        if (!producer) throw invalid(`${called(node)} reads ${shown(name)}, which no node gives`);
        if (state.get(producer) === 'open') throw invalid(`${called(node)} depends on its own output`);
        stack.push(producer);
      }
    }
  }
  return ordered;
}
