# The container's side of a copy, for any shell of POSIX. Lines that begin with # and indentation are not sent.
#
# What the client sends is a line at a time: the session's word, a blank, and a call of one of these functions. What a line prints goes to the
# client as it is; behind it comes a line break, the word, the status in three digits, and in e what the tool said to a failure.

# What an image may have set for its own programs, and means something else to the ones below.
unset CDPATH TAR_OPTIONS POSIXLY_CORRECT
LC_ALL=C
export LC_ALL
umask 077
nl='
'
has() { command -v "$1" >/dev/null 2>&1; }

# H hashes, D is set where dd takes exactly what it is told from a pipe, T for tar, S for stat, Z where something tells sizes,
# M for mkdir, mv and rm, O is what moves a file as one stream. Each is tried: being there is not enough. A copy's second shell is sent what
# its first one has found, and that is K.
E='%f %s %Y:%i %u %g %n//'
if [ ! "$K" ]; then
  for H in 'openssl dgst -sha256 -r' sha256sum 'shasum -a 256' 'busybox sha256sum' ''; do
    case $(printf abc | $H 2>/dev/null) in ba7816bf*) break ;; esac
  done
  D=
  if has dd; then
    [ "$(printf abcd | { dd bs=2 count=1 iflag=fullblock 2>/dev/null; read -r x; echo "+$x"; })" = ab+cd ] && D=1
  fi
  T=
  has tar && T=1
  S=
  if has stat; then stat -c "$E" / >/dev/null 2>&1 && S=1; fi
  Z=$S
  if has wc || has dd; then Z=1; fi
  M=
  has mkdir && has mv && has rm && M=1
  O=
  for o in dd head cat; do has $o && O=$o; done
fi
tools() { printf '%s|%s|%s|%s|%s|%s|%s' "$H" "$D" "$T" "$S" "$Z" "$M" "$O"; }

# run LENGTH: a call of so many bytes, the last one a point. The shell itself reads byte by byte, with a system call for each.
run() {
  t=$(dd bs=$1 count=1 iflag=fullblock 2>/dev/null)
  case $t in *.) eval "${t%.}" ;; *) return 1 ;; esac
}

# size FILE
size() {
  if [ $S ]; then stat -L -c %s "$1"
  elif has wc; then n=$(wc -c <"$1") && echo $n
  elif has dd; then n=$(dd if="$1" of=/dev/null bs=65536 2>&1) && set -- $n && echo "$7"
  else echo -1; fi
}

# record PATH [l]: mode, size, time and inode, owner, group, name; where nothing tells sizes, -1, and where nothing tells times, -. With l and
# without stat, of what a link leads to.
record() {
  if [ $S ]; then stat -c "$E" "$1"; return; fi
  s=0
  if [ ! "$2" ] && [ -h "$1" ]; then m=a1ff
  elif [ -d "$1" ]; then m=41ed
  elif [ -f "$1" ]; then
    m=81a4
    [ -x "$1" ] && m=81ed
    s=$(size "$1" 2>/dev/null) || s=-1
  else m=0; fi
  printf '%s %s - 0 0 %s//\n' $m "$s" "$1"
}

# walk PATH: records of it and all below, without find
walk() {
  record "$1"
  if [ -h "$1" ] || [ ! -d "$1" ]; then return 0; fi
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then R=1; fi
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -e "$f" ] || [ -h "$f" ]; then walk "$f"
    else case $f in "$1/*" | "$1/.[!.]*" | "$1/..?*") ;; *) R=1 x="$x${nl}walk: $f: it cannot be looked at" ;; esac; fi
  done
}

# list PATH: all records; fails where not everything could be listed, and x says what and why
list() {
  x=
  if [ $S ] && has find; then { x=$(find "$1" -exec stat -c "$E" {} + 2>&1 >&3) || { e=$x; return 1; }; } 3>&1
  else R=0; walk "$1"; return $R; fi
}

# faults: what the tools said of what they could not list, as far as 1 MB goes
faults() { if has head; then printf '%s\n' "$x" | head -c 1000000; else printf '%s\n' "$x"; fi; }

# named PATH: the record of what the user named, which may be a link
named() { if [ $S ]; then stat -L -c "$E" "$1" 2>/dev/null; else record "$1" l; fi; }

# enterable FOLDER: fails where it may not be entered: what a shell says to that has no reason in it
enterable() { [ -x "$1" ] || { e="$1: Permission denied"; return 1; }; }

