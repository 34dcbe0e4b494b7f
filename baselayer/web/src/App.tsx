import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router";

import { whenLoggedOut } from "./api/client";
import { ApiError } from "./api/error";
import { forget } from "./api/session";
import { nonce } from "./nonce";
import { router } from "./routes";
import { theme } from "./theme";

const TRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < TRIES && error instanceof ApiError && error.status === 0,
      refetchOnWindowFocus: false,
      staleTime: 5_000,
    },
  },
});
whenLoggedOut(() => forget(client));

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
