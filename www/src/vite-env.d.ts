/// <reference types="svelte" />
/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The backbone of this build: a URL of its folder, or a hub id. */
  readonly VITE_BACKBONE?: string;
  /** The same of the multilingual one, and how many megabytes are downloaded from there. */
  readonly VITE_MULTILINGUAL?: string;
  readonly VITE_MULTILINGUAL_MB?: string;
}
