// What a command prints, read while it runs.
#pragma once

#include <poll.h>

#include <array>
#include <string>

#include "common/descriptor.hpp"

namespace zccache::observe {

struct Pipe {
  tools::Descriptor read_end;  ///< does not block
  tools::Descriptor write_end;
  [[nodiscard]] bool open() noexcept;
  /// Where `stream` is a terminal, one of the same size, so that the command prints what it would have printed there: colours, links, lines cut
  /// off at the edge. Else, and where there is none to be had, a pipe.
  [[nodiscard]] bool open_like(int stream) noexcept;
};

/// The reading ends of both streams and what came out of them.
struct Streams {
  tools::Descriptor output;
  tools::Descriptor diagnostics;
  std::string output_bytes;
  std::string diagnostics_bytes;

  /// Takes what is there. Whether anything was.
  bool drain();
  [[nodiscard]] std::array<pollfd, 2> waits() const noexcept { return {pollfd{output.get(), POLLIN, 0}, {diagnostics.get(), POLLIN, 0}}; }
  explicit operator bool() const noexcept { return output || diagnostics; }  ///< more may come
};

}  // namespace zccache::observe
