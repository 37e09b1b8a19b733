#!/bin/sh
# rustdoc with its unstable options. The variable is set here and not for cargo, since build scripts of dependencies would see
# it, and everything above them would be compiled again.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
