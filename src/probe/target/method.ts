import { fromJson, toBinary } from '@bufbuild/protobuf';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import type { Described } from '../descriptors/link.ts';
import { type AnswerReader, answerReader } from './decode-answer.ts';
import { fitData } from './fit-data.ts';
import { Misfit } from './misfit.ts';
import { type Data, readData } from './read-data.ts';

/** A call that can be made again and again: everything about it is bytes. */
export interface PreparedCall {
  /** `/pkg.Service/Method` */
  readonly path: string;
  readonly unary: boolean;
  /** It is answered with exactly one message. */
  readonly singleAnswer: boolean;
  /** One message, or for methods that take a stream any number of them. */
  readonly requests: readonly Uint8Array[];
  readonly answers: AnswerReader;
}

/**
 * Splits `pkg.Service/Method`, also written `pkg.Service.Method` and with a slash in front.
 *
 * @throws EvenkeelError `EK_PROBE_METHOD`
 */
export function splitMethod(text: string): { readonly service: string; readonly method: string } {
  const match = /^\/?([A-Za-z_][\w.]*)[/.]([A-Za-z_]\w*)$/.exec(text);
  if (match === null) {
    throw new EvenkeelError('EK_PROBE_METHOD', `"${text}" is no method`, {
      field: '--method',
      hint: 'Write SERVICE/METHOD, for example grpc.health.v1.Health/Check.',
    });
  }
  return { service: match[1]!, method: match[2]! };
}

/**
 * Finds the method and turns JSON into messages; pure.
 *
 * @param data - JSON text: one message, or for a method that takes a stream a list of them
 * @throws EvenkeelError `EK_PROBE_METHOD`, `EK_PROBE_DATA` naming the field that does not fit
 */
export function prepareCall(described: Described, name: string, data: string, where = '--data'): PreparedCall {
  const { registry } = described;
  const { service: serviceName, method: methodName } = splitMethod(name);
  const service = registry.getService(serviceName);
  if (service === undefined) {
    const known = [...registry].flatMap((type) => (type.kind === 'service' ? [type.typeName] : []));
    throw new EvenkeelError('EK_PROBE_METHOD', `there is no service ${serviceName}`, {
      field: '--method',
      hint: `Known services: ${known.slice(0, 50).join(', ') || 'none'}.`,
    });
  }
  const method = service.methods.find((one) => one.name === methodName);
  if (method === undefined) {
    throw new EvenkeelError('EK_PROBE_METHOD', `${serviceName} has no method ${methodName}`, {
      field: '--method',
      hint: `It has ${service.methods.map((one) => one.name).join(', ')}.`,
    });
  }
  const takesStream = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  const json = readData(data, where);
  const messages = takesStream && Array.isArray(json) ? (json as readonly Data[]) : [json];
  return {
    path: `/${serviceName}/${methodName}`,
    unary: method.methodKind === 'unary',
    singleAnswer: method.methodKind === 'unary' || method.methodKind === 'client_streaming',
    requests: messages.map((message, index) => {
      try {
        return toBinary(method.input, fromJson(method.input, fitData(method.input, message, described), { registry }));
      } catch (thrown) {
        const of = messages.length > 1 ? ` (message ${index + 1})` : '';
        throw new EvenkeelError(
          'EK_PROBE_DATA',
          `the data does not fit ${method.input.typeName}${of}: ${messageOf(thrown)}`,
          { field: where, cause: thrown, hint: thrown instanceof Misfit ? thrown.hint : undefined },
        );
      }
    }),
    answers: answerReader(method.output, registry),
  };
}
