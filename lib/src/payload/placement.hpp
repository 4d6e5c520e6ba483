// Payload files under their names, until it is certain that they stay there.
#pragma once

#include <filesystem>
#include <vector>

#include <zccache/result.hpp>

#include "base/file.hpp"

namespace zccache {

/// Puts staged files in place of those of the entry before. Unless keep() is called, the destructor brings the old ones back, so that a `put`
/// which fails at any step leaves the old entry served. Requires the writer lock for as long as it lives: nobody else then takes one of the
/// files, old or new, for a stray one.
class Placement {
 public:
  Placement() noexcept = default;
  Placement(Placement&& other) noexcept : places_(std::exchange(other.places_, {})) {}
  Placement& operator=(Placement&&) = delete;
  ~Placement();

  /// Errors: no_space, io.
  [[nodiscard]] result<void> put(AtomicFile& staged, const std::filesystem::path& target);
  /// The same with a file of another directory, on the same file system; makes the folders of `target`. Where there is none, nothing is to be
  /// at `target` either: it would belong to the entry before. Errors: no_space, directory_unusable, directory_untrusted, io.
  [[nodiscard]] result<void> move(const std::filesystem::path& from, const std::filesystem::path& target);

  /// The new files stay, the old ones go.
  void keep() noexcept;
  /// The old ones come back, the new ones go.
  void take_back() noexcept;

 private:
  /// Gives what is at `target` its second name. Whether there was anything.
  [[nodiscard]] result<bool> remember(const std::filesystem::path& target);
  /// After what was to follow on that has failed.
  void forget_last() noexcept;

  struct Place {
    std::filesystem::path target;
    std::filesystem::path old_file;  ///< another name for what was at `target`; empty: there was nothing
  };
  std::vector<Place> places_;
};

}  // namespace zccache
