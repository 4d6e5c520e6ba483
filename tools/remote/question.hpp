// What the launcher asks zccache-remote, over a Unix socket that keeps the borders of messages.
#pragma once

#include <array>
#include <cstdint>

namespace zccache::remote {

/// Of the process's own boot and build: both ends have this header. A process of another version has another socket (meeting_place.hpp).
enum class QuestionKind : std::uint32_t {
  manifest = 1,       ///< fetch what the server knows under this first key
  result = 2,         ///< fetch the result of this key, with its outputs
  upload = 3,         ///< no question: this result is marked to go up. Gets no answer
  finish_upload = 4,  ///< the same, answered when that is over: yes, the server has it
};

struct Question {
  QuestionKind kind = QuestionKind::manifest;
  std::uint32_t reserved = 0;
  std::array<unsigned char, 32> key{};
};
static_assert(sizeof(Question) == 40);

/// One byte. Yes: it is in the local index now.
enum class Answer : char { no = 'n', yes = 'y' };

}  // namespace zccache::remote
