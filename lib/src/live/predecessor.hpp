// What a new generation takes the place of.
#pragma once

#include <optional>

#include <zccache/result.hpp>

#include "base/held_directory.hpp"
#include "format/layout.hpp"
#include "live/live_index.hpp"

namespace zccache {

/// A live index, a file that could not be attached as one, or nothing. Requires the lock of the file, if there is one.
class Predecessor {
 public:
  [[nodiscard]] static Predecessor none() noexcept { return {nullptr, std::nullopt}; }
  [[nodiscard]] static Predecessor of_index(const LiveIndex& live) noexcept { return {&live, live.segment().identity()}; }
  [[nodiscard]] static Predecessor of_file(const FileIdentity& file) noexcept { return {nullptr, file}; }

  [[nodiscard]] const LiveIndex* index() const noexcept { return index_; }  ///< null where it is none
  [[nodiscard]] const std::optional<FileIdentity>& identity() const noexcept { return file_; }
  [[nodiscard]] bool is_in(const HeldDirectory& directory) const noexcept;

  /// Tells every process that has it mapped to leave it. One that cannot be told must stay where it is, or readers would stay with it for good.
  /// Errors: no_space, io.
  [[nodiscard]] result<void> retire(const HeldDirectory& directory) const;

  /// Takes it back, because nothing has come in its place.
  void reinstate() const;

 private:
  Predecessor(const LiveIndex* index, const std::optional<FileIdentity>& file) noexcept : index_(index), file_(file) {}

  const LiveIndex* index_;
  std::optional<FileIdentity> file_;
};

/// Whether index.live in `directory` is `live`, or a generation that came of it by renewals.
[[nodiscard]] bool is_same_life(const HeldDirectory& directory, const LiveIndex& live);

}  // namespace zccache
