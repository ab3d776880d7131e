/** The `test` command. */
import type { ByteString } from '../bytes.ts';
import type { Node } from '../files/nodes.ts';

/** What `test` asks of its surroundings. */
export interface TestScope {
  /** What is at a path; links followed unless `itself`. */
  node(path: string, itself?: boolean): Node | undefined;
  access(path: string, bit: 4 | 2 | 1): boolean;
  terminal(fd: number): boolean;
}

/** A `test` that was written wrongly. */
export class TestSyntaxError extends Error {}

const binary = new Set([
  '=',
  '==',
  '!=',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
  '<',
  '>',
]);
const unary = new Set([
  '-n',
  '-z',
  '-e',
  '-f',
  '-d',
  '-r',
  '-w',
  '-x',
  '-s',
  '-L',
  '-h',
  '-b',
  '-c',
  '-p',
  '-S',
  '-t',
  '-u',
  '-g',
  '-k',
  '-O',
  '-G',
]);

function integer(text: string): bigint {
  if (!/^\s*[-+]?[0-9]+\s*$/u.test(text)) throw new TestSyntaxError(`Illegal number: ${text}`);
  return BigInt(text.trim().replace(/^\+/u, ''));
}

function compare(scope: TestScope, left: string, operator: string, right: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-eq':
      return integer(left) === integer(right);
    case '-ne':
      return integer(left) !== integer(right);
    case '-lt':
      return integer(left) < integer(right);
    case '-le':
      return integer(left) <= integer(right);
    case '-gt':
      return integer(left) > integer(right);
    case '-ge':
      return integer(left) >= integer(right);
    case '-nt':
      return (scope.node(left)?.modified ?? -1) > (scope.node(right)?.modified ?? -1);
    case '-ot':
      return (scope.node(left)?.modified ?? -1) < (scope.node(right)?.modified ?? -1);
    default:
      return scope.node(left) !== undefined && scope.node(left) === scope.node(right);
  }
}

function ask(scope: TestScope, operator: string, operand: string): boolean {
  if (operator === '-n') return operand !== '';
  if (operator === '-z') return operand === '';
  if (operator === '-t') return scope.terminal(Number(integer(operand)));
  const node = scope.node(operand, operator === '-L' || operator === '-h');
  if (!node) return false;
  switch (operator) {
    case '-f':
      return node.kind === 'file';
    case '-d':
      return node.kind === 'directory';
    case '-L':
    case '-h':
      return node.kind === 'symlink';
    case '-s':
      return node.kind !== 'file' || (node.generate ? node.generate() : node.data) !== '';
    case '-r':
      return scope.access(operand, 4);
    case '-w':
      return scope.access(operand, 2);
    case '-x':
      return scope.access(operand, 1);
    case '-c':
      return node.kind === 'device';
    case '-u':
      return (node.mode & 0o4000) !== 0;
    case '-g':
      return (node.mode & 0o2000) !== 0;
    case '-k':
      return (node.mode & 0o1000) !== 0;
    case '-e':
      return true;
    case '-O':
    case '-G':
      return true;
    default:
      return false;
  }
}

/** Evaluates the arguments of `test` (without the closing bracket). */
export function test(scope: TestScope, args: readonly ByteString[]): boolean {
  let at = 0;
  const left = (): number => args.length - at;
  const word = (): string => args[at++] ?? '';
  const or = (): boolean => {
    let value = and();
    while (args[at] === '-o' && left() > 1) {
      at++;
      const right = and();
      value = value || right;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (args[at] === '-a' && left() > 1) {
      at++;
      const right = not();
      value = value && right;
    }
    return value;
  };
  const not = (): boolean => {
    if (args[at] === '!' && left() > 1 && !(left() >= 3 && binary.has(args[at + 1] ?? ''))) {
      at++;
      return !not();
    }
    return primary();
  };
  const primary = (): boolean => {
    if (left() >= 3 && binary.has(args[at + 1] ?? '')) {
      const first = word();
      const operator = word();
      return compare(scope, first, operator, word());
    }
    if (args[at] === '(' && left() > 1) {
      at++;
      const value = or();
      if (word() !== ')') throw new TestSyntaxError('closing paren expected');
      return value;
    }
    if (left() >= 2 && unary.has(args[at] ?? '')) {
      const operator = word();
      return ask(scope, operator, word());
    }
    return word() !== '';
  };
  if (args.length === 0) return false;
  const value = or();
  if (at < args.length) throw new TestSyntaxError(`${args[at] ?? ''}: unexpected operator`);
  return value;
}
