/** What a stable error code means and what to do about it; docs/errors.md is held to this table by a test. */
export interface ErrorCode {
  /** One sentence: when this error is raised. */
  readonly when: string;
  /** One sentence: what the person who reads it should do. */
  readonly action: string;
  /** The process's exit code when this error ends it: 1 a gate was not met, 2 bad input or usage, 3 the run broke. */
  readonly exitCode: 1 | 2 | 3;
}

function code(exitCode: ErrorCode['exitCode'], when: string, action: string): ErrorCode {
  return { when, action, exitCode };
}

export const errorCodes = {
  EK_USAGE: code(
    2,
    'A command line has an unknown command or option, or an option value of the wrong form.',
    'Run the command with --help; it lists every option with an example.',
  ),
  EK_FILE_READ: code(2, 'A file that was named could not be read.', 'Check the path and its permissions.'),
  EK_FILE_SYNTAX: code(
    2,
    'A file is not well-formed YAML or JSON.',
    'Correct the file at the line and column that the message gives.',
  ),
  EK_CONFIG_INVALID: code(
    2,
    'A field of a configuration or endpoint file is unknown, missing or of the wrong type.',
    'Correct the field that the message names; docs/configuration.md lists all fields.',
  ),
  EK_PORT_IN_USE: code(
    2,
    'An address to listen on is already taken by another program.',
    'Stop the other program or choose another address with the option that the message names.',
  ),
  EK_INTERNAL: code(
    3,
    'Something failed that evenkeel has no better word for.',
    'Run again with EVENKEEL_LOG=debug and report the output as an issue.',
  ),
} as const satisfies Record<`EK_${string}`, ErrorCode>;

export type ErrorCodeName = keyof typeof errorCodes;
