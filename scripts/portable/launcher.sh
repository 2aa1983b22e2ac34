#!/bin/sh
# Starts masksearch with the Node.js beside it. Only built-in commands of the shell are used, so that it needs neither a
# PATH nor any other variable. Values that the caller has set are kept.

fail() {
  echo "masksearch: $1." >&2
  exit 1
}

case $0 in
*/*) here=${0%/*}/ ;;
*) here=./ ;;
esac
here=$(CDPATH='' cd -- "$here" && pwd -P) || exit 1
node=$here/bin/node
[ -x "$node" ] ||
  fail "there is no program bin/node in $here; unpack the whole archive, and call masksearch by its path, not through a link"
[ -e /lib64/ld-linux-x86-64.so.2 ] ||
  fail 'this system has no /lib64/ld-linux-x86-64.so.2; use a Linux for x64 with glibc'

# Appends $1 to the folders that are searched for libraries.
add_libraries() {
  [ -d "$1" ] && export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$1"
}

# Whether one of the arguments exists. A pattern that matches nothing is an argument that does not exist.
any_exists() {
  for file in "$@"; do [ -e "$file" ] && return; done
  return 1
}

any_exists "$here"/lib/*.so* && add_libraries "$here/lib"

# The C++ runtime: the newer one of the system's and ours, since the system's drivers may need the system's. Ours may need a
# newer glibc than the system has, so it is tried first.
newest=0
for file in /usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.* /lib/x86_64-linux-gnu/libstdc++.so.6.0.* \
  /usr/lib64/libstdc++.so.6.0.* /lib64/libstdc++.so.6.0.* /usr/lib/libstdc++.so.6.0.*; do
  version=${file##*.so.6.0.}
  case $version in *[!0-9]*) continue ;; esac
  [ "$version" -gt "$newest" ] && newest=$version
done
if [ "$newest" -lt @LIBSTDCXX@ ]; then
  # The output is captured, not sent to /dev/null, which minimal containers lack.
  if output=$(LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib/runtime" "$node" --version 2>&1); then
    add_libraries "$here/lib/runtime"
  elif [ "$newest" -eq 0 ]; then
    fail "Node.js does not start ($output); use a system with a newer glibc or with libstdc++6"
  fi
fi

# The NVIDIA driver in places where Vulkan's loader does not look by itself.
add_libraries /usr/local/nvidia/lib64
if [ -z "${VK_DRIVER_FILES-}${VK_ICD_FILENAMES-}${VK_ADD_DRIVER_FILES-}" ]; then
  mounted=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
  installed=no
  any_exists /etc/vulkan/icd.d/*nvidia*.json /usr/share/vulkan/icd.d/*nvidia*.json \
    /usr/local/share/vulkan/icd.d/*nvidia*.json && installed=yes
  # NVIDIA's manifest names a library that needs those of X11; without them its EGL library serves.
  x11=no
  any_exists /usr/lib/x86_64-linux-gnu/libXext.so.6 /usr/lib64/libXext.so.6 /usr/lib/libXext.so.6 && x11=yes
  if any_exists /usr/lib/x86_64-linux-gnu/libEGL_nvidia.so.0 /usr/lib64/libEGL_nvidia.so.0 \
    /usr/lib/libEGL_nvidia.so.0 /usr/local/nvidia/lib64/libEGL_nvidia.so.0 &&
    { [ $x11 = no ] || { [ $installed = no ] && [ ! -e $mounted ]; }; }; then
    export VK_ADD_DRIVER_FILES="$here/app/vulkan/nvidia_headless_icd.json"
  elif [ $installed = no ] && [ -e $mounted ]; then
    export VK_ADD_DRIVER_FILES=$mounted
  fi
fi

exec "$node" "$here/app/dist/cli/main.js" "$@"
