import { Center, Container, Loader } from "@mantine/core";
import { Navigate, useLocation } from "react-router";

import { useProfile } from "@/api/session";

import { ErrorNote } from "./ErrorNote";
import { Shell } from "./Shell";

/** The pages of somebody who is logged in; others log in first and come back. */
export function LoggedIn() {
  const { data, isPending, error, refetch } = useProfile();
  const { pathname, search } = useLocation();
  if (isPending) return <Center h="100dvh"><Loader aria-label="Loading" /></Center>;
  if (error) {
    return <Container size="xs" py={80}><ErrorNote error={error} onRetry={() => void refetch()} /></Container>;
  }
  if (data) return <Shell />;
  const here = pathname + search;
  return <Navigate to={here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`} replace />;
}
