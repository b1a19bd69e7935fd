// One module and one style file for the staff's calendar, into the folder of static files. Names
// need no hash: every static file is served below a digest of them all.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/holdfast/web/static/built",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: "es2022",
    license: { fileName: "licences.md" },
    lib: {
      entry: "src/calendar.ts",
      formats: ["es"],
      fileName: () => "calendar.js",
      cssFileName: "calendar",
    },
  },
});
