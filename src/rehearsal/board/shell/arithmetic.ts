/** The shell's integer arithmetic, 64 bits wide. */

/** An expression that a shell refuses. */
export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError';
}

interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const binary: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Evaluates an expression whose `$` expansions are done. */
export function evaluate(text: string, variables: Variables): bigint {
  const tokens =
    text.match(
      /0[xX][0-9a-fA-F]+|[0-9]+|[A-Za-z_][A-Za-z0-9_]*|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\+\+|--|[-+*/%<>=!~&|^?:()]|\S/gu,
    ) ?? [];
  let at = 0;
  let skipping = 0;
  const fail = (why: string): never => {
    throw new ArithmeticError(`arithmetic expression: ${why}: "${text}"`);
  };
  const number = (value: string): bigint => {
    const word = value.trim();
    if (word === '') return 0n;
    if (/^[-+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)$/u.test(word)) {
      const negative = word.startsWith('-');
      const digits = word.replace(/^[-+]/u, '');
      const octal = /^0[0-7]+$/u.test(digits);
      const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits);
      return negative ? -magnitude : magnitude;
    }
    throw new ArithmeticError(`Illegal number: ${word}`);
  };
  const read = (name: string): bigint => number(variables.get(name) ?? '');
  const primary = (): bigint => {
    const token = tokens[at++];
    if (token === undefined) return fail('expecting primary');
    if (token === '(') {
      const value = comma();
      if (tokens[at++] !== ')') fail("expecting ')'");
      return value;
    }
    if (token === '-') return -primary();
    if (token === '+') return primary();
    if (token === '!') return primary() === 0n ? 1n : 0n;
    if (token === '~') return ~primary();
    if (/^[0-9]/u.test(token)) return number(token);
    if (/^[A-Za-z_]/u.test(token)) return read(token);
    return fail('expecting primary');
  };
  const apply = (operator: string, left: bigint, right: bigint): bigint => {
    switch (operator) {
      case '|':
        return left | right;
      case '^':
        return left ^ right;
      case '&':
        return left & right;
      case '==':
        return left === right ? 1n : 0n;
      case '!=':
        return left !== right ? 1n : 0n;
      case '<=':
        return left <= right ? 1n : 0n;
      case '>=':
        return left >= right ? 1n : 0n;
      case '<':
        return left < right ? 1n : 0n;
      case '>':
        return left > right ? 1n : 0n;
      case '<<':
        return left << (right & 63n);
      case '>>':
        return left >> (right & 63n);
      case '+':
        return left + right;
      case '-':
        return left - right;
      case '*':
        return left * right;
      case '/':
      case '%':
        if (right === 0n) return skipping > 0 ? 0n : fail('division by zero');
        return operator === '/' ? left / right : left % right;
      default:
        return fail('unexpected operator');
    }
  };
  const level = (depth: number): bigint => {
    const operators = binary[depth];
    if (!operators) return primary();
    let left = level(depth + 1);
    for (
      let operator = tokens[at];
      operator !== undefined && operators.includes(operator);
      operator = tokens[at]
    ) {
      at++;
      if (operator === '&&' || operator === '||') {
        const skip = operator === '&&' ? left === 0n : left !== 0n;
        if (skip) skipping++;
        const right = level(depth + 1);
        if (skip) skipping--;
        left =
          operator === '&&' ? (left !== 0n && right !== 0n ? 1n : 0n) : left !== 0n || right !== 0n ? 1n : 0n;
      } else left = BigInt.asIntN(64, apply(operator, left, level(depth + 1)));
    }
    return left;
  };
  const conditional = (): bigint => {
    const condition = level(0);
    if (tokens[at] !== '?') return condition;
    at++;
    if (condition === 0n) skipping++;
    const yes = assignment();
    if (condition === 0n) skipping--;
    if (tokens[at++] !== ':') fail("expecting ':'");
    if (condition !== 0n) skipping++;
    const no = conditional();
    if (condition !== 0n) skipping--;
    return condition !== 0n ? yes : no;
  };
  const assignment = (): bigint => {
    const name = tokens[at];
    const operator = tokens[at + 1];
    if (
      name !== undefined &&
      /^[A-Za-z_]/u.test(name) &&
      operator !== undefined &&
      /^(?:=|[-+*/%&|^]=|<<=|>>=)$/u.test(operator)
    ) {
      at += 2;
      const right = assignment();
      const value =
        operator === '=' ? right : BigInt.asIntN(64, apply(operator.slice(0, -1), read(name), right));
      if (skipping === 0) variables.set(name, String(value));
      return value;
    }
    return conditional();
  };
  const comma = (): bigint => assignment();
  if (tokens.length === 0) return 0n;
  const value = comma();
  if (at < tokens.length) fail('expecting EOF');
  return value;
}
