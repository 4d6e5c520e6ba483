// pull: fetches what the team's server has for the compiles of a project, before the first of them starts.
//
// A build asks for each result when it comes to it, and waits for the server each time. Here all questions go out at once: first for what the
// server knows of each command, then, for those whose files are as they were, for the results.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/directory.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "compile_commands.hpp"
#include "open_index.hpp"
#include "remote/client.hpp"
#include "situation.hpp"
#include "team_settings.hpp"
#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/launch/lookup.hpp"
#include "zccache-cc/launch/plan.hpp"

namespace zccache::index_tool {
namespace {

using remote::Question;
using remote::QuestionKind;

constexpr std::chrono::minutes kLongest{10};

/// A compile of the project. Its plan points into its words.
struct Compile {
  PastedCommand command;
  std::vector<char*> argv;
  std::optional<cc::Plan> plan;             ///< nothing: it is not cacheable
  std::optional<cc::ContentDigest> result;  ///< what the index leads to as things are, stored or not
};

void make_plan(Compile& compile) {
  const Situation situation(compile.command);
  for (std::string& word : compile.command.words) compile.argv.push_back(word.data());
  const auto compiler = cc::find_compiler(compile.argv.front());
  compile.argv.push_back(nullptr);
  const cc::Settings settings = cc::Settings::from_environment();
  if (!compiler || settings.disabled) return;
  if (auto plan = cc::make_plan(*compiler, compile.argv.data(), settings)) compile.plan = *std::move(plan);
}

void find_result(ArtifactStore& store, Compile& compile) {
  const Situation situation(compile.command);
  cc::Knowledge knowledge(store);
  if (const auto found = cc::find_result(knowledge, *compile.plan)) compile.result = found->result;
  // Which files have which content is not found out twice.
  if (knowledge.has_news()) (void)knowledge.commit(store);
}

class Pull {
 public:
  Pull(ArtifactStore& store, const remote::RemoteSettings& settings, std::vector<PastedCommand> commands)
      : store_(store), client_(store.directory().c_str(), settings) {
    for (PastedCommand& command : commands) {
      compiles_.emplace_back().command = std::move(command);
      make_plan(compiles_.back());
    }
  }

  void run() {
    find_results();
    here_ = count_stored();
    ask(QuestionKind::manifest, [](const Compile& one) { return std::optional(one.plan->first_key); });
    find_results();
    ask(QuestionKind::result, [](const Compile& one) { return one.result; });
  }

  [[nodiscard]] std::size_t compiles() const { return compiles_.size(); }
  [[nodiscard]] std::size_t here() const { return here_; }
  [[nodiscard]] std::size_t brought() const { return count_stored() - here_; }
  [[nodiscard]] std::size_t not_cacheable() const {
    return static_cast<std::size_t>(std::ranges::count_if(compiles_, [](const Compile& one) { return !one.plan; }));
  }

 private:
  [[nodiscard]] bool is_stored(const Compile& one) const { return one.result && store_.find(cc::hex_of(*one.result)); }
  [[nodiscard]] std::size_t count_stored() const {
    return static_cast<std::size_t>(std::ranges::count_if(compiles_, [this](const Compile& one) { return is_stored(one); }));
  }

  void find_results() {
    for (Compile& one : compiles_) {
      if (one.plan && !is_stored(one)) find_result(store_, one);
    }
  }

  /// For each compile whose result is not here.
  template <class KeyOf>
  void ask(QuestionKind kind, KeyOf key_of) {
    std::set<cc::ContentDigest> keys;
    for (const Compile& one : compiles_) {
      const std::optional<cc::ContentDigest> key = one.plan && !is_stored(one) ? key_of(one) : std::nullopt;
      if (key) keys.insert(*key);
    }
    std::vector<Question> questions;
    for (const cc::ContentDigest& key : keys) questions.push_back({.kind = kind, .key = key.bytes});
    (void)client_.ask_all(questions, kLongest);  // what has come is in the index
  }

  ArtifactStore& store_;
  remote::Client client_;
  std::deque<Compile> compiles_;
  std::size_t here_ = 0;
};

}  // namespace

int pull(const Context& context, const PullOptions& options) {
  const remote::RemoteSettings settings = team_settings();
  Context anywhere = context;  // the commands run in directories of their own
  anywhere.directory = std::filesystem::absolute(tools::chosen_directory(context.directory));
  std::vector<PastedCommand> commands = read_compile_commands(options.compile_commands, "");
  ArtifactStore store = open_or_create(anywhere);
  Pull pull(store, settings, std::move(commands));
  pull.run();
  const std::size_t lacking = pull.compiles() - pull.not_cacheable() - pull.here() - pull.brought();
  if (context.json) {
    tools::print_json({{"compiles", pull.compiles()},
                       {"here", pull.here()},
                       {"brought", pull.brought()},
                       {"lacking", lacking},
                       {"not_cacheable", pull.not_cacheable()}});
  } else {
    fmt::print("{} compiles: {} were here, {} came from the server, {} it lacks, {} are not cacheable\n", pull.compiles(), pull.here(),
               pull.brought(), lacking, pull.not_cacheable());
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
