// zccache-index: looks into a cache directory and manages it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "common/command_line.hpp"

namespace {

using namespace zccache;
using namespace zccache::index_tool;

/// What runs once the command line is parsed; returns the exit code.
using Action = std::function<int()>;

template <int (*kRun)(const Context&)>
Action plain(CLI::App& /*app*/, const Context& context) {
  return [&context] { return kRun(context); };
}

/// Options live as long as the action that reads them.
template <class Options>
Action action_of(int (*run)(const Context&, const Options&), const Context& context, std::shared_ptr<Options> options) {
  return [run, &context, options] { return run(context, *options); };
}

Action declare_stats(CLI::App& app, const Context& context) {
  auto options = std::make_shared<StatsOptions>();
  app.add_flag("--zero", options->zero, "Set the counters to 0, after showing them");
  app.add_flag("-v,--verbose", options->verbose, "Show the numbers of the index too");
  app.add_flag("--prometheus", options->prometheus, "Print all numbers in the text format of Prometheus")->excludes(app.get_option("--json"));
  return action_of(stats, context, options);
}

Action declare_config(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ConfigOptions>();
  app.add_option("KEY[=VALUE]", options->assignment, "A setting to show, or to write into the user's file; KEY= takes it out of there");
  app.add_flag("--project", options->project, "Write .zccache in the working directory, and have it read");
  return action_of(index_tool::config, context, options);
}

Action declare_explain(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ExplainOptions>();
  app.add_option("COMMAND", options->command, "A compiler and its arguments; or a line as it is pasted, in quotes; -: from standard input");
  app.add_option("--compile-commands", options->compile_commands,
                 "Take the compiles from this compile_commands.json; COMMAND is then a source, or nothing for all")
      ->type_name("FILE");
  return action_of(explain, context, options);
}

Action declare_observe(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ObserveOptions>();
  app.add_option("--mode", options->mode, "How: auto, notify, ptrace or off (default: $ZCCACHE_OBSERVE, else auto)")
      ->type_name("MODE")
      ->envname("ZCCACHE_OBSERVE")
      ->check(CLI::IsMember({"auto", "notify", "ptrace", "off"}));
  app.add_option("COMMAND", options->command, "After --: a program and its arguments")->required();
  return action_of(observe, context, options);
}

Action declare_list(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ListOptions>();
  app.add_option("--limit", options->limit, "Stop after N entries")->type_name("N")->check(tools::whole_number(0));
  app.add_flag("--all", options->all, "Manifests and other entries of the launcher, too");
  return action_of(list, context, options);
}

Action declare_get(CLI::App& app, const Context& context) {
  auto options = std::make_shared<GetOptions>();
  app.add_option("KEY", options->key, "The key of the entry, or the beginning of it")->required();
  CLI::Option* json = app.get_option("--json");
  CLI::Option* out = app.add_flag("--stdout", options->want_stdout, "Print the captured stdout as it is")->excludes(json);
  CLI::Option* err = app.add_flag("--stderr", options->want_stderr, "Print the captured stderr as it is")->excludes(json, out);
  CLI::Option* output = app.add_option("--output", options->output, "Restore the output of this name")->type_name("NAME");
  CLI::Option* to = app.add_option("--to", options->destination, "... to this file")->type_name("FILE")->needs(output);
  output->excludes(json, out, err)->needs(to);
  return action_of(get, context, options);
}

Action declare_put(CLI::App& app, const Context& context) {
  auto options = std::make_shared<PutOptions>();
  app.add_option("KEY", options->key, "The key; hex digits when there are outputs")->required();
  app.add_option("--output", options->outputs, "A payload: its name in the entry and the file to copy; may be repeated")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  app.add_option("--stdout-file", options->stdout_file, "What the entry replays on stdout")->type_name("F");
  app.add_option("--stderr-file", options->stderr_file, "What the entry replays on stderr")->type_name("F");
  app.add_option("--exit-code", options->exit_code, "What the entry replays as exit code (default: 0)")
      ->type_name("N")
      ->check(tools::whole_number(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
  return action_of(put, context, options);
}

Action declare_remove(CLI::App& app, const Context& context) {
  auto options = std::make_shared<RemoveOptions>();
  app.add_option("KEY", options->keys, "The keys of the entries")->required();
  return action_of(index_tool::remove, context, options);
}

Action declare_clear(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ClearOptions>();
  app.add_flag("--yes", options->sure, "Yes, remove everything");
  return action_of(clear, context, options);
}

Action declare_gc(CLI::App& app, const Context& context) {
  auto options = std::make_shared<GcOptions>();
  app.add_option("--max-size", options->max_size,
                 "Bytes, K, M, G, Ki, Mi, Gi, or % of the disk; 0: no limit (default: $ZCCACHE_MAX_SIZE, else 5Gi)")
      ->type_name("SIZE");
  app.add_option("--max-age", options->max_age,
                 "Evict what was not used for so long: 90s, 30m, 12h, 7d, 2w; 0: never (default: $ZCCACHE_MAX_AGE)")
      ->type_name("TIME");
  app.add_flag("--dry-run", options->dry_run, "Change nothing, tell what would go");
  return action_of(gc, context, options);
}

Action declare_export(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ExportOptions>();
  app.add_option("FILE", options->file, "The archive to write; compressed where its name ends in .gz, .zst or .xz; -: standard output")
      ->required();
  app.add_flag("--no-payloads", options->no_payloads, "The index alone");
  return action_of(export_archive, context, options);
}

Action declare_import(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ImportOptions>();
  CLI::Option* file = app.add_option("FILE", options->file, "An archive that export wrote; -: standard input");
  CLI::Option* bincode = app.add_option("--from-bincode", options->bincode, "Instead of it: the index.bin of the original, version 1.7.2");
  bincode->type_name("FILE")->excludes(file);
  CLI::Option* objects = app.add_option("--objects", options->objects, "The folder with the original's payloads: <key>_0, <key>_1, ...");
  objects->type_name("DIR")->needs(bincode)->check(CLI::ExistingDirectory);
  app.add_flag("--skip-incomplete", options->skip_incomplete, "Leave entries out whose payloads are not all there, instead of failing")
      ->needs(objects);
  return action_of(index_tool::import, context, options);
}

Action declare_pull(CLI::App& app, const Context& context) {
  auto options = std::make_shared<PullOptions>();
  app.add_option("FILE", options->compile_commands, "compile_commands.json, or the directory that it is in (default: the working directory)");
  return action_of(pull, context, options);
}

Action declare_push(CLI::App& app, const Context& context) {
  auto options = std::make_shared<PushOptions>();
  app.add_option("--wait", options->wait, "For how long at most: 30s, 5m (default: 60s)")->type_name("TIME");
  return action_of(push, context, options);
}

Action declare_report(CLI::App& app, const Context& context) {
  auto options = std::make_shared<ReportOptions>();
  app.add_option("--html", options->html, "The page to write")->type_name("FILE")->required();
  return action_of(report, context, options);
}

Action declare_top(CLI::App& app, const Context& context) {
  auto options = std::make_shared<TopOptions>();
  app.add_option("--interval", options->interval, "Seconds from one look to the next (default: 1)")->type_name("S")->check(tools::seconds());
  app.add_option("--count", options->count, "Stop after N looks")->type_name("N")->check(tools::whole_number(1));
  return action_of(top, context, options);
}

struct Subcommand {
  const char* name;
  const char* arguments;
  const char* description;
  Action (*declare)(CLI::App&, const Context&);
};

constexpr std::array kSubcommands = {
    Subcommand{"stats", "[--zero] [--verbose] [--prometheus] ", "Show size, hit rate, and how compiles ended; why nothing is stored, if so",
               declare_stats},
    Subcommand{"config", "[--project] [KEY[=VALUE]] ", "Show settings and where each comes from, or write one into a file", declare_config},
    Subcommand{"explain", "[--] COMPILER ARGS... | 'LINE' | --compile-commands FILE [SOURCE] ",
               "Say what the launcher would do with a compile, and why it missed", declare_explain},
    Subcommand{"observe", "[--mode MODE] -- COMMAND ARGS... ", "Run a command; show what it asked the kernel, and whether it could be cached",
               declare_observe},
    Subcommand{"doctor", "", "Look whether all is there that caching needs, and name the cure where it is not", plain<doctor>},
    Subcommand{"list", "[--all] [--limit N] ", "List what is stored, in no order", declare_list},
    Subcommand{"get", "KEY [--stdout | --stderr | --output NAME --to FILE] ", "Show an entry, or restore one of its parts", declare_get},
    Subcommand{"put", "KEY [--output NAME=FILE]... [--stdout-file F] [--stderr-file F] [--exit-code N] ", "Store an entry", declare_put},
    Subcommand{"remove", "KEY... ", "Remove entries and their payloads", declare_remove},
    Subcommand{"clear", "--yes ", "Remove all entries and payloads", declare_clear},
    Subcommand{"export", "FILE [--no-payloads] ", "Write the cache as one archive, to be imported on another machine", declare_export},
    Subcommand{"import", "FILE | --from-bincode FILE [--objects DIR [--skip-incomplete]] ",
               "Add the entries of an archive, or of the original's index: all or none; newer ones stay", declare_import},
    Subcommand{"pull", "[FILE] ", "Fetch what the team's server has for the compiles of a project", declare_pull},
    Subcommand{"push", "[--wait TIME] ", "Wait until what was compiled here is on the team's server", declare_push},
    Subcommand{"flush", "", "Write the snapshot now", plain<flush>},
    Subcommand{"gc", "[--max-size SIZE] [--max-age TIME] [--dry-run] ", "Evict what is over the limits, remove what belongs to nothing",
               declare_gc},
    Subcommand{"verify", "", "Compare live index, snapshot and payloads; name every disagreement", plain<verify>},
    Subcommand{"report", "--html FILE ", "Write a page: hit rate, time saved, size, reasons, slowest compiles", declare_report},
    Subcommand{"top", "[--interval S] [--count N] ", "Show what happens right now: rates, sizes, and who is attached", declare_top},
    Subcommand{"dump", "", "Show the live segment, for debugging", plain<dump>},
};

/// The next word from `at` on that is neither an option nor the directory of one.
template <class Iterator>
Iterator next_word(Iterator at, Iterator end) {
  for (; at != end && **at == '-' && std::string_view(*at) != "--"; ++at) {
    if (std::string_view(*at) == "--dir" && at + 1 != end) ++at;
  }
  return at;
}

/// `explain gcc -c a.c` is `explain -- gcc -c a.c`: from the compiler on, no option is ours.
std::vector<char*> with_command_apart(int argc, char** argv) {
  static std::array<char, 3> separator{'-', '-', '\0'};
  std::vector<char*> arguments(argv, argv + argc);
  if (argc < 2) return arguments;
  const auto command = next_word(arguments.begin() + 1, arguments.end());
  if (command == arguments.end() || std::string_view(*command) != "explain") return arguments;
  const auto first = next_word(command + 1, arguments.end());
  const bool is_of_file = std::any_of(command, first, [](std::string_view one) { return one.starts_with("--compile-commands"); });
  const bool is_word = first != arguments.end() && **first != '-' && std::string_view(*first).find(' ') == std::string_view::npos;
  if (is_word && !is_of_file) arguments.insert(first, separator.data());  // with spaces in it, it is a whole line
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Looks into a cache directory and manages it.", "zccache-index");
  tools::set_usage(app,
                   "zccache-index [--dir D] "
                   "stats|config|explain|observe|doctor|list|get|put|remove|clear|export|import|pull|push|flush|gc|verify|report|top|dump ...");
  Context context;
  context.configuration = zccache::config::Configuration::load();
  tools::add_directory_option(app, context.directory);

  Action action;
  for (const Subcommand& row : kSubcommands) {
    CLI::App* sub = app.add_subcommand(row.name, row.description);
    sub->fallthrough();
    tools::set_usage(*sub, std::string("zccache-index [--dir D] ") + row.name + " " + row.arguments + "[--json]");
    sub->add_flag("--json", context.json, "Print JSON");
    sub->callback([&action, run = row.declare(*sub, context)] { action = run; });
  }
  app.require_subcommand(0, 1);  // CLI11's own complaint about none would hide the word that is no command
  std::vector<char*> arguments = with_command_apart(argc, argv);
  return tools::run(app, static_cast<int>(arguments.size()), arguments.data(), [&action] {
    if (!action) throw tools::UsageError("a command is required");
    return action();
  });
}
