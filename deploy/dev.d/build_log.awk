# Of a build's log what compilers, the linker and our own tools said: not ninja's progress, not the
# commands; 60 lines at most. Used by deploy/dev and tests/run.
/^\[[0-9]+\/[0-9]+\]/ || /^ninja: / || /^-- / || /^Preset / || /^  [A-Z_]+="/ || /^$/ { next }
/^FAILED: / { command_follows = 1; next }
command_follows { command_follows = 0; next }
++shown <= 60 { print }
