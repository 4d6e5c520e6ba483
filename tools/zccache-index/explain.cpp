// explain: what the launcher would do with a compile, as a person pastes it, and why it would miss.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/directory.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "compile_commands.hpp"
#include "entry.hpp"
#include "explanation.hpp"
#include "open_index.hpp"
#include "situation.hpp"

namespace zccache::index_tool {
namespace {

// --- What is asked

std::vector<PastedCommand> asked(const ExplainOptions& options) {
  if (!options.compile_commands.empty()) {
    if (options.command.size() > 1) throw tools::UsageError("--compile-commands FILE takes one source at most");
    const std::string source = options.command.empty() ? "" : options.command.front();
    auto commands = read_compile_commands(options.compile_commands, source);
    if (commands.empty()) throw tools::No(fmt::format("{} has no compile of '{}'", options.compile_commands, source));
    return commands;
  }
  std::vector<std::string> words = options.command;
  // One word is a line: nobody asks about a compiler without arguments.
  if (words.size() == 1) {
    const bool from_input = words.front() == "-";
    words = words_of_line(from_input ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : words.front());
  }
  PastedCommand command = command_among(words);
  if (command.words.empty()) throw tools::UsageError("no compile is named");
  return {std::move(command)};
}

Explanation explanation_of(const std::optional<ArtifactStore>& store, std::optional<TeamLook>& team, PastedCommand command) {
  const Situation situation(command);
  std::vector<char*> argv;
  for (std::string& word : command.words) argv.push_back(word.data());
  const auto compiler = cc::find_compiler(argv.front());
  if (!compiler) {
    Explanation told;
    told.outcome = "not_cacheable";
    told.reason = fmt::format("no compiler '{}'", command.words.front());
    return told;
  }
  argv.push_back(nullptr);
  return explain_compile(store ? &*store : nullptr, team ? &*team : nullptr, *compiler, argv.data(), cc::Settings::from_environment());
}

// --- How it is told

constexpr std::size_t kShown = 8;

void show_parts(const char* title, const Parts& parts) {
  for (const cc::KeyPart& part : parts) fmt::print("  {:<10}{:<16} {}\n", title, part.label, tools::printable(part.value));
}

void show_candidate(const Candidate& one) {
  fmt::print("  result {}{}\n", one.result, one.stored ? "" : " (no longer stored)");
  for (std::size_t i = 0; i < std::min(one.changes.size(), kShown); ++i) fmt::print("    {}\n", tools::printable(one.changes[i]));
  if (one.changes.size() > kShown) fmt::print("    and {} more\n", one.changes.size() - kShown);
}

void show_why_missed(const Explanation& told) {
  if (!told.candidates.empty()) {
    fmt::print("this command line was compiled before; what has changed since, the nearest first:\n");
    for (std::size_t i = 0; i < std::min<std::size_t>(told.candidates.size(), 3); ++i) show_candidate(told.candidates[i]);
  } else if (told.relative) {
    fmt::print("this command line was not compiled before; the nearest compile of {} differs in:\n", tools::printable(told.relative->source));
    show_parts("only now", told.relative->added);
    show_parts("only then", told.relative->missing);
    if (told.relative->added.empty() && told.relative->missing.empty()) fmt::print("  the order of its arguments\n");
  } else if (told.reason.empty()) {
    fmt::print("no compile of {} in a way that could be compared is known\n", tools::printable(told.source));
  }
  for (const std::string& one : told.advice) fmt::print("-> {}\n", tools::printable(one));
}

const char* where_from(const Explanation& told) {
  if (told.outcome != "hit") return "";
  return told.upstream ? ", from upstream" : told.server.empty() ? "" : ", from the team's server";
}

void show_text(const std::optional<ArtifactStore>& store, const Explanation& told) {
  if (told.outcome == "not_cacheable") {
    fmt::print("not cacheable: {}\n", tools::printable(told.reason));
    return;
  }
  fmt::print("{}{}: {}\n", told.outcome, where_from(told), tools::printable(told.source));
  if (!told.reason.empty()) fmt::print("{}\n", told.reason);
  if (told.outcome == "miss" && !told.server.empty()) fmt::print("the team's server has for this command line: {}\n", told.server);
  if (told.outcome == "miss") return show_why_missed(told);
  fmt::print("key {}\n", told.key);
  const ArtifactView entry = store ? store->find(told.key) : ArtifactView();
  if (entry) fmt::print("stored {} ago: {}\n", tools::human_age(entry.stored_at_secs(), tools::now_secs()), outputs_text(entry));
}

tools::Json parts_json(const Parts& parts) {
  tools::Json list = tools::Json::array();
  for (const cc::KeyPart& part : parts) list.push_back({{"label", part.label}, {"value", part.value}});
  return list;
}

tools::Json json_of(const Explanation& told) {
  tools::Json document = {{"outcome", told.outcome}, {"source", told.source},     {"key", told.key},      {"reason", told.reason},
                          {"known", told.known},     {"upstream", told.upstream}, {"server", told.server}};
  document["candidates"] = tools::Json::array();
  for (const Candidate& one : told.candidates) {
    document["candidates"].push_back({{"result", one.result}, {"stored", one.stored}, {"changes", one.changes}});
  }
  document["nearest"] = nullptr;
  if (told.relative) document["nearest"] = {{"only_now", parts_json(told.relative->added)}, {"only_then", parts_json(told.relative->missing)}};
  document["advice"] = told.advice;
  return document;
}

}  // namespace

int explain(const Context& context, const ExplainOptions& options) {
  const std::vector<PastedCommand> commands = asked(options);
  Context anywhere = context;  // the commands run in directories of their own
  anywhere.directory = std::filesystem::absolute(tools::chosen_directory(context.directory));
  const std::optional<ArtifactStore> store = open_if_there(anywhere, Purpose::look);
  std::optional<TeamLook> team;
  if (const auto settings = remote::RemoteSettings::from_environment(); settings.server != nullptr) team.emplace(settings);
  tools::Json documents = tools::Json::array();
  std::size_t hits = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Explanation told = explanation_of(store, team, commands[i]);
    hits += told.outcome == "hit" ? 1 : 0;
    if (context.json) {
      documents.push_back(json_of(told));
    } else {
      if (i != 0) fmt::print("\n");
      show_text(store, told);
    }
  }
  if (context.json) tools::print_json(options.compile_commands.empty() ? documents.front() : documents);
  if (!context.json && commands.size() > 1) fmt::print("\n{} of {} would be served\n", hits, commands.size());
  return hits == commands.size() ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
