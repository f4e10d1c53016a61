#!/usr/bin/env bash
# Installs what is missing, and nothing else; says what it installed. Quick when nothing is missing.
#
#   scripts/setup.sh         Debian packages and the npm packages of package-lock.json
#   scripts/setup.sh e2e     what a Node with a kubelet takes, too
#   scripts/setup.sh npm     the npm packages alone: enough for build and lint, and without root
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/setup-debian.sh

main() {
  [[ $(uname -sm) == 'Linux x86_64' ]] || fail "this machine is $(uname -sm); development needs Linux on x86_64"
  if [[ ${1:-all} != npm ]]; then install_debian_packages "${1:-all}"; fi
  install_npm_packages
}

# node_modules holds a copy of the lock file that it was installed from.
install_npm_packages() {
  local stamp=node_modules/.installed-lock
  if cmp -s package-lock.json "$stamp"; then return; fi
  command -v npm >/dev/null || fail 'npm is not on the PATH: install Node.js 20 or newer, with npm'
  exec 8<.
  flock 8 # two makes side by side: the second one waits, and finds the work done
  if cmp -s package-lock.json "$stamp"; then return; fi
  say 'npm ci: the packages of package-lock.json, into node_modules/'
  # npm's own warnings are about the Node of this machine, which runs nothing but npm itself.
  npm ci --loglevel=error --no-progress >&2 8<&-
  cp package-lock.json "$stamp"
  exec 8<&-
}

say() { printf 'setup: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

main "$@"
