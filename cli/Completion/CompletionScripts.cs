using System.Text;
using Weft.Core.Settings;

namespace Weft.Cli.Completion;

/// <summary>Completion scripts. Sessions and apps are asked of the daemon when the key is pressed; without one there are none.</summary>
internal static class CompletionScripts
{
    private const string Sessions = "weft ps 2>/dev/null | awk 'NR>1{print $1}'";
    private const string Apps = "weft apps 2>/dev/null | awk 'NR>1{print $1}'";

    public static string Bash(List<VerbWords> verbs)
    {
        var script = new StringBuilder("""
            # bash completion of weft and weft-pack: source <(weft completion bash)
            _weft() {
              local cur=${COMP_WORDS[COMP_CWORD]} path= word words=
              [ "${COMP_WORDS[0]##*/}" != weft-pack ] || path=pack
              for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case "$word" in
                  -*) ;;
                  *) case " $(_weft_verbs "$path") " in *" $word "*) path="${path:+$path }$word" ;; esac ;;
                esac
              done
              case "$cur" in
                -*) words=$(_weft_options "$path") ;;
                *) words="$(_weft_verbs "$path") $(_weft_arguments "$path")"
                   case "$path" in

            """);
        AppendCases(script, verbs.Where(static v => v.Wants == ArgumentKind.File), static _ => "compopt -o default 2>/dev/null", "         ");
        script.Append("""
                   esac ;;
              esac
              mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
            }

            """);
        AppendFunction(script, "_weft_verbs", verbs.Where(static v => v.Verbs.Count > 0), static v => $"echo '{string.Join(' ', v.Verbs.Select(static w => w.Name))}'");
        AppendFunction(script, "_weft_options", verbs, static v => $"echo '{string.Join(' ', v.Options.Select(static w => w.Name).Append("--help"))}'");
        AppendFunction(script, "_weft_arguments", verbs.Where(static v => Words(v.Wants) is not null), static v => Words(v.Wants)!);
        script.Append("complete -F _weft weft weft-pack\n");
        return script.ToString();
    }

    public static string Zsh(List<VerbWords> verbs)
    {
        // zsh runs bash's functions: one script to keep right.
        string bash = Bash(verbs).Replace("# bash completion of weft and weft-pack: source <(weft completion bash)", "# zsh completion of weft and weft-pack: source <(weft completion zsh)", StringComparison.Ordinal)
            .Replace("      mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n", "", StringComparison.Ordinal)
            .Replace("  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n", "  COMPREPLY=( $(compgen -W \"$words\" -- \"$cur\") )\n", StringComparison.Ordinal);
        int firstLine = bash.IndexOf('\n') + 1;
        return bash[..firstLine] + "autoload -U +X compinit && compinit -u\nautoload -U +X bashcompinit && bashcompinit\n" + bash[firstLine..];
    }

    public static string Fish(List<VerbWords> verbs)
    {
        var script = new StringBuilder("""
            # fish completion of weft and weft-pack: weft completion fish | source
            function __weft_path
                set -l path
                set -l words (commandline -opc)
                string match -q '*weft-pack' -- $words[1]; and set path pack
                for word in $words[2..]
                    string match -q -- '-*' $word; and continue
                    contains -- "$path $word" $__weft_paths; and set path "$path $word"
                    contains -- "$word" $__weft_paths; and test -z "$path"; and set path $word
                end
                echo $path
            end

            """);
        script.Append("set -g __weft_paths");
        foreach (VerbWords verb in verbs.Skip(1))
        {
            script.Append($" '{verb.Path}'");
        }

        script.Append('\n');
        foreach (string program in (string[])["weft", "weft-pack"])
        {
            foreach (VerbWords verb in verbs)
            {
                if (program == "weft-pack" && verb.Path != "pack" && !verb.Path.StartsWith("pack ", StringComparison.Ordinal))
                {
                    continue;
                }

                string when = $"complete -c {program} -n 'test (__weft_path) = \"{verb.Path}\"'";
                string files = verb.Wants == ArgumentKind.File ? "" : " -f";
                foreach ((string name, string description) in verb.Verbs)
                {
                    script.Append($"{when} -f -a {name} -d '{Quoted(description)}'\n");
                }

                foreach ((string name, string description) in verb.Options)
                {
                    script.Append($"{when} -l {name[2..]} -d '{Quoted(description)}'\n");
                }

                if (Words(verb.Wants) is { } words)
                {
                    script.Append($"{when}{files} -a '({Quoted(words)})'\n");
                }
            }
        }

        return script.ToString();
    }

    /// <summary>A shell command that prints what the argument can be.</summary>
    private static string? Words(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Session => Sessions,
        ArgumentKind.App => Apps,
        ArgumentKind.Shell => "echo bash zsh fish",
        ArgumentKind.Setting => $"echo {string.Join(' ', SettingTable.All.Select(static s => s.Key))}",
        _ => null,
    };

    private static string Quoted(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);

    private static void AppendFunction(StringBuilder script, string name, IEnumerable<VerbWords> verbs, Func<VerbWords, string> action)
    {
        script.Append($"{name}() {{\n  case \"$1\" in\n");
        AppendCases(script, verbs, action, "    ");
        script.Append("  esac\n}\n");
    }

    private static void AppendCases(StringBuilder script, IEnumerable<VerbWords> verbs, Func<VerbWords, string> action, string indent)
    {
        foreach (VerbWords verb in verbs)
        {
            script.Append($"{indent}'{verb.Path}') {action(verb)} ;;\n");
        }
    }
}
