/** What is wrong with one of the pods. */
export const sicknesses = {
  frozen: 'its process stands still: connections stay, nothing is answered',
  'black-hole': 'every packet to it is lost, as where a node is cut off',
  errors: 'it answers every call with UNAVAILABLE',
  slow: 'it takes ten times as long as the others',
} as const;

export type Sickness = keyof typeof sicknesses;

/** Who does something about it. */
export const protections = {
  nothing: 'nobody looks: the pod gets its turn',
  'active checks': 'the control plane asks every pod every 2 s, and three failures take it out',
  'outlier detection': 'each client looks every 5 s at its own calls (gRFC A50)',
  'load reports': 'the control plane hears every client once a second, and ejects for all of them',
} as const;

export type Protection = keyof typeof protections;

export const sicknessNames = Object.keys(sicknesses) as Sickness[];
export const protectionNames = Object.keys(protections) as Protection[];
