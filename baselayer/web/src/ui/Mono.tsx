import { Box } from "@mantine/core";

import classes from "./Mono.module.css";

/** A text whose columns matter, to read; it scrolls when it is higher than `most`. */
export function Mono({ text, label, most = 320 }: { text: string; label: string; most?: number | string }) {
  return (
    <Box className={classes.frame} mah={most} tabIndex={0} role="region" aria-label={label}>
      <pre className={classes.text}>{text}</pre>
    </Box>
  );
}
