/// <reference types="svelte" />
/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The backbone of this build: a URL of its folder, or a hub id. */
  readonly VITE_BACKBONE?: string;
}
