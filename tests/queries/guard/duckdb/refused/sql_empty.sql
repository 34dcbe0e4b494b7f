;

-- only a comment

/* only a comment */
