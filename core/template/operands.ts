import { type Template, TokenKind, toValueSync, Value } from 'liquidjs';

/**
 * Refuses what Liquid would read in part and ignore the rest of: values side by side (`vip member`, an `and` forgotten)
 * and operators with a side missing (`points >`). Throws SyntaxError.
 */
export function checkOperands(templates: readonly Template[]): void {
  for (const template of templates) {
    for (const argument of template.arguments?.() ?? []) if (argument instanceof Value) checkOrder(argument);
    if (template.children) checkOperands(toValueSync(template.children(false, true)));
  }
}

/** Counts what is left over as an expression in postfix order is worked off: one value, if it is whole. */
function checkOrder({ initial: { postfix } }: Value): void {
  let values = 0;
  for (const token of postfix) {
    const takes = token.kind !== TokenKind.Operator ? 0 : token.getText() === 'not' ? 1 : 2;
    if (values < takes) throw new SyntaxError(`a value is missing beside "${token.getText()}"`);
    values += 1 - takes;
  }
  if (values > 1) throw new SyntaxError(`two values stand side by side: put an operator, such as and, between them`);
}
