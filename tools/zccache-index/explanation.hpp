// What the launcher would do with a compile, and why it would miss: found out by the launcher's own decisions. Changes nothing, runs nothing.
#pragma once

#include <zccache/artifact_store.hpp>

#include <optional>
#include <string>
#include <vector>

#include "team_look.hpp"
#include "zccache-cc/command/compiler.hpp"
#include "zccache-cc/key/first_key.hpp"
#include "zccache-cc/platform/settings.hpp"

namespace zccache::index_tool {

using Parts = std::vector<cc::KeyPart>;

/// A result that this very command line led to before, and what has changed since.
struct Candidate {
  std::string result;
  bool stored = false;  ///< else it was evicted or removed
  std::vector<std::string> changes;
};

/// A compile of the same source by another command line, or of a source of the same name elsewhere.
struct Relative {
  std::string source;
  Parts missing;  ///< what it had and this one has not
  Parts added;    ///< ... and the other way round
};

struct Explanation {
  std::string outcome;  ///< hit, miss, not_cacheable
  std::string source;
  std::string key;        ///< of the result that would be served
  std::string reason;     ///< of not_cacheable, and of some misses
  bool known = false;     ///< this very command line has been compiled
  bool upstream = false;  ///< a hit there, not here
  std::string server;     ///< what the team's server has for a miss here: the result, other results, nothing, no answer. Empty: not asked
  std::vector<Candidate> candidates;
  std::optional<Relative> relative;
  std::vector<std::string> advice;
};

/// `store`: null where there is no index yet. `team`: null where no server is configured. `argv` is the compiler's, ended by null.
[[nodiscard]] Explanation explain_compile(const ArtifactStore* store, TeamLook* team, const cc::Compiler& compiler, char* const* argv,
                                          const cc::Settings& settings);

}  // namespace zccache::index_tool
