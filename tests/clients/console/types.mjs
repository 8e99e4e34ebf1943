// The types of the JSON API, for the console's scripts, made from the OpenAPI document.
//
// What is made is a module `rushes-api`: a type for each schema, and `Answer<Method, Path>`, which
// finds what an address answers. `/api/tasks/${id}` as it stands in a script has the type
// `/api/tasks/${string}`, so that the address itself says the type; one that begins elsewhere answers
// `any`. `Known<Method, Path>` fits no address that the document does not have.

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

const HEAD = `
type Depth<P extends string> = P extends \`\${string}/\${infer R}\` ? [0, ...Depth<R>] : [];
type Same<M, P> = Operation extends infer O ? O extends [M, infer Q, infer A] ? P extends Q ? Q extends P ? A : never : never : never : never;
type Fitting<M, P extends string> = Operation extends infer O ? O extends [M, infer Q extends string, infer A] ? P extends Q ? Depth<P> extends Depth<Q> ? Depth<Q> extends Depth<P> ? A : never : never : never : never : never;
/** What an address answers when all went well. */
export type Answer<M extends string, P extends string> = P extends \`/\${string}\` ? [Same<M, P>] extends [never] ? Fitting<M, P> : Same<M, P> : any;
/** An address, if there is such an operation. */
export type Known<M extends string, P extends string> = [Answer<M, P>] extends [never] ? 'the OpenAPI document has no such operation' : P;
/** A function that asks with a method: it takes an address, and what more it says. */
export type Call<M extends string, More extends unknown[]> = <const P extends string>(path: P & Known<M, P>, ...more: More) => Promise<Answer<M, P>>;
`

/** The module's text. @param {any} document */
export const typesOf = (document) => {
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => `export type ${word(name)} = ${type(schema)};`)
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) =>
      `  | ['${method.toUpperCase()}', \`${path.replace(/\{[^}]+\}/g, '${string}')}\`, ${answer(item[method])}]`))
  return `${schemas.join('\n')}\nexport type Operation =\n${operations.join('\n')};\n${HEAD}`
}

/** What an operation answers when all went well. */
const answer = ({ responses }) => {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  const types = good.map(([, { content }]) => (content === undefined ? 'null' : type(content['application/json']?.schema)))
  return [...new Set(types)].join(' | ') || 'null'
}

const word = (name) => name.replace(/\W/g, '_')

/** A schema as a type of TypeScript. */
const type = (schema) => {
  if (schema === undefined || typeof schema === 'boolean') return 'any'
  if (schema.$ref) return word(schema.$ref.split('/').at(-1))
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((it) => JSON.stringify(it)).join(' | ')
  const all = [...(schema.allOf ?? []).map(type), ...(schema.properties || schema.allOf === undefined ? [plain(schema)] : [])]
  return all.length > 1 ? all.map((it) => `(${it})`).join(' & ') : all[0]
}

const plain = (schema) => {
  const choices = schema.oneOf ?? schema.anyOf
  if (choices) return choices.map((it) => `(${type(it)})`).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.map((it) => plain({ ...schema, type: it })).join(' | ')
  switch (schema.type) {
    case 'object': return object(schema)
    case 'array': return `(${type(schema.items)})[]`
    case 'integer': return 'number'
    case 'string': case 'number': case 'boolean': case 'null': return schema.type
    default: return schema.properties ? object(schema) : 'any'
  }
}

const object = ({ properties = {}, required = [], additionalProperties }) => {
  const fields = Object.entries(properties).map(([name, schema]) => `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${type(schema)}`)
  if (fields.length === 0) return `Record<string, ${type(additionalProperties)}>`
  return `{ ${fields.join('; ')} }`
}
