import { lazy } from "react";
import { createBrowserRouter, Navigate } from "react-router";

import { Broken } from "./pages/Broken";
import { NotFound } from "./pages/NotFound";
import { LoginPage } from "./pages/login/LoginPage";
import { SetupPage } from "./pages/setup/SetupPage";
import { LoggedIn } from "./ui/LoggedIn";

const WorkspacePage = lazy(() => import("./pages/workspace/WorkspacePage"));
const ConnectionsPage = lazy(() => import("./pages/connections/ConnectionsPage"));
const ConnectionPage = lazy(() => import("./pages/connections/ConnectionPage"));
const NewConnectionPage = lazy(() => import("./pages/connections/NewConnectionPage"));
const QueriesPage = lazy(() => import("./pages/queries/QueriesPage"));
const QueryPage = lazy(() => import("./pages/queries/QueryPage"));
const RunsPage = lazy(() => import("./pages/runs/RunsPage"));
const RunPage = lazy(() => import("./pages/runs/RunPage"));
const CronPage = lazy(() => import("./pages/cron/CronPage"));
const CronRunPage = lazy(() => import("./pages/cron/CronRunPage"));
const GroupsPage = lazy(() => import("./pages/groups/GroupsPage"));
const GroupPage = lazy(() => import("./pages/groups/GroupPage"));
const TokensPage = lazy(() => import("./pages/tokens/TokensPage"));
const ProfilePage = lazy(() => import("./pages/profile/ProfilePage"));
const AuditPage = lazy(() => import("./pages/audit/AuditPage"));

export const router = createBrowserRouter([
  { path: "/login", element: <LoginPage />, errorElement: <Broken /> },
  { path: "/setup", element: <SetupPage />, errorElement: <Broken /> },
  {
    element: <LoggedIn />,
    errorElement: <Broken />,
    children: [
      { path: "/", element: <WorkspacePage /> },
      { path: "/workspace", element: <Navigate to="/" replace /> },
      { path: "/connections", element: <ConnectionsPage /> },
      { path: "/connections/new", element: <NewConnectionPage /> },
      { path: "/connections/:id", element: <ConnectionPage /> },
      { path: "/queries", element: <QueriesPage /> },
      { path: "/queries/:id", element: <QueryPage /> },
      { path: "/runs", element: <RunsPage /> },
      { path: "/runs/:id", element: <RunPage /> },
      { path: "/cron", element: <CronPage /> },
      { path: "/cron/:id", element: <CronRunPage /> },
      { path: "/groups", element: <GroupsPage /> },
      { path: "/groups/:id", element: <GroupPage /> },
      { path: "/tokens", element: <TokensPage /> },
      { path: "/profile", element: <ProfilePage /> },
      { path: "/audit", element: <AuditPage /> },
      { path: "*", element: <NotFound /> },
    ],
  },
]);
