// What a run asked about each path, and what it made: the events of an observation, put together by path.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "observe/observer.hpp"
#include "zccache-cc/facts/file_stamp.hpp"
#include "zccache-cc/platform/uncacheable.hpp"

namespace zccache::cc {

[[nodiscard]] FileStamp stamp_of(const observe::FileStatus& status) noexcept;

/// What one path was asked about, and what the answers were.
struct Asked {
  std::string path;
  bool only_relative = true;  ///< nobody spelled it from the root
  bool ours = false;          ///< the run made it, or put another file in its place
  bool in_place = false;      ///< it wrote into the file that was there
  bool new_only = false;      ///< nothing was there, and a file would have been added to
  bool opened = false;
  int looked_at_by = -1;  ///< the process that asked for its status last
  bool executed = false;
  bool status = false;
  bool found_link = false;  ///< by lstat or readlink
  bool found_no_link = false;
  bool listed = false;
  bool absent = false;
  std::vector<unsigned> allowed;                 ///< access(2) with these modes
  std::vector<std::pair<unsigned, int>> failed;  ///< mode, or 0 for opening, and the error
  std::optional<observe::FileStatus> found;      ///< what the path led to, when that was seen first
};

class Questions {
 public:
  /// Takes all events. Why the run is no function from files to files, where one of them says so.
  [[nodiscard]] std::optional<Uncacheable> take(const std::vector<observe::Event>& events);

  /// In the order in which they were asked first.
  [[nodiscard]] const std::deque<Asked>& all() const noexcept { return asked_; }
  /// Paths that were there before and were removed.
  [[nodiscard]] const std::vector<std::string>& removed() const noexcept { return removed_; }

 private:
  Asked& asked_about(const std::string& path);
  void take(const observe::Event& event);
  void take_write(Asked& asked, const observe::Event& event);
  void take_rename(Asked& from, const observe::Event& event);
  void take_remove(Asked& asked, const observe::Event& event);
  void take_question(Asked& asked, const observe::Event& event);
  void make_ours(Asked& asked, const observe::FileStatus& before);
  [[nodiscard]] bool opens_to_replace(const Asked& asked, const observe::Event& event) const;
  static void take_failure(Asked& asked, const observe::Event& event);
  void refuse(Counter counter, std::string why);
  void refuse_effect(std::string what) { refuse(Counter::other_effects, std::move(what)); }

  std::deque<Asked> asked_;  // references stay valid while it grows
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> removed_;
  std::unordered_set<int> lld_;  ///< processes that run it
  std::optional<Uncacheable> why_not_;
};

/// Why nothing is stored that depends on this path.
[[nodiscard]] Uncacheable changed_meanwhile(const std::string& path);

}  // namespace zccache::cc
