import { createTheme, type MantineColorsTuple } from "@mantine/core";

const lagoon: MantineColorsTuple = [
  "#ecf8f6", "#d5efeb", "#a9ded7", "#79ccc2", "#4fbcb0",
  "#32a99d", "#1f958a", "#137a72", "#0e615c", "#084743",
];
const slate: MantineColorsTuple = [
  "#f7f8fa", "#eff1f4", "#e3e7ec", "#d3d9e0", "#b9c2cc",
  "#94a0ad", "#6b7785", "#4a5563", "#333c48", "#1e252e",
];
const night: MantineColorsTuple = [
  "#d8dde4", "#b4bcc8", "#8f9aa8", "#67727f", "#3c4551",
  "#303843", "#262d36", "#1a2027", "#141920", "#0e1217",
];

const small = { defaultProps: { size: "sm" } };

/** Calm: one accent, cool greys, tight but not cramped. */
export const theme = createTheme({
  primaryColor: "lagoon",
  primaryShade: { light: 7, dark: 6 },
  colors: { lagoon, gray: slate, dark: night },
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, Menlo, Consolas, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.84375rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.375rem" }, h2: { fontSize: "1.0625rem" }, h3: { fontSize: "0.9375rem" } },
  },
  components: {
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 550 } },
    Button: small,
    Fieldset: { defaultProps: { radius: 12, styles: { root: { marginInline: 0, borderColor: "var(--line)" }, legend: { fontWeight: 600 } } } },
    Modal: { defaultProps: { centered: true, padding: "lg", styles: { title: { fontWeight: 620 } }, overlayProps: { backgroundOpacity: 0.45 } } },
    NumberInput: small,
    PasswordInput: small,
    Select: small,
    TagsInput: small,
    Textarea: small,
    TextInput: small,
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true } },
  },
});
