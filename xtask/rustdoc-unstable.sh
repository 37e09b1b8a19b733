#!/bin/sh
# Runs rustdoc with its unstable options. The variable is set here and not for cargo, because build scripts of dependencies would
# read it, and cargo would compile all dependents again.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
