import type { SVGProps } from "react";

type Props = Omit<SVGProps<SVGSVGElement>, "children"> & { size?: number };

/** Draws `paths` on a grid of 24, in the colour of the text around. */
function icon(...paths: string[]) {
  return function Icon({ size = 18, ...rest }: Props) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.75}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden
        {...rest}
      >
        {paths.map((path) => (
          <path key={path} d={path} />
        ))}
      </svg>
    );
  };
}

const DISC = "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3Z";

export const IconTerminal = icon("M4 4h16a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z", "m7 9 3 3-3 3", "M13 15h4");
export const IconBookmark = icon("M7 4h10a1 1 0 0 1 1 1v15l-6-4-6 4V5a1 1 0 0 1 1-1Z");
export const IconClock = icon("M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z", "M12 7.5V12l3 2");
export const IconCalendar = icon("M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Z", "M8 3v4", "M16 3v4", "M4 10h16", "M12 13v2.5h2.5");
export const IconDatabase = icon(DISC, "M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6", "M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3");
export const IconUsers = icon("M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z", "M3 20c0-3.3 2.7-6 6-6s6 2.7 6 6", "M16 4.3a3.5 3.5 0 0 1 0 6.4", "M18 14.6c1.8.9 3 2.9 3 5.4");
export const IconKey = icon("M8 20a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "m11 13 9-9", "m17 7 2.5 2.5", "m14 10 2 2");
export const IconAudit = icon("M12 3 5 6v5c0 4.6 2.9 8.4 7 10 4.1-1.6 7-5.4 7-10V6Z", "m9 12 2 2 4-4");
export const IconUser = icon("M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M4 21c0-4 3.6-6.5 8-6.5s8 2.5 8 6.5");
export const IconPlay = icon("M7 4.5v15l12-7.5Z");
export const IconStop = icon("M7 6h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1Z");
export const IconPlus = icon("M12 5v14", "M5 12h14");
export const IconClose = icon("m6 6 12 12", "M18 6 6 18");
export const IconDownload = icon("M12 4v11", "m7 11 5 5 5-5", "M5 20h14");
export const IconCopy = icon("M9 8h10a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z", "M16 8V4a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h3");
export const IconCheck = icon("m5 12.5 4.5 4.5L19 7");
export const IconWarning = icon("M12 4 2.8 19.5h18.4Z", "M12 10v4", "M12 17h.01");
export const IconShare = icon("M6 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z", "M18 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z", "M18 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z", "m8.2 10.8 7.6-4.1", "m8.2 13.2 7.6 4.1");
export const IconTrash = icon("M4 7h16", "M9 7V4h6v3", "m6 7 1 13h10l1-13", "M10 11v5", "M14 11v5");
export const IconPencil = icon("M4 20h4L19 9l-4-4L4 16Z", "m13 7 4 4");
export const IconSave = icon("M5 4h11l4 4v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z", "M8 4v4h6V4", "M8 20v-6h8v6");
export const IconPlug = icon("M9 3v5", "M15 3v5", "M6 8h12v3a6 6 0 0 1-12 0Z", "M12 17v4");
export const IconLogout = icon("M10 4H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h5", "M15 8l4 4-4 4", "M19 12H9");
export const IconSun = icon("M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M12 2v2", "M12 20v2", "m5 5 1.4 1.4", "m17.6 17.6 1.4 1.4", "M2 12h2", "M20 12h2", "m5 19 1.4-1.4", "m17.6 6.4 1.4-1.4");
export const IconMoon = icon("M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z");
export const IconAuto = icon("M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Z", "M9 21h6", "M12 17v4");
export const IconChevron = icon("m7 10 5 5 5-5");
export const IconBack = icon("m14 6-6 6 6 6");
export const IconSearch = icon("M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z", "m15.5 15.5 5 5");
export const IconExternal = icon("M13 4h7v7", "m20 4-9 9", "M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5");
export const IconLock = icon("M6 11h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1Z", "M8 11V7.5a4 4 0 0 1 8 0V11");
