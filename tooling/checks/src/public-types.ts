/** Finds types that a module uses in the signatures of its exports but does not export. */
import ts from 'typescript';

/** `Name (of Declaration)` for each type that an exported declaration names and the module does not export. */
export function typesNotExported(program: ts.Program, file: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is no module of the program`);
  const exported = checker.getExportsOfModule(module);
  const known = new Set(exported.map((symbol) => target(symbol)));
  const missing = new Set<string>();
  for (const symbol of exported) {
    for (const declaration of target(symbol).declarations ?? []) {
      if (isFromElsewhere(program, declaration)) continue;
      for (const named of namedIn(declaration, isTypeOnly(symbol)))
        if (!known.has(named)) missing.add(`${named.name} (of ${symbol.name})`);
    }
  }
  return [...missing];

  function target(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The types of this workspace that the signature of a declaration names. */
  function namedIn(declaration: ts.Declaration, typeOnly: boolean): Set<ts.Symbol> {
    const found = new Set<ts.Symbol>();
    const add = (symbol: ts.Symbol | undefined): void => {
      const type = symbol && target(symbol);
      const [first] = type?.declarations ?? [];
      if (type === undefined || first === undefined || ts.isTypeParameterDeclaration(first)) return;
      if (type.name.startsWith('__') || isFromElsewhere(program, first)) return;
      found.add(type);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isBlock(node) || isPrivate(node)) return;
      // A constructor counts only if the class is exported as a value, because otherwise it cannot be called.
      if (ts.isConstructorDeclaration(node) && typeOnly) return;
      if (ts.isTypeReferenceNode(node)) add(checker.getSymbolAtLocation(node.typeName));
      if (ts.isExpressionWithTypeArguments(node)) add(checker.getSymbolAtLocation(node.expression));
      if (isInferred(node)) {
        const type = checker.getTypeAtLocation(node);
        add(type.aliasSymbol ?? type.getSymbol());
      }
      ts.forEachChild(node, (child) => {
        if (!isInitializer(child)) visit(child);
      });
    };
    visit(declaration);
    return found;
  }
}

/** Whether a declaration belongs to the language, to Node or to a dependency. */
function isFromElsewhere(program: ts.Program, declaration: ts.Declaration): boolean {
  const source = declaration.getSourceFile();
  return program.isSourceFileDefaultLibrary(source) || source.fileName.includes('/node_modules/');
}

function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((it) => ts.isTypeOnlyImportOrExportDeclaration(it));
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  const hidden = ts.ModifierFlags.Private;
  const name = node.name && ts.isPrivateIdentifier(node.name);
  return name === true || (ts.getCombinedModifierFlags(node) & hidden) !== 0;
}

/** A property or variable whose type is inferred from its value. */
function isInferred(node: ts.Node): boolean {
  return (ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) && node.type === undefined;
}

function isInitializer(node: ts.Node): boolean {
  return ts.isExpression(node) && 'initializer' in node.parent && node.parent.initializer === node;
}
