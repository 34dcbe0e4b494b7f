import { Button, type ButtonProps } from "@mantine/core";

import { IconCheck, IconCopy } from "./icons";
import { useCopy } from "./useCopy";

type Props = ButtonProps & { value: string; label?: string; iconSize?: number };

export function Copy({ value, label = "Copy", iconSize = 16, ...rest }: Props) {
  const { copied, copy } = useCopy();
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Button variant="default" leftSection={<Icon size={iconSize} />} onClick={() => copy(value)} {...rest}>
      {copied ? "Copied" : label}
    </Button>
  );
}
