/** Pictures of a run: what `procready/pictures` exports. */
export { type HostFacts, readHostFacts } from './host.js';
export { type PageFacts, renderFailure, renderPage } from './page.js';
export { type Hit, type Level, type Point, type Recording, type RecordingOptions, record } from './recording.js';
