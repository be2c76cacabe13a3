-- name: a_b
SELECT $1::text || $$ x; $$ || E'a\'b' /* c /* d */ */;

-- name: c
SELECT "x;""y";
