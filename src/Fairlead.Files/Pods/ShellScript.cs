namespace Fairlead.Files.Pods;

/// <summary>The shell's side of a copy: what it runs, in the shell of POSIX and with the tools that it finds.</summary>
static class ShellScript
{
    /// <summary>
    /// Runs a line at a time and says after each that it has ended, and how. A line is run only behind the session's own random word
    /// (<c>$1</c>): bytes of a file that came to be read as lines could run nothing.
    /// </summary>
    internal const string Loop =
        """while IFS= read -r c;do case $c in "$1 "*)eval "${c#* }";;*)exit 94;;esac;printf '\n%s%03d\n' "$1" $?;done""";

    /// <summary>The exit code for a failed write: the bytes that follow were meant for it.</summary>
    internal const int WriteFailed = 95;

    /// <summary>
    /// Defines <c>f</c>, which hashes a file that still grows: it reads lines with a first block and a number of blocks, in the file's order, until
    /// one says <c>e</c>.
    /// </summary>
    internal const string Follow = """f(){ { while IFS=' ' read -r a b&&[ "$a" != e ];do dd if="$1" bs=65536 skip=$a count=$b 2>/dev/null;done;}|$H;}""";

    /// <summary>
    /// Finds the tools by trying them (openssl first: it uses what the processor has for SHA-256), and defines: <c>z</c> size, <c>i</c> record, <c>w</c> walk, <c>l</c> list, <c>rl</c> link targets,
    /// <c>k</c> kind, <c>g</c> get, <c>p</c> put, <c>x</c> extract, <c>t</c> pack, <c>q</c> hash of a beginning, <c>mm</c> move.
    /// </summary>
    internal static string Prelude { get; } = string.Concat("""
        LC_ALL=C;export LC_ALL;umask 077;nl=$(printf '\n.');nl=${nl%.};
        has(){ command -v "$1" >/dev/null 2>&1;};
        for H in 'openssl dgst -sha256 -r' sha256sum 'shasum -a 256' 'busybox sha256sum' '';do case $(printf abc|$H 2>/dev/null) in ba7816bf*)break;;esac;done;
        D=;if has dd;then [ "$(printf abcd|{ dd bs=2 count=1 iflag=fullblock 2>/dev/null;read -r x;echo "+$x";})" = ab+cd ]&&D=1;fi;
        T=;has tar&&T=1;
        E='%f %s %Y %u %g %n//';S=;if has stat;then stat -c "$E" / >/dev/null 2>&1&&S=1;fi;
        Z=$S;if has wc||has dd;then Z=1;fi;
        M=;has mkdir&&has mv&&has rm&&M=1;
        O=;for o in dd head cat;do has $o&&O=$o;done;
        z(){ if [ $S ];then stat -L -c %s "$1";elif has wc;then set -- $(wc -c <"$1")&&echo "$1";elif has dd;then set -- $(dd if="$1" of=/dev/null bs=65536 2>&1)&&echo "$7";else echo -1;fi;};
        i(){ if [ $S ];then stat -c "$E" "$1";return;fi;s=0;if [ -h "$1" ];then m=a1ff;elif [ -d "$1" ];then m=41ed;elif [ -f "$1" ];then m=81a4;if [ -x "$1" ];then m=81ed;fi;s=$(z "$1");else m=0;fi;printf '%s %s 0 0 0 %s//\n' $m "$s" "$1";};
        w(){ i "$1";if [ -h "$1" ]||[ ! -d "$1" ];then return 0;fi;if [ ! -r "$1" ]||[ ! -x "$1" ];then echo "$1: permission denied">&2;R=1;fi;for e in "$1"/* "$1"/.[!.]* "$1"/..?*;do if [ -e "$e" ]||[ -h "$e" ];then w "$e";fi;done;};
        l(){ if [ $S ]&&has find;then find "$1" -exec stat -c "$E" {} +;else R=0;w "$1";return $R;fi;};
        rl(){ for f;do t=$(readlink "$f";echo .);t=${t%.};t=${t%"$nl"};printf '%s %s\n' ${#t} "$t";done;};
        k(){ if [ -d "$1" ];then echo d;elif [ -f "$1" ];then echo f;elif [ -e "$1" ]||[ -h "$1" ];then echo o;else echo n;fi;};
        g(){ dd if="$3" bs=65536 skip=$1 count=$2 2>/dev/null;};
        p(){ n=$(($2/65536));r=$(($2%65536));e=$({ { [ $n = 0 ]||dd bs=65536 count=$n iflag=fullblock seek=$1 conv=notrunc of="$3";}&&{ [ $r = 0 ]||dd ibs=$r count=1 iflag=fullblock obs=65536 seek=$(($1+n)) conv=notrunc of="$3";};} 2>&1)||{ echo "$e">&2;exit 95;};};
        x(){ { dd bs=$1 count=1 iflag=fullblock 2>/dev/null||kill $$;}|tar $2 -||exit 95;};
        t(){ tar cf - "$@" 2>/dev/null;};
        q(){ if has head;then head -c $1 "$2"|$H;else dd if="$2" bs=65536 count=$(($1/65536)) 2>/dev/null|$H;fi;};
        mm(){ d=$1;shift;for f;do if [ -e "$f" ]||[ -h "$f" ];then set -- "$@" "$f";fi;shift;done;if [ $# -gt 0 ];then mv -f "$@" "$d";fi;};
        printf '%s|%s|%s|%s|%s|%s' "$H" "$D" "$T" "$Z" "$M" "$O"
        """.Split('\n', StringSplitOptions.TrimEntries));
}
