import shared from '@iot/vitest-config';

// Without `module`: what @opentelemetry/api has under that condition is for bundlers, and Node does not find its parts.
export default { ...shared, ssr: { resolve: { conditions: ['@iot/source', 'node', 'import', 'default'] } } };
