import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Puts src/scheme.js before everything else, as a file: the policy allows no inline script. */
function colourSchemeFirst(): Plugin {
  const source = readFileSync(here("src/scheme.js"), "utf8");
  let reference = "";
  return {
    name: "colour-scheme-first",
    apply: "build",
    buildStart() {
      reference = this.emitFile({ type: "asset", name: "scheme.js", source });
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = bundle["index.html"];
        if (page?.type !== "asset") throw new Error("index.html is not in the bundle");
        const tag = `<script src="/${this.getFileName(reference)}"></script>`;
        page.source = String(page.source).replace("<!-- scheme -->", tag);
      },
    },
  };
}

const SERVER = process.env.BASELAYER_URL ?? "http://127.0.0.1:8000";
const PROXIED = ["/api", "/logout", "/openapi.json"];

/** Which chunk a library goes to: those that change together, and that a page needs together. */
function chunkOf(id: string): string | undefined {
  if (!id.includes("node_modules")) return undefined;
  if (/@codemirror|@lezer|@uiw|style-mod|crelt|w3c-keyname/.test(id)) return "editor";
  if (/\/(react|react-dom|scheduler|react-router)\//.test(id)) return "react";
  if (/@mantine|@floating-ui|react-remove-scroll|react-style-singleton/.test(id)) return "mantine";
  return undefined;
}

export default defineConfig({
  plugins: [react(), colourSchemeFirst()],
  resolve: { alias: { "@": here("src") } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the policy allows no data: address for fonts
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ debugName: "libraries", name: (id: string) => chunkOf(id) ?? null }] } },
    },
  },
  server: {
    proxy: {
      ...Object.fromEntries(PROXIED.map((path) => [path, SERVER])),
      "/login": { target: SERVER, bypass: (request) => request.method === "GET" ? "/index.html" : undefined },
    },
  },
});
