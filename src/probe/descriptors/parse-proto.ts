import { create } from '@bufbuild/protobuf';
import {
  Edition,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { type Body, isScalar, ProtoMessages } from './proto-messages.ts';
import { featuresIn, type Options, readOption } from './proto-options.ts';
import { ProtoTokens } from './proto-tokens.ts';

/**
 * Parses a .proto file: proto2, proto3 and editions.
 *
 * Options are read over, but for those that change how messages are encoded: what they mean may stand in files that are not
 * here, and makes no difference to a call. Names of types stay as they are written; `resolveNames` makes full names of them.
 *
 * @param file - its path, for errors
 * @param name - by which others import it
 * @throws EvenkeelError `EK_FILE_SYNTAX` with line and column
 */
export function parseProto(file: string, name: string, text: string): FileDescriptorProto {
  return new ProtoFile(new ProtoTokens(file, text), name).read();
}

/** By name: `2023`, … */
const editions = new Map(
  Object.entries(Edition).flatMap(([name, edition]) =>
    typeof edition === 'number' && /^EDITION_\d{4}$/.test(name)
      ? [[name.slice('EDITION_'.length), edition] as const]
      : [],
  ),
);

class ProtoFile {
  readonly #tokens: ProtoTokens;
  readonly #messages: ProtoMessages;
  readonly #file: FileDescriptorProto;

  constructor(tokens: ProtoTokens, name: string) {
    this.#tokens = tokens;
    this.#file = create(FileDescriptorProtoSchema, { name, syntax: 'proto2' });
    this.#messages = new ProtoMessages(tokens, this.#file);
  }

  read(): FileDescriptorProto {
    const tokens = this.#tokens;
    const file = this.#file;
    const options: Options = new Map();
    const body: Body = { messages: file.messageType, enums: file.enumType, extensions: file.extension };
    while (tokens.kind !== 'end') {
      if (tokens.takeIf(';')) continue;
      if (tokens.takeIf('syntax')) this.#syntax();
      else if (tokens.takeIf('edition')) this.#edition();
      else if (tokens.takeIf('import')) this.#import();
      else if (tokens.takeIf('package')) file.package = this.#ended(tokens.fullName('the name of a package'));
      else if (tokens.takeIf('option')) {
        readOption(tokens, options);
        tokens.expect(';');
      } else if (tokens.takeIf('service')) this.#service();
      else if (!this.#messages.readDeclaration(body)) {
        throw tokens.mistake('message, enum, service, extend, import, option or package');
      }
    }
    const features = featuresIn(options);
    if (features !== undefined) file.options = create(FileOptionsSchema, { features });
    return file;
  }

  #ended<T>(value: T): T {
    this.#tokens.expect(';');
    return value;
  }

  #syntax(): void {
    const tokens = this.#tokens;
    tokens.expect('=');
    const syntax = tokens.string('"proto2" or "proto3"');
    if (syntax !== 'proto2' && syntax !== 'proto3')
      throw tokens.refused(`the syntax ${syntax} is not known, only proto2 and proto3`);
    this.#file.syntax = this.#ended(syntax);
  }

  #edition(): void {
    const tokens = this.#tokens;
    tokens.expect('=');
    const name = tokens.string('an edition such as "2023"');
    const edition = editions.get(name);
    if (edition === undefined)
      throw tokens.refused(`the edition ${name} is not known, only ${[...editions.keys()].join(', ')}`);
    this.#file.syntax = 'editions';
    this.#file.edition = this.#ended(edition);
  }

  #import(): void {
    const tokens = this.#tokens;
    const isPublic = tokens.takeIf('public');
    // What is imported for options alone makes no difference to a call.
    const forOptions = !isPublic && tokens.takeIf('option');
    if (!isPublic && !forOptions) tokens.takeIf('weak');
    const name = this.#ended(tokens.string('the name of a file'));
    if (forOptions) return;
    if (isPublic) this.#file.publicDependency.push(this.#file.dependency.length);
    this.#file.dependency.push(name);
  }

  #service(): void {
    const tokens = this.#tokens;
    const service = create(ServiceDescriptorProtoSchema, { name: tokens.name('the name of a service') });
    tokens.expect('{');
    while (!tokens.takeIf('}')) {
      if (tokens.takeIf(';')) continue;
      if (tokens.takeIf('option')) {
        readOption(tokens, new Map());
        tokens.expect(';');
        continue;
      }
      tokens.expect('rpc');
      const method = create(MethodDescriptorProtoSchema, { name: tokens.name('the name of a method') });
      if (service.method.some(({ name }) => name === method.name))
        throw tokens.refused(`${service.name} has a method ${method.name} already`);
      [method.clientStreaming, method.inputType] = this.#typeInBrackets();
      tokens.expect('returns');
      [method.serverStreaming, method.outputType] = this.#typeInBrackets();
      service.method.push(method);
      if (tokens.takeIf(';')) continue;
      tokens.expect('{');
      while (!tokens.takeIf('}')) {
        if (tokens.takeIf(';')) continue;
        tokens.expect('option');
        readOption(tokens, new Map());
        tokens.expect(';');
      }
    }
    this.#file.service.push(service);
  }

  #typeInBrackets(): [stream: boolean, name: string] {
    const tokens = this.#tokens;
    tokens.expect('(');
    const stream = tokens.is('stream') && tokens.isFollowedBy(/^[\w.]/) && tokens.take() === 'stream';
    const name = tokens.fullName('the name of a message');
    if (isScalar(name)) throw tokens.refused(`a method takes messages and answers with messages, not with ${name}`);
    tokens.expect(')');
    return [stream, name];
  }
}
