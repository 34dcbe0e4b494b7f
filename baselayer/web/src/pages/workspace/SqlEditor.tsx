import { autocompletion, closeCompletion } from "@codemirror/autocomplete";
import { ensureSyntaxTree } from "@codemirror/language";
import { Prec, type EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import CodeMirror, { type ReactCodeMirrorRef } from "@uiw/react-codemirror";
import { useImperativeHandle, useMemo, useRef, useState, type Ref } from "react";

import { nonce } from "@/nonce";

import { appearance } from "./appearance";
import { languageOf } from "./language";

export interface EditorHandle {
  /** What to run: the selection, or the statement at the cursor. */
  statement: () => string;
}

interface Props {
  ref: Ref<EditorHandle>;
  value: string;
  /** Whose dialect colours and completes the text. */
  engine: string | undefined;
  onChange: (value: string) => void;
  onRun: () => void;
  onSave: () => void;
}

const PARSE_MS = 200;
const SETUP = { foldGutter: false, highlightActiveLineGutter: false, searchKeymap: true, autocompletion: false };
const SURROUNDINGS = [
  autocompletion({ icons: false }), // they are characters, which not every font has
  EditorView.cspNonce.of(nonce),
  EditorView.contentAttributes.of({ "aria-label": "SQL" }),
  EditorView.lineWrapping,
  ...appearance,
];

export default function SqlEditor({ ref, value, engine, onChange, onRun, onSave }: Props) {
  const mirror = useRef<ReactCodeMirrorRef>(null);
  const [isFree] = useState(() => document.activeElement === document.body); // nobody is elsewhere
  const actions = useRef({ onRun, onSave });
  actions.current = { onRun, onSave };
  useImperativeHandle(ref, () => ({
    statement: () => (mirror.current?.view ? statementIn(mirror.current.view.state) : ""),
  }));
  const extensions = useMemo(() => [languageOf(engine), ...SURROUNDINGS, shortcuts(actions)], [engine]);
  return (
    <CodeMirror
      ref={mirror}
      value={value}
      onChange={onChange}
      extensions={extensions}
      basicSetup={SETUP}
      theme="none"
      height="100%"
      autoFocus={isFree}
      indentWithTab={false}
      placeholder="Write SQL here. Ctrl/⌘ Enter runs it."
    />
  );
}

function shortcuts(actions: { current: { onRun: () => void; onSave: () => void } }) {
  const run = (view: EditorView) => (closeCompletion(view), actions.current.onRun(), true);
  const save = () => (actions.current.onSave(), true);
  return Prec.highest(keymap.of([{ key: "Mod-Enter", run }, { key: "Mod-s", run: save, preventDefault: true }]));
}

function statementIn(state: EditorState): string {
  const { from, to, head } = state.selection.main;
  if (from !== to) return state.sliceDoc(from, to);
  const tree = ensureSyntaxTree(state, state.doc.length, PARSE_MS);
  const statements = tree?.topNode.getChildren("Statement") ?? [];
  if (statements.length < 2) return state.doc.toString();
  const here = statements.find((node) => head <= node.to) ?? statements.at(-1);
  return here ? state.sliceDoc(here.from, here.to) : state.doc.toString();
}
