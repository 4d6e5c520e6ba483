// Starts zccache-remote.
#pragma once

#include <optional>
#include <string>

#include "common/descriptor.hpp"

namespace zccache::remote {

/// Starts the program beside this one, for a cache directory, as nobody's child and without any descriptor of ours. Returns the end of a pipe
/// that closes as soon as somebody listens, or nobody will. Nothing where the program is not there.
[[nodiscard]] tools::Descriptor start_process(const char* cache_directory) noexcept;

/// What `zccache-remote check` prints. Nothing where the program is not there.
[[nodiscard]] std::optional<std::string> output_of_check();

/// The descriptor that a started process has to close once it listens.
inline constexpr int kReadyDescriptor = 3;

}  // namespace zccache::remote
