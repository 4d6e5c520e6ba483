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

  /// The new files stay, the old ones go.
  void keep() noexcept;

 private:
  struct Place {
    std::filesystem::path target;
    std::filesystem::path old_file;  ///< another name for what was at `target`; empty: there was nothing
  };
  std::vector<Place> places_;
};

}  // namespace zccache
