/** Header and metadata names (ARCHITECTURE.md, "Conventions between the parts"). */
export const podHeader = 'evenkeel-pod';
export const runHeader = 'evenkeel-run';
