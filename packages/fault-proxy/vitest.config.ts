export { default } from '@iot/vitest-config/app';
