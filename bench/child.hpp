// Processes that are forked, and how they talk back.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "common/descriptor.hpp"
#include "engine.hpp"

namespace zccache::bench {

struct Pipe {
  Pipe();
  tools::Descriptor reading;
  tools::Descriptor writing;
};

/// A forked child that runs `body` and ends. It dies with this process, and is killed if it still runs when this goes.
class Child {
 public:
  explicit Child(const std::function<void()>& body);
  ~Child();
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Child& operator=(Child&&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void wait() noexcept;

 private:
  pid_t pid_;
};

/// A service in a child. `body` calls its argument once it is ready to serve, and never returns; this waits for that call.
[[nodiscard]] std::unique_ptr<Service> fork_service(const std::function<void(const std::function<void()>& ready)>& body);

}  // namespace zccache::bench