# look PATH: what the user named: for a folder, which becomes the shell's own, all that is in it, and k is set; otherwise its record
look() {
  k=
  if [ -d "$1" ]; then enterable "$1" && e=$(cd "$1" 2>&1) && cd "$1" && k=1 && list .
  else named "$1"; fi
}

# closed FOLDER...: the numbers of those that cannot be listed
closed() { n=0; for f; do if [ -r "$f" ] && [ -x "$f" ]; then :; else echo $n; fi; n=$((n+1)); done; }

# filled FILE...: the numbers of those that hold something, whatever their size is said to be
filled() { n=0; for f; do x=; if [ -f "$f" ] && { read -r x <"$f" || [ "$x" ]; } 2>/dev/null; then echo $n; fi; n=$((n+1)); done; }

# absent FILE...: the numbers of those that are not there
absent() { n=0; for f; do if [ -e "$f" ] || [ -h "$f" ]; then :; else echo $n; fi; n=$((n+1)); done; }

# links LINK...: the length of each target, a blank, the target
links() { for f; do t=$(readlink "$f"; echo .); t=${t%.}; t=${t%"$nl"}; printf '%s %s\n' ${#t} "$t"; done; }

# kind PATH [l]: d, f, o for devices, pipes and sockets, n for none and for a link that leads nowhere, p for what cannot be told, since a folder
# on the way may not be entered, and for a link what it leads to, or l where that is not to be followed
kind() {
  if [ "$2" ] && [ -h "$1" ]; then echo l
  elif [ -d "$1" ]; then echo d
  elif [ -f "$1" ]; then echo f
  elif [ -e "$1" ]; then echo o
  elif way "$1"; then echo n
  else echo p; fi
}

# way PATH: fails where the nearest folder on the way that is there may not be entered
way() {
  p=$1
  while :; do
    case $p in
      /) return 0 ;;
      */*)
        p=${p%/*}
        p=${p:-/}
        ;;
      .) return 0 ;;
      *) p=. ;;
    esac
    if [ -d "$p" ]; then [ -x "$p" ]; return; fi
  done
}

# regular FILE: fails where something else has taken its place: to open a pipe would wait without an end
regular() { [ -f "$1" ] || [ ! -e "$1" ] || { e='it is no file any more'; return 1; }; }

# why FILE: fails with the reason for which it cannot be read
why() { regular "$1" && e=$( (exec <"$1") 2>&1) || return 1; }

# get FIRST COUNT FILE: blocks of 64 KiB
get() { regular "$3" && { e=$(dd if="$3" bs=65536 skip=$1 count=$2 2>&1 >&3); } 3>&1; }

# few: the folder holds little: less than 300 entries, and files of up to 256 KiB in all, of which none holds more than it is said to
few() {
  [ $S ] && has find && has head && has wc && [ $(find . 2>/dev/null | head -n 300 | wc -l) -lt 300 ] || return 1
  n=0
  z=
  for f in $(find . -type f -exec stat -c %s {} + 2>/dev/null); do
    n=$((n+f))
    [ $f = 0 ] && z=1
  done
  [ $n -gt 0 ] && [ $n -le 262144 ] || return 1
  [ ! $z ] || [ $(find . -type f -size 0 -exec cat {} + 2>/dev/null | head -c 1 | wc -c) = 0 ]
}

# early PATH: the content of a file of up to 128 KiB, before anybody knows whether it is one; of a folder that holds little, an archive
# of its files. y is what hashes that.
early() {
  y=
  [ $D ] || return 1
  if [ $k ]; then [ $T ] && few && find . -type f -exec tar cf - {} + 2>/dev/null | head -c 1000000 && y=sums
  else [ -f "$1" ] && n=$(size "$1" 2>/dev/null) && [ $n -ge 0 ] && [ $n -le 131072 ] && get 0 2 "$1" && y=hashes; fi
}

# sums: the hashes of all files of the folder
sums() { [ "$H" ] && find . -type f -exec $H {} + 2>/dev/null; }

# pour FILE [LENGTH]: all of it as one stream
pour() {
  regular "$1" && { case $O in
    cat) e=$(cat "$1" 2>&1 >&3) ;;
    head) e=$(head -c ${2:-9223372036854775807} "$1" 2>&1 >&3) ;;
    *) e=$(dd if="$1" bs=65536 2>&1 >&3) ;;
  esac; } 3>&1
}

# take BLOCKS REST: so many blocks and bytes of the input, for nobody
take() {
  { [ $1 = 0 ] || dd bs=65536 count=$1 iflag=fullblock of=/dev/null
  [ $2 = 0 ] || dd bs=$2 count=1 iflag=fullblock of=/dev/null; } 2>/dev/null
}

# put FIRST LENGTH FILE: so many bytes of the input, from that block of 64 KiB on
put() {
  n=$(($2/65536))
  r=$(($2%65536))
  if e=$( (: >>"$3") 2>&1); then :; else take $n $r; return 1; fi
  [ $n = 0 ] || e=$(dd bs=65536 count=$n iflag=fullblock seek=$1 conv=notrunc of="$3" 2>&1) || return 1
  [ $r = 0 ] || e=$(dd ibs=$r count=1 iflag=fullblock obs=65536 seek=$(($1+n)) conv=notrunc of="$3" 2>&1)
}

# fill FILE LENGTH: the rest of the input, which ends then
fill() {
  case $O in
    cat) e=$(cat 2>&1 >"$1") ;;
    head) e=$(head -c $2 2>&1 >"$1") ;;
    *) e=$(dd bs=65536 of="$1" 2>&1) ;;
  esac
}

# clear FILE: makes it empty
clear() { e=$( (: >"$1") 2>&1); }

# unpack RECORDS FLAGS: a tar of so many records of 10 KiB from the input, unpacked as it comes
unpack() { e=$(dd bs=10240 count=$1 iflag=fullblock 2>/dev/null | tar $2 - 2>&1 >/dev/null); }

# pack FILE...: a tar of them; what cannot be read is left out. GNU tar reads of the variable that it is to write 64 KiB at a time, where it
# writes 10 otherwise, and each of these is a message: nobody else reads it.
pack() { TAR_OPTIONS=-b128 tar cf - "$@" 2>/dev/null; }

# prefix LENGTH FILE: the hash of its first bytes
prefix() {
  [ -f "$2" ] || return 1
  if has head; then head -c $1 "$2" 2>/dev/null | $H
  else { dd if="$2" bs=65536 count=$(($1/65536)); dd if="$2" bs=1 skip=$(($1/65536*65536)) count=$(($1%65536)); } 2>/dev/null | $H; fi
}

# digest FILE...: what the tool prints of all of them, and nothing where one is no file
digest() { for f; do [ -f "$f" ] || return 1; done; $H "$@" </dev/null 2>/dev/null; }

# hashes FILE...: a line for each, empty for one that cannot be read
hashes() { for f; do h=; [ -f "$f" ] && { h=$($H <"$f" 2>/dev/null) || h=; }; echo "${h%%"$nl"*}"; done; }

# follow FILE: opens a file that still grows, for more
follow() { [ -f "$1" ] && [ -r "$1" ] && exec 4<"$1"; }

# more: where that file ends by now, and the hash of what came to it since it was asked before. The tool reads the file itself, from where
# it stopped: that costs half of what a pipe would.
more() {
  h=$($H <&4 2>/dev/null) || return 1
  p=-1
  if [ -r /proc/self/fdinfo/4 ]; then
    while read -r a b; do case $a in pos:) p=$b ;; esac; done </proc/self/fdinfo/4
  fi
  echo "$p ${h%%"$nl"*}"
}

# mode MODE FILE [SECONDS]: its permissions and its time, as far as there are tools for them
mode() {
  if has chmod; then chmod $1 "$2"; fi
  if [ $3 ] && has touch; then touch -d @$3 "$2" 2>/dev/null; fi
  :
}

# i is set once this shell is in the stage, o is the word of the copy that it works for.
i=
o=

# ours [FOLDER]: the stage is still that of this copy, which has written its word into it
ours() { q=; { read -r q <"${1:-.}/owner"; } 2>/dev/null; [ "$q" = "$o" ]; }

# other: what is said where it is not
other() { echo "another copy to the same place has begun, and this one stops"; return 96; }

# stage BASE NAME WORD [again]: makes the folder for what is not verified, and enters it. Where there is one of an earlier copy, makes a new one
# and moves what it holds: a shell that still works for the earlier one is then in a folder that is no more, and writes nothing there. A copy
# that was there before takes nothing back.
stage() {
  o=$3
  if [ $i ]; then ours || other; return; fi
  enterable "$1" || { echo "$e"; return 1; }
  cd "$1" || return
  if [ -d $2 ]; then
    if [ -h $2 ] || [ ! -O $2 ]; then echo "the folder for what is not verified belongs to somebody else there"; return 1; fi
    if ours $2; then cd $2 && i=1; return; fi
    if [ "$4" ] && [ -e $2/owner ]; then other; return; fi
    mv $2 $2.$o || return
  fi
  mkdir $2 && cd $2 && echo $o >owner && i=1 || return
  [ -d ../$2.$o ] || return 0
  for f in r version; do
    if [ -e ../$2.$o/$f ]; then mv ../$2.$o/$f $f || return; fi
  done
  rm -rf ../$2.$o
}

# version WORD: what the stage holds is of that version; prints of which it was before, and drops it where that is another
version() {
  v=
  if [ -f version ]; then read -r v <version; fi
  [ "$v" = $1 ] || { rm -rf ./r version && echo $1 >version; }
  echo "$v"
}

# fresh WORD: the stage is of that version, and holds nothing of before
fresh() { rm -rf ./r version && echo $1 >version; }

# staged BASE NAME WORD [PLACE]: enters the stage after a lost session, which may have moved all to that place. Where it is gone otherwise,
# says so, and the lines of this group do nothing.
staged() {
  g=
  if [ $i ]; then
    if ours; then [ ! -e ./r ] || g=1
    elif [ -e ../$2/owner ]; then other; return; fi
  elif (cd "$1" && cd $2) 2>/dev/null; then
    stage "$1" $2 $3 again || return
    if [ -e ./r ] || { [ "$4" ] && [ -e "$4" ]; }; then g=1; fi
  fi
  [ $g ] || echo gone
}

# leave BASE NAME WORD: removes the stage, from inside or from the shell's first folder, where it is that of this copy
leave() {
  o=$3
  if [ $i ]; then ours || return 0; cd ..; else cd "$1"; fi || return
  if [ ! -e $2/owner ] || ours $2; then rm -rf ./$2; fi
}

# link NUMBER TARGET PATH: unless a lost session has made it; where it cannot be made, its number and the reason
link() {
  if [ ! -d ./r ] || [ -h "$3" ]; then return 0; fi
  if has ln; then e=$(ln -s -- "$2" "$3" 2>&1); else e='there is no ln, which makes links'; false; fi || echo "$1 ${e%%"$nl"*}"
}

# clash KIND PATH...: the numbers of those in whose place something else is: a folder for f, and what is none for d. Of a link enter tells.
clash() {
  t=$1
  n=0
  shift
  for f; do
    if [ -h "$f" ]; then :
    elif [ -d "$f" ]; then [ $t = d ] || echo $n
    elif [ -e "$f" ]; then [ $t = f ] || echo $n; fi
    n=$((n+1))
  done
}

# place PATH [SIZE]: moves what is staged to its name, unless a lost session has; a file is still as long as it was when it was verified
place() {
  ours || { other; return; }
  [ -e ./r ] || return 0
  if [ -d "$1" ]; then echo "it has become a directory"; return 96; fi
  if [ "$2" ] && [ $S ] && [ "$(size ./r)" != $2 ]; then echo "it has changed since it was verified"; return 96; fi
  mv -f ./r "$1"
}

# enter PATH: makes a folder of the destination, which may be there
enter() {
  if [ -h "$1" ]; then echo "$1 is a symbolic link, which is not followed"; return 96; fi
  mkdir -p "$1"
}

# move FOLDER PATH...: those that are there
move() {
  ours || { other; return; }
  d=$1
  shift
  for f; do
    if [ -e "$f" ] || [ -h "$f" ]; then set -- "$@" "$f"; fi
    shift
  done
  if [ $# -gt 0 ]; then mv -f "$@" "$d"; fi
}

# A line without the word is what a tool has left of its bytes: it is passed over.
while IFS= read -r c; do
  e=
  case $c in
    "$w "*) eval "${c#* }" ;;
    *) continue ;;
  esac
  s=$?
  if [ $s = 0 ]; then e=; elif [ $i ] && ! ours; then e=$(other); fi
  e=${e%%"$nl"*}
  if [ ${#e} -gt 2048 ]; then e=${e##*: }; fi
  printf '\n%s%03d%.2048s\n' "$w" $s "$e"
done
