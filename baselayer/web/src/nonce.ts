import { setNonce } from "get-nonce";

/** The server puts this answer's nonce into the page; without it the policy refuses <style>. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

setNonce(nonce); // read by what locks the page's scrolling behind a dialogue
