// What is decided about a command before anything is looked up. The launcher acts on it, and `zccache-index explain` tells it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "zccache-cc/command/command.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/key/first_key.hpp"
#include "zccache-cc/platform/settings.hpp"
#include "zccache-cc/platform/uncacheable.hpp"

namespace zccache::cc {

struct Plan {
  std::vector<char*> argv;  ///< what the compiler is run with: paths renamed; ended by null
  Command command;
  Family family = Family::unknown;
  WorkingDirectory here;
  std::string base;      ///< the directory above `here` whose name must not count: what lies below it is named from `here`. Empty: none
  std::string terminal;  ///< that its warnings are for, and where they are cut off; empty: none
  std::vector<std::string> inputs;  ///< as far as the command names them: of a compile the source, else every file
  bool rewrites = false;            ///< it may write what it reads, and go on from what an output was before
  std::vector<KeyPart> parts;
  ContentDigest first_key;

  std::uint64_t largest_link = 0;  ///< where it is a link; 0: no limit
  /// Why a link of so many bytes, of what it is made of or of what it makes, is left alone.
  [[nodiscard]] std::optional<Uncacheable> refuse_size(std::uint64_t bytes) const;

  std::deque<std::string> kept;  ///< what argv and command point into, besides the caller's
};

/// `argv` is the compiler's, its name included; it must outlive the plan.
[[nodiscard]] Expected<Plan> make_plan(const Compiler& compiler, char* const* argv, const Settings& settings);

}  // namespace zccache::cc
