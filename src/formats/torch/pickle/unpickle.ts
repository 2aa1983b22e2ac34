/**
 * The pickle machine, for hostile input. It knows the opcodes of protocols 2 to 5 that CPython and TorchScript write, and makes plain data of them:
 * `REDUCE` and its kin hand the name of a function to `Interpreter`, which knows a few and makes an opaque object of any other. Nothing can be called.
 */
import { damagedTorch } from '../errors.ts';
import { Cursor } from './cursor.ts';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleTuple,
  type PickleValue,
} from './values.ts';

export interface Interpreter {
  /** What calling `of` stands for. */
  call(of: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  /** What a persistent identifier stands for: a storage. */
  persistent(id: PickleValue): PickleValue;
}

export interface Unpickled {
  readonly value: PickleValue;
  /** The byte after the pickle. */
  readonly end: number;
}

/** The value of the pickle that starts at byte `begin`. Throws 'bad-input' for damage and for opcodes that state dicts and modules do not need. */
export function unpickle(bytes: Uint8Array, interpreter: Interpreter, begin = 0): Unpickled {
  const machine = new Machine(new Cursor(bytes, begin), interpreter);
  const value = machine.run();
  return { value, end: machine.end };
}

/** Highest protocol that is read. */
const MAX_PROTOCOL = 5;

/** The state dict of a network with 10,000 tensors has 400,000. What a step makes has some hundred bytes. */
const MAX_STEPS = 2e6;

const STOP = 0x2e;

class Machine {
  readonly #cursor: Cursor;
  readonly #interpreter: Interpreter;
  #stack: PickleValue[] = [];
  /** The stacks below the open marks. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(cursor: Cursor, interpreter: Interpreter) {
    this.#cursor = cursor;
    this.#interpreter = interpreter;
  }

  get end(): number {
    return this.#cursor.at;
  }

  run(): PickleValue {
    for (let steps = 0; ; steps++) {
      if (steps > MAX_STEPS)
        throw damagedTorch(
          `the pickle has more than ${MAX_STEPS} steps, which no state dict needs`,
          'save the state dict alone',
        );
      const at = this.#cursor.at;
      const code = this.#cursor.u8();
      if (code === STOP) return this.#pop();
      const step = STEPS.get(code);
      if (!step) throw damagedTorch(`the pickle has opcode ${code} at byte ${at}, which no state dict needs`);
      step(this, this.#cursor);
    }
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined)
      throw damagedTorch(`the pickle takes more values than it has at byte ${this.#cursor.at}`);
    return value;
  }

  pop(): PickleValue {
    return this.#pop();
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined)
      throw damagedTorch(`the pickle takes more values than it has at byte ${this.#cursor.at}`);
    return value;
  }

  mark(): void {
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** The values since the last mark. */
  popToMark(): PickleValue[] {
    const below = this.#below.pop();
    if (!below) throw damagedTorch(`the pickle takes a mark that it has not set at byte ${this.#cursor.at}`);
    const values = this.#stack;
    this.#stack = below;
    return values;
  }

  /** The last `count` values. */
  popTuple(count: number): void {
    const items = Array.from({ length: count }, () => this.#pop()).reverse();
    this.push(new PickleTuple(items));
  }

  get memoSize(): number {
    return this.#memo.size;
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw damagedTorch(`the pickle takes value ${index} of its memo, which it has not put there`);
    this.push(value);
  }

  /** Names of a global are texts, of a class or function that is not looked up. */
  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw damagedTorch('the pickle names a class by something else than texts');
    this.push(new PickleGlobal(module, name));
  }

