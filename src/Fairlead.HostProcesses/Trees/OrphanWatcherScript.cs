namespace Fairlead.HostProcesses.Trees;

/// <summary>What the watcher's shell runs: POSIX, and the shell's own commands only, but for <c>sleep</c>.</summary>
static class OrphanWatcherScript
{
    /// <summary>
    /// Takes the marker's variable and the runtime's name; reads lines <c>PID START</c> of commands, and <c>ended</c>, from its input.
    /// </summary>
    internal const string Text = """
        exec 2>/dev/null # processes come and go while they are looked at
        trap '' HUP INT TERM
        mark="$1=$2."

        # Sets state, parent, session and start of process $1. Its name may hold anything and ends at the last parenthesis.
        look_at() {
            stat=
            while IFS= read -r part || [ -n "$part" ]; do stat="$stat $part"; done <"/proc/$1/stat" || return 1
            [ -n "$stat" ] || return 1
            id=$1
            set -f; set -- ${stat##*) }; set +f
            state=$1 parent=$2 session=$4 start=${20}
            case $state in Z | X | x | '') return 1 ;; esac
        }

        # True when the environment of process $1 has the mark. The zero bytes between variables are lost in reading, which does not matter.
        is_marked() {
            while IFS= read -r part || [ -n "$part" ]; do
                case $part in *"$mark"*) return 0 ;; esac
            done <"/proc/$1/environ"
            return 1
        }

        # Forgets commands whose numbers are nobody's.
        forget() {
            kept=' '
            for one in $told; do [ -d "/proc/${one%:*}" ] && kept="$kept$one "; done
            told=$kept
        }

        # Kills what is left, and is true when that was something. Whose a process is, is decided for all before the first one is killed,
        # since the children of the dead are nobody's.
        kill_all() {
            all= ours=' '
            for at in /proc/[0-9]*; do
                look_at "${at#/proc/}" || continue
                [ "$start" -ge "$since" ] && [ "$id" != $$ ] || continue
                all="$all$id $parent $session $start
        "
                case $told in *" $id:$start "*) ours="$ours$id "; continue ;; esac
                is_marked "$id" && ours="$ours$id "
            done
            before=
            while [ "$before" != "$ours" ]; do
                before=$ours
                while read -r id parent session start; do
                    case $ours in *" $id "*) continue ;; esac
                    case $ours in *" $parent "* | *" $session "*) ours="$ours$id " ;; esac
                done <<END
        $all
        END
            done
            killed=1
            while read -r one parent session began; do
                case $ours in *" $one "*) look_at "$one" && [ "$start" = "$began" ] && kill -9 "$one" && killed=0 ;; esac
            done <<END
        $all
        END
            return $killed
        }

        look_at $$ && since=$start
        told=' ' count=0
        while IFS=' ' read -r id start; do
            [ "$id" = ended ] && exit 0
            told="$told$id:$start "
            count=$((count + 1))
            [ $((count % 500)) -ne 0 ] || forget
        done
        rounds=0
        while kill_all; do
            rounds=$((rounds + 1))
            [ $rounds -lt 60 ] || exit 1 # what cannot be killed is the kernel's to keep
            [ $rounds -lt 4 ] || sleep 1
        done
        """;
}
