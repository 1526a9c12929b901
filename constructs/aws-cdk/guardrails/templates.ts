import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CfnElement, type IPolicyValidationContext, Stack, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { TemplateSource } from '../../../lib/rules/cloudformation/index.js';

/** The templates that a plugin is to look at, and the constructs behind their resources. */
export interface SynthesizedTemplates {
  readonly sources: readonly TemplateSource[];
  /** The file of a template, by its name. */
  readonly files: ReadonlyMap<string, string>;
  constructOf(template: string, logicalId: string): IConstruct | undefined;
}

/**
 * The CDK names the templates of stacks. Those of nested stacks lie beside them, and only the tree knows which
 * resource deploys which.
 */
export function synthesizedTemplates(context: IPolicyValidationContext): SynthesizedTemplates {
  const root = context.appConstruct;
  const folders = new Map(context.templatePaths.map((path) => [basename(path), dirname(path)]));
  const files = new Map<string, string>();
  const constructs = new Map<string, IConstruct>();
  const sources: TemplateSource[] = [];
  for (const construct of root.node.findAll()) {
    if (CfnElement.isCfnElement(construct)) {
      const { stack } = construct;
      constructs.set(`${stack.templateFile}/${String(stack.resolve(construct.logicalId))}`, construct);
    }
    if (!Stack.isStack(construct)) continue;
    const folder = folders.get(outermost(construct).templateFile);
    if (folder === undefined) continue;
    const file = join(folder, construct.templateFile);
    files.set(construct.templateFile, file);
    sources.push(sourceOf(construct, file));
  }
  return { sources, files, constructOf: (template, logicalId) => constructs.get(`${template}/${logicalId}`) };
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
}

function sourceOf(stack: Stack, file: string): TemplateSource {
  const { nestedStackParent: parent, nestedStackResource: resource, account, region } = stack;
  return {
    name: stack.templateFile,
    template: JSON.parse(readFileSync(file, 'utf8')) as unknown,
    ...(parent &&
      resource && {
        parent: { name: parent.templateFile, logicalId: String(parent.resolve(resource.logicalId)) },
      }),
    assembly: Stage.of(stack)?.artifactId ?? '',
    ...(!Token.isUnresolved(account) && { account }),
    ...(!Token.isUnresolved(region) && { region }),
  };
}
