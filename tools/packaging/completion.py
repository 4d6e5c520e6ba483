"""The completions of a program for bash, zsh and fish: made of its --help."""
import re

from program_help import Help, Item

LAUNCHER = "zccache-cc"  # what follows it is another command line


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def words(items: list[Item]) -> str:
    return " ".join(name for item in items for name in item.names if name.startswith("-"))


def with_value(shown: Help) -> list[Item]:
    return [item for help in (shown, *shown.commands) for item in help.options if item.value]


def bash(shown: Help) -> str:
    function = "_" + shown.name.replace("-", "_")
    if shown.name == LAUNCHER:
        return f"# The compiler's own completion, after the launcher.\ncomplete -F _command {shown.name}\n"
    folders = "|".join(sorted({name for item in with_value(shown) if item.is_folder for name in item.names})) or "--none"
    others = "|".join(sorted({name for item in with_value(shown) if not item.is_folder for name in item.names})) or "--none"
    cases = "\n".join(
        f"    {command.name}) options={quoted(words(command.options + shown.options))} ;;" for command in shown.commands
    )
    names = " ".join(command.name for command in shown.commands)
    return f"""# bash completion of {shown.name}, made of its --help.
{function}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command='' i
  local commands={quoted(names)} options={quoted(words(shown.options))}
  COMPREPLY=()
  case $previous in
    {folders}) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    {others}) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ " $commands " != *" ${{COMP_WORDS[i]}} "* ]] || {{ command=${{COMP_WORDS[i]}}; break; }}
  done
  case $command in
{cases or '    *) ;;'}
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -z $command && -n $commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -o filenames -F {function} {shown.name}
"""


def zsh_text(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text)


def zsh_options(items: list[Item]) -> list[str]:
    specs = []
    for item in items:
        action = f":{item.value.lower()}:{'_directories' if item.is_folder else '_files'}" if item.value else ""
        specs += [quoted(f"{name}[{zsh_text(item.text)}]{action}") for name in item.names]
    return specs


def zsh(shown: Help) -> str:
    if shown.name == LAUNCHER:
        return f"#compdef {shown.name}\n# The compiler's own completion, after the launcher.\nshift words\n((CURRENT--))\n_normal\n"
    lines = [f"#compdef {shown.name}", f"# Made of the --help of {shown.name}.", "local state line", "_arguments -C \\"]
    lines += [f"  {spec} \\" for spec in zsh_options(shown.options)]
    if not shown.commands:
        return "\n".join(lines) + "\n  '*:file:_files'\n"
    lines += ["  '1:command:->command' \\", "  '*::argument:->argument'", "case $state in", "  command)", "    local -a commands=("]
    lines += [f"      {quoted(command.name + ':' + zsh_text(command.summary))}" for command in shown.commands]
    lines += ["    )", "    _describe command commands ;;", "  argument)", "    case $line[1] in"]
    for command in shown.commands:
        specs = zsh_options(command.options)
        lines += [f"      {command.name})", "        _arguments \\", *(f"          {spec} \\" for spec in specs), "          '*:file:_files' ;;"]
    return "\n".join([*lines, "    esac ;;", "esac"]) + "\n"


def fish_option(program: str, condition: str, item: Item) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in item.names)
    takes = " -r -f -a '(__fish_complete_directories)'" if item.value and item.is_folder else " -r -F" if item.value else ""
    return f"complete -c {program}{condition} {names}{takes} -d {fish_quoted(item.text)}"


def fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish(shown: Help) -> str:
    name = shown.name
    if name == LAUNCHER:
        return f"# The compiler's own completion, after the launcher.\ncomplete -c {name} -x -a '(__fish_complete_subcommand)'\n"
    lines = [f"# fish completion of {name}, made of its --help."]
    lines += [fish_option(name, "", item) for item in shown.options]
    for command in shown.commands:
        lines.append(f"complete -c {name} -n __fish_use_subcommand -f -a {command.name} -d {fish_quoted(command.summary)}")
        condition = f" -n '__fish_seen_subcommand_from {command.name}'"
        lines += [fish_option(name, condition, item) for item in command.options if "--help" not in item.names]
    return "\n".join(lines) + "\n"

