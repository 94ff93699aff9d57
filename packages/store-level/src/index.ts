export { levelStore, type LevelStore, type LevelStoreOptions } from './level-store.js';
export type { Durability } from './files/state.js';
