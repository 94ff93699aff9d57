/** Builds the page into a folder, which is made when it is not there. */
export function buildPage(folder: string): Promise<void>;