  /** Of NEWOBJ and REDUCE alike: a class makes an object, a function its result. */
  call(of: PickleValue, args: PickleValue): void {
    if (!(args instanceof PickleTuple))
      throw damagedTorch('the pickle calls something with arguments that are no tuple');
    // The result of a call, called again.
    const target = of instanceof PickleGlobal ? of : new PickleGlobal('', 'an object');
    this.push(this.#interpreter.call(target, args.items));
  }

  persistent(): void {
    this.push(this.#interpreter.persistent(this.#pop()));
  }

  append(values: readonly PickleValue[]): void {
    const target = this.top();
    // Items of other kinds of lists are not needed.
    if (target instanceof PickleList) for (const value of values) target.items.push(value);
  }

  setItems(values: readonly PickleValue[]): void {
    const target = this.top();
    const dict = target instanceof PickleObject ? target.dict : target;
    if (!(dict instanceof PickleDict) || values.length % 2 !== 0)
      throw damagedTorch('the pickle sets items of something that is no dict');
    for (let i = 0; i < values.length; i += 2) dict.entries.set(values[i]!, values[i + 1]!);
  }

  build(): void {
    const state = this.#pop();
    const target = this.top();
    // Attributes of a dict or tensor are not needed.
    if (target instanceof PickleObject) target.state = state;
  }
}

type Step = (machine: Machine, cursor: Cursor) => void;

/** By opcode. What is missing is refused: opcodes that import by number, that make objects of old classes, and those of protocols 0 and 1. */
const STEPS: ReadonlyMap<number, Step> = new Map<number, Step>([
  [0x80, (_, c) => checkProtocol(c.u8())],
  // A frame says only how long it is.
  [0x95, (_, c) => void c.u64()],
  [0x28, (m) => m.mark()],
  [0x30, (m) => void m.pop()],
  [0x31, (m) => void m.popToMark()],
  [0x32, (m) => m.push(m.top())],

  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x4a, (m, c) => m.push(c.i32())],
  [0x4b, (m, c) => m.push(c.u8())],
  [0x4d, (m, c) => m.push(c.u16())],
  [0x8a, (m, c) => m.push(c.long(c.u8()))],
  [0x8b, (m, c) => m.push(c.long(c.u32()))],
  [0x47, (m, c) => m.push(c.f64())],

  [0x58, (m, c) => m.push(c.text(c.u32()))],
  [0x8c, (m, c) => m.push(c.text(c.u8()))],
  [0x8d, (m, c) => m.push(c.text(c.u64()))],
  // Strings of Python 2.
  [0x54, (m, c) => m.push(c.text(c.u32()))],
  [0x55, (m, c) => m.push(c.text(c.u8()))],
  [0x42, (m, c) => m.push(c.bytes(c.u32()))],
  [0x43, (m, c) => m.push(c.bytes(c.u8()))],
  [0x8e, (m, c) => m.push(c.bytes(c.u64()))],
  [0x96, (m, c) => m.push(c.bytes(c.u64()))],

  [0x5d, (m) => m.push(new PickleList())],
  [0x8f, (m) => m.push(new PickleList())],
  [0x29, (m) => m.push(new PickleTuple([]))],
  [0x7d, (m) => m.push(new PickleDict())],
  [0x91, (m) => m.push(new PickleTuple(m.popToMark()))],
  [0x74, (m) => m.push(new PickleTuple(m.popToMark()))],
  [0x85, (m) => m.popTuple(1)],
  [0x86, (m) => m.popTuple(2)],
  [0x87, (m) => m.popTuple(3)],
  [0x61, (m) => m.append([m.pop()])],
  [0x65, (m) => m.append(m.popToMark())],
  [0x90, (m) => m.append(m.popToMark())],
  [
    0x73,
    (m) => {
      const value = m.pop();
      m.setItems([m.pop(), value]);
    },
  ],
  [0x75, (m) => m.setItems(m.popToMark())],

  [0x71, (m, c) => m.put(c.u8())],
  [0x72, (m, c) => m.put(c.u32())],
  [0x94, (m) => m.put(m.memoSize)],
  [0x68, (m, c) => m.get(c.u8())],
  [0x6a, (m, c) => m.get(c.u32())],

  [0x63, (m, c) => m.global(c.line(), c.line())],
  [
    0x93,
    (m) => {
      const name = m.pop();
      m.global(m.pop(), name);
    },
  ],
  [
    0x52,
    (m) => {
      const args = m.pop();
      m.call(m.pop(), args);
    },
  ],
  [
    0x81,
    (m) => {
      const args = m.pop();
      m.call(m.pop(), args);
    },
  ],
  [
    0x92,
    (m) => {
      m.pop();
      const args = m.pop();
      m.call(m.pop(), args);
    },
  ],
  [0x62, (m) => m.build()],
  [0x51, (m) => m.persistent()],
]);

function checkProtocol(version: number): void {
  if (version < 2 || version > MAX_PROTOCOL)
    throw damagedTorch(`the pickle has protocol ${version}, 2 to ${MAX_PROTOCOL} are read`);
}
