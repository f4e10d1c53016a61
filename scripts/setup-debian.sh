# Part of setup.sh: the Debian packages that demo, tests and benchmark use.

install_debian_packages() {
  local packages what=$1
  mapfile -t packages < <(missing_packages "$what")
  ((${#packages[@]})) || return 0
  if [[ $EUID != 0 ]] || ! command -v apt-get >/dev/null; then
    fail "missing here: ${packages[*]} (Debian's package names). Install them by hand, or run this as root on Debian." \
      '(demo, test and bench need root in any case: they make network namespaces.)'
  fi
  exec 9</usr/sbin
  flock 9 # two makes side by side: only one may hold service starts back at a time
  mapfile -t packages < <(missing_packages "$what")
  if ((${#packages[@]})); then
    say "installing Debian packages: ${packages[*]}"
    without_service_starts apt_install "${packages[@]}"
    if [[ " ${packages[*]} " == *' openvswitch-switch '* ]]; then keep_ovs_off; fi
    if [[ " ${packages[*]} " == *' containerd '* ]]; then keep_containerd_off; fi
    if [[ " ${packages[*]} " == *' podman '* ]]; then keep_podman_off; fi
    say "installed Debian packages: ${packages[*]}"
  fi
  exec 9<&-
}

# Looks for what is used, not for packages: an OVS that was built by hand will do.
missing_packages() {
  local line package need
  while read -r package need; do
    for line in $need; do
      if ! have "$line"; then
        echo "$package"
        break
      fi
    done
  done < <(
    used_always
    if [[ $1 == e2e ]]; then used_by_e2e; fi
  )
}

used_always() {
  cat <<'END'
openvswitch-switch ovsdb-server ovs-vswitchd ovs-vsctl ovsdb-tool /usr/share/openvswitch/vswitch.ovsschema
iproute2 ip
util-linux nsenter unshare setpriv flock
iputils-ping ping
strace strace
containernetworking-plugins /usr/lib/cni/bridge /usr/lib/cni/macvlan /usr/lib/cni/host-local
xz-utils xz
openssl openssl
END
}

used_by_e2e() {
  cat <<'END'
containerd containerd containerd-shim-runc-v2 ctr
runc runc
busybox-static busybox
curl curl
podman podman
END
}

have() {
  case $1 in
    /*) [[ -e $1 ]] ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
  esac
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120)
  # podman's own network, which a container runtime of this machine would take for its Pods if it had no other.
  install+=(-o DPkg::Options::=--path-exclude=/etc/cni/net.d/87-podman-bridge.conflist)
  local log
  log=$(mktemp)
  # Lists that are missing or too old are the usual reason why the first try fails.
  if "${install[@]}" "$@" >"$log" 2>&1 ||
    { apt-get update -qq >"$log" 2>&1 && "${install[@]}" "$@" >"$log" 2>&1; }; then
    rm -f "$log"
    return
  fi
  cat "$log" >&2
  rm -f "$log"
  fail "apt-get could not install: $*"
}

# Debian starts a service as soon as its package is unpacked, unless policy-rc.d says 101 ("not allowed").
# What an administrator has put there stays as it is, and is asked first.
without_service_starts() {
  local policy=/usr/sbin/policy-rc.d mark='made by setup.sh'
  if [[ -e $policy ]] && ! grep -qs "$mark" "$policy"; then
    if denies_starts "$policy"; then
      "$@"
    else
      behind_another_policy "$@"
    fi
    return
  fi
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\n# %s, removed by it\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
  "$@"
  rm -f "$policy"
  trap - EXIT
}

denies_starts() {
  local code=0
  "$1" openvswitch-switch start >/dev/null 2>&1 || code=$?
  ((code == 101))
}

# The administrator's policy would let OVS start: for the installation alone, in a mount namespace of its own, ours lies over it.
behind_another_policy() {
  local ours
  ours=$(mktemp)
  printf '#!/bin/sh\nexit 101\n' >"$ours"
  chmod 755 "$ours"
  export -f "$1" say fail
  unshare --mount bash -euc 'mount --bind "$0" /usr/sbin/policy-rc.d && "$@"' "$ours" "$@" || {
    rm -f "$ours"
    fail "cannot keep services from starting: $(ls -l /usr/sbin/policy-rc.d) lets them"
  }
  rm -f "$ours"
}

# Not started now must not mean started at the next boot: demo, tests and benchmark run a private OVS each.
keep_ovs_off() {
  if update-rc.d openvswitch-switch disable >/dev/null 2>&1; then
    say 'OVS is not started, now or at boot (to have it: update-rc.d openvswitch-switch enable)'
  fi
}

keep_containerd_off() {
  if DPKG_MAINTSCRIPT_PACKAGE=containerd deb-systemd-helper disable containerd.service >/dev/null 2>&1; then
    say 'containerd is not started, now or at boot (to have it: systemctl enable containerd)'
  fi
}

# The socket, what is done each night (updates of images), and what is done at boot (containers of others).
keep_podman_off() {
  local unit done=yes
  for unit in podman.socket podman-auto-update.timer podman-auto-update.service podman-restart.service podman.service; do
    DPKG_MAINTSCRIPT_PACKAGE=podman deb-systemd-helper disable "$unit" >/dev/null 2>&1 || done=no
  done
  if [[ $done == yes ]]; then say 'podman has no service, now or at boot (to have one: systemctl enable podman.socket)'; fi
}
