export { default } from '@iot/tsup-config';
